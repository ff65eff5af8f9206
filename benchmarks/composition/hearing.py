"""What a piece is heard to be, by analysis of its audio alone, beside what was asked for.

Tempo, key and borders are heard in the master by the analysis of songs (`gpu_endpoints.analysis`), loudness by
pyloudnorm, true peaks in the master at four times its rate; sung pitch (WORLD's DIO with StoneMask) and words in the
vocal layer, chords in each harmonic layer.
"""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pyloudnorm
import pyworld
import soundfile
import soxr

from benchmarks.composition.making import Piece
from gpu_endpoints.analysis import listening
from gpu_endpoints.audio import decoding
from gpu_endpoints.production import checking, pieces
from ripieno.contracts.enums import StemType
from ripieno.music.composing import contexts, harmonies, singing
from ripieno.music.conditioning import Conditioning
from ripieno.music.genres.blending import blend
from ripieno.work.composing import style_of

HARMONIC = {StemType.PIANO, StemType.GUITAR, StemType.SYNTH, StemType.BASS}
LEVELS = (1.0, 2.0, 0.5)  # of the beat, at which a tempo may be counted
COMPOUND_LEVELS = (1.0, 3.0, 1.5, 2.0, 0.5)
_PITCH_MS = 5.0
_IN_TUNE_CENTS = 30.0


def heard(piece: Piece, holds: dict[str, Any]) -> dict[str, Any]:
    """One row: what was asked for, what was heard, and how near it is."""
    context, music = piece.context, contexts.conditioning_of(piece.context)
    found = listening.analyse(decoding.open_stem(piece.master))
    audio, rate = soundfile.read(piece.master, dtype="float32", always_2d=True)
    tempo, strict = _tempo_error(context.tempo, [beat.time for beat in found.beats], compound=music.timeline.compound)
    row: dict[str, Any] = {
        "brief": piece.work.composition.order.brief if piece.work.composition else "", "title": context.title,
        "style": style_of(context), "seconds": round(len(audio) / rate, 2), "tempo": context.tempo,
        "tempo error %": tempo, "tempo error % as counted": strict,
        "key": context.key, "heard key": f"{found.key} {found.mode or ''}".strip(),
        "borders F": borders(music, [one.start_time for one in found.sections[1:]]),
        "energy": energy(audio, rate, music),
        "loudness error LU": abs(float(pyloudnorm.Meter(rate).integrated_loudness(audio)) - context.loudness_lufs),
        "true peak dBTP": true_peak(audio, rate),
        "chords": chords(piece, music),
    }  # fmt: skip
    row["key right"] = harmonies.key_of(context.key) == harmonies.key_of(row["heard key"]) if found.key else False
    vocals = piece.layers.get("vocals")
    if vocals is not None and piece.revision.words:
        row |= sung(vocals, piece, music)
    row["seconds a stage"] = piece.seconds
    row["as asked"] = _as_asked(piece, holds, row["seconds"])
    if piece.revision.score is not None and piece.revision.score.piece is not None:
        row["check"] = piece.revision.score.model_dump(mode="json")
        missed = {one.what for one in piece.revision.score.piece.misses}
        row |= {
            "style led": "style" not in missed,
            "mood held": "mood" not in missed,
            "tries": len(piece.revision.tries),
        }
    return row


def _as_asked(piece: Piece, holds: dict[str, Any], seconds: float) -> list[str]:
    """What of the brief did not even reach the context."""
    context = piece.context
    wrong = []
    for name, wanted in holds.items():
        match name:
            case "seconds":
                is_right = abs(seconds / wanted - 1) <= 0.08
            case "sung":
                is_right = ("vocals" in piece.layers) == wanted
            case "style":
                is_right = max(context.styles, key=lambda one: one.weight).name == wanted
            case "key":
                is_right = harmonies.key_of(context.key) == harmonies.key_of(wanted)
            case "tempo":
                is_right = abs(context.tempo / wanted - 1) < 1e-3
            case _:
                is_right = getattr(context, name) == wanted
        if not is_right:
            wrong.append(name)
    return wrong


