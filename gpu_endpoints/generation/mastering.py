"""The job `master`: a low cut, two shelves, a compressor, then the preset's loudness under a limiter (pedalboard)."""

from __future__ import annotations

import json
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path

import numpy as np
from pedalboard import Compressor, HighpassFilter, HighShelfFilter, Limiter, LowShelfFilter
from pedalboard._pedalboard import Pedalboard
from pydantic import BaseModel, ConfigDict, Field

from gpu_endpoints.generation.engine import SAMPLE_RATE
from gpu_endpoints.generation.finishing import loudness
from gpu_endpoints.generation.mixing import described, read
from gpu_endpoints.serving.work import JobContext, JobFailed
from ripieno.contracts import names
from ripieno.contracts.generation import MasterInput
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
    context.progress(0.1, "reading the mix")
    audio = read(names.GENERATED, order.blob_name, context)
    context.progress(0.4, f"mastering ({order.preset})")
    mastered, gain_db = master(audio, preset)
    context.progress(0.9, "storing the master")
    return described(
        mastered, order.generation_request_id, order.name, order.stem_format, context, gain_db=gain_db,
        preset=order.preset, engine=Provenance(engine=NAME, version=version("pedalboard"), license=LICENSE),
    ).model_dump()  # fmt: skip


def master(audio: np.ndarray, preset: Preset) -> tuple[np.ndarray, float]:
    """At the preset's loudness, as near as the limiter lets it come, and never above its ceiling.

    Parameters
    ----------
    audio : float32 (frames, 2) at 44.1 kHz; silence comes back as it is

    Returns
    -------
    The master, and the gain in dB before the limiter.
    """
    chain = Pedalboard([
        HighpassFilter(preset.low_cut_hz),
        LowShelfFilter(_LOW_SHELF_HZ, preset.low_shelf_db),
        HighShelfFilter(_HIGH_SHELF_HZ, preset.high_shelf_db),
        Compressor(preset.threshold_db, preset.ratio, attack_ms=15, release_ms=200),
    ])  # fmt: skip
    shaped = np.asarray(chain(np.ascontiguousarray(audio.T), SAMPLE_RATE)).T
    now = loudness(shaped, SAMPLE_RATE)
    if now is None:
        return audio, 0.0
    gain_db = preset.loudness_lufs - now
    limited = _limited(shaped, gain_db, preset)
    for _ in range(_MOST_PASSES):  # the limiter takes away some of what the gain gave
        reached = loudness(limited, SAMPLE_RATE)
        if reached is None or abs(reached - preset.loudness_lufs) <= _CLOSE_LU:
            break
        gain_db += preset.loudness_lufs - reached
        limited = _limited(shaped, gain_db, preset)
    return limited, round(gain_db, 2)


def _limited(audio: np.ndarray, gain_db: float, preset: Preset) -> np.ndarray:
    ceiling = 10 ** (preset.ceiling_db / 20)
    raised = np.ascontiguousarray((audio * 10 ** (gain_db / 20)).T, np.float32)
    limiter = Pedalboard([Limiter(threshold_db=preset.ceiling_db, release_ms=_RELEASE_MS)])
    found = np.asarray(limiter(raised, SAMPLE_RATE)).T
    peak = float(np.abs(found).max(initial=0.0))
    return (found * np.float32(min(1.0, ceiling / peak)) if peak > 0 else found).astype(np.float32)
