"""The one place where a route is declared: its HTTP binding, role, query, body and answer contracts, idempotency.

OpenAPI (`openapi.py`), the role rules and what the tests enumerate come from the same declaration.

    @route(blueprint, "POST", "/generations", role=Role.GENERATOR, body=GenerationOrder,
           answers={202: GenerationAccepted}, with_client=True)
    async def create_generation(call: Call[GenerationOrder]) -> Answer:

A handler is given a `Call` and returns an `Answer`, or raises; every exception becomes a problem document. The first
line of its docstring is the route's summary, the rest its description. A handler that needs the durable client is
async; any other is a plain function.
"""

from __future__ import annotations

import asyncio
import inspect
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

import azure.durable_functions as df
import azure.functions as func
from pydantic import BaseModel

from ripieno.contracts import names
from ripieno.contracts.enums import Role
from ripieno.records import idempotency, keeping
from ripieno.services.identity import Caller, caller_of
from ripieno.work import moderating
from triggers import problems
from triggers.problems import ApiError

PREFIX = "api"
Body = TypeVar("Body")
Claimed = idempotency.Claim | idempotency.Answered | None
_OF_THE_HOST = {"code", "clientid"}


@dataclass(frozen=True)
class Answer:
    """`body` is a contract, JSON, or bytes of `media_type`."""

    body: BaseModel | dict[str, Any] | list[Any] | bytes | str | None = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    media_type: str = "application/json"


@dataclass(frozen=True)
class Call(Generic[Body]):
    """One request. `seed` is random, and the same again when an equal POST is repeated after its first one died."""

    request: func.HttpRequest
    caller: Caller
    path: dict[str, str]
    body: Body
    query: Any
    seed: str
    client: df.DurableOrchestrationClient | None = None

    @property
    def owner(self) -> str:
        return self.caller.owner

    @property
    def durable(self) -> df.DurableOrchestrationClient:
        assert self.client is not None, "the route is not declared with_client"
        return self.client


@dataclass(frozen=True)
class Route:
    """One declaration. `role` None is a route for everyone."""

    name: str
    method: str
    path: str
    role: Role | None
    tag: str
    summary: str
    description: str
    answers: dict[int, type[BaseModel] | str | None]
    body: type[BaseModel] | dict[str, Any] | None
    query: type[BaseModel] | None
    problems: tuple[str, ...]
    handler: Callable[..., Any]


_routes: list[Route] = []


def routes() -> list[Route]:
    """Every declared route, in the order of their declaration."""
    return list(_routes)


def methods_of(declared: Route) -> list[str]:
    """A route for GET answers HEAD too: the same without the body (RFC 9110, 9.3.2)."""
    return ["GET", "HEAD"] if declared.method == "GET" else [declared.method]


def is_at(declared_path: str, path: str) -> bool:
    """Whether a request's path, the prefix included, is that of a route; cases and a last slash do not count."""
    wanted = f"/{PREFIX}{declared_path}".lower().split("/")
    given = path.lower().removesuffix("/").split("/")
    return len(wanted) == len(given) and all(
        part == there or (part.startswith("{") and there) for part, there in zip(wanted, given, strict=True)
    )


