"""The job `align`: bringing audio that drifts onto the grid: by Rubber Band (in pedalboard), bar after bar."""

from __future__ import annotations

from importlib.metadata import version
from itertools import pairwise

import numpy as np
from pedalboard import time_stretch

from gpu_endpoints.audio import levels, writing
from gpu_endpoints.audio.levels import SAMPLE_RATE
from gpu_endpoints.production import sources
from gpu_endpoints.production.checking import ONSET_HOP, Alignment, align, onsets
from gpu_endpoints.serving.work import JobContext
from ripieno.contracts import names
from ripieno.contracts.enums import StemType
from ripieno.contracts.production import AlignedFile, AlignInput
from ripieno.contracts.provenance import Provenance
from ripieno.music.conditioning import Conditioning
from ripieno.music.genres.blending import blend

NAME = "rubberband"
LICENSE = "GPL-3"

_AUDIBLE_LAG = 0.015  # seconds
_LATE_BAR, _LARGEST_LAG = 0.03, 0.12  # of one bar's downbeat; a single onset is known to a frame or two
_OUTSTANDING = 3.0  # of the mean: an onset that marks a downbeat
_CLEAR = 0.4  # clarity of an alignment below which nothing is moved


def run(job_input: dict, context: JobContext) -> dict:
    order = AlignInput.model_validate(job_input)
    given = sources.conditioning(order)
    audio = sources.whole(order.audio, context)
    context.progress(0.3, "bringing it onto the beats")
    syncopated = order.stem_type != StemType.DRUMS
    audio, done = to_grid(audio, given, blend(order.style).feel.swing, syncopated=syncopated)
    context.progress(0.9, "storing the aligned audio")
    blob_name = f"{order.output}.{order.stem_format}"
    path = context.folder / f"aligned.{order.stem_format}"
    written = writing.write(audio, path, order.stem_format, start_seconds=given.start_seconds)
    written.store(names.GENERATED, blob_name)
    peak, lufs = levels.rounded(written.peak, written.loudness_lufs)
    return AlignedFile(
        blob_name=blob_name,
        file_size_bytes=written.size,
        sha256=written.sha256,
        format=written.format,
        sample_rate=SAMPLE_RATE,
        start_seconds=given.start_seconds,
        duration_seconds=written.duration,
        loudness_lufs=lufs,
        peak=peak,
        done=list(done),
        engine=Provenance(engine=NAME, version=version("pedalboard"), license=LICENSE),
    ).model_dump()


def to_grid(
    audio: np.ndarray, conditioning: Conditioning, swing: float = 0.5, *, syncopated: bool = False
) -> tuple[np.ndarray, tuple[str, ...]]:
    """Audio whose beats lie on the conditioning's, and what was done to it.

    What has no clear beats, or has them where they belong, comes back as it is.

    Parameters
    ----------
    audio : float32 (frames, 2) at 44.1 kHz, from the range's beginning
    """
    found = align(onsets(audio.mean(axis=1)), conditioning, swing, syncopated=syncopated)
    if found is None or found.clarity < _CLEAR:
        return audio, ()
    done: list[str] = []
    if found.ratio != 1.0 or abs(found.lag) > _AUDIBLE_LAG:
        audio = _straightened(audio, found)
        done.append(f"stretched by {found.ratio - 1:+.1%} and moved by {-1000 * found.lag:+.0f} ms onto the grid")
    anchors = _late_bars(onsets(audio.mean(axis=1)), conditioning)
    if anchors:
        audio = _warped(audio, anchors)
        done.append(f"{len(anchors)} bars brought onto their downbeats")
    return audio, tuple(done)


def stretched(audio: np.ndarray, ratio: float | np.ndarray) -> np.ndarray:
    """Made `ratio` times as long at the same pitch; float32 (frames, 2), the ratio for all or for each sample."""
    faster = 1.0 / np.asarray(ratio, np.float64)
    out = time_stretch(
        np.ascontiguousarray(audio.T, np.float32), SAMPLE_RATE, float(faster) if faster.ndim == 0 else faster
    )
    return np.asarray(out).T


def _straightened(audio: np.ndarray, found: Alignment) -> np.ndarray:
    """One tempo and one place for the whole: what begins late is cut, what begins early is led in by silence."""
    moved = stretched(audio, found.ratio) if found.ratio != 1.0 else audio
    shift = round(found.lag * SAMPLE_RATE)
    if shift >= 0:
        return moved[shift:]
    return np.concatenate([np.zeros((-shift, audio.shape[1]), np.float32), moved])


def _late_bars(strength: np.ndarray, conditioning: Conditioning) -> dict[int, int]:
    """Downbeats that sound clearly beside their place: samples where they are, and where they belong."""
    rate = SAMPLE_RATE / ONSET_HOP
    period = 60.0 / conditioning.timeline.bpm
    reach = round(min(_LARGEST_LAG, period / 8) * rate)  # further away it is another sixteenth
    anchors: dict[int, int] = {}
    smooth = np.convolve(strength, np.hanning(5) / np.hanning(5).sum(), "same")
    lags = []
    for bar in conditioning.bars():
        wanted = conditioning.timeline.at(bar.first) - conditioning.start_seconds
        frame = round(wanted * rate)
        if frame - reach < 0 or frame + reach >= len(smooth):
            continue
        around = smooth[frame - reach : frame + reach + 1]
        lag = int(around.argmax()) - reach
        if around.max() > _OUTSTANDING * smooth.mean() and abs(lag) < reach:
            lags.append((wanted, lag / rate))
    near = [  # the median of neighbours: one wrong onset moves nothing
        float(np.median([lag for _, lag in lags[max(0, number - 2) : number + 3]])) for number in range(len(lags))
    ]
    if not any(abs(lag) > _LATE_BAR for lag in near):
        return {}
    for (wanted, _), lag in zip(lags, near, strict=True):
        anchors[round((wanted + lag) * SAMPLE_RATE)] = round(wanted * SAMPLE_RATE)
    rising = sorted(anchors.items())
    return {a: b for n, (a, b) in enumerate(rising) if n == 0 or b > rising[n - 1][1]}


def _warped(audio: np.ndarray, anchors: dict[int, int]) -> np.ndarray:
    """Piece by piece between the anchors; what is before the first and after the last keeps its tempo."""
    places = [(0, 0), *sorted(anchors.items())]
    ratio = np.ones(len(audio))
    for (a, b), (to_a, to_b) in zip(pairwise(at for at, _ in places), pairwise(to for _, to in places), strict=True):
        ratio[a:b] = (to_b - to_a) / max(1, b - a)
    return stretched(audio, np.clip(ratio, 0.8, 1.25))
