"""What people say to a set, in each language; data files, read once.

A phrase is folded words apart by spaces; one that ends with `*` means every word that begins so.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict

from ripieno.contracts.sets import TransitionKind
from ripieno.contracts.understanding import Language
from ripieno.music.language.tokens import Token, fold

Act = Literal["move", "swap", "pin", "ban", "free", "why", "calmer", "wilder", "undo"]
Where = Literal["first", "last", "earlier", "later", "before", "after"]
Part = Literal["start", "middle", "end", "first_half", "second_half", "from_on"]
LANGUAGES: tuple[Language, ...] = get_args(Language)


class Words(BaseModel):
    """`acts` are what to do, `where` where to, `parts` which part of the journey; `answers` are templates."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    acts: dict[Act, list[str]]
    where: dict[Where, list[str]]
    parts: dict[Part, list[str]]
    kinds: dict[TransitionKind, list[str]]
    song: list[str]
    transition: list[str]
    bars: list[str]
    last: list[str]
    it: list[str]
    also: list[str]
    much: list[str]
    little: list[str]
    numbers: dict[str, int]
    ordinals: dict[str, int]
    filler: list[str]
    answers: dict[str, str]


@lru_cache(maxsize=len(LANGUAGES))
def words(language: Language) -> Words:
    return Words.model_validate_json(Path(__file__).with_name(f"{language}.json").read_text(encoding="utf-8"))


def find(said: list[Token], phrases: list[str]) -> tuple[int, int] | None:
    """Where the longest of some phrases stands: its first token, and the one after its last."""
    best: tuple[int, int] | None = None
    for phrase in phrases:
        parts = fold(phrase).split()
        for at in range(len(said) - len(parts) + 1):
            if all(_is(said[at + n].word, part) for n, part in enumerate(parts)):
                if best is None or len(parts) > best[1] - best[0]:
                    best = (at, at + len(parts))
                break
    return best


def _is(word: str, part: str) -> bool:
    return word.startswith(part[:-1]) if part.endswith("*") else word == part


def recognised(said: list[Token]) -> Language:
    """The language that knows most of the words; English where several do."""

    def fit(language: Language) -> float:
        known = words(language)
        phrases = [
            *known.song, *known.transition, *known.last, *known.it, *known.also, *known.numbers, *known.ordinals,
            *known.filler, *(one for group in (known.acts, known.where, known.parts) for some in group.values()
                             for one in some),
        ]  # fmt: skip
        covered = {at for phrase in phrases if (place := find(said, [phrase])) for at in range(*place)}
        return len(covered) + 0.01 * (language == "en")

    return max(LANGUAGES, key=fit)
