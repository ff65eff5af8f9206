"""Which engine makes a stem: the one that was asked for, or the best for fitting a song, which is the symbolic one.

The learned engines are asked for by name, by the user or the planner: they sound of more, and fit less exactly. What
there is, and under which licences, `ripieno.services.engines` declares.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.util import find_spec
from typing import TYPE_CHECKING

from gpu_endpoints.serving.work import JobFailed
from ripieno import __version__
from ripieno.services import engines
from ripieno.services.engines import DIFFSINGER, SYMBOLIC, VOICE, UnknownEngine
from ripieno.services.models import catalogue, folder
from ripieno.services.settings import models_folder

if TYPE_CHECKING:  # the server says what there is without it
    from gpu_endpoints.generation.engine import GenerationEngine
    from gpu_endpoints.generation.singing.engine import SingingEngine
    from ripieno.contracts.voices import Singer

UNAVAILABLE = "engine_unavailable"


def availability() -> dict[str, dict]:
    """Every engine, whether it can be used here and now, and why not; quick, loads nothing."""
    own = f"ripieno {__version__}, needs no weights"
    shown: dict[str, dict] = {}
    for one in engines.of_task("generate"):
        missing = engines.why_not(one.name)
        detail = missing or ("weights found" if one.model else own)
        if one.verified.startswith("nowhere"):
            detail += "; not verified here"
        license_name = catalogue.entry(one.model).license if one.model else f"{one.code}; {one.weights}"
        shown[one.name] = {"available": missing is None, "license": license_name, "detail": detail}
    return shown


def choose(wanted: str) -> GenerationEngine:
    """
    Raises
    ------
    JobFailed
        `unknown_engine`, or `engine_unavailable` when the one that was named is not to be had.
    """
    name = SYMBOLIC if wanted == engines.AUTO else wanted
    try:
        engines.check_playing(name)
    except UnknownEngine as fault:
        raise JobFailed("unknown_engine", str(fault)) from None
    missing = engines.why_not(name)
    if missing:
        raise JobFailed(UNAVAILABLE, missing)
    if name == SYMBOLIC:
        return _symbolic()
    if sings(name):
        return _singer(name.partition("@")[2] or None)
    return _learned(name)


def sings(name: str) -> bool:
    return name == VOICE or name.startswith(f"{DIFFSINGER}@")


def sung_as(name: str, singer: Singer) -> GenerationEngine:
    """A singing engine in somebody's voice, for one job.

    Raises
    ------
    JobFailed
        As `choose`, and `voice_gone`, `bad_voice` or `voice_engine_unavailable`.
    """
    choose(name)  # says why not
    from gpu_endpoints.generation.singing.engine import SungAs

    return SungAs(_singer(name.partition("@")[2] or None), singer)


def singing() -> dict[str, dict]:
    """The singing engines, as `availability`."""
    own = {
        "available": True,
        "license": engines.find(VOICE).code,
        "detail": "spoken words set to pitch, needs no weights",
    }
    terms = engines.find(DIFFSINGER).weights
    named: dict[str, dict] = {}
    for name in engines.voices():
        missing = engines.why_not(f"{DIFFSINGER}@{name}")
        named[f"{DIFFSINGER}@{name}"] = {
            "available": missing is None,
            "license": terms,
            "detail": missing or "voice found",
        }
    none = {DIFFSINGER: {"available": False, "license": terms, "detail": engines.installed_voices()}}
    return {VOICE: own} | (named or none)


@lru_cache(maxsize=1)
def _symbolic() -> GenerationEngine:
    from gpu_endpoints.generation.symbolic import SymbolicEngine

    return SymbolicEngine()


def voices() -> dict[str, dict]:
    """What moves a vocal to a voice, and what learns one; quick, loads nothing."""
    shown: dict[str, dict] = {}
    for one in (*engines.of_task("convert"), *engines.of_task("measure")):
        shown[one.name] = {"available": True, "license": f"{one.code}; {one.weights}", "detail": one.makes}
    missing = why_no_training()
    shown["voice-training"] = {"available": missing is None, "license": "MIT", "detail": missing or "torch, to ONNX"}
    return shown


def why_no_training() -> str | None:
    """Why no voice can be learned here; None where it can."""
    absent = [name for name in ("torch", "onnx", "onnxscript") if find_spec(name) is None]
    if not absent:
        return None
    needs = "pip install -r gpu_endpoints/generation/requirements-voices.txt"
    return f"learning a voice needs {' and '.join(absent)}: {needs}"


@lru_cache(maxsize=2)
def _singer(name: str | None) -> SingingEngine:
    from gpu_endpoints.generation.singing.diffsinger import BadVoice
    from gpu_endpoints.generation.singing.engine import SingingEngine

    if name is None:
        return SingingEngine()
    try:
        return SingingEngine(models_folder() / engines.VOICES / name)
    except BadVoice as fault:
        raise JobFailed(UNAVAILABLE, str(fault)) from fault


@lru_cache(maxsize=1)
def _learned(name: str) -> GenerationEngine:
    """One learned engine at a time stays in memory."""
    entry = catalogue.entry(engines.find(name).model or name)
    place = folder.of(entry)
    if entry.engine == "musicgen":
        from gpu_endpoints.generation.musicgen import MusicgenEngine

        return MusicgenEngine(place, name=name, license_name=entry.license)
    if entry.engine == "stable_audio":
        from gpu_endpoints.generation.stable_audio import StableAudioEngine

        return StableAudioEngine(place, name=name, license_name=entry.license)
    if entry.engine == "audiocraft":
        from gpu_endpoints.generation.audiocraft_musicgen import AudiocraftEngine

        return AudiocraftEngine(place, name=name, license_name=entry.license)
    from gpu_endpoints.generation.stable_audio_tools_model import StableAudioToolsEngine

    return StableAudioToolsEngine(place, name=name, license_name=entry.license)
