"""The one way in which the platform asks a language model: Azure OpenAI, or any address that speaks its API.

Which model, settings say by task (`RIPIENO_LLM_MODEL`, `RIPIENO_LLM_MODELS`); without one, rules do the task. The model
sees data and returns data: our instructions are files, all that users wrote goes into one JSON message, there are no
tools, and an answer is held to a schema which has no field that a model may not set. What does not fit is told to the
model and asked for again; an answer has a deadline, a length and a price, and a model that keeps failing is left alone
for a while.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from ripieno.contracts.provenance import ModelUsage, Provenance
from ripieno.services import structured
from ripieno.services.circuit import Circuit, CircuitOpen
from ripieno.services.moderation import rules
from ripieno.services.settings import Settings, settings

if TYPE_CHECKING:
    from openai import OpenAI

Task = Literal["plan", "understand", "compose", "lyrics", "moderate", "announce"]
Answer = TypeVar("Answer", bound=BaseModel)

OFF = "off"
MOST_REPAIRS = 2
MOST_TRIES = 3
MOST_BYTES = 1_000_000
MOST_TOLD = 12  # faults at a time
OPEN_AFTER, OPEN_SECONDS = 3, 60.0
AZURE_API_VERSION = "2024-10-21"
_SCOPE = "https://cognitiveservices.azure.com/.default"
_PROMPTS = Path(__file__).with_name("prompts")
_PASSING = {408, 409, 429}
_FORMATS = ("json_schema", "json_object", "text")
"""How strictly a model can be held to a schema, the strictest first."""
log = logging.getLogger("ripieno.llm")


class ModelFailed(RuntimeError):
    """No answer came that can be used; the message says why. `usage` is what it cost all the same."""

    def __init__(self, message: str, usage: ModelUsage | None = None):
        super().__init__(message)
        self.usage = usage or ModelUsage()


@dataclass(frozen=True)
class Reply(Generic[Answer]):
    """An answer that fits its schema. `faults` are those that the model did not mend, though it was told."""

    value: Answer
    engine: Provenance
    usage: ModelUsage
    faults: list[str]


def model_for(task: Task) -> str:
    """The model that does a task, nothing where rules do it; who moderates has to be named for that."""
    chosen = settings()
    if not (chosen.azure_openai or chosen.llm_url):
        return ""
    name = chosen.llm_models.get(task) or ("" if task == "moderate" else chosen.llm_model)
    return "" if name == OFF else name


def is_configured(task: Task) -> bool:
    return bool(model_for(task))


Hears = Callable[[str, ModelUsage], None]
_hearing: list[Hears] = []


def tell(hears: Hears) -> None:
    """Tell somebody of every question: which model, and what it used, also where no answer came of it. Once each."""
    if hears not in _hearing:
        _hearing.append(hears)


def ask(
    task: Task,
    instructions: str,
    question: dict[str, Any],
    answer: type[Answer],
    *,
    faults: Callable[[Answer], list[str]] | None = None,
) -> Reply[Answer]:
    """The answer of the task's model to a question.

    Parameters
    ----------
    instructions : what to do with the question; ours alone, no word of a user is in it
    question : data, as one JSON message
    answer : the schema that the answer has to fit; it forbids fields that it does not have
    faults : what is wrong with an answer that fits the schema, in words for the model; what it does not mend is in the
        reply

    Raises
    ------
    ModelFailed
        When no model is configured, a rule refuses the question (`services.moderation`), none can be reached in time,
        it refuses, or it keeps answering what does not fit.
    """
    name, usage = model_for(task), ModelUsage()
    if not name:
        raise ModelFailed(f"no language model is configured for the task {task}")
    not_sent = rules.first_refused(_texts(question))
    if not_sent is not None:
        raise ModelFailed(f"nothing is sent to a model that is refused here ({not_sent.rule})")
    conversation = _Conversation(name, instructions, question, answer)
    circuit = _circuit(conversation.address, name)
    try:
        circuit.check()
    except CircuitOpen as fault:
        raise ModelFailed(str(fault)) from None
    try:
        return _answered(conversation, circuit, usage, name, answer, faults)
    finally:
        for hears in _hearing:
            hears(name, usage)


def _answered(
    conversation: _Conversation,
    circuit: Circuit,
    usage: ModelUsage,
    name: str,
    answer: type[Answer],
    faults: Callable[[Answer], list[str]] | None,
) -> Reply[Answer]:
    """The answer once it fits, or the best that came. Raises `ModelFailed`."""
    told, best = "", None
    for _ in range(1 + MOST_REPAIRS):
        try:
            said = conversation.next(usage)
        except ModelFailed as fault:
            fault.usage = usage
            if best is not None:
                return replace(best, usage=usage)
            if not isinstance(fault, _Refused):
                circuit.failed(str(fault))
            raise
        circuit.worked()
        found, wrong = _read(said, answer)
        if found is not None:
            wrong = faults(found) if faults else []
            version = said.model or "unknown"
            engine = Provenance(engine=name, version=version, license="the service's own terms")
            best = Reply(found, engine, usage, wrong)
            if not wrong:
                return best
        told = "\n".join(f"* {one}" for one in wrong[:MOST_TOLD])
        conversation.tell(said.text, (_PROMPTS / "repair.md").read_text().replace("{faults}", told))
    if best is not None:
        return best
    raise ModelFailed(f"the model's answer did not fit the schema, even when asked again: {told[:300]}", usage)


def _texts(question: Any) -> Iterator[str]:
    """All words of a question."""
    if isinstance(question, str):
        yield question
    elif isinstance(question, dict | list):
        for one in question.values() if isinstance(question, dict) else question:
            yield from _texts(one)


# -- one conversation ---------------------------------------------------------------------------------------------


class _Refused(ModelFailed):
    """The model works, and will not answer this."""


@dataclass(frozen=True)
class _Said:
    text: str
    model: str
    is_cut: bool


class _Conversation:
    """A question, its answers and what was wrong with them, until a deadline."""

    def __init__(self, model: str, instructions: str, question: dict[str, Any], answer: type[BaseModel]):
        chosen = settings()
        self.address = chosen.azure_openai or chosen.llm_url or ""
        self._model, self._schema = model, structured.strict(answer.model_json_schema())
        self._deadline = _now() + chosen.llm_timeout
        self._instructions = f"{instructions.strip()}\n\n{(_PROMPTS / 'data.md').read_text()}"
        data = json.dumps(question, ensure_ascii=False).encode("utf-8", "replace").decode()
        self._messages: list[dict[str, str]] = [{"role": "user", "content": data}]

    def tell(self, said: str, wrong: str) -> None:
        self._messages = [
            self._messages[0],
            {"role": "assistant", "content": said[:20_000]},
            {"role": "user", "content": wrong},
        ]

    def next(self, usage: ModelUsage) -> _Said:
        """What the model says now; its tokens are added to `usage`. Raises `ModelFailed`."""
        from azure.core.exceptions import AzureError  # of an identity that is not to be had
        from openai import OpenAIError  # late: a quarter of the app's start, for those who have a model

        for attempt in range(MOST_TRIES):
            try:
                return self._spoken(self._body(), usage)
            except (OpenAIError, AzureError) as fault:
                wait = _wait_after(fault, attempt)
                why = _plain(fault)
            if wait is None or attempt + 1 == MOST_TRIES or _now() + wait >= self._deadline:
                raise ModelFailed(f"the language model {self._model} cannot be used: {why}", usage)
            log.info("%s is asked again in %.1f s: %s", self._model, wait, why)
            _sleep(wait)
        raise AssertionError("the last try returns or raises")

    def _body(self) -> bytes:
        """The answer's bytes, in the strictest way that this model knows. Raises `OpenAIError`."""
        from openai import BadRequestError, UnprocessableEntityError

        known = _known_ways()
        way = known.get((self.address, self._model), (0, True))
        while True:
            try:
                body = self._sent(*way)
            except (BadRequestError, UnprocessableEntityError) as fault:
                less = _less(way, str(fault))
                if less is None or _is_filtered(fault):
                    raise
                way = less
                continue
            known[self.address, self._model] = way
            return body

    def _sent(self, way: int, is_new: bool) -> bytes:
        from openai import APIConnectionError, APITimeoutError, OpenAIError

        left = self._deadline - _now()
        if left <= 0:
            raise ModelFailed(f"the language model {self._model} did not answer in {settings().llm_timeout:g} s")
        system = self._instructions
        kind = _FORMATS[way]
        if kind != "json_schema":
            schema = json.dumps(self._schema, ensure_ascii=False)
            system += "\n" + (_PROMPTS / "schema.md").read_text().replace("{schema}", schema)
        given: dict[str, Any] = {
            "model": self._model,
            "messages": [{"role": "system", "content": system}, *self._messages],
            "max_completion_tokens" if is_new else "max_tokens": settings().llm_tokens,
        }
        if kind == "json_schema":
            its = {"name": "answer", "strict": True, "schema": self._schema}
            given["response_format"] = {"type": "json_schema", "json_schema": its}
        elif kind == "json_object":
            given["response_format"] = {"type": "json_object"}
        completions = _client(settings()).chat.completions
        body = bytearray()
        with completions.with_streaming_response.create(**given, timeout=left) as response:
            try:
                for piece in response.iter_bytes():
                    body += piece
                    if len(body) > MOST_BYTES:
                        raise ModelFailed(f"the language model {self._model} answered more than {MOST_BYTES} bytes")
                    if _now() > self._deadline:  # a server that sends a byte now and then
                        raise APITimeoutError(request=response.http_request)
            except (ModelFailed, OpenAIError):
                raise
            except Exception as fault:  # whichever HTTP library it is: broken off, or silent
                raise APIConnectionError(
                    message=f"the answer broke off: {fault}", request=response.http_request
                ) from fault
        return bytes(body)

    def _spoken(self, body: bytes, usage: ModelUsage) -> _Said:
        try:
            found = _Completion.model_validate_json(body)
        except ValidationError:
            raise ModelFailed(f"the language model {self._model} answered something that is no completion") from None
        usage.calls += 1
        if found.usage:
            usage.prompt_tokens += found.usage.prompt_tokens
            usage.completion_tokens += found.usage.completion_tokens
        usage.cost = _cost(self._model, usage)
        if not found.choices:
            raise ModelFailed(f"the language model {self._model} gave no answer", usage)
        choice = found.choices[0]
        if choice.message.refusal or choice.finish_reason == "content_filter":
            why = choice.message.refusal or "its content filter held the answer back"
            raise _Refused(f"the language model {self._model} refused: {why}"[:300], usage)
        return _Said(choice.message.content or "", found.model or "", choice.finish_reason == "length")


