"""Which engine makes a stem: the one that was asked for, or the best for fitting a song, which is the symbolic one.

The learned engines are asked for by name, by the user or the planner: they sound of more, and fit less exactly.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.util import find_spec
from typing import TYPE_CHECKING

from gpu_endpoints.serving.work import JobFailed
from ripieno import __version__
from ripieno.services import licenses
from ripieno.services.models import catalogue, folder
from ripieno.services.settings import models_folder

if TYPE_CHECKING:  # the server says what there is without it
    from gpu_endpoints.generation.engine import GenerationEngine

AUTO = "symbolic"
VOICE, DIFFSINGER = "voice", "diffsinger"
LEARNED = (
    "musicgen-small", "musicgen-medium", "musicgen-melody", "stable-audio-open",
    "audiocraft-melody", "audiocraft-style", "stable-audio-tools",
)  # fmt: skip
_NEEDS = {
    "musicgen": (("torch", "transformers"), "requirements-models.txt"),
    "stable_audio": (("torch", "diffusers", "transformers", "torchsde"), "requirements-models.txt"),
    "audiocraft": (("audiocraft",), "requirements-audiocraft.txt"),
    "stable_audio_tools": (("stable_audio_tools",), "requirements-stable-audio-tools.txt"),
}
VOICES = "voices"  # the folder of DiffSinger voices among the models
NOT_VERIFIED = ("audiocraft", "stable_audio_tools")


def availability() -> dict[str, dict]:
    """Every engine, whether it can be used here and now, and why not; quick, loads nothing."""
    own = f"ripieno {__version__}, needs no weights"
    shown: dict[str, dict] = {AUTO: {"available": True, "license": "MIT; SoundFont GPL-2", "detail": own}}
    for name in LEARNED:
        entry, missing = catalogue.entry(name), why_not(name)
        detail = missing or "weights found"
        if entry.engine in NOT_VERIFIED:
            detail += "; not verified here"
        shown[name] = {"available": missing is None, "license": entry.license, "detail": detail}
    return shown


def choose(wanted: str) -> GenerationEngine:
    """
    Raises
    ------
    JobFailed
        `unknown_engine`, or `engine_unavailable` when the one that was named is not to be had.
    """
    name = AUTO if wanted == "auto" else wanted
    if name not in (AUTO, VOICE, *LEARNED) and not name.startswith(f"{DIFFSINGER}@"):
        known = ", ".join((AUTO, VOICE, *LEARNED))
        raise JobFailed("unknown_engine", f"there is no engine {wanted!r}: use auto, {known}, or {DIFFSINGER}@VOICE")
    if name == AUTO:
        return _symbolic()
    if name == VOICE:
        return _singer(None)
    if name.startswith(f"{DIFFSINGER}@"):
        return _singer(name.partition("@")[2])
    missing = why_not(name)
    if missing:
        raise JobFailed("engine_unavailable", missing)
    return _learned(name)


def voices() -> list[str]:
    """The DiffSinger voices that are installed."""
    return sorted(path.parent.name for path in (models_folder() / VOICES).glob("*/dsconfig.yaml"))


def singing() -> dict[str, dict]:
    """The singing engines, as `availability`."""
    own = {"available": True, "license": "GPL-3 (espeak-ng)", "detail": "spoken words set to pitch, needs no weights"}
    named = {
        f"{DIFFSINGER}@{name}": {"available": True, "license": "the voice's own terms", "detail": "voice found"}
        for name in voices()
    }
    none = {DIFFSINGER: {"available": False, "license": "the voice's own terms", "detail": _installed()}}
    return {VOICE: own} | (named or none)


def _installed() -> str:
    known = ", ".join(voices())
    return f"installed: {known}" if known else f"put DiffSinger voices into {models_folder() / VOICES}/NAME"


def why_not(name: str) -> str | None:
    """Why a learned engine cannot be used here and now; None when it can."""
    entry = catalogue.entry(name)
    if not licenses.allows(entry):
        return (
            f"{name} may not be used commercially ({entry.license}): RIPIENO_LICENSES=commercial,"
            " and RIPIENO_ALLOW_WEIGHTS names it not"
        )
    needs, requirements = _NEEDS[entry.engine]
    packages = [package for package in needs if find_spec(package) is None]
    if packages:
        return f"{name} needs {' and '.join(packages)}: pip install -r gpu_endpoints/generation/{requirements}"
    absent = folder.missing(entry)
    if absent:
        return f"no {name} weights in {folder.of(entry)} ({', '.join(absent[:3])}): ripieno models pull {name}"
    return None


@lru_cache(maxsize=1)
def _symbolic() -> GenerationEngine:
    from gpu_endpoints.generation.symbolic import SymbolicEngine

    return SymbolicEngine()


@lru_cache(maxsize=2)
def _singer(name: str | None) -> GenerationEngine:
    from gpu_endpoints.generation.singing.diffsinger import BadVoice
    from gpu_endpoints.generation.singing.engine import SingingEngine

    if name is None:
        return SingingEngine()
    if name not in voices():
        raise JobFailed(
            "engine_unavailable", f"there is no voice {name!r} in {models_folder() / VOICES}: {_installed()}"
        )
    try:
        return SingingEngine(models_folder() / VOICES / name)
    except BadVoice as fault:
        raise JobFailed("engine_unavailable", str(fault)) from fault


@lru_cache(maxsize=1)
def _learned(name: str) -> GenerationEngine:
    """One learned engine at a time stays in memory."""
    entry = catalogue.entry(name)
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
