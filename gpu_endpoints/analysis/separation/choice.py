"""Which engine separates: the best that is really here, or the one that was asked for."""

from __future__ import annotations

from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from gpu_endpoints.analysis.separation.engine import SeparationEngine
from gpu_endpoints.serving.work import JobFailed
from segno.contracts.provenance import Provenance
from segno.services.settings import settings

NAMES = ("htdemucs", "dsp")


def availability() -> dict[str, dict]:
    """Every engine, whether it can be used here and now, and why not; quick, loads nothing."""
    missing = _why_no_htdemucs()
    return {
        "htdemucs": {"available": missing is None, "license": "MIT", "detail": missing or "weights found"},
        "dsp": {"available": True, "license": "MIT", "detail": "approximate: drums, bass and other"},
    }


def choose(wanted: str) -> tuple[SeparationEngine, Provenance]:
    """The engine for a job and what to sign its result with.

    Raises
    ------
    JobFailed
        `unknown_engine` or `engine_unavailable` when an engine was named that is not to be had.
    """
    if wanted not in ("auto", *NAMES):
        raise JobFailed("unknown_engine", f"there is no separation engine {wanted!r}: use auto, {', '.join(NAMES)}")
    missing = _why_no_htdemucs()
    if wanted == "htdemucs" and missing:
        raise JobFailed("engine_unavailable", missing)
    if wanted != "dsp" and missing is None:
        engine: SeparationEngine = _htdemucs()
        return engine, engine.provenance()
    engine = _dsp()
    signed = engine.provenance()
    if wanted == "auto":
        signed = signed.model_copy(update={"fallback": True, "reason": missing})
    return engine, signed


def _why_no_htdemucs() -> str | None:
    if find_spec("demucs") is None or find_spec("torch") is None:
        return "Demucs is not installed"
    folder = Path(settings().models_dir) / "htdemucs"
    if not (folder / "htdemucs.yaml").exists() or not any(folder.glob("*.th")):
        return f"no htdemucs weights in {folder}: put htdemucs.yaml and its .th file there"
    return None


@lru_cache(maxsize=1)
def _htdemucs() -> SeparationEngine:
    from gpu_endpoints.analysis.separation.htdemucs import HtdemucsEngine

    return HtdemucsEngine(Path(settings().models_dir) / "htdemucs")


@lru_cache(maxsize=1)
def _dsp() -> SeparationEngine:
    from gpu_endpoints.analysis.separation.dsp import DspEngine

    return DspEngine()
