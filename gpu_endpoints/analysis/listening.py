"""From an audio file to its findings: the shared pass over the samples, then one task after the other."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from gpu_endpoints.analysis import engines
from gpu_endpoints.analysis.mir import beats, chords, key, sections, tuning
from gpu_endpoints.analysis.mir.features import Features, extract
from gpu_endpoints.audio.decoding import Audio
from segno.contracts.analysis import Analysis, Beat, Confidences
from segno.contracts.enums import Mode
from segno.music.pitch import key_name, uses_flats


def analyse(audio: Audio, on_progress: Callable[[float], None] = lambda done: None) -> Analysis:
    """Everything at once; the jobs do it in two steps, `describe` and `add_sections`."""
    features = extract(audio.mono_blocks(), audio.duration, on_progress)
    return add_sections(describe(features), features)


def describe(features: Features) -> Analysis:
    """Tempo, meter, beats, chords, key and tuning."""
    duration = features.duration
    grid = beats.find(features.beat_activations, duration)
    evidence = chords.gather(features.profiles, features.rms, grid.times, grid.positions, duration)
    found = chords.decode(evidence, None, flats=False)
    tonic, mode, key_confidence = key.find(features.fundamentals, found)
    if tonic is not None and mode is not None:
        found = chords.decode(evidence, (tonic, mode), flats=uses_flats(tonic, mode))
    tuning_frequency, tuning_confidence = tuning.estimate(features.tuning_counts)
    return Analysis(
        duration_seconds=duration,
        bpm=grid.bpm,
        time_signature=grid.time_signature,
        key=key_name(tonic, mode) if tonic is not None and mode is not None else None,
        mode=Mode(mode) if mode else None,
        tuning_frequency=tuning_frequency,
        beats=[Beat(time=time, position=position) for time, position in zip(grid.times, grid.positions, strict=True)],
        chords=found,
        confidence=Confidences(
            bpm=grid.tempo_confidence,
            beats=grid.beat_confidence,
            key=key_confidence,
            chords=_mean_confidence(found),
            tuning_frequency=tuning_confidence,
        ),
        engines=engines.mir_provenance(),
    )


def add_sections(analysis: Analysis, features: Features) -> Analysis:
    downbeats = np.array([beat.time for beat in analysis.beats if beat.position == 1])
    found = sections.find(features, downbeats)
    confidence = analysis.confidence.model_copy(update={"sections": _mean_confidence(found)})
    signed = analysis.engines | {"sections": engines.structure_provenance()}
    return analysis.model_copy(update={"sections": found, "confidence": confidence, "engines": signed})


def _mean_confidence(spans) -> float:
    """The confidence of a whole from that of its parts, weighted by their length."""
    length = sum(span.end_time - span.start_time for span in spans)
    return sum((span.end_time - span.start_time) * span.confidence for span in spans) / length if length else 0.0
