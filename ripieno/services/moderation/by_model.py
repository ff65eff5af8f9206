"""A language model's word on what the rules let pass, where one is named for it (`RIPIENO_LLM_MODELS=moderate=…`).

It is asked for nothing that a rule refuses. Where it cannot be asked, the rules' word stands.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from ripieno.services import llm
from ripieno.services.llm import ModelFailed
from ripieno.services.moderation.finding import Finding, Kind

MOST_CHARACTERS = 20_000  # of all texts together: the rules have read them whole
_MESSAGES: dict[Kind, str] = {
    "imitation": "nobody is imitated by name here",
    "hate": "words of hate against people are not set to music here",
    "minors": "nothing sexual about minors is made here",
    "other": "this is not made here",
}
log = logging.getLogger("ripieno.moderation")


class Verdict(BaseModel):
    """What the model may say: nothing refused, or which field, what for, and for which words of it."""

    model_config = ConfigDict(extra="forbid")

    field: str | None = Field(max_length=200)
    kind: Kind | None
    words: str | None = Field(max_length=200)
    instead: str | None = Field(max_length=300)


def is_configured() -> bool:
    return llm.is_configured("moderate")


def refused(texts: Mapping[str, str]) -> tuple[str, Finding, str] | None:
    """The field that is refused, why, and by which model; None where nothing is, or no model could be asked."""
    prompt = (Path(__file__).parents[1] / "prompts" / "moderate.md").read_text(encoding="utf-8")
    left, shown = MOST_CHARACTERS, {}
    for field, text in texts.items():
        shown[field] = text[:left]
        left -= len(shown[field])
    try:
        reply = llm.ask("moderate", prompt, {"texts": shown}, Verdict, faults=lambda said: _faults(said, shown))
    except ModelFailed as fault:
        log.warning("moderated by rule alone: %s", fault)
        return None
    said = reply.value
    if said.kind is None or said.field is None or said.words is None or reply.faults:
        return None
    is_instead = said.kind == "imitation" and bool(said.instead)
    finding = Finding(
        f"model.{said.kind}", said.kind, said.words, _MESSAGES[said.kind], said.instead if is_instead else None
    )
    return said.field, finding, reply.engine.engine


def _faults(said: Verdict, texts: Mapping[str, str]) -> list[str]:
    """A refusal has to point at words that stand there."""
    if said.kind is None:
        return []
    if said.field is None or said.field not in texts:
        return [f"field: choose from {', '.join(texts)}"]
    if not said.words or said.words not in texts[said.field]:
        return ["words: copy the words of that field which are refused"]
    return []
