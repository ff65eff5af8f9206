"""A voice that needs no weights: words spoken by espeak-ng, set to pitch and length by the WORLD vocoder.

WORLD: Morise et al., IEICE 2016. Consonants keep their own length, before the beat; vowels fill their notes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from importlib.metadata import version

import numpy as np
import pyworld
import soxr

from gpu_endpoints.audio.levels import SAMPLE_RATE
from gpu_endpoints.generation.singing import delivery as deliveries
from gpu_endpoints.generation.singing import pitch
from gpu_endpoints.generation.singing.delivery import PLAIN, Delivery
from gpu_endpoints.generation.singing.lyrics import Sung, Syllable
from gpu_endpoints.generation.singing.spoken import SPOKEN_RATE, Phoneme, speak
from gpu_endpoints.generation.voices import frames as world
from gpu_endpoints.generation.voices import shaping
from gpu_endpoints.generation.voices.frames import PERIOD, Frames
from ripieno.contracts.provenance import Provenance

NAME = "voice"
_MOST_CONSONANT = 0.45  # of the room that consonants may take
_LONGEST_VOICED, _LONGEST_OTHER = 0.04, 0.08  # seconds of a consonant before the beat: spoken slowly they are longer
_HELD_FROM, _HELD_TO, _HELD_SHARE = 0.15, 0.55, 0.8  # of a vowel: what is held for most of its note
_FADE_SECONDS = 0.02
_BREATH_LOW, _BREATH_HIGH = 0.02, 0.7  # most aperiodicity of voiced sounds, at 0 Hz and at 11 kHz
_SILENCE = 1e-14


def provenance() -> Provenance:
    return Provenance(
        engine=NAME,
        version=f"espeak-ng {version('espeakng-loader')}, pyworld {version('pyworld-prebuilt')}",
        license="GPL-3 (espeak-ng); MIT (WORLD)",
        approximate=True,
    )


def sing(
    notes: Sequence[Sung],
    seconds: float,
    *,
    language: str,
    tuning: float,
    delivery: Delivery = PLAIN,
    formants: float = 1.0,
) -> np.ndarray:
    """float32 (frames, 2) at 44.1 kHz of at least `seconds`; above 1 `formants` are those of a smaller singer."""
    frames = sung(notes, seconds, language=language, tuning=tuning, delivery=delivery)
    return heard(frames if formants == 1.0 else _of_another_size(frames, formants))


def heard(frames: Frames) -> np.ndarray:
    """float32 (frames, 2) at 44.1 kHz."""
    out = soxr.resample(world.sounded(frames), frames.rate, SAMPLE_RATE).astype(np.float32)
    return np.repeat(out[:, None], 2, axis=1)


def sung(notes: Sequence[Sung], seconds: float, *, language: str, tuning: float, delivery: Delivery = PLAIN) -> Frames:
    """What the vocoder is to sound: from 0 to at least `seconds`."""
    notes = deliveries.timed(notes, delivery)
    frames = int(seconds / PERIOD) + 1
    bins = pyworld.get_cheaptrick_fft_size(SPOKEN_RATE) // 2 + 1
    spectrum = np.full((frames, bins), _SILENCE)
    aperiodicity = np.ones((frames, bins))
    voiced = np.zeros(frames, bool)
    for number, note in enumerate(notes):
        if note.syllable is None:
            continue
        held_to = _held_until(notes, number)
        room = note.start - (notes[number - 1].start if number else 0.0)
        for place in _places(note, held_to, room):
            _lay(place, language, note.syllable.line, spectrum, aperiodicity, voiced)
    f0 = np.where(voiced, pitch.curve(notes, frames, PERIOD, tuning=tuning, delivery=delivery), 0.0)
    louder = deliveries.arc(notes, frames, PERIOD, delivery)[:, None] / world.DB
    found = Frames(f0, np.log(spectrum) + louder, aperiodicity, SPOKEN_RATE)
    if not delivery.breath:
        return found
    now = shaping.sound_of([found]).breath
    return shaping.breathed(found, now, now + shaping.BREATH_STEP * delivery.breath)


# -- parts --------------------------------------------------------------------------------------------------------


_Place = tuple[Phoneme, float, float, bool]  # a phoneme, where it begins and ends in the song, whether it is the vowel


def _held_until(notes: Sequence[Sung], number: int) -> float:
    """The end of a syllable: of its own note, or of the last that goes on with it."""
    end = notes[number].end
    for note in notes[number + 1 :]:
        if note.syllable is not None or note.start - end > pitch.GLIDE_SECONDS:
            break
        end = note.end
    return end


def _places(note: Sung, until: float, room: float) -> list[_Place]:
    """Where a syllable's sounds lie: the vowel from the beat on, consonants before it and at the end."""
    syllable: Syllable = note.syllable  # pyright: ignore[reportAssignmentType]
    lengths = [min(one.end - one.start, _LONGEST_VOICED if one.is_voiced else _LONGEST_OTHER) for one in syllable.onset]
    onset = sum(lengths)
    coda = sum(one.end - one.start for one in syllable.coda)
    onset_scale = min(1.0, _MOST_CONSONANT * max(room, 0.05) / onset) if onset else 1.0
    coda_scale = min(1.0, _MOST_CONSONANT * (until - note.start) / coda) if coda else 1.0
    found: list[_Place] = []
    at = max(0.0, note.start - onset * onset_scale)
    for one, own in zip(syllable.onset, lengths, strict=True):
        length = own * onset_scale
        found.append((one, at, at + length, False))
        at += length
    found.append((syllable.vowel, at, until - coda * coda_scale, True))
    at = until - coda * coda_scale
    for one in syllable.coda:
        length = (one.end - one.start) * coda_scale
        found.append((one, at, at + length, False))
        at += length
    return found


