"""What was found against what is true, with mir_eval."""

from __future__ import annotations

import warnings
from pathlib import Path

import jams
import mir_eval
import numpy as np

from ripieno.contracts.analysis import Analysis, Chord


def truth_of(path: Path) -> dict:
    """The annotations of a JAMS file in the shape that engines answer in."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        document = jams.load(str(path), validate=False)

    def rows(namespace: str) -> list:
        found = document.search(namespace=namespace)
        return list(found[0].data) if found else []

    beats = rows("beat")
    spans = lambda name: [(o.time, o.time + o.duration, o.value) for o in rows(name)]  # noqa: E731
    tempo, key = rows("tempo"), rows("key_mode")
    return {
        "beats": np.array([o.time for o in beats]),
        "downbeats": np.array([o.time for o in beats if o.value == 1]),
        "bpm": tempo[0].value if tempo else None,
        "key": max(key, key=lambda o: o.duration).value if key else None,
        "keys": spans("key_mode"),
        "chords": spans("chord"),
        "sections": spans("segment_open"),
        "tuning": getattr(document.sandbox, "tuning_frequency", None),
        "tags": (getattr(document.sandbox, "traits", None) or {}).get("tags", []),
    }


def score(truth: dict, found: dict) -> dict[str, float]:
    """Every score that both sides allow."""
    scores: dict[str, float] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in ("beats", "downbeats"):
            if len(truth[name]) and name in found:
                estimate = np.asarray(found[name], float)
                trim = mir_eval.beat.trim_beats
                scores[f"{name} F"] = (
                    mir_eval.beat.f_measure(trim(truth[name]), trim(estimate)) if len(estimate) else 0.0
                )
        if truth["bpm"] and "bpm" in found:
            ratio = (found["bpm"] or 0) / truth["bpm"]
            scores["tempo Acc1"] = float(abs(ratio - 1) <= 0.04)
            scores["tempo Acc2"] = float(any(abs(ratio / factor - 1) <= 0.04 for factor in (1, 2, 3, 1 / 2, 1 / 3)))
        if truth["key"] and "key" in found:
            scores["key"] = _key(truth["key"], found["key"])
        if truth["keys"] and found.get("keys"):
            scores["local key"] = _local_key(truth["keys"], found["keys"])
        if truth["chords"] and found.get("chords"):
            scores |= _chords(truth["chords"], found["chords"])
        if truth["sections"] and found.get("sections"):
            scores |= _sections(truth["sections"], found["sections"])
        if truth["tuning"] and found.get("tuning"):
            cents = 1200 * np.log2(found["tuning"] / truth["tuning"])
            scores["tuning cents"] = float(abs((cents + 50) % 100 - 50))
    return scores


Reliability = dict[str, list[tuple[float, float]]]
"""For each task (confidence, share that was right) of its annotations: one a song, or one for each span."""


def reliability(truth: dict, analysis: Analysis) -> Reliability:
    """How right each annotation is, beside how sure it was; right is as `mir.confidence` says."""
    trust, found = analysis.confidence, {}
    if truth["bpm"] and analysis.bpm:
        found["bpm"] = [(trust.bpm, float(abs(analysis.bpm / truth["bpm"] - 1) <= 0.04))]
    if len(truth["beats"]) and analysis.beats:
        times = np.array([beat.time for beat in analysis.beats])
        matched = len(mir_eval.util.match_events(truth["beats"], times, 0.07))
        found["beats"] = [(trust.beats, matched / len(times))]
    if truth["key"] and analysis.key:
        found["key"] = [(trust.key, float(_key(truth["key"], f"{analysis.key}:{analysis.mode}") == 1.0))]
    if truth["chords"]:
        found["chords"] = [
            (chord.confidence, float(_share_right(chord, truth["chords"]) > 0.5))
            for chord in analysis.chords
            if chord.chord != "N" and _share_right(chord, truth["chords"]) >= 0
        ]
    if truth["sections"]:
        starts = np.array([span[0] for span in truth["sections"]])
        found["sections"] = [
            (section.confidence, float(np.abs(starts - section.start_time).min() <= 0.5))
            for section in analysis.sections[1:]
        ]
    if truth["tuning"] and analysis.tuning_frequency:
        cents = 1200 * np.log2(analysis.tuning_frequency / truth["tuning"])
        found["tuning"] = [(trust.tuning_frequency, float(abs((cents + 50) % 100 - 50) <= 3))]
    return found


def _share_right(chord: Chord, truth: list[tuple[float, float, str]]) -> float:
    """Of the time in which the truth has a major or minor chord here; -1 where it has none."""
    spans = [
        (min(end, chord.end_time) - max(start, chord.start_time), label)
        for start, end, label in truth
        if start < chord.end_time and end > chord.start_time
    ]
    labels = [label for _, label in spans]
    verdicts = mir_eval.chord.majmin(labels, [chord.chord] * len(labels)) if labels else np.zeros(0)
    judged = [(length, verdict) for (length, _), verdict in zip(spans, verdicts, strict=True) if verdict >= 0]
    total = sum(length for length, _ in judged)
    return sum(length * verdict for length, verdict in judged) / total if total else -1.0


_PARALLEL = {"dorian": "minor", "mixolydian": "major", "ionian": "major", "aeolian": "minor"}


def _key(truth: str, found: str | None) -> float:
    if not found:
        return 0.0
    tonic, mode = truth.split(":")
    return mir_eval.key.weighted_score(f"{tonic} {_PARALLEL.get(mode, mode)}", found.replace(":", " "))


def _local_key(truth: list, found: list) -> float:
    """The MIREX key score over time."""
    total, score = 0.0, 0.0
    for start, end, key in truth:
        for begin, stop, label in found:
            overlap = max(0.0, min(end, stop) - max(start, begin))
            total += overlap
            score += overlap * _key(key, label)
    return score / total if total else 0.0


def _chords(truth: list, found: list) -> dict[str, float]:
    intervals = np.array([span[:2] for span in truth])
    estimate = np.array([span[:2] for span in found])
    estimate, labels = mir_eval.util.adjust_intervals(
        estimate, [span[2] for span in found], intervals.min(), intervals.max(), "N", "N"
    )
    spans, reference, labels = mir_eval.util.merge_labeled_intervals(
        intervals, [span[2] for span in truth], estimate, labels
    )
    length = mir_eval.util.intervals_to_durations(spans)
    return {
        "chords with bass": mir_eval.chord.weighted_accuracy(mir_eval.chord.majmin_inv(reference, labels), length),
        "chords majmin": mir_eval.chord.weighted_accuracy(mir_eval.chord.majmin(reference, labels), length),
        "chords sevenths": mir_eval.chord.weighted_accuracy(mir_eval.chord.sevenths(reference, labels), length),
    }


def _sections(truth: list, found: list) -> dict[str, float]:
    reference = np.array([span[:2] for span in truth])
    estimate = np.array([span[:2] for span in found])
    estimate, _ = mir_eval.util.adjust_intervals(estimate, None, reference.min(), reference.max())
    return {
        f"sections HR{window}F": mir_eval.segment.detection(reference, estimate, window=window, trim=True)[2]
        for window in (0.5, 3)
    }
