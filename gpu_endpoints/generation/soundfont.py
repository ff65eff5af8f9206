"""Scores to audio with a SoundFont (tinysoundfont), one stem at a time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pretty_midi
import tinysoundfont

from gpu_endpoints.audio.levels import SAMPLE_RATE
from ripieno.music.score import Part, Score

DRUM_CHANNEL = 9
_INSTEAD = {32: 35}
"""Programs of the SoundFont whose samples are not what they should be: beside each tone of its acoustic bass a major
third below it sounds, at a third of its level and more; the fretless one is the nearest that is clean."""
_EVENTS_A_REPORT = 200


def default_soundfont() -> Path:
    """TimGM6mb (GPL-2, T. Brechbill), which pretty_midi brings."""
    return Path(pretty_midi.__file__).parent / "TimGM6mb.sf2"


def render_part(
    part: Part,
    duration: float,
    soundfont: Path,
    *,
    tuning: float = 440.0,
    on_progress: Callable[[float], None] = lambda done: None,
) -> np.ndarray:
    """One part as float32 audio, shape (samples, 2), at 44.1 kHz and exactly `duration` seconds long."""
    synth = tinysoundfont.Synth(samplerate=SAMPLE_RATE, gain=-6 + part.gain_db)
    font = synth.sfload(str(soundfont))
    channel = DRUM_CHANNEL if part.is_drum else 0
    program = part.program if part.is_drum else _INSTEAD.get(part.program, part.program)
    synth.program_select(channel, font, 128 if part.is_drum else 0, program, part.is_drum)
    synth.control_change(channel, 10, round(64 + 63 * part.pan))
    if tuning != 440.0 and not part.is_drum:
        semitones = 12 * np.log2(tuning / 440.0)
        synth.pitchbend(channel, round(8192 + 8192 * semitones / 2))

    events = [(note.start, 1, note) for note in part.notes] + [(note.end, 0, note) for note in part.notes]
    total = round(duration * SAMPLE_RATE)
    pieces: list[np.ndarray] = []
    now = 0
    for number, (moment, is_on, note) in enumerate(sorted(events, key=lambda event: (event[0], event[1]))):
        if number % _EVENTS_A_REPORT == 0:
            on_progress(number / len(events))
        until = min(total, round(moment * SAMPLE_RATE))
        if until > now:
            pieces.append(_generate(synth, until - now))
            now = until
        if is_on:
            synth.noteon(channel, note.pitch, note.velocity)
        else:
            synth.noteoff(channel, note.pitch)
    if total > now:
        pieces.append(_generate(synth, total - now))
    return np.concatenate(pieces) if pieces else np.zeros((0, 2), np.float32)


def render(
    score: Score, soundfont: Path | None = None, *, tuning: float = 440.0
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """The mix and its stems, which add up to it; scaled together so that the mix peaks at 0.8."""
    font = soundfont or default_soundfont()
    stems: dict[str, np.ndarray] = {}
    for part in score.parts:
        audio = render_part(part, score.duration, font, tuning=tuning)
        stems[part.stem] = stems[part.stem] + audio if part.stem in stems else audio
    mix = np.sum(list(stems.values()), axis=0)
    peak = float(np.max(np.abs(mix))) if mix.size else 0.0
    scale = 0.8 / peak if peak else 1.0
    return (mix * scale).astype(np.float32), {name: (audio * scale).astype(np.float32) for name, audio in stems.items()}


def _generate(synth: tinysoundfont.Synth, samples: int) -> np.ndarray:
    return np.frombuffer(bytes(synth.generate(samples)), dtype=np.float32).reshape(-1, 2)