def _of_another_size(frames: Frames, formants: float) -> Frames:
    """Sung by another vocal tract: every formant so many times as high."""
    bins = frames.logs.shape[1]
    where = np.minimum(np.arange(bins) / formants, bins - 1.001)
    low = where.astype(int)
    share = where - low
    return replace(frames, logs=frames.logs[:, low] * (1 - share) + frames.logs[:, low + 1] * share)


def _lay(
    place: _Place, language: str, line: str, spectrum: np.ndarray, aperiodicity: np.ndarray, voiced: np.ndarray
) -> None:
    """One phoneme's frames into the song, stretched to where it lies."""
    phoneme, start, end, is_vowel = place
    a, b = max(0, round(start / PERIOD)), min(len(spectrum), round(end / PERIOD))
    if b <= a:
        return
    source_f0, logs, source_aperiodicity = _analysed(line, language)
    x = (np.arange(a, b) - a) / (b - a)
    natural = phoneme.end - phoneme.start
    if is_vowel and end - start > natural:
        x = np.interp(x, [0, 0.08, 0.08 + _HELD_SHARE, 1], [0, _HELD_FROM, _HELD_TO, 1])
    where = np.clip((phoneme.start + x * natural) / PERIOD, 0, len(source_f0) - 1.001)
    low = where.astype(int)
    share = (where - low)[:, None]
    spectrum[a:b] = np.exp(logs[low] * (1 - share) + logs[low + 1] * share)
    aperiodicity[a:b] = source_aperiodicity[low] * (1 - share) + source_aperiodicity[low + 1] * share
    has_voice = is_vowel or phoneme.is_voiced
    voiced[a:b] = has_voice | (source_f0[low] > 0)
    if has_voice:  # what the analysis took for noise would hiss
        aperiodicity[a:b] = np.minimum(aperiodicity[a:b], np.linspace(_BREATH_LOW, _BREATH_HIGH, spectrum.shape[1]))
    if is_vowel:
        fade = min(round(_FADE_SECONDS / PERIOD), (b - a) // 2)
        if fade:
            spectrum[b - fade : b] *= np.linspace(1, 0.4, fade)[:, None]


@lru_cache(maxsize=64)
def _analysed(line: str, language: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pitch (0 where there is none), the logarithm of the spectral envelope, and aperiodicity of a spoken line, a frame
    each 5 ms. The envelope is that of its usual pitch where none is heard: it is spoken on one."""
    audio = np.ascontiguousarray(speak(line, language).audio, np.float64)
    rough, times = pyworld.dio(audio, SPOKEN_RATE, frame_period=1000 * PERIOD)
    f0 = pyworld.stonemask(audio, rough, times, SPOKEN_RATE)
    usual = float(np.median(f0[f0 > 0])) if (f0 > 0).any() else 0.0
    spectrum = pyworld.cheaptrick(audio, np.where(f0 > 0, f0, usual), times, SPOKEN_RATE)
    aperiodicity = pyworld.d4c(audio, f0, times, SPOKEN_RATE)
    return f0, np.log(spectrum + _SILENCE), aperiodicity
