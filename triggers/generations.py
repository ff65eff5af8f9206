"""New stems: ask for them, listen, approve or reject, mix, cancel, delete."""

from __future__ import annotations

import asyncio
import json
import uuid
from datetime import UTC, datetime
from typing import TypeVar

import azure.durable_functions as df
import azure.functions as func
from pydantic import BaseModel

from ripieno.contracts import names
from ripieno.contracts.enums import AudioFileStatus, GenerationStatus, StemType, TakeStatus
from ripieno.contracts.generation import (
    Generation,
    GenerationAccepted,
    GenerationList,
    GenerationOrder,
    MixOrder,
    Verdict,
)
from ripieno.contracts.workflow import GenerationInput, MixWorkInput, Review
from ripieno.music.genres import genre
from ripieno.services import generations, idempotency, library, removal, webhooks
from ripieno.services.identity import owner_of
from ripieno.services.planner import rules
from ripieno.services.settings import settings
from triggers import workflows
from triggers.answers import ApiError, answers, ok

blueprint = df.Blueprint()
LEVEL = func.AuthLevel.FUNCTION
MOST_LISTED = 200
Model = TypeVar("Model", bound=BaseModel)


@blueprint.function_name("create_generation")
@blueprint.route(route="generations", methods=["POST"], auth_level=LEVEL)
@blueprint.durable_client_input(client_name="client")
@answers
async def create_generation(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """Ask for new stems."""
    owner, key = owner_of(req.headers), req.headers.get("idempotency-key")
    if key and (earlier := await asyncio.to_thread(idempotency.recall, owner, key, req.get_body())):
        return ok(earlier[1], earlier[0])
    order = _body(req, GenerationOrder)
    if order.audio_file_id is not None:
        song = await asyncio.to_thread(library.get, owner, order.audio_file_id)
        if song.status != AudioFileStatus.ANALYZED:
            raise ApiError(409, "not_analyzed", f"the song is {song.status}: stems can fit it once it is analysed")
    await check(order)
    accepted = await begin(client, owner, order)
    if key:
        await asyncio.to_thread(idempotency.remember, owner, key, req.get_body(), 202, accepted.model_dump())
    return ok(accepted, 202, {"Location": accepted.status_url, "Retry-After": "1"})


@blueprint.function_name("list_generations")
@blueprint.route(route="generations", methods=["GET"], auth_level=LEVEL)
@answers
def list_generations(req: func.HttpRequest) -> func.HttpResponse:
    """The newest requests, of all songs or of one."""
    try:
        limit = int(req.params.get("limit", "50"))
    except ValueError:
        limit = 0
    if not 1 <= limit <= MOST_LISTED:
        raise ApiError(400, "invalid_request", f"limit: must be 1 to {MOST_LISTED}")
    found = generations.listed(owner_of(req.headers), audio_file_id=req.params.get("audio_file_id"), limit=limit)
    return ok(GenerationList(items=found))


@blueprint.function_name("get_generation")
@blueprint.route(route="generations/{id}", methods=["GET"], auth_level=LEVEL)
@blueprint.durable_client_input(client_name="client")
@answers
async def get_generation(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """A request with its plan, every take of every stem, and its mixes."""
    return await _shown(req, client, 200)


@blueprint.function_name("cancel_generation")
@blueprint.route(route="generations/{id}/cancel", methods=["POST"], auth_level=LEVEL)
@blueprint.durable_client_input(client_name="client")
@answers
async def cancel_generation(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """Stop what is being made; takes that are there stay."""
    request = await asyncio.to_thread(_whole, req)
    if GenerationStatus(request.status).ended:
        raise ApiError(409, "already_ended", f"the request is {request.status}: there is nothing to cancel")
    await stop_work(client, request.owner, request.generation_request_id, "cancelled by the user")
    await asyncio.to_thread(generations.cancel, request.owner, request.generation_request_id)
    return await _shown(req, client, 202)


@blueprint.function_name("delete_generation")
@blueprint.route(route="generations/{id}", methods=["DELETE"], auth_level=LEVEL)
@blueprint.durable_client_input(client_name="client")
@answers
async def delete_generation(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """Stop and delete a request with everything made for it."""
    request = await asyncio.to_thread(_whole, req)
    await stop_work(client, request.owner, request.generation_request_id, "the request was deleted")
    await asyncio.to_thread(generations.delete, request.owner, request.generation_request_id, request.audio_file_id)
    return func.HttpResponse(status_code=204)


@blueprint.function_name("approve_stem")
@blueprint.route(route="generations/{id}/stems/{stem}/approve", methods=["POST"], auth_level=LEVEL)
@blueprint.durable_client_input(client_name="client")
@answers
async def approve_stem(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """Approve a take of a stem."""
    return await _review(req, client, approved=True)


@blueprint.function_name("reject_stem")
@blueprint.route(route="generations/{id}/stems/{stem}/reject", methods=["POST"], auth_level=LEVEL)
@blueprint.durable_client_input(client_name="client")
@answers
async def reject_stem(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """Reject a take of a stem; with a comment, a new take is made that heeds it."""
    return await _review(req, client, approved=False)


@blueprint.function_name("create_mix")
@blueprint.route(route="generations/{id}/mixes", methods=["POST"], auth_level=LEVEL)
@blueprint.durable_client_input(client_name="client")
@answers
async def create_mix(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """Mix the original and the stems into one file; it appears among the request's mixes."""
    request = await asyncio.to_thread(_whole, req)
    order = _body(req, MixOrder)
    if not any(take.stem for stem in request.stems for take in stem.takes):
        raise ApiError(409, "nothing_to_mix", f"the request is {request.status}: there is no stem to mix yet")
    work = MixWorkInput(
        generation_request_id=request.generation_request_id, owner=request.owner,
        arrived_at=datetime.now(UTC).isoformat(), name=f"mix-{uuid.uuid4().hex[:8]}", order=order,
    )  # fmt: skip
    instance = names.job_id(names.generation_instance(request.generation_request_id), f"work-{work.name}")
    await client.start_new("MixOrchestrator", instance, work.model_dump())
    links = client.create_http_management_payload(instance)
    body = {
        "name": work.name,
        "status_url": _url(request.generation_request_id),
        "workflow_url": links["statusQueryGetUri"],
    }
    return ok(body, 202, {"Location": body["status_url"], "Retry-After": "1"})


async def begin(
    client: df.DurableOrchestrationClient, owner: str, order: GenerationOrder, *, start: bool = True
) -> GenerationAccepted:
    """Keep a request that was checked, and start its workflow, or leave that to the song's own."""
    request_id = generations.new_id()
    await asyncio.to_thread(generations.create, request_id, owner, order)
    if start:
        work = GenerationInput(generation_request_id=request_id, owner=owner, arrived_at=datetime.now(UTC).isoformat())
        await workflows.start_once(
            client, "GenerationOrchestrator", names.generation_instance(request_id), work.model_dump()
        )
    return GenerationAccepted(
        generation_request_id=request_id, status=GenerationStatus.PENDING, status_url=_url(request_id),
        message="the stems are being planned" if start else "the stems are made when the song is analysed",
    )  # fmt: skip


async def check(order: GenerationOrder) -> None:
    """Refuse what can be known to be wrong before any work is begun."""
    try:
        if order.parameters.style is not None:
            genre(order.parameters.style)
        rules.plan(order, time_signature=None, seed=0)
    except ValueError as fault:
        raise ApiError(400, "invalid_request", str(fault)) from None
    if order.webhook_url:
        await asyncio.to_thread(webhooks.check_user_url, order.webhook_url)


async def stop_work(client: df.DurableOrchestrationClient, owner: str, request_id: str, reason: str) -> None:
    """End a request's workflow and its jobs at the endpoints; nothing happens when it is gone."""
    try:
        request = await asyncio.to_thread(generations.whole, owner, request_id)
    except generations.RequestMissing:
        return
    await workflows.stop_generation(client, request, reason)
    await asyncio.to_thread(removal.cancel_jobs, names.generation_instance(request_id))


# -- parts --------------------------------------------------------------------------------------------------------


async def _review(req: func.HttpRequest, client: df.DurableOrchestrationClient, *, approved: bool) -> func.HttpResponse:
    request = await asyncio.to_thread(_whole, req)
    verdict = _body(req, Verdict)
    stem = req.route_params["stem"]
    if stem not in list(StemType):
        raise ApiError(404, "not_found", f"there is no stem {stem!r}: use {', '.join(StemType)}")
    take = await asyncio.to_thread(generations.take, request.generation_request_id, StemType(stem), verdict.take)
    if take.status != TakeStatus.GENERATED:
        raise ApiError(
            409, "not_reviewable", f"take {take.take} of the {stem} is {take.status}, not waiting for a review"
        )
    instance = names.job_id(names.generation_instance(request.generation_request_id), names.stem_step(stem))
    review = Review(approved=approved, comment=verdict.comment.strip())
    try:
        await client.raise_event(instance, names.review_event(take.take), review.model_dump())
    except Exception:
        raise ApiError(409, "not_reviewable", "the request no longer waits for reviews") from None
    return await _shown(req, client, 202)


async def _shown(req: func.HttpRequest, client: df.DurableOrchestrationClient, status: int) -> func.HttpResponse:
    request = await asyncio.to_thread(_whole, req)
    instance = names.generation_instance(request.generation_request_id)
    request.links = {"workflow": client.create_http_management_payload(instance)["statusQueryGetUri"]}
    return ok(request, status)


def _whole(req: func.HttpRequest) -> Generation:
    return generations.whole(owner_of(req.headers), req.route_params["id"])


def _body(req: func.HttpRequest, model: type[Model]) -> Model:
    """The request's JSON; an empty body is an empty object."""
    try:
        fields = json.loads(req.get_body() or b"{}")
    except ValueError as fault:
        raise ApiError(400, "invalid_request", f"the body is not JSON: {fault}") from None
    return model.model_validate(fields)


def _url(request_id: str) -> str:
    return f"{settings().public_url}/api/generations/{request_id}"