def route(
    blueprint: df.Blueprint,
    method: str,
    path: str,
    *,
    role: Role | None,
    tag: str,
    answers: dict[int, type[BaseModel] | str | None],
    body: type[BaseModel] | dict[str, Any] | None = None,
    query: type[BaseModel] | None = None,
    problems: tuple[str, ...] = (),
    with_client: bool = False,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declare a route. `answers` are contracts, media types, or None for an empty body; `body` is a contract, or the
    OpenAPI request body of what the handler reads itself; `problems` are codes of its own, beside those that follow
    from the declaration (see `remedies.REMEDIES`)."""

    def declare(handler: Callable[..., Any]) -> Callable[..., Any]:
        summary, _, description = inspect.cleandoc(handler.__doc__ or "").partition("\n")
        declared = Route(
            handler.__name__,
            method,
            path,
            role,
            tag,
            summary,
            description.strip(),
            answers,
            body,
            query,
            problems,
            handler,
        )
        _routes.append(declared)
        _register(blueprint, declared, with_client=with_client)
        return handler

    return declare


def _register(blueprint: df.Blueprint, declared: Route, *, with_client: bool) -> None:
    if with_client:

        async def handle_with_client(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
            try:
                call, asked = await asyncio.to_thread(_begin, declared, req, client)
                claimed = await _claimed(asked)
                call = _seeded(call, claimed)
                if isinstance(claimed, idempotency.Answered):
                    return _again(claimed)
                try:
                    await asyncio.to_thread(_moderate, declared, call)
                    answered = await declared.handler(call)
                except BaseException as fault:
                    await asyncio.to_thread(_broke_off, claimed, fault)
                    raise
                return await asyncio.to_thread(_end, claimed, answered)
            except Exception as fault:
                return problems.response(fault)

        handle: Callable[..., Any] = handle_with_client
    else:

        def handle_plain(req: func.HttpRequest) -> func.HttpResponse:
            try:
                call, asked = _begin(declared, req, None)
                claimed = idempotency.claim(*asked) if asked is not None else None
                call = _seeded(call, claimed)
                if isinstance(claimed, idempotency.Answered):
                    return _again(claimed)
                try:
                    _moderate(declared, call)
                    answered = declared.handler(call)
                except BaseException as fault:
                    _broke_off(claimed, fault)
                    raise
                return _end(claimed, answered)
            except Exception as fault:
                return problems.response(fault)

        handle = handle_plain

    handle.__name__ = declared.name
    level = func.AuthLevel.ANONYMOUS if declared.role is None else func.AuthLevel.FUNCTION
    builder = blueprint.route(route=f"{PREFIX}{declared.path}", methods=methods_of(declared), auth_level=level)(handle)
    if with_client:
        builder = blueprint.durable_client_input(client_name="client")(builder)
    blueprint.function_name(declared.name)(builder)


# -- before the handler -------------------------------------------------------------------------------------------


def _begin(
    declared: Route, req: func.HttpRequest, client: df.DurableOrchestrationClient | None
) -> tuple[Call[Any], tuple[str, str, bytes] | None]:
    """The call, and what is to be claimed before it is handled."""
    caller = caller_of(req.headers)
    if declared.role is not None and declared.role not in caller.roles:
        raise problems.lacks(declared.role)
    _check_length(declared, req)
    params = _params(req)
    _check_known(declared, params)
    query = declared.query.model_validate(params) if declared.query else None
    body = _parsed(req, declared.body) if isinstance(declared.body, type) else None
    call = Call(req, caller, dict(req.route_params), body, query, names.seed(datetime.now(UTC)), client)
    return call, _asked(declared, req, caller)


def _moderate(declared: Route, call: Call[Any]) -> None:
    """What people wrote in the body is looked at before anything is done with it. Raises `moderating.Refused`."""
    if declared.role is not None:
        moderating.check_body(call.owner, f"{declared.method} {declared.path}", call.body)


def _seeded(call: Call[Any], claimed: Claimed) -> Call[Any]:
    if not isinstance(claimed, idempotency.Claim):
        return call
    keeping.keep(claimed)
    return replace(call, seed=claimed.seed)


def _params(req: func.HttpRequest) -> dict[str, str]:
    """The query, less what is the host's: a function key may come there too."""
    return {name: value for name, value in req.params.items() if name.lower() not in _OF_THE_HOST}


def _check_known(declared: Route, params: dict[str, str]) -> None:
    """A parameter that nobody reads is a mistake worth telling."""
    known = list(declared.query.model_fields) if declared.query else []
    unknown = sorted(set(params) - set(known))
    if unknown:
        there = f"it has {', '.join(known)}" if known else "it has none"
        raise ApiError(400, "invalid_request", f"the route has no parameter {unknown[0][:40]}: {there}")


def _check_length(declared: Route, req: func.HttpRequest) -> None:
    """Azure hands a body that comes without its length to nobody."""
    if declared.body is not None and "chunked" in req.headers.get("transfer-encoding", "").lower():
        raise ApiError(
            411, "length_required", "send the request with a Content-Length, or use POST /api/uploads for large files"
        )


def _parsed(req: func.HttpRequest, model: type[BaseModel]) -> BaseModel:
    """The request's JSON; an empty body is an empty object."""
    try:
        fields = json.loads(req.get_body() or b"{}")
    except ValueError as fault:
        raise ApiError(400, "invalid_request", f"the body is not JSON: {fault}") from None
    except RecursionError:
        raise ApiError(400, "invalid_request", "the body is nested too deeply") from None
    return model.model_validate(fields)


async def _claimed(asked: tuple[str, str, bytes] | None) -> Claimed:
    """The claim, or the first one's answer. Whoever waits holds no thread: the first one needs them to end."""
    if asked is None:
        return None
    for pause in idempotency.pauses():
        found = await asyncio.to_thread(idempotency.attempt, *asked)
        if found is not None:
            return found
        await asyncio.sleep(pause)
    raise AssertionError("pauses end by raising")


def _asked(declared: Route, req: func.HttpRequest, caller: Caller) -> tuple[str, str, bytes] | None:
    key = req.headers.get("idempotency-key")
    if declared.method != "POST" or key is None or declared.role is None:
        return None
    address = f"{declared.path} {json.dumps(dict(req.route_params))} {json.dumps(_params(req))}\n"
    return caller.owner, key, address.encode() + req.get_body()


# -- after the handler --------------------------------------------------------------------------------------------


def _end(claimed: idempotency.Claim | None, answered: Answer) -> func.HttpResponse:
    data = _data(answered)
    claimed = keeping.end(claimed) if claimed is not None else None
    if claimed is not None and isinstance(data, str):
        idempotency.answer(claimed, answered.status, answered.headers, data)
    return func.HttpResponse(data, status_code=answered.status, headers=answered.headers, mimetype=answered.media_type)


def _broke_off(claimed: idempotency.Claim | None, fault: BaseException) -> None:
    """What was refused has done nothing, and its key is free again; what broke may have done a part, which whoever
    sends it again goes on with."""
    if claimed is None:
        return
    claimed = keeping.end(claimed)
    if isinstance(fault, Exception) and problems.is_refusal(fault):
        idempotency.let_go(claimed)
    else:
        idempotency.give_up(claimed)


def _again(answered: idempotency.Answered) -> func.HttpResponse:
    headers = answered.headers | {"Idempotency-Replayed": "true"}
    return func.HttpResponse(answered.body, status_code=answered.status, headers=headers, mimetype="application/json")


def _data(answered: Answer) -> str | bytes:
    match answered.body:
        case None:
            return ""
        case BaseModel():
            return answered.body.model_dump_json()
        case bytes() | str():
            return answered.body
        case _:
            return json.dumps(answered.body)