class _Lenient(BaseModel):
    model_config = ConfigDict(extra="ignore")


class _Message(_Lenient):
    content: str | None = None
    refusal: str | None = None


class _Choice(_Lenient):
    message: _Message
    finish_reason: str | None = None


class _Tokens(_Lenient):
    prompt_tokens: int = 0
    completion_tokens: int = 0


class _Completion(_Lenient):
    """What of an answer is read; servers differ in the rest."""

    model: str | None = None
    choices: list[_Choice] = []
    usage: _Tokens | None = None


def _read(said: _Said, answer: type[Answer]) -> tuple[Answer | None, list[str]]:
    """The answer, or what is wrong with it."""
    if said.is_cut:
        return None, ["the answer was too long and was cut off: answer shorter"]
    return structured.read(said.text, answer)


# -- what is wrong, and whether it passes -------------------------------------------------------------------------


def _less(way: tuple[int, bool], said: str) -> tuple[int, bool] | None:
    """The next way to ask a model that does not know this one."""
    kind, is_new = way
    if is_new and "max_completion_tokens" in said:
        return kind, False
    return (kind + 1, is_new) if kind + 1 < len(_FORMATS) else None


def _is_filtered(fault: Exception) -> bool:
    return getattr(fault, "code", None) in ("content_filter", "context_length_exceeded")


