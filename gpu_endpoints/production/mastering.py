"""The job `master`: a low cut, two shelves, a light compressor (pedalboard), the preset's loudness under a limiter.

With a reference song the mix is brought nearer to its spectral balance first (`matching.py`), and to its loudness.

Loudness is not bought with dynamics: a preset says how much of the mix's loudness range (EBU Tech 3342) it keeps, and
where its loudness would take more, the master stays quieter and says so.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path

import numpy as np
from pedalboard import Compressor, HighpassFilter, HighShelfFilter, LowShelfFilter
from pedalboard._pedalboard import Pedalboard
from pydantic import BaseModel, ConfigDict, Field

from gpu_endpoints.audio.decoding import Audio
from gpu_endpoints.audio.levels import SAMPLE_RATE
from gpu_endpoints.production import matching, sources
from gpu_endpoints.production.limiter import limited
from gpu_endpoints.production.mixing import stored
from gpu_endpoints.production.scratch import Scratch
from gpu_endpoints.serving.work import JobContext, JobFailed
from ripieno.contracts.production import AudioBlob, MasterInput
from ripieno.contracts.provenance import Provenance

NAME = "pedalboard"
LICENSE = "GPL-3"
_LOW_SHELF_HZ, _HIGH_SHELF_HZ = 120.0, 8000.0
_CLOSE_LU = 0.3
_MARGIN_DB = 0.1  # below the ceiling, for meters that reconstruct the waveform otherwise
_MOST_PASSES = 8
_ATTACK_MS, _RELEASE_MS = 30, 250


class Preset(BaseModel):
    """Levels in dB, loudness in LUFS (ITU-R BS.1770). The compressor's `threshold_lu` is above the loudness of the mix,
    `keeps` is the share of the mix's loudness range that the master has at the least."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    loudness_lufs: float = Field(ge=-40, le=-6)
    ceiling_db: float = Field(le=0)
    low_cut_hz: float
    low_shelf_db: float
    high_shelf_db: float
    threshold_lu: float
    ratio: float = Field(ge=1)
    keeps: float = Field(gt=0, le=1)
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
    context.progress(0.05, "reading the mix")
    audio = sources.fetch(AudioBlob(container=order.container, blob_name=order.blob_name), context)
    plain = Scratch(context.folder / "plain")
    blocks = audio.stereo_blocks(sources.BLOCK_SECONDS, rate=SAMPLE_RATE)
    matched: tuple[str, ...] = ()
    if order.reference is not None:
        match = _matched(order.reference, audio, context)
        preset = preset.model_copy(update={"loudness_lufs": match.loudness_lufs(preset.loudness_lufs)})
        blocks, matched = match.through(blocks), (match.remark,)
    if order.loudness_lufs is not None:
        preset = preset.model_copy(update={"loudness_lufs": order.loudness_lufs})
    for block in blocks:
        context.progress(0.1, "reading the mix")
        plain.write(block)
    context.progress(0.2, f"mastering ({order.preset})")
    made = master(plain, preset, context.part(0.2, 0.8))
    return stored(
        made.signal.blocks(),
        made.signal.meter.frames,
        order,
        context.part(0.8, 1.0),
        gain_db=made.gain_db,
        preset=order.preset,
        remarks=(*matched, *made.remarks),
        engine=Provenance(engine=NAME, version=version("pedalboard"), license=LICENSE),
    ).model_dump()


def _matched(wanted: AudioBlob, mix: Audio, context: JobContext) -> matching.Match:
    context.progress(0.06, "hearing the reference")
    reference = sources.fetch(wanted, context, number=1)

    def heard(audio: Audio) -> matching.Balance:
        balance = matching.Balance()
        for block in audio.stereo_blocks(sources.BLOCK_SECONDS, rate=SAMPLE_RATE):
            balance.add(block)
            context.check_cancelled()
        return balance

    return matching.Match(heard(mix), heard(reference))


@dataclass(frozen=True)
class Mastered:
    """The signal on disk, the gain in dB before the limiter, and what who asked for it should know."""

    signal: Scratch
    gain_db: float
    remarks: tuple[str, ...] = ()


def master(plain: Scratch, preset: Preset, context: JobContext) -> Mastered:
    """At the preset's loudness, as near as it can come without taking more of the loudness range than the preset may,
    and never above its ceiling.

    Each pass goes from disk to disk, so that memory does not grow with the length; silence comes back as it is.
    """
    loudness, span = plain.meter.loudness(), plain.meter.loudness_range()
    if loudness is None:
        return Mastered(plain, 0.0)
    shaping = Pedalboard([
        HighpassFilter(preset.low_cut_hz),
        LowShelfFilter(_LOW_SHELF_HZ, preset.low_shelf_db),
        HighShelfFilter(_HIGH_SHELF_HZ, preset.high_shelf_db),
        Compressor(loudness + preset.threshold_lu, preset.ratio, attack_ms=_ATTACK_MS, release_ms=_RELEASE_MS),
    ])  # fmt: skip
    shaped = Scratch(context.folder / "shaped")
    _pour(_through(shaping, plain.blocks()), shaped, context, 0.05)
    now = shaped.meter.loudness()
    if now is None:
        return Mastered(plain, 0.0)
    plain.remove()
    least = (span or 0.0) * preset.keeps
    gain_db = preset.loudness_lufs - now
    untouched = min(gain_db, preset.ceiling_db - 20 * float(np.log10(shaped.meter.peak)))  # what needs no limiter
    crushed: float | None = None  # the least gain that is known to take too much
    number = 0
    while True:
        signal = Scratch(context.folder / "limited")
        _pour(
            limited(shaped.blocks(), gain_db, preset.ceiling_db - _MARGIN_DB),
            signal,
            context,
            number / (_MOST_PASSES + 1),
        )
        reached, left = signal.meter.loudness(), signal.meter.loudness_range()
        number += 1
        if reached is None:
            return Mastered(signal, round(gain_db, 2))
        missing = preset.loudness_lufs - reached
        if left is not None and left < least - _CLOSE_LU / 3 and gain_db > untouched:
            crushed = gain_db
            gain_db = untouched if number >= _MOST_PASSES else (untouched + gain_db) / 2
            continue
        if abs(missing) <= _CLOSE_LU or number >= _MOST_PASSES or (crushed or np.inf) - gain_db <= _CLOSE_LU:
            return Mastered(signal, round(gain_db, 2), _remarks(preset, reached, span, crushed is not None))
        untouched = max(untouched, gain_db)
        gain_db = gain_db + missing if crushed is None else min(gain_db + missing, (gain_db + crushed) / 2)


def _remarks(preset: Preset, reached: float, span: float | None, would_crush: bool) -> tuple[str, ...]:
    if abs(preset.loudness_lufs - reached) <= 2 * _CLOSE_LU:
        return ()
    why = (
        f"more would take over {1 - preset.keeps:.0%} of its loudness range ({span:.1f} LU)"
        if would_crush
        else "the limiter lets it come no nearer"
    )
    return (f"it is at {reached:.1f} LUFS, not at {preset.loudness_lufs:g}: {why}",)


def _through(board: Pedalboard, blocks: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
    """A stream through plug-ins that remember the block before: to the bit what the whole at once would be."""
    for block in blocks:
        yield np.asarray(board(np.ascontiguousarray(block.T), SAMPLE_RATE, reset=False)).T


def _pour(blocks: Iterable[np.ndarray], into: Scratch, context: JobContext, done: float) -> None:
    for block in blocks:
        into.write(block)
        context.progress(done, "mastering")
