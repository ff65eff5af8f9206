"""Histories go by their age, in slices that cover all time, and never past a run that is still open."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from ripieno.contracts.workflow import Run
from ripieno.records import runs
from ripieno.work import histories
from tests.durable_client import DurableClient


@pytest.fixture
def client(storage) -> DurableClient:
    for run in list(runs.everything()):
        runs.forget(run)
    return DurableClient()


def purge(client: DurableClient, **options):
    return asyncio.run(histories.purge(client, **options))


def test_the_slices_join_and_reach_back_for_ever(client):
    told = purge(client, days=10)
    assert told.complete and told.instances == len(client.slices) <= 12
    assert all(later[0] == earlier[1] for later, earlier in zip(client.slices, client.slices[1:], strict=False))
    assert client.slices[-1][0] == histories.LONG_AGO
    age = datetime.now(UTC) - client.slices[0][1]
    assert timedelta(days=10) <= age < timedelta(days=10, minutes=1)


def test_a_run_that_is_still_open_keeps_what_came_after_it(client, owner):
    asked = datetime.now(UTC) - timedelta(days=40)
    runs.note(
        Run(owner=owner, instance_id="work-1", orchestrator="WorkOrchestrator", order={}, asked_at=asked.isoformat())
    )
    told = purge(client, days=10)
    assert told.held_by == "work-1" and client.slices[0][1] == asked - histories.MARGIN
    young = datetime.now(UTC).isoformat()
    runs.note(Run(owner=owner, instance_id="work-1", orchestrator="WorkOrchestrator", order={}, asked_at=young))
    client.slices.clear()
    assert purge(client, days=10).held_by is None


def test_a_night_that_is_too_short_says_so(client):
    told = purge(client, days=10, seconds=-1.0)
    assert not told.complete and client.slices == []


def test_the_setting_says_how_long(client, monkeypatch):
    monkeypatch.setenv("RIPIENO_KEEP_HISTORY_DAYS", "90")
    purge(client)
    assert datetime.now(UTC) - client.slices[0][1] >= timedelta(days=90)
