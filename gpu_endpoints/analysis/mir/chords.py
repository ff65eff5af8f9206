"""Chords: deep chroma decoded by madmom's conditional random field, boundaries moved to the beats."""

from __future__ import annotations

import numpy as np

from gpu_endpoints.analysis.mir import madmom_models
from segno.contracts.analysis import Chord
from segno.music.pitch import pitch_class, spell

_TEMPLATE = {"maj": (0, 4, 7), "min": (0, 3, 7)}
_SNAP_SECONDS = 0.35
_SILENT_RMS = 10 ** (-60 / 20)


def find(chroma: np.ndarray, rms: np.ndarray, beats: np.ndarray, duration: float, *, flats: bool) -> list[Chord]:
    """Chords from 0 to `duration` without gaps, `N` where nothing sounds.

    Parameters
    ----------
    chroma, rms : at 10 frames a second
    beats : beat times in seconds, may be empty
    flats : whether to spell roots with flats
    """
    if not len(chroma):
        return [Chord(start_time=0, end_time=duration, chord="N", confidence=0)]
    spans = [(float(start), float(end), str(label)) for start, end, label in madmom_models.chord_crf()(chroma)]
    spans = _silence_between(spans, rms, duration)
    starts = _on_beats(np.array([start for start, _, _ in spans]), beats)
    chords: list[Chord] = []
    for index, (_, _, label) in enumerate(spans):
        start = 0.0 if index == 0 else float(starts[index])
        end = duration if index == len(spans) - 1 else float(starts[index + 1])
        if end - start < 1e-3:
            continue
        name = _spelled(label, flats=flats)
        if chords and chords[-1].chord == name:
            chords[-1].end_time = end
        else:
            chords.append(Chord(start_time=start, end_time=end, chord=name, confidence=_fit(chroma, start, end, label)))
    return chords


def respelled(chords: list[Chord], *, flats: bool) -> list[Chord]:
    """The same chords with roots as the key spells them."""
    return [chord.model_copy(update={"chord": _spelled(chord.chord, flats=flats)}) for chord in chords]


def _silence_between(spans, rms: np.ndarray, duration: float):
    """Cut what sounds nothing out of the chords at the beginning and end of the song."""
    loud = np.nonzero(rms > _SILENT_RMS)[0]
    if not len(loud):
        return [(0.0, duration, "N")]
    first, last = loud[0] / 10, min(duration, (loud[-1] + 1) / 10)
    kept = [(max(start, first), min(end, last), label) for start, end, label in spans if end > first and start < last]
    lead = [(0.0, first, "N")] if first > 0.1 else []
    tail = [(last, duration, "N")] if last < duration - 0.1 else []
    return lead + kept + tail


def _on_beats(starts: np.ndarray, beats: np.ndarray) -> np.ndarray:
    if not len(beats):
        return starts
    nearest = beats[np.argmin(np.abs(starts[:, None] - beats[None, :]), axis=1)]
    return np.where(np.abs(nearest - starts) <= _SNAP_SECONDS, nearest, starts)


def _spelled(label: str, *, flats: bool) -> str:
    if label == "N":
        return "N"
    root, _, quality = label.partition(":")
    return f"{spell(pitch_class(root), flats=flats)}:{quality}"


def _fit(chroma: np.ndarray, start: float, end: float, label: str) -> float:
    """How much more the chord's tones sound than the other pitch classes, 0..1."""
    mean = chroma[int(start * 10) : max(int(start * 10) + 1, int(end * 10))].mean(axis=0)
    if label == "N":
        return float(np.clip(1 - mean.max(), 0, 1))
    root, _, quality = label.partition(":")
    tones = [(pitch_class(root) + step) % 12 for step in _TEMPLATE[quality]]
    others = [pitch for pitch in range(12) if pitch not in tones]
    return float(np.clip(mean[tones].mean() - mean[others].mean(), 0, 1))
