"""A replica's queue takes as many jobs at once as it has places for, and none is lost to a job that was not let in."""

from __future__ import annotations

import asyncio
import threading
import uuid

import pytest

from gpu_endpoints.serving.scheduler import QueueFull, Scheduler
from ripieno.contracts.jobs import JobRequest
from tests.gpu_endpoints.serving.echo_endpoint import load_handlers

LIMIT, MANY = 8, 30
REQUEST = JobRequest(kind="echo", input={}, owner="ada")


@pytest.fixture
def scheduler(storage) -> Scheduler:
    """One whose workers were not begun: what is sent to it waits."""
    return Scheduler(load_handlers, workers=1, threads=1, queue_limit=LIMIT, job_timeout=60)


def an_id() -> str:
    return f"work-{uuid.uuid4().hex[:8]}:echo"


def test_of_many_that_are_sent_at_once_no_more_are_let_in_than_may_wait(scheduler, monkeypatch):
    write, begun, may_go_on = scheduler._documents.write, [], threading.Event()

    def slowly(document):
        begun.append(document.job_id)
        assert may_go_on.wait(60)
        return write(document)

    monkeypatch.setattr(scheduler._documents, "write", slowly)

    async def send_all() -> list:
        sent = [asyncio.create_task(scheduler.submit(an_id(), REQUEST)) for _ in range(MANY)]
        await asyncio.sleep(0)  # each has asked for its place
        may_go_on.set()
        return await asyncio.gather(*sent, return_exceptions=True)

    told = asyncio.run(send_all())
    refused = [one for one in told if isinstance(one, QueueFull)]
    assert len(refused) == MANY - LIMIT // 2 and len(told) - len(refused) == LIMIT // 2, told
    assert scheduler.load["queued"] == len(begun) == LIMIT // 2


def test_what_could_not_be_written_gives_its_place_back(scheduler, monkeypatch):
    job_id = an_id()

    async def send_all() -> None:
        await scheduler.submit(job_id, REQUEST)
        for _ in range(3 * LIMIT):  # it is known
            await scheduler.submit(job_id, REQUEST)
        with monkeypatch.context() as broken:
            broken.setattr(scheduler._documents, "write", lambda document: 1 / 0)
            for _ in range(3 * LIMIT):
                with pytest.raises(ZeroDivisionError):
                    await scheduler.submit(an_id(), REQUEST)
        await scheduler.submit(an_id(), REQUEST)

    asyncio.run(send_all())
    assert scheduler.load["queued"] == 2 == scheduler._queue.waiting_of("ada")
