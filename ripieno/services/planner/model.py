"""What a language model may say of stems: held to a schema, and clipped afterwards to what can be played."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from ripieno.services import llm
from ripieno.services.llm import Reply

PROMPTS = Path(__file__).with_name("prompts")


class ProposedPlace(BaseModel):
    model_config = ConfigDict(extra="forbid")

    section: str | None
    bars: list[int] | None


class ProposedPlaying(BaseModel):
    """What is otherwise at some places."""

    model_config = ConfigDict(extra="forbid")

    places: list[ProposedPlace]
    pitch_register: float
    density: float
    brightness: float
    dynamics: float
    articulation: Literal["staccato", "normal", "legato"]
    swing: float
    timing: float
    pulse: Literal["half", "normal", "double"]
    notes: Literal["all", "roots"]
    onsets: Literal["all", "downbeats", "beats", "offbeats"]


class Proposal(BaseModel):
    """What the model may say of one stem; numbers are clipped afterwards."""

    model_config = ConfigDict(extra="forbid")

    stem_type: Literal["vocals", "drums", "bass", "guitar", "piano", "synth", "other"]
    engine: str
    style: str
    prompt: str
    instrument: str | None
    pitch_register: float
    density: float
    brightness: float
    dynamics: float
    articulation: Literal["staccato", "normal", "legato"]
    swing: float
    timing: float
    pulse: Literal["half", "normal", "double"]
    notes: Literal["all", "roots"]
    onsets: Literal["all", "downbeats", "beats", "offbeats"]
    section: str | None
    bars: list[int] | None
    sounding: list[ProposedPlace]
    silent: list[ProposedPlace]
    at_places: list[ProposedPlaying]
    random_seed: int | None


class Proposals(BaseModel):
    model_config = ConfigDict(extra="forbid")

    stems: list[Proposal]


def ask(question: dict[str, Any]) -> Reply[Proposals]:
    """Plans for the stems of `question` (see prompts/plan.md). Raises `llm.ModelFailed`."""
    return llm.ask("plan", (PROMPTS / "plan.md").read_text(), question, Proposals)
