"""Which engine separates: the best that is really here and allowed, or the one that was asked for.

An engine may be asked for by name (`htdemucs`) or by name and device (`htdemucs@cuda`, `htdemucs@cpu`).
"""

from __future__ import annotations

from functools import lru_cache
from importlib.util import find_spec
from typing import TYPE_CHECKING

from gpu_endpoints.serving.work import JobFailed
from ripieno.contracts.provenance import Provenance
from ripieno.services import licenses
from ripieno.services.models import catalogue, folder

if TYPE_CHECKING:  # the server says what there is without it
    from gpu_endpoints.analysis.separation.engine import SeparationEngine

AUTO = ("htdemucs_ft", "htdemucs")  # bs_roformer knows vocals alone, and the six stems of htdemucs_6s are worse
LEARNED = (*AUTO, "htdemucs_6s", "bs_roformer")
DEVICES = ("cuda", "cpu")
_NEEDS = {"bs_roformer": ("torch", "bs_roformer"), "htdemucs": ("torch", "demucs")}


def availability() -> dict[str, dict]:
    """Every engine, whether it can be used here and now, and why not; quick, loads nothing."""
    shown = {}
    for name in LEARNED:
        missing = why_not(name)
        shown[name] = {
            "available": missing is None,
            "license": catalogue.entry(name).license,
            "detail": missing or "weights found",
        }
    return shown | {"dsp": {"available": True, "license": "MIT", "detail": "approximate: drums, bass and other"}}


def choose(wanted: str) -> tuple[SeparationEngine, Provenance]:
    """The engine for a job and what to sign its result with.

    Raises
    ------
    JobFailed
        `unknown_engine` or `engine_unavailable` when an engine was named that is not to be had.
    """
    name, _, device = wanted.partition("@")
    if name not in ("auto", *LEARNED, "dsp") or device not in ("", *DEVICES):
        known = ", ".join((*LEARNED, "dsp"))
        raise JobFailed("unknown_engine", f"there is no separation engine {wanted!r}: use auto, {known}, or NAME@cuda")
    if device == "cuda" and not _has_cuda():
        raise JobFailed("engine_unavailable", "there is no CUDA device here")
    if name == "dsp":
        return _dsp(), _dsp().provenance()
    if name != "auto":
        missing = why_not(name)
        if missing:
            raise JobFailed("engine_unavailable", missing)
        return _signed(_learned(name, device))
    for candidate in AUTO:
        if why_not(candidate) is None:
            return _signed(_learned(candidate, device))
    if device:
        raise JobFailed("engine_unavailable", str(why_not("htdemucs")))
    reason = why_not("htdemucs")
    return _dsp(), _dsp().provenance().model_copy(update={"fallback": True, "reason": reason})


def why_not(name: str) -> str | None:
    """Why a learned engine cannot be used here and now; None when it can."""
    entry = catalogue.entry(name)
    if not licenses.allows(entry):
        return (
            f"{name} may not be used commercially ({entry.license}): RIPIENO_LICENSES=commercial,"
            " and RIPIENO_ALLOW_WEIGHTS names it not"
        )
    packages = [package for package in _NEEDS[entry.engine] if find_spec(package) is None]
    if packages:
        return f"{name} needs {' and '.join(packages)}: pip install -r gpu_endpoints/analysis/requirements.txt" + (
            " -r gpu_endpoints/analysis/requirements-roformer.txt" if entry.engine == "bs_roformer" else ""
        )
    absent = folder.missing(entry)
    if absent:
        return f"no {name} weights in {folder.of(entry)} ({', '.join(absent)}): ripieno models pull {name}"
    return None


def _signed(engine: SeparationEngine) -> tuple[SeparationEngine, Provenance]:
    return engine, engine.provenance()


def _has_cuda() -> bool:
    if find_spec("torch") is None:
        return False
    import torch

    return torch.cuda.is_available()


@lru_cache(maxsize=2)
def _learned(name: str, device: str) -> SeparationEngine:
    entry = catalogue.entry(name)
    if entry.engine == "bs_roformer":
        from gpu_endpoints.analysis.separation.roformer import RoformerEngine

        return RoformerEngine(folder.of(entry), device or None)
    from gpu_endpoints.analysis.separation.htdemucs import HtdemucsEngine

    return HtdemucsEngine(folder.of(entry), device or None, name=name)


@lru_cache(maxsize=1)
def _dsp() -> SeparationEngine:
    from gpu_endpoints.analysis.separation.dsp import DspEngine

    return DspEngine()
