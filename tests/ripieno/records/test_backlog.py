"""The backlog: what waits and runs by endpoint, counted from what is open alone, and never more than there is."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from azure.durable_functions import OrchestrationRuntimeStatus as Status

from ripieno.contracts import names
from ripieno.records import backlog, jobs
from ripieno.services.storage import table
from ripieno.work import overseeing
from tests.durable_client import DurableClient

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def nothing_open(storage):
    for row in table(names.OPEN_JOBS).list_entities():
        table(names.OPEN_JOBS).delete_entity(row)


def submitted(owner: str, number: int, endpoint: str = "analysis") -> str:
    job_id = f"work-{number}:mix"
    arrived = (NOW - timedelta(seconds=number)).isoformat()
    jobs.record(owner, job_id, arrived, kind="mix", endpoint=endpoint, state="submitting")
    return job_id


def test_what_waits_runs_and_ended_is_told_by_endpoint(owner):
    first, second, third = (submitted(owner, number) for number in (10, 20, 30))
    submitted(owner, 5, "generation")
    submitted(owner, 20)  # tried again
    backlog.running(second)
    jobs.record(owner, third, NOW.isoformat(), state="failed")
    told = backlog.counted(now=NOW)
    analysis, generation = told.endpoints["analysis"], told.endpoints["generation"]
    assert (analysis.waiting, analysis.running, analysis.jobs, analysis.oldest_seconds) == (1, 1, 2, 20.0)
    assert (generation.waiting, generation.jobs, generation.oldest_seconds) == (1, 1, 5.0)
    assert told.jobs == 3 and told.endpoints["directml"].jobs == 0, "an endpoint without jobs is told too"
    jobs.delete_of_instances(owner, "work-")
    assert backlog.counted(now=NOW).jobs == 0, first


@pytest.mark.parametrize("end", ["succeeded", "failed", "cancelled", "refused"])
def test_every_end_leaves_the_backlog(owner, end):
    job_id = submitted(owner, 1)
    jobs.record(owner, job_id, NOW.isoformat(), state=end)
    assert backlog.counted(now=NOW).jobs == 0


def test_a_late_word_of_a_job_that_ended_brings_it_not_back(owner):
    job_id = submitted(owner, 1)
    jobs.record(owner, job_id, NOW.isoformat(), state="cancelled")
    backlog.running(job_id)
    assert backlog.counted(now=NOW).jobs == 0


def test_many_who_ask_at_once_are_one_who_counts(owner, monkeypatch):
    counts = []
    real = backlog._count
    monkeypatch.setattr(backlog, "_counted", {})
    monkeypatch.setattr(backlog, "_count", lambda now: counts.append(1) or real(now))
    submitted(owner, 1)
    assert [backlog.counted().jobs for _ in range(20)] == [1] * 20 and len(counts) == 1


def test_what_nobody_is_at_any_more_is_taken_out(owner, monkeypatch):
    ended, lost, live = (submitted(owner, number) for number in (1, 2, 3))
    client = DurableClient()
    client.states = {ended: Status.Completed, live: Status.Running}
    assert asyncio.run(overseeing.close_what_ended(client)) == 0, "all was heard of just now"
    monkeypatch.setattr(overseeing, "STALE", timedelta(seconds=-1))
    assert asyncio.run(overseeing.close_what_ended(client)) == 2
    left = [row["RowKey"] for row in table(names.OPEN_JOBS).list_entities()]
    assert left == [live] and lost != live


def test_all_that_ended_leaves_at_once_however_many_wait(owner, monkeypatch):
    live = [submitted(owner, number) for number in range(300)]
    ended = [submitted(owner, number) for number in range(300, 340)]
    client = DurableClient()
    client.states = dict.fromkeys(live, Status.Running) | dict.fromkeys(ended, Status.Completed)
    monkeypatch.setattr(overseeing, "STALE", timedelta(seconds=-1))
    assert asyncio.run(overseeing.close_what_ended(client)) == len(ended)
    assert backlog.counted(now=NOW).jobs == len(live)
