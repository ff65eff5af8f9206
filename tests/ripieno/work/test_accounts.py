"""Everything of somebody, away: so many at a time, what waits in the inbox too, and not said to be done before it is."""

from __future__ import annotations

import asyncio
import uuid
from datetime import UTC, datetime
from types import SimpleNamespace

import makers
import pytest
from azure.durable_functions import OrchestrationRuntimeStatus as Status

from ripieno.contracts import names
from ripieno.contracts.workflow import RemovalOrder
from ripieno.records import jobs, runs, songs, visits
from ripieno.services import blobs
from ripieno.work import accounts, asking, inbox, removal, visiting

pytestmark = pytest.mark.usefixtures("storage")


class Workflows:
    """What is known of workflows: one that is terminated has ended when it is looked at again."""

    def __init__(self):
        self.known: dict[str, Status] = {}
        self.orders: dict[str, dict] = {}

    async def get_status(self, instance_id: str):
        status = self.known.get(instance_id)
        return SimpleNamespace(runtime_status=status) if status is not None else None

    async def start_new(self, orchestrator: str, instance_id: str, order: dict) -> None:
        self.known[instance_id], self.orders[instance_id] = Status.Running, order

    async def terminate(self, instance_id: str, reason: str) -> None:
        self.known[instance_id] = Status.Terminated

    async def purge_instance_history(self, instance_id: str) -> None:
        del self.known[instance_id], self.orders[instance_id]


@pytest.fixture
def client() -> Workflows:
    return Workflows()


def waiting(client: Workflows, owner: str) -> str:
    """A drop that is being taken in, and waits for a quota."""
    name = f"owners/{owner}/canary {uuid.uuid4().hex}.wav"
    blobs.upload(names.RAW_AUDIO, name, b"bytes")
    assert asyncio.run(inbox.take(client, name))
    return name


def order_of(owner: str) -> RemovalOrder:
    return RemovalOrder.model_validate(accounts.remove(owner, uuid.uuid4().hex).order)


def test_what_waits_to_be_taken_in_is_ended_and_its_name_forgotten(client, owner):
    name, kept = waiting(client, owner), waiting(client, f"{owner}-too")
    order = order_of(owner)
    accounts.hide(order)
    assert name not in blobs.list_names(names.RAW_AUDIO), "nobody takes it in any more"
    looks = 0
    while asyncio.run(accounts.stop(client, order)):
        looks += 1
        assert looks < 5
    assert accounts.delete(order) == 0
    assert [one["blob_name"] for one in client.orders.values()] == [kept], "of others' nothing ends"
    removal.forget(order)
    assert runs.beginning_with(owner, "") == [] and jobs.listed(owner, limit=5).items == []
    assert kept in blobs.list_names(names.RAW_AUDIO)


def test_a_visit_that_is_over_does_not_wait_for_what_waits_itself(client, monkeypatch):
    owner, over = f"visitor-{uuid.uuid4().hex[:20]}", datetime(2031, 1, 1, tzinfo=UTC)
    visits.begin(owner, over)
    name = waiting(client, owner)
    asyncio.run(visiting.end(client, over.replace(day=2)))
    (run,) = [run for run in runs.beginning_with(owner, "") if run.order.get("everything")]
    order = RemovalOrder.model_validate(run.order)
    accounts.hide(order)
    while asyncio.run(accounts.stop(client, order)):
        pass
    accounts.delete(order)
    removal.forget(order)
    for _ in range(3):
        asyncio.run(visiting.end(client, over.replace(day=2)))
    assert not any(visit.owner == owner for visit in visits.ended(over.replace(day=2)))
    assert name not in blobs.list_names(names.RAW_AUDIO)


def test_so_many_songs_go_in_a_step_and_it_says_how_many_are_left(client, owner, monkeypatch):
    monkeypatch.setattr(accounts, "AT_ONCE", 3)
    for number in range(8):
        songs.create(makers.song(owner, number))
    order = order_of(owner)
    accounts.hide(order)
    assert len(songs.documents(owner, limit=20)[0]) == 5
    seen = []
    while songs.documents(owner, limit=20)[0]:
        seen.append(asyncio.run(accounts.stop(client, order)))
    assert seen == [6, 8], "those that are being removed"
    assert accounts.delete(order) == 8, "it is not done"
    asyncio.run(accounts.stop(client, order))
    asyncio.run(accounts.stop(client, order))
    assert len(client.orders) >= 6, "each is begun"
    for run in accounts.left(order):
        removal.forget(RemovalOrder.model_validate(run.order))
    assert asyncio.run(accounts.stop(client, order)) == 0 and accounts.delete(order) == 0


def test_jobs_are_forgotten_when_no_removal_looks_for_them_any_more(client, owner):
    """By its jobs a removal finds the workflows whose histories it forgets."""
    songs.create(song := makers.song(owner, 1))
    jobs.record(owner, f"{song.instance_id}:mir", datetime.now(UTC).isoformat(), state="succeeded")
    order = order_of(owner)
    accounts.hide(order)
    assert accounts.delete(order) == 1 and jobs.listed(owner, limit=5).items
    for run in accounts.left(order):
        removal.forget(RemovalOrder.model_validate(run.order))
    assert accounts.delete(order) == 0 and not jobs.listed(owner, limit=5).items


def test_the_removal_takes_no_place_and_is_begun_again_when_it_breaks_off(client, owner):
    run = accounts.remove(owner, "seed")
    assert accounts.remove(owner, "another") == run, "until it has ended it is the same"
    asyncio.run(asking.start(client, run))
    client.known[run.instance_id] = Status.Failed
    assert run.orchestrator in asking._TO_THE_END
