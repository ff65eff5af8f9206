"""The job `master`: a low cut, two shelves, a compressor, then the preset's loudness under a limiter (pedalboard)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path

import numpy as np
from pedalboard import Compressor, HighpassFilter, HighShelfFilter, Limiter, LowShelfFilter
from pedalboard._pedalboard import Pedalboard
from pydantic import BaseModel, ConfigDict, Field

from gpu_endpoints.audio.levels import SAMPLE_RATE
from gpu_endpoints.production import sources
from gpu_endpoints.production.mixing import stored
from gpu_endpoints.production.scratch import Scratch
from gpu_endpoints.serving.work import JobContext, JobFailed
from ripieno.contracts.production import AudioBlob, MasterInput
from ripieno.contracts.provenance import Provenance

NAME = "pedalboard"
LICENSE = "GPL-3"
_LOW_SHELF_HZ, _HIGH_SHELF_HZ = 120.0, 8000.0
_CLOSE_LU = 0.3
_MOST_PASSES = 6
_RELEASE_MS = 100.0


class Preset(BaseModel):
    """Levels in dB, loudness in LUFS (ITU-R BS.1770), the compressor's `threshold_db` in dBFS."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    loudness_lufs: float = Field(ge=-40, le=-6)
    ceiling_db: float = Field(le=0)
    low_cut_hz: float
    low_shelf_db: float
    high_shelf_db: float
    threshold_db: float
    ratio: float = Field(ge=1)
    about: str


@lru_cache(maxsize=1)
def presets() -> dict[str, Preset]:
    found = json.loads(Path(__file__).with_suffix(".json").read_text())
    return {name: Preset(**about) for name, about in found.items()}


def run(job_input: dict, context: JobContext) -> dict:
    order = MasterInput.model_validate(job_input)
    if order.preset not in presets():
        raise JobFailed("unknown_preset", f"there is no preset {order.preset!r}: use {', '.join(presets())}")
    preset = presets()[order.preset]
    if order.loudness_lufs is not None:
        preset = preset.model_copy(update={"loudness_lufs": order.loudness_lufs})
    context.progress(0.05, "reading the mix")
    audio = sources.fetch(AudioBlob(container=order.container, blob_name=order.blob_name), context)
    plain = Scratch(context.folder / "plain")
    for block in audio.stereo_blocks(sources.BLOCK_SECONDS, rate=SAMPLE_RATE):
        context.progress(0.1, "reading the mix")
        plain.write(block)
    context.progress(0.2, f"mastering ({order.preset})")
    mastered, gain_db, scale = master(plain, preset, context.part(0.2, 0.8))
    return stored(
        (block * scale for block in mastered.blocks()), mastered.meter.frames, order, context.part(0.8, 1.0),
        gain_db=gain_db, preset=order.preset,
        engine=Provenance(engine=NAME, version=version("pedalboard"), license=LICENSE),
    ).model_dump()  # fmt: skip


def master(plain: Scratch, preset: Preset, context: JobContext) -> tuple[Scratch, float, np.float32]:
    """At the preset's loudness, as near as the limiter lets it come, and never above its ceiling.

    Each pass goes from disk to disk, so that memory does not grow with the length; silence comes back as it is.

    Returns
    -------
    The limited signal, the gain in dB before the limiter, and the factor that brings it under the ceiling.
    """
    shaping = Pedalboard([
        HighpassFilter(preset.low_cut_hz),
        LowShelfFilter(_LOW_SHELF_HZ, preset.low_shelf_db),
        HighShelfFilter(_HIGH_SHELF_HZ, preset.high_shelf_db),
        Compressor(preset.threshold_db, preset.ratio, attack_ms=15, release_ms=200),
    ])  # fmt: skip
    shaped = Scratch(context.folder / "shaped")
    _pour(_through(shaping, plain.blocks(), 1.0), shaped, context, 0.05)
    now = shaped.meter.loudness()
    if now is None:
        return plain, 0.0, np.float32(1.0)
    plain.remove()
    gain_db = preset.loudness_lufs - now
    number = 0
    while True:  # the limiter takes away some of what the gain gave
        limiter = Pedalboard([Limiter(threshold_db=preset.ceiling_db, release_ms=_RELEASE_MS)])
        limited = Scratch(context.folder / "limited")
        _pour(_through(limiter, shaped.blocks(), 10 ** (gain_db / 20)), limited, context, number / (_MOST_PASSES + 1))
        peak = limited.meter.peak
        scale = min(1.0, 10 ** (preset.ceiling_db / 20) / peak) if peak > 0 else 1.0
        reached = limited.meter.loudness(scale)
        if reached is None or abs(reached - preset.loudness_lufs) <= _CLOSE_LU or number == _MOST_PASSES:
            return limited, round(gain_db, 2), np.float32(scale)
        gain_db += preset.loudness_lufs - reached
        number += 1


def _through(board: Pedalboard, blocks: Iterable[np.ndarray], gain: float) -> Iterator[np.ndarray]:
    """A stream through plug-ins that remember the block before: to the bit what the whole at once would be."""
    for block in blocks:
        raised = np.ascontiguousarray((block * np.float32(gain)).T)
        yield np.asarray(board(raised, SAMPLE_RATE, reset=False)).T


def _pour(blocks: Iterable[np.ndarray], into: Scratch, context: JobContext, done: float) -> None:
    for block in blocks:
        into.write(block)
        context.progress(done, "mastering")
