"""Requests for new stems at rest: one row a request, one a take of a stem, one a mix.

    GenerationRequests   {owner}       {request id}, newest first (ids begin with the time, counted down)
    GeneratedStems       {request id}  {stem}-{take}, and mix:{name}
    IndexBySong          {song id}     {request id}

A request's status follows from its takes: whoever changes a take sets it anew.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from azure.core import MatchConditions
from azure.core.exceptions import ResourceModifiedError, ResourceNotFoundError
from azure.data.tables import UpdateMode

from ripieno.contracts import names
from ripieno.contracts.enums import GenerationStatus, StemType, TakeStatus
from ripieno.contracts.generation import (
    Generation,
    GenerationOrder,
    GenerationPlan,
    MixedFile,
    MixView,
    PlannerUsage,
    StemTakes,
    Take,
)
from ripieno.services import blobs, job_records
from ripieno.services.storage import table

_FAR_FUTURE_MS = 9_999_999_999_999
_MAX_RACES = 20
_MIX = "mix:"
_JSON = ("order", "plan")
_JSON_OF_TAKES = ("plan", "planner", "stem")
_NOT_STORED = {"stems", "mixes", "links"}


class RequestMissing(LookupError):
    """No request of this owner has this id."""


class TakeMissing(LookupError):
    """The request has no such stem, or no such take of it."""


def new_id() -> str:
    """Ids sort newest first."""
    now = int(datetime.now(UTC).timestamp() * 1000)
    return f"{_FAR_FUTURE_MS - now:013d}{uuid.uuid4().hex[:10]}"


def create(request_id: str, owner: str, order: GenerationOrder) -> Generation:
    request = Generation(
        generation_request_id=request_id, owner=owner, audio_file_id=order.audio_file_id,
        status=GenerationStatus.PENDING, message="waiting", created_at=datetime.now(UTC).isoformat(), order=order,
    )  # fmt: skip
    if order.audio_file_id:
        table(names.INDEX_BY_SONG).upsert_entity(
            {"PartitionKey": order.audio_file_id, "RowKey": request_id, "owner": owner}
        )
    table(names.GENERATION_REQUESTS).upsert_entity(_to_entity(request))
    return request


def get(owner: str, request_id: str) -> Generation:
    """The request alone, without its takes. Raises `RequestMissing`."""
    return _read(owner, request_id)[0]


def whole(owner: str, request_id: str) -> Generation:
    """The request with every take and mix, each with an address to fetch it from. Raises `RequestMissing`."""
    request = get(owner, request_id)
    found: dict[StemType, list[Take]] = {}
    for row in _rows(request_id):
        if row["RowKey"].startswith(_MIX):
            mixed = MixedFile.model_validate_json(row["file"])
            request.mixes.append(
                MixView(**mixed.model_dump(), blob_url=blobs.read_url(names.GENERATED, mixed.blob_name))
            )
        else:
            stem, take = _take_of(row)
            if take.stem is not None:
                take.blob_url = blobs.read_url(names.GENERATED, take.stem.blob_name)
                if take.stem.midi_blob_name:
                    take.midi_url = blobs.read_url(names.GENERATED, take.stem.midi_blob_name)
            found.setdefault(stem, []).append(take)
    request.stems = [StemTakes(stem_type=stem, takes=takes) for stem, takes in found.items()]
    return request


def listed(owner: str, *, audio_file_id: str | None, limit: int) -> list[Generation]:
    """The newest requests, of one song or of all."""
    if audio_file_id is None:
        rows = table(names.GENERATION_REQUESTS).query_entities("PartitionKey eq @owner", parameters={"owner": owner})
        return [_from_entity(row) for row, _ in zip(rows, range(limit), strict=False)]
    keys = [key for key, whose in of_song(audio_file_id) if whose == owner]
    return [get(owner, key) for key in keys[:limit]]


def of_song(audio_file_id: str) -> list[tuple[str, str]]:
    """(request id, owner) of every request for a song."""
    rows = table(names.INDEX_BY_SONG).query_entities("PartitionKey eq @song", parameters={"song": audio_file_id})
    return [(row["RowKey"], row["owner"]) for row in rows]


def update(owner: str, request_id: str, change: Callable[[Generation], Generation | None]) -> Generation:
    """Apply `change` under the row's ETag, again when somebody else was faster; None from it changes nothing.

    Raises
    ------
    RequestMissing
    """
    for _ in range(_MAX_RACES):
        old, etag = _read(owner, request_id)
        new = change(old)
        if new is None:
            return old
        try:
            table(names.GENERATION_REQUESTS).update_entity(
                _to_entity(new), mode=UpdateMode.REPLACE, etag=etag, match_condition=MatchConditions.IfNotModified
            )
            return new
        except (ResourceModifiedError, ResourceNotFoundError):
            continue
    raise TimeoutError(f"request {request_id} was changed by others {_MAX_RACES} times in a row")


def set_status(owner: str, request_id: str, status: GenerationStatus, message: str, **more: Any) -> Generation:
    """A further status, unless the request has ended."""
    changes = {"status": status, "message": message, **more}
    return update(owner, request_id, lambda old: None if _ended(old) else old.model_copy(update=changes))


def add_usage(owner: str, request_id: str, usage: PlannerUsage) -> None:
    """Count what planning a further take cost to what the request's planning has cost."""

    def added(old: Generation) -> Generation | None:
        if old.plan is None or not usage.calls:
            return None
        before = old.plan.usage
        costs = [cost for cost in (before.cost, usage.cost) if cost is not None]
        total = PlannerUsage(
            prompt_tokens=before.prompt_tokens + usage.prompt_tokens,
            completion_tokens=before.completion_tokens + usage.completion_tokens,
            calls=before.calls + usage.calls, cost=sum(costs) if costs else None,
        )  # fmt: skip
        return old.model_copy(update={"plan": old.plan.model_copy(update={"usage": total})})

    update(owner, request_id, added)


