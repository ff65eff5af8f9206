"""What a persona says over a set, by a language model where one is configured; each line that does not fit stays as the
rules have it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from ripieno.contracts.provenance import ModelUsage, Provenance
from ripieno.contracts.sets import Persona
from ripieno.services import llm
from ripieno.services.llm import ModelFailed
from ripieno.services.rules import signature

MOST_CHARACTERS = 200
_NAMES_ITS_SONG = ("next", "peak")


class SaidLines(BaseModel):
    """What the model may say."""

    model_config = ConfigDict(extra="forbid")

    lines: list[str] = Field(max_length=60)


@dataclass(frozen=True)
class Cue:
    """One thing to be said: on which occasion, over which song, and what the rules would say."""

    occasion: str
    title: str
    artist: str
    plain: str


@dataclass(frozen=True)
class Announced:
    """A text for each cue."""

    texts: list[str]
    engine: Provenance
    usage: ModelUsage = field(default_factory=ModelUsage)


def announced(persona: Persona, title: str, language: str, cues: Sequence[Cue]) -> Announced:
    plain = [one.plain for one in cues]
    if not cues or not llm.is_configured("announce"):
        return Announced(plain, signature())
    prompt = (Path(__file__).with_name("prompts") / "announce.md").read_text()
    question: dict[str, Any] = {
        "persona": {"title": persona.title, "about": persona.about}, "set": title, "language": language,
        "lines": [{"occasion": one.occasion, "title": one.title, "artist": one.artist, "plain": one.plain}
                  for one in cues],
    }  # fmt: skip
    try:
        reply = llm.ask("announce", prompt, question, SaidLines, faults=lambda one: _faults(one, cues))
    except ModelFailed as fault:
        return Announced(plain, signature(reason=str(fault)), fault.usage)
    said = [*reply.value.lines, *[""] * len(cues)]
    texts = [cue.plain if _fault(text, cue) else " ".join(text.split()) for cue, text in zip(cues, said, strict=False)]
    engine = reply.engine
    if reply.faults:
        engine = engine.model_copy(update={"reason": f"by rule where it did not fit: {'; '.join(reply.faults)}"[:500]})
    return Announced(texts, engine, reply.usage)


# -- parts --------------------------------------------------------------------------------------------------------


def _faults(said: SaidLines, cues: Sequence[Cue]) -> list[str]:
    if len(said.lines) != len(cues):
        return [f"there are {len(said.lines)} lines, and {len(cues)} are asked for"]
    found = [(number, _fault(text, cue)) for number, (text, cue) in enumerate(zip(said.lines, cues, strict=True), 1)]
    return [f"line {number} {fault}" for number, fault in found if fault]


def _fault(text: str, cue: Cue) -> str:
    if not any(one.isalpha() for one in text):
        return "says nothing"
    if len(text) > MOST_CHARACTERS:
        return f"has {len(text)} characters: {MOST_CHARACTERS} are the most"
    if cue.occasion in _NAMES_ITS_SONG and cue.title.casefold() not in text.casefold():
        return f"does not name its song, {cue.title!r}"
    return ""
