"""The planner behind a language model: Azure OpenAI, or any address that speaks OpenAI's API.

The reply is held to a schema, repaired once, and clipped to what can be played. The model sees data and returns data:
there are no tools, and nothing in a wish or a file's tags can reach beyond the schema.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from ripieno.contracts.generation import PlannerUsage
from ripieno.services.settings import settings

if TYPE_CHECKING:
    from openai import OpenAI

PROMPTS = Path(__file__).with_name("prompts")
AZURE_API_VERSION = "2024-10-21"
TIMEOUT_SECONDS = 40.0
MOST_TOKENS = 4000
_SCOPE = "https://cognitiveservices.azure.com/.default"


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


class PlanningFailed(RuntimeError):
    """No plan came that can be used; the message says why. `usage` is what it cost all the same."""

    def __init__(self, message: str, usage: PlannerUsage):
        super().__init__(message)
        self.usage = usage


@dataclass(frozen=True)
class Reply:
    proposals: list[Proposal]
    usage: PlannerUsage
    model: str


def is_configured() -> bool:
    return bool(settings().planner_url and settings().planner_model)


def ask(question: dict[str, Any]) -> Reply:
    """Plans for the stems of `question` (see prompts/plan.md).

    Raises
    ------
    PlanningFailed
        When the model cannot be reached, refuses, or twice says what does not fit the schema.
    """
    usage = PlannerUsage()
    messages: list[dict[str, str]] = [
        {"role": "system", "content": (PROMPTS / "plan.md").read_text()},
        {"role": "user", "content": json.dumps(question, ensure_ascii=False)},
    ]
    faults = ""
    for _ in range(2):
        text = _complete(messages, usage)
        try:
            found = Proposals.model_validate_json(_bare(text))
            return Reply(found.stems, usage, settings().planner_model)
        except ValidationError as fault:
            faults = "\n".join(f"* {'.'.join(map(str, one['loc']))}: {one['msg']}" for one in fault.errors()[:10])
        repair = (PROMPTS / "repair.md").read_text().replace("{faults}", faults)
        messages += [{"role": "assistant", "content": text[:8000]}, {"role": "user", "content": repair}]
    raise PlanningFailed(f"the model's plan did not fit the schema, even when asked again: {faults[:300]}", usage)


def _complete(messages: list[dict[str, str]], usage: PlannerUsage) -> str:
    """One answer; its tokens are added to `usage`."""
    from openai import OpenAIError  # late: a quarter of the app's start, for those who have a model

    schema = {"name": "plan", "strict": True, "schema": Proposals.model_json_schema()}
    try:
        answer = _client().chat.completions.create(
            model=settings().planner_model, messages=messages, max_completion_tokens=MOST_TOKENS,  # pyright: ignore
            response_format={"type": "json_schema", "json_schema": schema},  # pyright: ignore
        )  # fmt: skip
    except OpenAIError as fault:
        raise PlanningFailed(
            f"the planner's model cannot be used: {type(fault).__name__}: {fault}"[:500], usage
        ) from None
    usage.calls += 1
    if answer.usage:
        usage.prompt_tokens += answer.usage.prompt_tokens
        usage.completion_tokens += answer.usage.completion_tokens
    usage.cost = _cost(usage)
    if not answer.choices:
        raise PlanningFailed("the planner's model gave no answer", usage)
    message = answer.choices[0].message
    if getattr(message, "refusal", None):
        raise PlanningFailed(f"the planner's model refused: {message.refusal}"[:300], usage)
    return message.content or ""


def _bare(text: str) -> str:
    """Without the fence that some models put around JSON."""
    stripped = text.strip()
    if stripped.startswith("```"):
        stripped = stripped.partition("\n")[2].rpartition("```")[0]
    return stripped


def _cost(usage: PlannerUsage) -> float | None:
    chosen = settings()
    if chosen.planner_price_in is None or chosen.planner_price_out is None:
        return None
    spent = usage.prompt_tokens * chosen.planner_price_in + usage.completion_tokens * chosen.planner_price_out
    return round(spent / 1e6, 6)


@lru_cache(maxsize=1)
def _client() -> OpenAI:
    from openai import AzureOpenAI, OpenAI

    chosen = settings()
    more = {"timeout": TIMEOUT_SECONDS, "max_retries": 1}
    if not chosen.planner_is_azure:
        return OpenAI(base_url=chosen.planner_url, api_key=chosen.planner_key or "none", **more)  # pyright: ignore
    if chosen.planner_key:
        access: dict[str, Any] = {"api_key": chosen.planner_key}
    else:
        from azure.identity import DefaultAzureCredential, get_bearer_token_provider

        access = {"azure_ad_token_provider": get_bearer_token_provider(DefaultAzureCredential(), _SCOPE)}
    return AzureOpenAI(azure_endpoint=chosen.planner_url, api_version=AZURE_API_VERSION, **access, **more)
