"""Endpoint jobs as the library knows them."""

from __future__ import annotations

import azure.durable_functions as df
from pydantic import Field

from ripieno.contracts.base import Request
from ripieno.contracts.enums import ItemKind, Role
from ripieno.contracts.jobs import JobPage, JobRecord
from ripieno.records import jobs
from triggers.problems import ApiError
from triggers.routing import Answer, Call, route

blueprint = df.Blueprint()


class JobQuery(Request):
    """The filters of a listing; all given ones must hold."""

    state: str | None = Field(default=None, pattern="^(submitting|queued|running|succeeded|failed|cancelled|refused)$")
    kind: str | None = Field(default=None, pattern="^[a-z]{1,20}$")
    audio_file_id: str | None = Field(default=None, max_length=100)
    limit: int = Field(default=50, ge=1, le=200)
    cursor: str | None = Field(default=None, max_length=1000)


@route(blueprint, "GET", "/jobs", role=Role.VIEWER, tag="jobs", query=JobQuery, answers={200: JobPage})
def list_jobs(call: Call[None]) -> Answer:
    """Endpoint jobs, newest first: what was asked of which endpoint, when it started and ended, and why it failed."""
    query: JobQuery = call.query
    found = jobs.listed(
        call.owner,
        limit=query.limit,
        cursor=query.cursor,
        state=query.state,
        kind=query.kind,
        audio_file_id=query.audio_file_id,
    )
    return Answer(found)


@route(blueprint, "GET", "/jobs/{id}", role=Role.VIEWER, of=ItemKind.JOBS, tag="jobs", answers={200: JobRecord})
def get_job(call: Call[None]) -> Answer:
    """An endpoint job: its kind, song, address and state."""
    found = jobs.find(call.owner, call.path["id"])
    if found is None:
        raise ApiError(404, "not_found", f"there is no job {call.path['id'][:100]}")
    return Answer(found)
