"""The pitch of a voice: by PESTO (Riou et al., ISMIR 2023; LGPL-3), whose weights are in its wheel, where it is
installed; else by WORLD's Harvest (Morise, Interspeech 2017).

PESTO's package imports torchaudio to read files, which this does not need and which has no build for every torch: its
network is loaded past that, and its weights as tensors and numbers, executing nothing of the file.
"""

from __future__ import annotations

import importlib
import logging
import sys
import threading
import types
from functools import lru_cache
from importlib.machinery import ModuleSpec
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pyworld
import soxr

from gpu_endpoints import weights
from gpu_endpoints.generation.voices.frames import HIGHEST_HZ, LOWEST_HZ, PERIOD, count

_PESTO_RATE = 16000
_WEIGHTS = "mir-1k_g7.ckpt"  # learned on sung voices
_AT_ONCE, _CONTEXT = 20.0, 0.25  # seconds that go through the network together, and what it hears to either side
_STEP = 2  # frames of ours are one of the network's: it needs half as long
_SURE = 0.1  # of a frame's confidence: nine in ten voiced frames of synthetic speakers are above, others below
_LOUD_DB = -45.0  # below the loudest frames: quieter ones have no pitch
_LEAST_FRAMES = 6  # of a stretch of voice
_TUNED = 0.06  # how far WORLD's refinement may go from what was tracked
_loading = threading.Lock()
_lost: list[str] = []  # why the learned tracker could not be loaded
log = logging.getLogger("ripieno.voices")


class PitchTracker(Protocol):
    name: str

    def track(self, mono: np.ndarray, rate: int) -> np.ndarray:
        """Hz each 5 ms, 0 where there is no pitch, `frames.count` of them."""
        ...


class Harvest:
    """The tracker that needs no weights."""

    name = f"WORLD Harvest (pyworld {version('pyworld-prebuilt')})"

    def track(self, mono: np.ndarray, rate: int) -> np.ndarray:
        sound = np.ascontiguousarray(mono, np.float64)
        f0, _ = pyworld.harvest(sound, rate, f0_floor=LOWEST_HZ, f0_ceil=HIGHEST_HZ, frame_period=1000 * PERIOD)
        return _only_stretches(_fitted(f0, count(len(mono), rate)), _level(mono, rate))


