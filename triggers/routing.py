"""The one place where a route is declared: its HTTP binding, role, what its `{id}` names, query, body and answer
contracts, idempotency.

OpenAPI (`openapi.py`), the role rules and what the tests enumerate come from the same declaration.

    @route(blueprint, "DELETE", "/generations/{id}", role=Role.GENERATOR, of=ItemKind.WORKS,
           answers={202: RemovalAccepted}, with_client=True)
    async def delete_generation(call: Call[None]) -> Answer:

A handler is given a `Call` and returns an `Answer`, or raises; every exception becomes a problem document. The first
line of its docstring is the route's summary, the rest its description. A handler that needs the durable client is
async; any other is a plain function.
"""

from __future__ import annotations

import asyncio
import functools
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
from ripieno.contracts.enums import ItemKind, Role
from ripieno.records import idempotency, keeping
from ripieno.services import behalf, telemetry
from ripieno.services.identity import NOBODY, Caller, caller_of
from ripieno.work import moderating, pairing
from triggers import gate, http_telemetry, problems
from triggers.problems import ApiError

PREFIX = "api"
MOST_BYTES = 1024 * 1024
MOST_OF_STRANGERS = 4 * 1024
MOST_WITH_MIDI = 4 * 1024 * 1024
"""Of a JSON body, before it is read: what it becomes in memory is up to twenty-five times as large. The second is for
routes without a role, which anybody may call; the third for orders that carry MIDI files, one or a few."""
Body = TypeVar("Body")
Claimed = idempotency.Claim | idempotency.Answered | None


@dataclass(frozen=True)
class Answer:
    """`body` is a contract, JSON, or bytes of `media_type`."""

    body: BaseModel | dict[str, Any] | list[Any] | bytes | str | None = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    media_type: str = "application/json"


@dataclass(frozen=True)
class Call(Generic[Body]):
    """One request. `seed` is random, and the same again when an equal POST is repeated after its first one died;
    `whose` is the owner of what it is about, where that is not the caller."""

    request: func.HttpRequest
    caller: Caller
    path: dict[str, str]
    body: Body
    query: Any
    seed: str
    client: df.DurableOrchestrationClient | None = None
    whose: str | None = None

    @property
    def owner(self) -> str:
        return self.whose or self.caller.owner

    @property
    def durable(self) -> df.DurableOrchestrationClient:
        assert self.client is not None, "the route is not declared with_client"
        return self.client


