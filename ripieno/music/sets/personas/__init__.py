"""Who plays: a JSON file each beside this one. A new file is a new persona."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from ripieno.contracts.sets import Persona
from ripieno.music.genres import all_genres

DEFAULT = "jules"
OCCASIONS = {"hello", "next", "peak", "bye"}


class UnknownPersona(LookupError):
    """There is no persona of this name."""


def persona(name: str | None = None) -> Persona:
    """A persona, the default one where no name is given. Raises `UnknownPersona`, with those there are."""
    known = all_personas()
    found = known.get((name or DEFAULT).lower())
    if found is None:
        raise UnknownPersona(f"there is no persona {str(name)[:40]!r}: there are {', '.join(known)}")
    return found


@lru_cache(maxsize=1)
def all_personas() -> dict[str, Persona]:
    """Every persona by its name.

    Raises
    ------
    ValueError
        For a file that names a style or an occasion that is not there, or is not called as its persona is.
    """
    found: dict[str, Persona] = {}
    for path in sorted(Path(__file__).parent.glob("*.json")):
        one = Persona.model_validate_json(path.read_text(encoding="utf-8"))
        if one.name != path.stem:
            raise ValueError(f"{path.name} is of a persona called {one.name}: call the file {one.name}.json")
        if unknown := set(one.taste.styles) - set(all_genres()):
            raise ValueError(f"{path.name} likes styles that are not there: {', '.join(sorted(unknown))}")
        if unknown := {occasion for words in one.words.values() for occasion in words} - OCCASIONS:
            raise ValueError(f"{path.name} has words for {', '.join(sorted(unknown))}: it speaks at {OCCASIONS}")
        found[one.name] = one
    return found
