"""A job of an instance that nobody wants any longer does not stay at work, whenever that was said."""

from __future__ import annotations

import pytest

from activities import endpoint_jobs
from ripieno.contracts import names
from ripieno.contracts.jobs import JobStatus
from ripieno.contracts.workflow import JobOrder
from ripieno.records import jobs

ADDRESS = "http://127.0.0.1:9"


@pytest.mark.parametrize("stopped", ["before", "while it is being submitted", "never"])
def test_what_was_stopped_is_cancelled_where_it_was_put_and_refused(storage, owner, monkeypatch, stopped):
    instance_id = f"song-{owner}-b-1"
    order = JobOrder(
        job_id=names.job_id(instance_id, "mir"),
        owner=owner,
        endpoint="analysis",
        kind="mir",
        subject={},
        arrived_at="2026-03-01T12:00:00+00:00",
    )
    there: list[str] = []

    def submit(address: str, job_id: str, request) -> JobStatus:
        there.append(job_id)
        if stopped == "while it is being submitted":
            jobs.stop(owner, instance_id)
        return JobStatus(
            job_id=job_id,
            kind=request.kind,
            state="queued",
            created_at=order.arrived_at,
            heartbeat_at=order.arrived_at,
        )

    monkeypatch.setattr(endpoint_jobs.job_bodies, "body", lambda job: {})
    monkeypatch.setattr(endpoint_jobs.endpoints, "addresses", lambda endpoint: [ADDRESS])
    monkeypatch.setattr(endpoint_jobs.endpoints, "submit", submit)
    monkeypatch.setattr(endpoint_jobs.endpoints, "cancel", lambda address, job_id: there.remove(job_id))
    if stopped == "before":
        jobs.stop(owner, instance_id)
    told = endpoint_jobs.submit_job({**order.model_dump(), "address": 0, "attempt": 1})["value"]
    if stopped == "never":
        assert told["outcome"] == "accepted" and there == [order.job_id]
    else:
        assert told["outcome"] == "refused" and told["error"]["code"] == "cancelled" and there == []
        record = jobs.find(owner, order.job_id)
        assert record is not None and record.state == "cancelled"