@dataclass(frozen=True)
class Route:
    """One declaration. `role` is the least that it takes, None is a route for everyone; `of` is what its `{id}` names;
    `for_others`: an Admin may be there for another owner; `changes`: whether anything is another afterwards;
    `most_bytes`: of a body that is a contract."""

    name: str
    method: str
    path: str
    role: Role | None
    of: ItemKind | None
    for_others: bool
    changes: bool
    tag: str
    summary: str
    description: str
    answers: dict[int, type[BaseModel] | str | None]
    body: type[BaseModel] | dict[str, Any] | None
    most_bytes: int | None
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
    of: ItemKind | None = None,
    for_others: bool | None = None,
    changes: bool = True,
    answers: dict[int, type[BaseModel] | str | None],
    body: type[BaseModel] | dict[str, Any] | None = None,
    most_bytes: int | None = None,
    query: type[BaseModel] | None = None,
    problems: tuple[str, ...] = (),
    with_client: bool = False,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declare a route. `of` is what its `{id}` names: whose that is, is found out before it is handled (`gate.whose`);
    `for_others` is as `gate.lets_admins` says where it is left out; `changes` is said of a POST that changes nothing.
    `answers` are contracts, media types, or None for an empty body; `body` is a contract, or the OpenAPI request body
    of what the handler reads itself; `most_bytes` of a contract are `MOST_BYTES` where it is left out, without a role
    `MOST_OF_STRANGERS`; `problems` are codes of its own, beside those that follow from the declaration
    (see `remedies.REMEDIES`).

    Raises
    ------
    TypeError
        For a path with an `{id}` of which is not said what it names, or the other way round: nobody could judge it.
    """
    if ("{id}" in path) != (of is not None):
        raise TypeError(f"{method} {path}: `of` says what {{id}} names, where there is one")

    def declare(handler: Callable[..., Any]) -> Callable[..., Any]:
        summary, _, description = inspect.cleandoc(handler.__doc__ or "").partition("\n")
        declared = Route(
            handler.__name__,
            method,
            path,
            role,
            of,
            gate.lets_admins(method, role, of) if for_others is None else for_others,
            changes and method != "GET",
            tag,
            summary,
            description.strip(),
            answers,
            body,
            (most_bytes or (MOST_OF_STRANGERS if role is None else MOST_BYTES)) if isinstance(body, type) else None,
            query,
            problems,
            _on_behalf(handler),
        )
        _routes.append(declared)
        _register(blueprint, declared, with_client=with_client)
        return handler

    return declare


def _on_behalf(handler: Callable[..., Any]) -> Callable[..., Any]:
    """The handler, which acts for its caller in all that it calls."""
    if inspect.iscoroutinefunction(handler):

        @functools.wraps(handler)
        async def handle_async(call: Call[Any]) -> Answer:
            with behalf.of(call.owner, call.caller.roles, call.caller.known_by):
                return await handler(call)

        return handle_async

    @functools.wraps(handler)
    def handle(call: Call[Any]) -> Answer:
        with behalf.of(call.owner, call.caller.roles, call.caller.known_by):
            return handler(call)

    return handle


def _register(blueprint: df.Blueprint, declared: Route, *, with_client: bool) -> None:
    if with_client:

        async def handle_with_client(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
            act = gate.Act(declared, req)
            try:
                told = await _told(declared, req, client, act)
            except Exception as fault:
                told = problems.response(fault)
            return await asyncio.to_thread(act.ended, told) if act.is_kept(told.status_code) else told

        handle: Callable[..., Any] = handle_with_client
    else:

        def handle_plain(req: func.HttpRequest) -> func.HttpResponse:
            act = gate.Act(declared, req)
            try:
                told = _told_plainly(declared, req, act)
            except Exception as fault:
                told = problems.response(fault)
            return act.ended(told)

        handle = handle_plain

    handle = http_telemetry.told(declared.method, f"/{PREFIX}{declared.path}", declared.name, handle)
    builder = blueprint.route(
        route=f"{PREFIX}{declared.path}",
        methods=methods_of(declared),
        auth_level=func.AuthLevel.ANONYMOUS,  # `_begin` is the one gate: keys of the host open nothing
    )(handle)
    if with_client:
        builder = blueprint.durable_client_input(client_name="client")(builder)
    blueprint.function_name(declared.name)(builder)


async def _told(
    declared: Route, req: func.HttpRequest, client: df.DurableOrchestrationClient, act: gate.Act
) -> func.HttpResponse:
    """The answer of a handler that needs the durable client, or whatever it raises."""
    call, asked = await asyncio.to_thread(_begin, declared, req, client, act)
    claimed = await _claimed(asked)
    call = _seeded(call, claimed)
    if isinstance(claimed, idempotency.Answered):
        return _again(claimed, act)
    try:
        await asyncio.to_thread(_moderate, declared, call)
        with telemetry.about(owner=call.owner):
            answered = await declared.handler(call)
    except BaseException as fault:
        await asyncio.to_thread(_broke_off, claimed, fault)
        raise
    return await asyncio.to_thread(_end, claimed, answered, call)


def _told_plainly(declared: Route, req: func.HttpRequest, act: gate.Act) -> func.HttpResponse:
    """The answer of any other handler, or whatever it raises."""
    call, asked = _begin(declared, req, None, act)
    claimed = idempotency.claim(*asked) if asked is not None else None
    call = _seeded(call, claimed)
    if isinstance(claimed, idempotency.Answered):
        return _again(claimed, act)
    try:
        _moderate(declared, call)
        with telemetry.about(owner=call.owner):
            answered = declared.handler(call)
    except BaseException as fault:
        _broke_off(claimed, fault)
        raise
    return _end(claimed, answered, call)


# -- before the handler -------------------------------------------------------------------------------------------


def _begin(
    declared: Route, req: func.HttpRequest, client: df.DurableOrchestrationClient | None, act: gate.Act
) -> tuple[Call[Any], tuple[str, str, bytes] | None]:
    """The call, and what is to be claimed before it is handled."""
    caller = caller_of(req.headers, of_device=pairing.caller_of) if declared.role is not None else NOBODY
    act.caller = caller
    owner = act.owner = gate.whose(declared, req, caller)
    _check_length(declared, req)
    params = _params(req)
    _check_known(declared, params)
    query = declared.query.model_validate(params) if declared.query else None
    act.asks_for(query)
    body = _parsed(req, declared.body, declared.most_bytes) if isinstance(declared.body, type) else None
    gate.check_voice(caller, owner, body)
    call = Call(req, caller, dict(req.route_params), body, query, names.seed(datetime.now(UTC)), client, owner)
    return call, _asked(declared, req, caller, owner)


def _moderate(declared: Route, call: Call[Any]) -> None:
    """What people wrote in the body is looked at before anything is done with it. Raises `moderating.Refused`."""
    if declared.role is not None:
        moderating.check_body(call.caller.owner, f"{declared.method} {declared.path}", call.body)


def _seeded(call: Call[Any], claimed: Claimed) -> Call[Any]:
    if not isinstance(claimed, idempotency.Claim):
        return call
    keeping.keep(claimed)
    return replace(call, seed=claimed.seed)


def _params(req: func.HttpRequest) -> dict[str, str]:
    return dict(req.params)


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


def _parsed(req: func.HttpRequest, model: type[BaseModel], most: int | None) -> BaseModel:
    """The request's JSON; an empty body is an empty object."""
    data = req.get_body()
    if most is not None and len(data) > most:
        raise ApiError(413, "body_too_large", f"the body has {len(data)} bytes, and at most {most} are read here")
    try:
        fields = json.loads(data or b"{}")
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


def _asked(declared: Route, req: func.HttpRequest, caller: Caller, owner: str) -> tuple[str, str, bytes] | None:
    key = req.headers.get("idempotency-key")
    if declared.method != "POST" or key is None or declared.role is None:
        return None
    address = f"{declared.path} {json.dumps(dict(req.route_params))} {json.dumps(_params(req))}\n"
    for_another = f"for {owner} " if owner != caller.owner else ""
    return caller.owner, key, (for_another + address).encode() + req.get_body()


# -- after the handler --------------------------------------------------------------------------------------------


def _end(claimed: idempotency.Claim | None, answered: Answer, call: Call[Any]) -> func.HttpResponse:
    data = _data(gate.as_shared(answered, call.caller, call.owner))
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


def _again(answered: idempotency.Answered, act: gate.Act) -> func.HttpResponse:
    act.is_again = True
    headers = answered.headers | {"Idempotency-Replayed": "true"}
    return func.HttpResponse(answered.body, status_code=answered.status, headers=headers, mimetype="application/json")


def _data(body: Any) -> str | bytes:
    match body:
        case None:
            return ""
        case BaseModel():
            return body.model_dump_json()
        case bytes() | str():
            return body
        case _:
            return json.dumps(body)
