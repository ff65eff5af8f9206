"""Every engine that makes something, declared in one place (engines.json): for which task, under which licences, how
large, verified where, and which come after it when it is lost. docs/engines.md is written from it:

    python -m ripieno.services.engines > docs/engines.md

A context goes in, an element comes out: stems, vocals, lyrics, a mix, a master. Who asks for `auto`, or allows it, gets
the next engine that can where one cannot; whoever names an engine gets that one or a clear error. Whether an engine may
be used and is there is told of the process that asks.
"""

from __future__ import annotations

import json
import sys
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from ripieno.services import licenses
from ripieno.services.models import catalogue, folder
from ripieno.services.settings import models_folder

Task = Literal[
    "generate",
    "sing",
    "lyrics",
    "plan",
    "understand",
    "compose",
    "mix",
    "master",
    "set",
    "speak",
    "transcribe",
    "announce",
    "convert",
    "measure",
]

AUTO = "auto"
SYMBOLIC, VOICE, DIFFSINGER = "symbolic", "voice", "diffsinger"
MODEL, PHRASES, RULES = "language-model", "phrases", "rules"
VOICE_MODEL, VOICE_PROFILE, VOICE_MEASURES = "voice-model", "voice-profile", "voice-measures"
FORMANT = "formant"
VOICES = "voices"  # the folder of DiffSinger voices among the models
_DOCUMENT = """# Engines

What makes stems, vocals, lyrics, mixes and masters, what plans them, and what sings as somebody. Written from
`ripieno/services/engines.json` by `python -m ripieno.services.engines`; a test compares the two.
`RIPIENO_LICENSES=commercial` leaves out what is not commercial (`RIPIENO_ALLOW_WEIGHTS` names exceptions that you
answer for). What is there here and now, `GET /api/health` says.

`auto` takes the best that is there, and the next one where that is lost midway; so does an engine that you name, where
`allow_fallback` says so. Without it a named engine that cannot is an error. Every result names its engine, and the ones
that were lost.

| engine | for | makes | code | weights | commercial | size | verified | then |
|---|---|---|---|---|---|---|---|---|
"""


class UnknownEngine(LookupError):
    """There is no engine of this name."""


class Engine(BaseModel):
    """`model` is the entry of the models' catalogue with its weights; `needs` are the packages it is written with;
    `next` are the engines that come after it when it is lost, the nearest first."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    tasks: tuple[Task, ...]
    makes: str
    code: str
    weights: str
    commercial: bool
    size: str
    verified: str
    model: str | None = None
    needs: tuple[str, ...] = ()
    requirements: str | None = None
    next: tuple[str, ...] = ()


@lru_cache(maxsize=1)
def declared() -> dict[str, Engine]:
    """Every engine by its name."""
    read = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))
    return {name: Engine(name=name, **about) for name, about in read.items()}


def of_task(task: Task) -> list[Engine]:
    return [one for one in declared().values() if task in one.tasks]


def find(name: str) -> Engine:
    """An engine, or the one that a voice (`diffsinger@NAME`) sings with. Raises `UnknownEngine`."""
    known = declared().get(name.partition("@")[0] if name.startswith(f"{DIFFSINGER}@") else name)
    if known is None:
        raise UnknownEngine(f"there is no engine {name[:60]!r}")
    return known


def check_playing(name: str) -> None:
    """Refuse a name of an engine that makes neither stems nor vocals. Raises `UnknownEngine`, with those that do."""
    known = [one.name for task in ("generate", "sing") for one in of_task(task) if one.name != DIFFSINGER]
    if name == AUTO or name in known or (name.startswith(f"{DIFFSINGER}@") and name != f"{DIFFSINGER}@"):
        return
    raise UnknownEngine(f"there is no engine {name[:60]!r}: use auto, {', '.join(known)}, or {DIFFSINGER}@VOICE")


def candidates(wanted: str, *, is_sung: bool, may_fall: bool) -> list[str]:
    """The engines to try for a stem, in order: the one that is wanted, then, if it may fall, those that come after it.
    `auto` is the exact one: of words on a melody the one that sings. Raises `UnknownEngine`."""
    name = (VOICE if is_sung else SYMBOLIC) if wanted == AUTO else wanted
    return [name, *(find(name).next if may_fall else ())]


def most_after_each_other() -> int:
    """How many engines can be lost for one stem before the last one makes it."""
    return max(len(one.next) for one in declared().values())


def why_not(name: str) -> str | None:
    """Why an engine cannot be used in this process, here and now; None when it can. Quick, loads nothing."""
    engine = find(name)
    if name.startswith(f"{DIFFSINGER}@"):
        return _why_not_voice(name.partition("@")[2])
    if engine.name == DIFFSINGER:
        return None if voices() else installed_voices()
    if engine.model is None:
        return None
    entry = catalogue.entry(engine.model)
    if not licenses.allows(entry):
        return _not_commercial(name, entry.license)
    packages = [package for package in engine.needs if find_spec(package) is None]
    if packages:
        return f"{name} needs {' and '.join(packages)}: pip install -r gpu_endpoints/generation/{engine.requirements}"
    absent = folder.missing(entry)
    if absent:
        return f"no {name} weights in {folder.of(entry)} ({', '.join(absent[:3])}): ripieno models pull {name}"
    return None


def voices() -> list[str]:
    """The DiffSinger voices that are installed."""
    return sorted(path.parent.name for path in (models_folder() / VOICES).glob("*/dsconfig.yaml"))


def installed_voices() -> str:
    known = ", ".join(voices())
    return f"installed: {known}" if known else f"put DiffSinger voices into {models_folder() / VOICES}/NAME"


def table() -> str:
    """docs/engines.md."""
    rows = [
        [
            f"`{one.name}`",
            ", ".join(one.tasks),
            one.makes,
            one.code,
            one.weights,
            "yes" if one.commercial else "no",
            one.size,
            one.verified,
            ", ".join(one.next),
        ]
        for one in declared().values()
    ]
    return _DOCUMENT + "".join(f"| {' | '.join(row)} |\n" for row in rows)


# -- parts --------------------------------------------------------------------------------------------------------


class _Voice(BaseModel):
    """A voice as the licences see it: nobody has told its terms."""

    name: str
    commercial: bool = False


def _why_not_voice(voice: str) -> str | None:
    if voice not in voices():
        return f"there is no voice {voice!r} in {models_folder() / VOICES}: {installed_voices()}"
    if not licenses.allows(_Voice(name=voice)):
        return _not_commercial(voice, find(DIFFSINGER).weights)
    return None


def _not_commercial(name: str, license_name: str) -> str:
    return (
        f"{name} may not be used commercially ({license_name}): RIPIENO_LICENSES=commercial,"
        " and RIPIENO_ALLOW_WEIGHTS names it not"
    )


if __name__ == "__main__":
    sys.stdout.write(table())