class Pesto:
    """Loads its network on construction: keep the instance."""

    def __init__(self):
        self.name = f"PESTO {version('pesto-pitch')}"
        package = _package()
        stored = _stored(Path(package.__path__[0]) / "weights" / _WEIGHTS)
        model_of: Any = importlib.import_module("pesto.model")
        hears: Any = importlib.import_module("pesto.data")
        about = stored["hparams"]
        self._network = model_of.PESTO(
            model_of.Resnet1d(**about["encoder"]),
            preprocessor=hears.Preprocessor(
                hop_size=1000 * PERIOD * _STEP, sampling_rate=_PESTO_RATE, **stored["hcqt_params"]
            ),
            crop_kwargs=about["pitch_shift"],
            reduction=about["reduction"],
        )
        missing, strange = self._network.load_state_dict(stored["state_dict"], strict=False)
        if strange or any("hcqt_kernels" not in one for one in missing):  # the kernels are computed
            raise RuntimeError(f"these are no weights of {self.name}: {[*missing, *strange][:5]}")
        self._network.eval()

    def track(self, mono: np.ndarray, rate: int) -> np.ndarray:
        import torch

        sound = soxr.resample(np.asarray(mono, np.float32), rate, _PESTO_RATE)
        hop = round(_PESTO_RATE * PERIOD * _STEP)
        step, context = (round(seconds / PERIOD / _STEP) for seconds in (_AT_ONCE, _CONTEXT))
        pitches, sure = [], []
        with _loading, torch.inference_mode():
            for first in range(0, max(1, -(-len(sound) // hop)), step):
                begin = max(0, first - context)
                part = torch.from_numpy(sound[begin * hop : (first + step + context) * hop].copy())
                if len(part) < hop:
                    break
                heard, confidence, *_ = self._network(part, sr=_PESTO_RATE, convert_to_freq=True)
                here = slice(first - begin, first - begin + step)
                pitches.append(heard.numpy()[here])
                sure.append(confidence.numpy()[here])
        n = count(len(mono), rate)
        if not pitches:
            return np.zeros(n)
        place = np.arange(n) / _STEP
        octaves = np.log2(np.maximum(np.concatenate(pitches), 1.0))
        f0 = 2 ** np.interp(place, np.arange(len(octaves)), octaves)
        confidence = np.interp(place, np.arange(len(octaves)), np.concatenate(sure))
        f0 = np.where((confidence > _SURE) & (f0 >= LOWEST_HZ) & (f0 <= HIGHEST_HZ), f0, 0.0)
        f0 = _only_stretches(f0, _level(mono, rate))
        return _refined(mono, rate, f0)


@lru_cache(maxsize=1)
def best() -> PitchTracker:
    """The learned tracker where it is installed."""
    if find_spec("pesto") is None or find_spec("torch") is None:
        return Harvest()
    try:
        return Pesto()
    except Exception as fault:  # of another torch, whatever it may raise: pitch is tracked all the same
        log.exception("PESTO cannot be loaded")
        _lost.append(f"{type(fault).__name__}: {fault}"[:200])
        return Harvest()


def why_not_learned() -> str | None:
    """Why the learned tracker cannot be used here; None where it can."""
    absent = [name for name in ("pesto", "torch") if find_spec(name) is None]
    if not absent:
        return f"PESTO cannot be loaded ({_lost[0]}): pitch is tracked by {Harvest.name}" if _lost else None
    return f"PESTO needs {' and '.join(absent)} (requirements-voices.txt): pitch is tracked by {Harvest.name}"


# -- parts --------------------------------------------------------------------------------------------------------


def _package() -> types.ModuleType:
    """The package `pesto`, its own first lines left out where they ask for torchaudio in vain."""
    with _loading:
        known = sys.modules.get("pesto")
        if known is not None:
            return known
        try:
            return importlib.import_module("pesto")
        except (ImportError, OSError):
            found = find_spec("pesto")
            if found is None or not found.submodule_search_locations:
                raise
            bare = types.ModuleType("pesto")
            bare.__path__ = list(found.submodule_search_locations)
            bare.__spec__ = ModuleSpec("pesto", found.loader, is_package=True)
            sys.modules["pesto"] = bare
            return bare


def _stored(path: Path) -> dict[str, Any]:
    """A checkpoint as tensors, numbers, lists and dictionaries."""
    stored = weights.checkpoint(path, tolerant=True)
    return {name: _plain(stored[name]) for name in ("hparams", "hcqt_params", "state_dict")}


def _plain(value: Any) -> Any:
    if isinstance(value, weights.Inert):
        return _plain(value.__dict__.get("_content", value.__dict__.get("_val")))
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list | tuple) else value


def _fitted(values: np.ndarray, frames: int) -> np.ndarray:
    """As many as there are frames: the last one goes on."""
    if len(values) >= frames:
        return np.asarray(values[:frames], np.float64)
    return np.pad(np.asarray(values, np.float64), (0, frames - len(values)), mode="edge")


def _level(mono: np.ndarray, rate: int) -> np.ndarray:
    """dB of each frame, over 20 ms, below the loudest (their 95th percentile)."""
    frames, hop = count(len(mono), rate), rate * PERIOD
    power = np.concatenate([[0.0], np.cumsum(np.square(mono, dtype=np.float64))])
    middle = np.arange(frames) * hop
    first, last = (np.clip(middle + off * hop, 0, len(mono)).astype(int) for off in (-2, 2))
    level = 10 * np.log10((power[last] - power[first]) / np.maximum(last - first, 1) + 1e-12)
    return level - np.percentile(level, 95)


def _only_stretches(f0: np.ndarray, level: np.ndarray) -> np.ndarray:
    """Without pitch in what is as good as silent, and in blips shorter than 30 ms."""
    found = np.where(level > _LOUD_DB, f0, 0.0)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], (found > 0).astype(int), [0]])))
    for begin, end in edges.reshape(-1, 2):
        if end - begin < _LEAST_FRAMES:
            found[begin:end] = 0.0
    return found


def _refined(mono: np.ndarray, rate: int, f0: np.ndarray) -> np.ndarray:
    """To the frequency of the harmonics (WORLD's StoneMask), where that is near."""
    times = np.arange(len(f0)) * PERIOD
    near = pyworld.stonemask(np.ascontiguousarray(mono, np.float64), np.ascontiguousarray(f0), times, rate)
    is_near = (f0 > 0) & (near > 0) & (np.abs(near - f0) < _TUNED * f0)
    return np.where(is_near, near, f0)
