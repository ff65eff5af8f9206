"""Songs whose truth is known: a library as figures, and any song of it as a recording that has just those beats.

Nothing here is music: drums on the beats, a bass, a chord a bar and a voice-like tone where the song is sung. What is
measured is where the beats are, how loud it is, and where the voice is.
"""

from __future__ import annotations

import itertools
import random
from functools import lru_cache
from pathlib import Path

import numpy as np
import soundfile
from scipy import signal

from gpu_endpoints.audio import levels
from gpu_endpoints.audio.levels import SAMPLE_RATE
from ripieno.contracts.enums import StemType
from ripieno.contracts.production import AudioBlob
from ripieno.contracts.sets import SetSong
from ripieno.music.pitch import pitch_class

STYLES = {
    "ambient": (70, 95, 0.2, 0.1), "ballad": (66, 84, 0.25, -0.2), "bossa": (100, 130, 0.4, 0.4),
    "jazz": (95, 140, 0.45, 0.2), "pop": (98, 126, 0.6, 0.4), "funk": (98, 116, 0.65, 0.5),
    "reggae": (70, 86, 0.45, 0.5), "hip hop": (82, 98, 0.55, 0.0), "rock": (110, 140, 0.7, 0.1),
    "house": (120, 126, 0.75, 0.4), "techno": (126, 136, 0.85, -0.2), "drum and bass": (170, 176, 0.9, 0.0),
}  # fmt: skip
"""The tempi of a style, its energy and its valence."""
FORM = (
    ("intro", 8),
    ("verse", 16),
    ("chorus", 8),
    ("verse", 16),
    ("chorus", 16),
    ("bridge", 8),
    ("chorus", 16),
    ("outro", 8),
)
_SUNG = {"verse", "chorus"}
_KEYS = ("C", "G", "D", "A", "E", "B", "F#", "C#", "G#", "D#", "A#", "F")
_DEGREES = {"major": (0, 7, 9, 5), "minor": (0, 8, 3, 10)}
_WORDS = ("Light", "River", "Glass", "Harbour", "Signal", "Velvet", "Meadow", "Static", "Ember", "Tide")


def library(count: int, seed: int = 1, *, stems: bool = True) -> list[SetSong]:
    """So many songs of all styles."""
    rng = random.Random(seed)
    return [_drawn(number, rng, stems=stems) for number in range(count)]


def made(
    name: str, bpm: float, *, key: str = "C", mode: str = "major", form=FORM, energy: float = 0.6, jitter: float = 0.0,
    lead: float = 0.5, loudness: float = -12.0, seed: int = 0, sung: bool = True, **fields,
) -> SetSong:  # fmt: skip
    """One song. `jitter` is the spread in seconds by which the players miss each beat, `lead` the silence before."""
    rng = random.Random(seed)
    bars = sum(length for _, length in form)
    step = 60 / bpm
    course, times = lead, []
    for number in range(4 * bars + 1):
        times.append(course + (rng.gauss(0, jitter) if jitter and number else 0.0))
        course += step
    sections, at = [], 0
    for label, length in form:
        sections.append(
            {"start_time": times[4 * at], "end_time": times[4 * (at + length)], "label": label, "confidence": 1}
        )
        at += length
    vocals = [
        {"start_seconds": one["start_time"], "end_seconds": one["end_time"]}
        for one in sections
        if one["label"] in _SUNG
    ]
    return SetSong.model_validate({
        "song": name, "title": name.replace("-", " ").title(), "seconds": times[-1] + 0.5, "bpm": bpm,
        "beats": times, "downbeats": times[:-1:4], "key": key, "mode": mode, "sections": sections, "energy": energy,
        "loudness_lufs": loudness, "vocals": vocals if sung else [],
        "audio": AudioBlob(container="songs", blob_name=f"{name}.flac"), **fields,
    })  # fmt: skip


def recorded(song: SetSong, folder: Path) -> Path:
    """A song as a FLAC file with its beats, as loud as it is said to be; its stems beside it, where it has any."""
    parts = _played(song)
    whole = np.sum([*parts.values()], axis=0)
    lufs = levels.loudness(whole, SAMPLE_RATE)
    gain = 10 ** (((song.loudness_lufs or -14.0) - (lufs or -14.0)) / 20)
    gain = min(gain, 0.98 / float(np.abs(whole).max()))
    assert song.audio is not None
    path = folder / song.audio.blob_name
    soundfile.write(path, np.asarray(whole * gain), SAMPLE_RATE, "PCM_16")
    for kind, blob in song.stems.items():
        soundfile.write(folder / blob.blob_name, parts[StemType(kind)] * gain, SAMPLE_RATE, "PCM_16")
    return path


# -- parts --------------------------------------------------------------------------------------------------------


