"""From an audio file to its findings: the shared pass over the samples, then one task after the other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import numpy as np

from gpu_endpoints.analysis import engines, impression
from gpu_endpoints.analysis.mir import beats, chords, confidence, key, sections, tuning
from gpu_endpoints.analysis.mir.features import FRAME_FPS, Features, StemBlocks, extract
from gpu_endpoints.audio.decoding import Audio
from gpu_endpoints.audio.levels import LevelMeter
from ripieno.contracts.analysis import Analysis, Beat, Confidences, KeySpan
from ripieno.contracts.enums import Mode
from ripieno.music.pitch import key_name
from ripieno.services import licenses


def analyse(audio: Audio, on_progress: Callable[[float], None] = lambda done: None) -> Analysis:
    return impression.heard(audio, describe(listen(audio, on_progress)))


def listen(
    audio: Audio,
    on_progress: Callable[[float], None],
    stems: dict[str, Audio] | None = None,
    *,
    engines: dict[str, str] | None = None,
) -> Features:
    """The pass over the samples, with drums and bass of a good separation where there are any.

    Beats and chords are heard together, by the learned networks unless the licence or one of `engines` says otherwise.
    """
    beside = StemBlocks(stems["drums"].mono_blocks(), stems["bass"].mono_blocks()) if stems else None
    meter = LevelMeter(audio.sample_rate)
    features = extract(
        audio.mono_blocks(meter=meter),
        audio.duration,
        on_progress,
        stems=beside,
        learned=not licenses.commercial_only() and not _asks_for_none(engines or {}),
    )
    loudness = meter.loudness()
    return features if loudness is None else replace(features, loudness_lufs=loudness)


def describe(features: Features) -> Analysis:
    """Tempo, meter, beats, chords, keys, sections and tuning."""
    grid = beats.find(features)
    outline = sections.find(features, grid.downbeats)
    evidence = chords.gather(features, grid.times, grid.positions)
    plain = chords.decode(evidence, [])
    keys, key_certainty = key.find(features, plain, [section.start_time for section in outline] + [features.duration])
    home = key.longest(keys) if keys else None
    found = chords.decode(evidence, keys)
    tuning_frequency, tuning_certainty = tuning.estimate(features.tuning_counts)
    return Analysis(
        duration_seconds=features.duration,
        bpm=grid.bpm,
        time_signature=grid.time_signature,
        key=key_name(home.tonic, home.mode) if home else None,
        mode=Mode(home.mode) if home else None,
        keys=[
            KeySpan(start_time=one.start, end_time=one.end, key=key_name(one.tonic, one.mode), mode=Mode(one.mode))
            for one in keys
        ],
        tuning_frequency=tuning_frequency,
        bar_levels=_bar_levels(features, grid.downbeats),
        loudness_lufs=None if np.isnan(features.loudness_lufs) else round(features.loudness_lufs, 2),
        beats=[Beat(time=time, position=position) for time, position in zip(grid.times, grid.positions, strict=True)],
        chords=found,
        sections=outline,
        confidence=Confidences(
            bpm=confidence.calibrated("bpm", grid.tempo_confidence) if grid.bpm else 0,
            beats=confidence.calibrated("beats", grid.beat_confidence) if grid.bpm else 0,
            key=confidence.calibrated("key", key_certainty) if home else 0,
            chords=_mean_confidence(found),
            sections=_mean_confidence(outline),
            tuning_frequency=confidence.calibrated("tuning", tuning_certainty) if tuning_frequency else 0,
        ),
        engines=engines.mir_provenance(features.hearing),
    )


def _asks_for_none(asked: dict[str, str]) -> bool:
    """Whether an engine without learned networks was asked for."""
    return asked.get("beats") == "flux+bar-pointer" or asked.get("chords") == "spectrum"


def _bar_levels(features: Features, downbeats: np.ndarray) -> list[float]:
    edges = np.append(np.round(downbeats * FRAME_FPS).astype(int), len(features.rms))
    power = [np.mean(features.rms[a : max(a + 1, b)] ** 2) for a, b in pairwise(edges) if a < len(features.rms)]
    return [round(float(10 * np.log10(one + 1e-10)), 1) for one in power]


def _mean_confidence(spans) -> float:
    """The confidence of a whole from that of its parts, weighted by their length."""
    length = sum(span.end_time - span.start_time for span in spans)
    return sum((span.end_time - span.start_time) * span.confidence for span in spans) / length if length else 0.0
