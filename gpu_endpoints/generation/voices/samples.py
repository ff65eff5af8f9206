"""The job `check-voice`: whether a recording is long, loud, clean and of one speaker enough to make a voice of.

A recording that cannot be taken is no failure of the job: the report says why, and what to do about it.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gpu_endpoints.audio.levels import LevelMeter, rounded
from gpu_endpoints.generation.voices import measuring, speakers, store
from gpu_endpoints.generation.voices.frames import ANALYSIS_RATE, PERIOD, Frames
from gpu_endpoints.serving.work import JobContext, JobFailed
from ripieno.contracts.voices import (
    LEAST_SAMPLE_SECONDS,
    CheckVoiceInput,
    RefusedBecause,
    SampleFault,
    VoiceSampleReport,
)

LEAST_VOICED_SECONDS = 1.5
LEAST_LUFS = -45.0
LEAST_NOISE_DB, GOOD_NOISE_DB = 18.0, 30.0
MOST_CLIPPED = 0.001
_CLIPS, _CLIP_RUN = 0.999, 3  # of full scale, and how many samples after each other
_LEAST_PAUSES = 0.25  # seconds of silence that noise is measured in
_PAUSE_PERCENTILE = 10.0  # the rest of what has no pitch are consonants
_PHONE_RATE = 16000
_UNUSUAL = 10.0  # percentile of how like two stretches of one recording are
_AS_REFUSED: dict[str, RefusedBecause] = {"too_long": "too_long", "silent_audio": "too_quiet"}


def run(job_input: dict, context: JobContext) -> dict:
    order = CheckVoiceInput.model_validate(job_input)
    context.progress(0.0, "fetching the sample")
    report = VoiceSampleReport(engine=measuring.signature())
    try:
        audio = store.open_sample(order.sample, context)
    except JobFailed as fault:
        if fault.code == "audio_missing":
            raise
        report.refused.append(SampleFault(code=_AS_REFUSED.get(fault.code, "cannot_be_read"), message=fault.message))
        return report.model_dump()
    meter = LevelMeter(audio.sample_rate)
    clips, blocks = 0, []
    for block in audio.mono_blocks(ANALYSIS_RATE, meter=meter):
        context.check_cancelled()
        blocks.append(block)
    for block in audio.blocks():
        clips += _clipping(block)
    report.sample_rate = audio.sample_rate
    report.seconds = round(audio.duration, 3)
    report.peak, report.loudness_lufs = rounded(meter.peak, meter.loudness())
    report.clipped = round(clips / max(1, audio.frames), 5)
    parts: list[Heard] = []
    for part in store.stretches(np.concatenate(blocks)):
        done = sum(len(one.voiced) for one in parts) * PERIOD / audio.duration
        context.progress(0.1 + 0.8 * done, "listening to the sample")
        parts.append(heard(store.analysed(part, ANALYSIS_RATE)))
    judge(report, parts, order.known)
    return report.model_dump()


@dataclass(frozen=True)
class Heard:
    """What is kept of a stretch: which frames are voiced, how loud each is in dB, and who speaks in its windows."""

    voiced: np.ndarray
    level: np.ndarray
    windows: list[np.ndarray]


def heard(part: Frames) -> Heard:
    return Heard(part.voiced, part.level, speakers.windows(part))


def judge(report: VoiceSampleReport, parts: Sequence[Heard], known: Sequence[Sequence[float]]) -> None:
    """Measure what was heard, and say why it cannot be taken where it cannot."""
    report.voiced_seconds = round(PERIOD * sum(int(one.voiced.sum()) for one in parts), 2)
    report.noise_db = noise(parts)
    embeddings = [speakers.embedding(one) for part in parts for one in part.windows]
    same_recording, same_voice = speakers.thresholds()
    if embeddings:
        report.embedding = speakers.together(embeddings)
    if len(embeddings) > 1:
        report.consistency = consistency(embeddings)
        report.one_speaker = report.consistency >= same_recording
    if known and embeddings:
        report.likeness = speakers.likeness(speakers.together(known), report.embedding)
    refuse = _refuser(report)
    if report.seconds < LEAST_SAMPLE_SECONDS:
        refuse("too_short", f"it has {report.seconds:.1f} s: record {LEAST_SAMPLE_SECONDS:.0f} s or more")
    elif report.voiced_seconds < LEAST_VOICED_SECONDS:
        refuse(
            "no_voice",
            f"a voice was heard for {report.voiced_seconds:.1f} s only: speak or sing, close to the microphone, with"
            " no music behind it",
        )
    if report.loudness_lufs is None or report.loudness_lufs < LEAST_LUFS:
        refuse("too_quiet", "it is too quiet: come closer to the microphone, or raise its gain")
    if report.clipped > MOST_CLIPPED:
        refuse("clipped", f"{report.clipped:.1%} of it is clipped: lower the gain and record it again")
    if report.noise_db is not None and report.noise_db < LEAST_NOISE_DB:
        refuse(
            "too_noisy",
            f"the noise between the words is only {report.noise_db:.0f} dB below the voice: record it in a quiet room,"
            " closer to the microphone",
        )
    if report.one_speaker is False:
        refuse("several_speakers", "more than one voice is heard in it: cut it to one")
    if report.likeness is not None and report.likeness < same_voice:
        refuse(
            "another_speaker",
            f"it does not sound like the samples before it (likeness {report.likeness:.2f}): is it the same person?",
        )
    _remark(report)


def noise(parts: Sequence[Heard]) -> float | None:
    """How far below the voice the noise in its pauses lies, in dB; None where it never pauses."""
    voiced = np.concatenate([one.level[one.voiced] for one in parts] or [np.zeros(0)])
    pauses = np.concatenate([one.level[~_near(one.voiced)] for one in parts] or [np.zeros(0)])
    if not len(voiced) or len(pauses) * PERIOD < _LEAST_PAUSES:
        return None
    return round(float(np.median(voiced) - np.percentile(pauses, _PAUSE_PERCENTILE)), 1)


def consistency(embeddings: Sequence[Sequence[float]]) -> float:
    """How like the unlikest stretches of a recording are."""
    pairs = [float(np.dot(one, other)) for one, other in itertools.combinations(embeddings[:60], 2)]
    return round(float(np.percentile(pairs, _UNUSUAL)), 3)


# -- parts --------------------------------------------------------------------------------------------------------


def _refuser(report: VoiceSampleReport):
    def refuse(code: RefusedBecause, message: str) -> None:
        report.refused.append(SampleFault(code=code, message=message))

    return refuse


def _remark(report: VoiceSampleReport) -> None:
    if report.noise_db is None and report.voiced_seconds:
        report.remarks.append("there are no pauses in it, so that its noise could not be measured")
    elif report.noise_db is not None and LEAST_NOISE_DB <= report.noise_db < GOOD_NOISE_DB:
        report.remarks.append(
            f"its noise is {report.noise_db:.0f} dB below the voice: {GOOD_NOISE_DB:.0f} dB is better"
        )
    if report.one_speaker is None and report.voiced_seconds:
        report.remarks.append("it is too short to hear whether one or several speak")
    if report.sample_rate is not None and report.sample_rate <= _PHONE_RATE:
        report.remarks.append(f"at {report.sample_rate} Hz the top of the voice is missing: 44100 Hz is better")


def _near(voiced: np.ndarray, frames: int = 6) -> np.ndarray:
    """Frames within 30 ms of a voiced one: its end is no pause."""
    return np.convolve(voiced.astype(float), np.ones(2 * frames + 1), "same") > 0


def _clipping(block: np.ndarray) -> int:
    """Samples that stand at full scale, three or more after each other."""
    full = (np.abs(block) >= _CLIPS).any(axis=1)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], full.astype(int), [0]])))
    lengths = edges[1::2] - edges[::2]
    return int(lengths[lengths >= _CLIP_RUN].sum())