def _drawn(number: int, rng: random.Random, *, stems: bool) -> SetSong:
    style = rng.choice(list(STYLES))
    low, high, energy, valence = STYLES[style]
    mode = rng.choices(("major", "minor"), (1 + valence, 1 - valence))[0]
    sung = rng.random() < 0.75
    name = f"song-{number}"
    return made(
        name,
        round(rng.uniform(low, high), 1),
        key=rng.choice(_KEYS),
        mode=mode,
        energy=min(1.0, max(0.0, rng.gauss(energy, 0.1))),
        loudness=round(rng.uniform(-18, -8), 1),
        seed=number,
        sung=sung,
        valence=min(1.0, max(-1.0, rng.gauss(valence + (0.15 if mode == "major" else -0.2), 0.2))),
        artist=f"{rng.choice(_WORDS)} {rng.choice(_WORDS)}",
        styles={style: 1.0},
        stems={
            kind: AudioBlob(container="stems", blob_name=f"{name}.{kind}.flac")
            for kind in (("vocals", "drums") if sung else ("drums",))
        }
        if stems
        else {},
    )


def _played(song: SetSong) -> dict[StemType, np.ndarray]:
    length = round(song.seconds * SAMPLE_RATE)
    drums, other, voice = (np.zeros(length, np.float32) for _ in range(3))
    for number, beat in enumerate(song.beats[:-1]):
        until = song.beats[number + 1]
        _add(drums, beat, _kick() if number % 2 == 0 else _snare())
        _add(drums, (beat + until) / 2, _hat())
    root = pitch_class(song.key or "C")
    bars = [*song.downbeats, song.beats[-1]]
    for number, (a, b) in enumerate(itertools.pairwise(bars)):
        degree = _DEGREES[str(song.mode or "major")][number % 4]
        tonic = 36 + (root + degree) % 12
        third = 3 if (song.mode == "minor") == (degree in (0, 5, 7)) else 4
        level = 0.5 + 0.5 * song.energy
        _add(other, a, 0.22 * level * _tone(tonic, b - a))
        for pitch in (tonic + 24, tonic + 24 + third, tonic + 31):
            _add(other, a, 0.06 * level * _tone(pitch, b - a))
    for span in song.vocals or []:
        at = span.start_seconds
        while at < span.end_seconds - 0.4:
            _add(voice, at, 0.12 * _tone(60 + (root + 7) % 12, 0.7))
            at += 0.9
    found = {StemType.DRUMS: drums, StemType.OTHER: other, StemType.VOCALS: voice}
    return {kind: np.repeat(one[:, None], 2, axis=1) for kind, one in found.items()}


def _add(track: np.ndarray, seconds: float, sound: np.ndarray) -> None:
    at = round(seconds * SAMPLE_RATE)
    end = min(len(track), at + len(sound))
    if end > at:
        track[at:end] += sound[: end - at]


@lru_cache(maxsize=4)
def _kick() -> np.ndarray:
    time = np.arange(round(0.18 * SAMPLE_RATE)) / SAMPLE_RATE
    return (0.7 * np.sin(2 * np.pi * (50 * time + 6 * (1 - np.exp(-time * 60)))) * np.exp(-time * 22)).astype(
        np.float32
    )


@lru_cache(maxsize=4)
def _snare() -> np.ndarray:
    noise = np.random.default_rng(1).normal(0, 0.35, round(0.12 * SAMPLE_RATE))
    return (noise * np.exp(-np.arange(len(noise)) / SAMPLE_RATE * 35)).astype(np.float32)


@lru_cache(maxsize=4)
def _hat() -> np.ndarray:
    noise = np.random.default_rng(2).normal(0, 0.12, round(0.04 * SAMPLE_RATE))
    high = signal.sosfilt(signal.butter(2, 6000, "high", fs=SAMPLE_RATE, output="sos"), noise)
    return (np.asarray(high) * np.exp(-np.arange(len(noise)) / SAMPLE_RATE * 90)).astype(np.float32)


@lru_cache(maxsize=512)
def _tone(pitch: int, seconds: float) -> np.ndarray:
    time = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    hertz = 440 * 2 ** ((pitch - 69) / 12)
    sound = sum(np.sin(2 * np.pi * hertz * overtone * time) / overtone**1.5 for overtone in (1, 2, 3))
    edge = np.minimum(1, np.minimum(time, time[::-1]) / 0.02)
    return (sound * edge).astype(np.float32)


def marked(song: SetSong, folder: Path, hertz: float) -> Path:
    """A song as nothing but short tones of one pitch on its beats, over a soft chord: where they are can be heard even
    where another song sounds too."""
    track = np.zeros(round(song.seconds * SAMPLE_RATE), np.float32)
    time = np.arange(round(0.03 * SAMPLE_RATE)) / SAMPLE_RATE
    click = (np.sin(2 * np.pi * hertz * time) * np.exp(-time * 150)).astype(np.float32)
    for beat in song.beats:
        _add(track, beat, 0.5 * click)
    for a, b in itertools.pairwise(song.downbeats):
        _add(track, a, 0.02 * _tone(48, b - a))
    assert song.audio is not None
    path = folder / song.audio.blob_name
    soundfile.write(path, np.repeat(track[:, None], 2, axis=1), SAMPLE_RATE, "PCM_16")
    return path
