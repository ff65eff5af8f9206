"""Jobs of what is cancelled end at their endpoints, whichever replica answers, and their records say so."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import makers
import pytest

from ripieno.contracts import names
from ripieno.records import jobs, works
from ripieno.work import removal
from tests.stacks import free_ports


class Replica(ThreadingHTTPServer):
    """An endpoint that answers every cancel with `status`."""

    def __init__(self, status: dict):
        self.asked: list[str] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                outer.asked.append(self.path)
                body = json.dumps(status).encode()
                self.send_response(202 if status else 404)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments):
                pass

        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class NoWorkflows:
    """A durable client where nothing was ever started."""

    async def get_status(self, instance_id: str) -> None:
        return None


@pytest.fixture
def replica(request) -> Iterator[Replica]:
    server = Replica(getattr(request, "param", {}))
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def asked_for(storage, owner):
    """A work whose job was put at an address where nobody answers any more."""
    work = makers.work(owner, "bass")
    works.create(work)
    instance_id = names.version_instance(work.work_id, "bass", 1)
    job_id = names.job_id(instance_id, "generate")
    address = f"http://127.0.0.1:{free_ports(1)[0]}"
    jobs.record(
        owner,
        job_id,
        work.created_at,
        kind="generate",
        instance_id=instance_id,
        endpoint="generation",
        address=address,
        endpoint_job_id=job_id,
        state="submitting",
    )
    return work, job_id, address


def status(job_id: str = "x", state: str = "running", ended_at: str | None = None) -> dict:
    return {
        "job_id": job_id, "kind": "generate", "state": state, "progress": 0.5, "stage": "", "attempt": 1,
        "created_at": "2026-01-01T00:00:00+00:00", "heartbeat_at": "2026-01-01T00:00:00+00:00", "ended_at": ended_at,
    }  # fmt: skip


def stop(work) -> int:
    return asyncio.run(removal.stop_work(NoWorkflows(), work.owner, work.work_id, "it was cancelled"))


def test_a_job_at_an_address_that_is_away_is_not_taken_for_ended(asked_for, monkeypatch):
    work, job_id, address = asked_for
    monkeypatch.setenv("RIPIENO_GENERATION_ENDPOINTS", address)
    assert stop(work) == 1
    assert jobs.find(work.owner, job_id).state == "submitting"


@pytest.mark.parametrize(
    ("replica", "left", "state"),
    [
        (status(), 1, "submitting"),
        (status(state="cancelled", ended_at="2026-01-01T00:00:01+00:00"), 0, "cancelled"),
        (status(state="succeeded", ended_at="2026-01-01T00:00:01+00:00"), 0, "succeeded"),
        ({}, 0, "cancelled"),
    ],
    indirect=["replica"],
    ids=["runs", "cancelled", "was done", "unknown"],
)
def test_any_replica_can_end_it_and_its_record_says_how(asked_for, replica, left, state, monkeypatch):
    work, job_id, address = asked_for
    monkeypatch.setenv("RIPIENO_GENERATION_ENDPOINTS", f"{address},{replica.url}")
    assert stop(work) == left
    assert len(replica.asked) == 1 and replica.asked[0].endswith("/cancel")
    assert jobs.find(work.owner, job_id).state == state
    stop(work)
    assert len(replica.asked) == (1 if state == "succeeded" else 2), "what was done is not asked of again"
