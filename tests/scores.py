"""mir_eval on our analyses."""

from __future__ import annotations

import mir_eval
import numpy as np

from ripieno.music.score import Score


def beat_f(score: Score, beats: list[dict]) -> float:
    truth = np.array([time for time, _ in score.beats])
    return mir_eval.beat.f_measure(truth, np.array([beat["time"] for beat in beats]))


def majmin(score: Score, chords: list[dict]) -> float:
    truth = np.array([[chord.start, chord.end] for chord in score.chords])
    found = np.array([[chord["start_time"], chord["end_time"]] for chord in chords])
    found, labels = mir_eval.util.adjust_intervals(
        found, [chord["chord"] for chord in chords], truth.min(), truth.max(), "N", "N"
    )
    spans, true_labels, found_labels = mir_eval.util.merge_labeled_intervals(
        truth, [chord.label for chord in score.chords], found, labels
    )
    return mir_eval.chord.weighted_accuracy(
        mir_eval.chord.majmin(true_labels, found_labels), mir_eval.util.intervals_to_durations(spans)
    )