def _wait_after(fault: Exception, attempt: int) -> float | None:
    """Seconds after which to ask again, None where that is in vain."""
    from openai import APIConnectionError, APIStatusError

    plain = 0.5 * 2**attempt
    if isinstance(fault, APIStatusError):
        if fault.status_code not in _PASSING and fault.status_code < 500:
            return None
        return _retry_after(fault.response.headers.get("retry-after")) or plain
    return plain if isinstance(fault, APIConnectionError) else None


def _retry_after(said: str | None) -> float | None:
    """The seconds that a `Retry-After` means: a number, or a date."""
    if not said:
        return None
    try:
        return max(0.0, float(said))
    except ValueError:
        pass
    try:
        return max(0.0, (parsedate_to_datetime(said) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return None


def _plain(fault: Exception) -> str:
    """A fault as it may be shown; no key is in it."""
    said = f"{type(fault).__name__}: {fault}"
    for key in (settings().azure_openai_key, settings().llm_key):
        said = said.replace(key, "…") if key else said
    return said[:400]


def _cost(model: str, usage: ModelUsage) -> float | None:
    price = settings().llm_prices.get(model)
    if price is None:
        return None
    return round((usage.prompt_tokens * price[0] + usage.completion_tokens * price[1]) / 1e6, 6)


@lru_cache(maxsize=64)
def _circuit(address: str, model: str) -> Circuit:
    return Circuit(f"the language model {model}", OPEN_AFTER, OPEN_SECONDS, _now)


@lru_cache(maxsize=1)
def _known_ways() -> dict[tuple[str, str], tuple[int, bool]]:
    """By address and model: how strictly it can be held to a schema, and whether it knows `max_completion_tokens`."""
    return {}


def forget() -> None:
    """Everything that was learned of models, and the connections to them."""
    for one in (_circuit, _known_ways, _made_client):
        one.cache_clear()


def _now() -> float:
    return time.monotonic()


def _sleep(seconds: float) -> None:
    time.sleep(seconds)


def _client(chosen: Settings) -> OpenAI:
    return _made_client(chosen.azure_openai, chosen.azure_openai_key, chosen.llm_url, chosen.llm_key)


@lru_cache(maxsize=2)
def _made_client(azure: str | None, azure_key: str | None, url: str | None, key: str | None) -> OpenAI:
    from openai import AzureOpenAI, OpenAI

    if not azure:
        return OpenAI(base_url=url, api_key=key or "none", max_retries=0)
    if azure_key:
        access: dict[str, Any] = {"api_key": azure_key}
    else:
        from azure.identity import DefaultAzureCredential, get_bearer_token_provider

        access = {"azure_ad_token_provider": get_bearer_token_provider(DefaultAzureCredential(), _SCOPE)}
    return AzureOpenAI(azure_endpoint=azure, api_version=AZURE_API_VERSION, max_retries=0, **access)
