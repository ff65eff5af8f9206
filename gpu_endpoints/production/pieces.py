"""The job `check`: what is finished heard again, a stem beside what it has to fit, a piece beside all it was to be.

What a piece misses is named, with the layer whose fault it is, so that it can be made again.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from scipy import signal

from gpu_endpoints.audio import levels, profiles, spectra
from gpu_endpoints.audio.levels import SAMPLE_RATE
from gpu_endpoints.production import checking, sources
from gpu_endpoints.serving.work import JobContext
from ripieno.contracts.composition import BACKING
from ripieno.contracts.enums import StemType
from ripieno.contracts.production import CheckInput, Miss, PieceAsked, PieceHeard
from ripieno.music.conditioning import Conditioning
from ripieno.music.genres.blending import blend

HARMONIC = {StemType.BASS, StemType.GUITAR, StemType.PIANO, StemType.SYNTH, StemType.OTHER}
GOOD_CHORDS = 0.9
MOST_LOUDNESS_ERROR = 1.0
MOOD_BANDS = {"valence": 0.8, "arousal": 0.5}
"""Either side of what was asked for: nine in ten measured pieces that were left out lie in them."""
LEAST_BORDERS = 0.5
LEAST_ENERGY = 0.6
LEAST_WORDS = 0.8
_NEAR_WORD = 0.12  # seconds either side of where a word is to be sung
_VOICE_HZ = (250.0, 3000.0)  # where vowels are loud
_VOICE_STEP = 44  # samples, about a millisecond
_SMOOTH = 32
_EARLY = 0.05  # seconds before a bar that still belong to it: consonants come before their beat
_LEAST_SECTIONS = 2
_KERNEL_BARS = 4
_BANDS_HZ = np.geomspace(40.0, 14000.0, 25)
_WINDOW, _HOP = 4096, 2048


def run(job_input: dict, context: JobContext) -> dict:
    order = CheckInput.model_validate(job_input)
    given = sources.conditioning(order)
    audio = sources.whole(order.audio, context)
    context.progress(0.3, "checking")
    score = checking.score(audio, given, stem_type=StemType(order.stem_type), style=order.style)
    if order.piece is not None:
        score.piece = heard(audio, given, order.piece, order.style, context.part(0.4, 1.0))
        if score.energy_correlation is not None and score.energy_correlation < LEAST_ENERGY:
            message = f"its bars follow the energy that was asked for by {score.energy_correlation:.2f} only"
            score.piece.misses.append(Miss(what="energy", message=message))
        score.remarks += [one.message for one in score.piece.misses]
    return score.model_dump()


def heard(audio: np.ndarray, music: Conditioning, asked: PieceAsked, style: str, context: JobContext) -> PieceHeard:
    """A finished piece beside what it was to be.

    Parameters
    ----------
    audio : float32 (frames, 2) at 44.1 kHz, the master
    """
    found = PieceHeard(borders=borders(audio.mean(axis=1), music))
    for number, layer in enumerate(asked.layers):
        is_harmonic = StemType(layer.stem_type) in HARMONIC
        is_lead = StemType(layer.stem_type) == StemType.VOCALS and layer.name != BACKING
        is_sung = is_lead and bool(asked.words)
        if not is_harmonic and not is_sung:
            continue
        context.progress(number / len(asked.layers), f"hearing the {layer.name}")
        own = sources.whole(layer, context.part(0, 1)).mean(axis=1)
        if is_sung:
            found.words_in_bar, found.words_ms = words(own, asked.words, music)
        elif (agreed := checking.on_chords(own, music)) is not None:
            found.chords[layer.name] = round(agreed, 3)
    _, lufs = levels.levels(audio)
    like = profiles.likeness(audio, music, lufs)
    found.sounds_like = [name for name, _ in like.styles[:3]]
    found.valence, found.arousal = like.valence, like.arousal
    if lufs is not None and asked.loudness_lufs is not None:
        found.loudness_error = round(lufs - asked.loudness_lufs, 2)
    found.misses = misses(found, asked, style)
    return found


def misses(found: PieceHeard, asked: PieceAsked, style: str) -> list[Miss]:
    """What is not as it was asked."""
    missed = [
        Miss(what="chords", layer=name, message=f"the {name} agrees with the chords by {agreed:.0%} only")
        for name, agreed in found.chords.items()
        if agreed < GOOD_CHORDS
    ]
    wanted = [name for name, _ in blend(style).weights]
    if found.sounds_like and found.sounds_like[0] not in wanted:
        missed.append(Miss(what="style", message=f"it sounds more like {found.sounds_like[0]} than like {style}"))
    for name, band in MOOD_BANDS.items():
        is_heard, was_asked = getattr(found, name), getattr(asked, name)
        if is_heard is not None and was_asked is not None and abs(is_heard - was_asked) > band:
            missed.append(Miss(what="mood", message=f"its {name} is heard as {is_heard:+.1f}, not {was_asked:+.1f}"))
    if found.borders is not None and found.borders < LEAST_BORDERS:
        missed.append(
            Miss(what="borders", message=f"only {found.borders:.0%} of its sections begin with a clear change")
        )
    if found.words_in_bar is not None and found.words_in_bar < LEAST_WORDS:
        missed.append(Miss(what="words", message=f"only {found.words_in_bar:.0%} of its words are sung in their bar"))
    if found.loudness_error is not None and abs(found.loudness_error) > MOST_LOUDNESS_ERROR:
        missed.append(
            Miss(what="loudness", message=f"it is {found.loudness_error:+.1f} LU from the loudness asked for")
        )
    return missed


def borders(mono: np.ndarray, music: Conditioning) -> float | None:
    """The share of the sections' beginnings that are among as many of the greatest changes of sound from bar to bar
    (Foote 2000, over four bars a side, on the bars that are known); None where there are no two sections. One that goes
    on with another of its kind begins with no change."""
    bars = music.bars()
    begin = [after.start for before, after in pairwise(music.sections) if before.label != after.label]
    starts = [n for n, bar in enumerate(bars) if any(abs(bar.first - start) < 0.5 for start in begin)]
    if len(starts) < _LEAST_SECTIONS - 1 or len(bars) < 2 * _LEAST_SECTIONS:
        return None
    hertz = np.arange(_WINDOW // 2 + 1) * SAMPLE_RATE / _WINDOW
    inside = [(hertz >= a) & (hertz < b) for a, b in itertools.pairwise(_BANDS_HZ)]
    power = np.concatenate(
        [
            np.stack([block[:, one].sum(axis=1) for one in inside if one.any()], axis=1)
            for block in spectra.blocks(mono, _WINDOW, _HOP, slice(None))
        ]
    )
    edges = [round((music.timeline.at(bar.first) - music.start_seconds) * SAMPLE_RATE / _HOP) for bar in bars]
    edges.append(len(power))
    sound = np.stack([power[a : max(b, a + 1)].mean(axis=0) for a, b in itertools.pairwise(edges)])
    sound = 20 * np.log10(sound + 1e-6 * power.max(initial=1e-9))
    change = np.zeros(len(bars))
    for n in range(1, len(bars)):
        before, after = sound[max(0, n - _KERNEL_BARS) : n], sound[n : n + _KERNEL_BARS]
        change[n] = np.sqrt(((before.mean(axis=0) - after.mean(axis=0)) ** 2).mean())
    peaks = [n for n in range(1, len(bars)) if change[n] >= change[max(0, n - 1) : n + 2].max() - 1e-9]
    greatest = sorted(peaks, key=lambda n: -change[n])[: len(starts)]
    return round(sum(any(abs(start - n) <= 0 for n in greatest) for start in starts) / len(starts), 3)


def words(mono: np.ndarray, begin: Sequence[float], music: Conditioning) -> tuple[float, float]:
    """The share of words that are heard to begin in their bar, and how far from their place in the middle, in ms."""
    late = lateness(mono, begin)
    edges = np.array([music.timeline.at(bar.first) for bar in music.bars()]) - music.start_seconds - _EARLY
    wanted = np.asarray(begin)
    same = np.searchsorted(edges, wanted, "right") == np.searchsorted(edges, wanted + late, "right")
    return round(float(same.mean()), 3), round(1000 * float(np.median(np.abs(late))), 1)


def lateness(mono: np.ndarray, begin: Sequence[float]) -> np.ndarray:
    """Seconds from where each word is to begin to where the voice rises most near it; as far as can be where none
    does."""
    band = np.asarray(signal.sosfilt(signal.butter(2, _VOICE_HZ, "band", fs=SAMPLE_RATE, output="sos"), mono))
    frames = len(band) // _VOICE_STEP
    envelope = np.sqrt((band[: frames * _VOICE_STEP].reshape(frames, _VOICE_STEP) ** 2).mean(axis=1))
    smooth = np.convolve(envelope, np.hanning(_SMOOTH) / np.hanning(_SMOOTH).sum(), "same")
    rise = np.maximum(np.diff(np.log(smooth + 1e-3 * smooth.max(initial=0.0) + 1e-9), prepend=0.0), 0)
    rate = SAMPLE_RATE / _VOICE_STEP
    found = []
    for start in begin:
        a, b = (max(0, round((start + off) * rate)) for off in (-_NEAR_WORD, _NEAR_WORD))
        here = rise[a:b]
        heard = len(here) and here.max() > 0
        found.append((a + int(here.argmax())) / rate - start if heard else _NEAR_WORD)
    return np.array(found)
