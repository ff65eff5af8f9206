"""Instruments by the names musicians call them: their stem, their General MIDI program, how they are played."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from ripieno.contracts.enums import StemType


class Instrument(BaseModel):
    """`style` is a way of playing that takes the place of the genre's own; `words` are other names of it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    stem: StemType
    program: int = Field(ge=0, le=127)
    style: str | None = None
    words: tuple[str, ...] = ()


@lru_cache(maxsize=1)
def all_instruments() -> dict[str, Instrument]:
    found = json.loads(Path(__file__).with_suffix(".json").read_text())
    return {name: Instrument(name=name, **about) for name, about in found.items()}


def instrument(name: str) -> Instrument:
    """
    Raises
    ------
    ValueError
        For an instrument that is not there, naming those that are.
    """
    wanted = name.strip().lower()
    for one in all_instruments().values():
        if wanted == one.name or wanted in one.words:
            return one
    raise ValueError(f"there is no instrument {name!r}: choose from {', '.join(all_instruments())}")