def save_take(request_id: str, stem: StemType, take: Take) -> None:
    """Write a take; doing it again writes the same."""
    fields = {
        "take": take.take, "status": take.status, "made_at": take.made_at, "plan": take.plan.model_dump_json(),
        "planner": take.planner.model_dump_json() if take.planner else None,
        "stem": take.stem.model_dump_json() if take.stem else None, "error": take.error, "comment": take.comment,
    }  # fmt: skip
    entity = {name: value for name, value in fields.items() if value is not None}
    table(names.GENERATED_STEMS).upsert_entity(
        {"PartitionKey": request_id, "RowKey": _take_key(stem, take.take), "stem_type": stem, **entity},
        mode=UpdateMode.REPLACE,
    )


def take(request_id: str, stem: StemType, number: int | None) -> Take:
    """A take of a stem, the latest where `number` is None. Raises `TakeMissing`."""
    found = [one for name, one in _takes(request_id) if name == stem and number in (None, one.take)]
    if not found:
        raise TakeMissing(f"request {request_id} has no {'take ' + str(number) if number else 'take'} of {stem}")
    return found[-1]


def refresh(owner: str, request_id: str, plan: GenerationPlan | None) -> Generation:
    """Set a request's status anew by its takes, once every planned stem has one."""
    latest: dict[str, TakeStatus] = {}
    approved = set()
    for stem, one in _takes(request_id):
        latest[stem] = TakeStatus(one.status)
        approved |= {stem} if one.status == TakeStatus.APPROVED else set()
    planned = [one.stem_type for one in plan.stems] if plan else []
    if not planned or any(latest.get(stem) in (None, TakeStatus.GENERATING) for stem in planned):
        status, message = GenerationStatus.GENERATING, "generating"
    elif any(latest[stem] == TakeStatus.GENERATED for stem in planned):
        status, message = GenerationStatus.AWAITING_REVIEW, "listen, then approve or reject each stem"
    elif all(latest[stem] == TakeStatus.FAILED for stem in planned):
        status, message = GenerationStatus.FAILED, "no stem could be made"
    else:
        status, message = GenerationStatus.COMPLETED, f"{len(approved)} of {len(planned)} stems approved"
    return set_status(owner, request_id, status, message)


def save_mix(request_id: str, mixed: MixedFile) -> None:
    table(names.GENERATED_STEMS).upsert_entity(
        {"PartitionKey": request_id, "RowKey": f"{_MIX}{mixed.name}", "file": mixed.model_dump_json()}
    )


def cancel(owner: str, request_id: str) -> Generation:
    """End a request: what is being made is marked as cancelled, what was made stays.

    The request first: a take that is being noted at this moment finds it cancelled (see `PrepareTake`).
    """
    request = set_status(owner, request_id, GenerationStatus.CANCELLED, "cancelled")
    for stem, one in _takes(request_id):
        if one.status == TakeStatus.GENERATING:
            save_take(request_id, stem, one.model_copy(update={"status": TakeStatus.CANCELLED}))
    return request


def delete(owner: str, request_id: str, audio_file_id: str | None) -> None:
    """Remove a request and everything made for it; may be repeated."""
    instance = names.generation_instance(request_id)
    blobs.delete_prefix(names.GENERATED, f"{request_id}/")
    blobs.delete_prefix(names.JOBS, f"{instance}:")
    job_records.delete_of_instance(instance)
    for row in _rows(request_id):
        table(names.GENERATED_STEMS).delete_entity(request_id, row["RowKey"])
    table(names.GENERATION_REQUESTS).delete_entity(owner, request_id)
    if audio_file_id:
        table(names.INDEX_BY_SONG).delete_entity(audio_file_id, request_id)


# -- rows ---------------------------------------------------------------------------------------------------------


def _ended(request: Generation) -> bool:
    return request.status in (GenerationStatus.CANCELLED, GenerationStatus.FAILED)


def _read(owner: str, request_id: str) -> tuple[Generation, str]:
    try:
        entity = table(names.GENERATION_REQUESTS).get_entity(owner, request_id)
    except ResourceNotFoundError:
        raise RequestMissing(f"there is no generation {request_id}") from None
    return _from_entity(entity), str(entity.metadata["etag"])


def _from_entity(entity: Any) -> Generation:
    return Generation.model_validate(
        {name: json.loads(value) if name in _JSON else value for name, value in entity.items()}
    )


def _to_entity(request: Generation) -> dict[str, Any]:
    fields = request.model_dump(exclude=_NOT_STORED, exclude_none=True)
    entity = {name: json.dumps(value) if name in _JSON else value for name, value in fields.items()}
    return entity | {"PartitionKey": request.owner, "RowKey": request.generation_request_id}


def _rows(request_id: str) -> Iterable[Any]:
    return table(names.GENERATED_STEMS).query_entities("PartitionKey eq @request", parameters={"request": request_id})


def _takes(request_id: str) -> list[tuple[StemType, Take]]:
    return [_take_of(row) for row in _rows(request_id) if not row["RowKey"].startswith(_MIX)]


def _take_of(row: Any) -> tuple[StemType, Take]:
    fields = {name: json.loads(value) if name in _JSON_OF_TAKES else value for name, value in row.items()}
    return StemType(row["stem_type"]), Take.model_validate(fields)


def _take_key(stem: StemType, number: int) -> str:
    return f"{stem}-{number:03d}"