def _tempo_error(asked: float, beats: list[float], *, compound: bool) -> tuple[float | None, float | None]:
    """Percent, by the slope of the beats that were heard: at the nearest way of counting, and as they were counted."""
    if len(beats) < 8:
        return None, None
    bpm = 60 / float(np.polyfit(np.arange(len(beats)), beats, 1)[0])
    errors = [100 * abs(bpm / (asked * level) - 1) for level in (COMPOUND_LEVELS if compound else LEVELS)]
    return round(min(errors), 3), round(errors[0], 3)


def borders(music: Conditioning, found: list[float]) -> float | None:
    """F-measure at half a second of the borders within the piece (mir_eval's, trimmed); None where there is none."""
    truth = [music.timeline.at(one.start) for one in music.sections[1:]]
    if not truth:
        return None
    left, hits = sorted(found), 0
    for one in truth:
        near = min(left, key=lambda other: abs(other - one), default=None)
        if near is not None and abs(near - one) <= 0.5:
            left.remove(near)
            hits += 1
    return round(2 * hits / (len(truth) + len(found)), 3)


def bar_levels(audio: np.ndarray, rate: int, music: Conditioning) -> np.ndarray:
    """The RMS of each bar."""
    edges = [round(music.timeline.at(bar.first) * rate) for bar in music.bars()] + [len(audio)]
    return np.array([np.sqrt(np.mean(audio[a:b] ** 2)) if b > a else 0.0 for a, b in itertools.pairwise(edges)])


def energy(audio: np.ndarray, rate: int, music: Conditioning) -> float | None:
    """Correlation of the bars' levels with the energy they were to have; None where that never changes."""
    wanted = np.array([music.energy_of(bar) for bar in music.bars()])
    levels = bar_levels(audio, rate, music)
    if wanted.std() < 0.02 or levels.std() <= 0:
        return None
    return round(float(np.corrcoef(wanted, levels)[0, 1]), 3)


def true_peak(audio: np.ndarray, rate: int) -> float:
    """dBTP (ITU-R BS.1770-4, annex 2): the peak at four times the rate."""
    highest = max(float(np.abs(soxr.resample(audio[:, n], rate, 4 * rate, "HQ")).max(initial=1e-9)) for n in (0, 1))
    return round(20 * float(np.log10(highest)), 2)


def chords(piece: Piece, music: Conditioning) -> dict[str, float]:
    """How well the chords explain each harmonic layer (`checking.on_chords`)."""
    found = {}
    for layer in piece.context.layers:
        path = piece.layers.get(layer.name)
        if path is None or StemType(layer.stem_type) not in HARMONIC:
            continue
        audio, _ = soundfile.read(path, dtype="float32", always_2d=True)
        agreed = checking.on_chords(audio.mean(axis=1), music)
        if agreed is not None:
            found[layer.name] = round(agreed, 3)
    return found


def sung(path: Path, piece: Piece, music: Conditioning) -> dict[str, Any]:
    """Of the voiced frames within notes how many are in tune; how far words begin from where they are to, and how many
    begin in their bar."""
    audio, rate = soundfile.read(path, dtype="float64", always_2d=True)
    mono = np.ascontiguousarray(audio.mean(axis=1))
    rough, times = pyworld.dio(mono, rate, f0_floor=70, f0_ceil=1200, frame_period=_PITCH_MS)
    f0 = pyworld.stonemask(mono, rough, times, rate)
    cents = []
    for note in singing.notes(piece.context, blend(style_of(piece.context))):
        inside = (times >= note.start) & (times < note.end) & (f0 > 0)
        cents.append(1200 * np.log2(f0[inside] / (music.tuning * 2 ** ((note.pitch - 69) / 12))))
    every = np.abs(np.concatenate(cents)) if cents else np.zeros(0)
    begin = np.array([word.start for line in piece.revision.words for word in line.words])
    late = pieces.lateness(mono, begin)
    bars = np.array([music.timeline.at(bar.first) for bar in music.bars()])
    there = begin + late
    same = np.searchsorted(bars - 0.05, begin, "right") == np.searchsorted(bars - 0.05, there, "right")
    return {
        "in tune": round(float((every <= _IN_TUNE_CENTS).mean()), 3) if len(every) else None,
        "words ms": round(1000 * float(np.median(np.abs(late))), 1) if len(late) else None,
        "words in bar": round(float(same.mean()), 3) if len(late) else None, "words": len(late),
    }  # fmt: skip
