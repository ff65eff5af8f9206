"""Whatever lies in the inbox goes: to whom it belongs, or to the container `rejected`; none keeps another waiting."""

from __future__ import annotations

import asyncio
import base64
import importlib
import json
import uuid
from datetime import UTC, datetime
from types import SimpleNamespace
from urllib.parse import quote

import makers
import pytest
from azure.core.exceptions import HttpResponseError
from azure.durable_functions import OrchestrationRuntimeStatus as Status
from azure.functions.queue import QueueMessage
from azure.storage.blob import ContainerClient

from ripieno.contracts import names
from ripieno.contracts.workflow import DropOrder, Upload
from ripieno.local.host import durable_api
from ripieno.local.stack import PROJECT
from ripieno.records import runs, songs, uploads
from ripieno.services import blobs, identity
from ripieno.work import inbox, ingest, lying


class Workflows:
    """A durable client that keeps what it was asked to start; `refuses` raises for one orchestrator's order."""

    def __init__(self, refuses=lambda order: None) -> None:
        self.started: dict[str, dict] = {}
        self._refuses = refuses

    async def get_status(self, instance_id: str) -> SimpleNamespace | None:
        return SimpleNamespace(runtime_status=Status.Running) if instance_id in self.started else None

    async def start_new(self, orchestrator: str, instance_id: str, order: dict) -> None:
        self._refuses(order)
        assert instance_id not in self.started
        self.started[instance_id] = order


@pytest.fixture(autouse=True)
def empty_inbox(storage: str):
    for name in blobs.list_names(names.RAW_AUDIO):
        blobs.delete(names.RAW_AUDIO, name)
    inbox._asked.clear()
    lying.forget()


def drop(name: str, data: bytes = b"no song", **metadata: str) -> None:
    blobs.upload(names.RAW_AUDIO, name, data, metadata=metadata)


def looked(client: Workflows) -> dict[str, str]:
    """The owner that each blob was taken in for, by its name."""
    asyncio.run(inbox.look(client))
    return {order["blob_name"]: order["owner"] for order in client.started.values()}


def test_a_drop_belongs_to_who_its_path_names_then_its_metadata_then_the_setting(storage, monkeypatch):
    monkeypatch.setenv("RIPIENO_DEFAULT_OWNER", "the-house")
    drop("owners/ann/x.wav", owner="bob")
    drop("folder/y.wav", owner="bob")
    drop("z.wav")
    drop("owners/nobody.wav")
    assert looked(Workflows()) == {
        "owners/ann/x.wav": "ann",
        "folder/y.wav": "bob",
        "z.wav": "the-house",
        "owners/nobody.wav": "the-house",
    }


def test_the_many_of_one_owner_are_not_all_before_anothers_one(storage):
    for number in range(inbox.MOST_OF_ONE_OWNER + 10):
        drop(f"owners/ann/{number:03}.wav")
    drop("owners/zoe/last.wav")
    client = Workflows()
    asyncio.run(inbox.look(client))
    taken = [order["blob_name"] for order in client.started.values()]
    assert len(taken) == inbox.MOST_OF_ONE_OWNER + 1
    assert taken.index("owners/zoe/last.wav") <= 1

    asyncio.run(inbox.look(client))
    assert len(client.started) == len(taken), "those of before lie there still"
    for name in taken[:5]:
        blobs.delete(names.RAW_AUDIO, name)
    asyncio.run(inbox.look(client))
    assert len(client.started) == len(taken) + len([name for name in taken[:5] if "/ann/" in name])


def begin_upload(owner: str) -> str:
    """The blob of a direct upload that somebody has begun."""
    now = datetime.now(UTC).isoformat()
    upload = Upload(upload_id=uuid.uuid4().hex, owner=owner, file_name="a.wav", created_at=now)
    uploads.create(upload)
    return names.uploaded_blob(upload.upload_id)


def test_the_many_of_one_owner_that_wait_hide_nobody_and_no_upload(storage, monkeypatch):
    """More than a look lists: they lie there until the day turns."""
    for name, most in (("MOST_OF_ONE_OWNER", 5), ("MOST_LISTED", 8)):
        monkeypatch.setattr(lying, name, most)
    many = [f"owners/ann/{number:02}.wav" for number in range(20)]
    others = ["owners/zoe/last.wav", "root.wav", begin_upload("bob")]
    for name in (*many, *others):
        drop(name)
    found = looked(Workflows())
    assert set(others) < set(found) and set(found) - set(others) == set(many[:5])


def test_the_uploads_of_one_hide_no_others_and_what_they_say_of_themselves_is_not_believed(storage, monkeypatch):
    mine, others = [begin_upload("ann") for _ in range(inbox.MOST_OF_ONE_OWNER + 5)], begin_upload("zoe")
    for name in (*mine, others):
        drop(name, owner="zoe")
    found = looked(Workflows())
    assert found[others] == "zoe" and list(found.values()).count("ann") == inbox.MOST_OF_ONE_OWNER

    def page_by_page(self, **options):
        return listed(self, **options | {"results_per_page": 10})

    listed = ContainerClient.list_blobs
    monkeypatch.setattr(ContainerClient, "list_blobs", page_by_page)
    monkeypatch.setattr(lying, "MOST_LISTED", 10)
    seen = [{one.name for one in lying.found()} for _ in range(4)]
    assert set.union(*seen) == {*mine, others} and all(len(one) <= 10 for one in seen), "each look goes on from there"


def test_an_upload_that_nobody_began_is_deleted_and_nobodys_song(storage, owner):
    drop(f"uploads/{uuid.uuid4().hex}", makers.tone(), owner=owner)
    drop("uploads/a folder/x.wav", makers.tone(), owner=owner)
    assert looked(Workflows()) == {} and blobs.list_names(names.RAW_AUDIO) == []


def test_whose_drops_wait_unchanged_is_listed_less_often_until_something_comes(storage, monkeypatch):
    now, listed = [0.0], []
    monkeypatch.setattr(lying.time, "monotonic", lambda: now[0])
    found = lying.ingest.owner_of_drop

    def owner_of_drop(name: str, metadata: object) -> str:
        listed.append(name)
        return found(name, None)

    monkeypatch.setattr(lying.ingest, "owner_of_drop", owner_of_drop)
    drop("owners/ann/waits.wav")

    def look() -> list[str]:
        listed.clear()
        lying.found()
        return listed.copy()

    assert [look() for _ in range(lying.SAME_BEFORE_REST + 1)] == [["owners/ann/waits.wav"]] * 4
    drop("owners/ann/new.wav")
    drop("owners/zoe/new.wav")
    assert look() == ["owners/zoe/new.wav"], "of somebody else at once"
    now[0] += lying.LONGEST_REST_SECONDS
    assert "owners/ann/new.wav" in look() and "owners/ann/new.wav" in look()


@pytest.mark.parametrize("said", ["a?b", "a#b", "x" * 500, "Ännchen", "a b", "a%2Fb"])
def test_an_owner_of_any_letters_is_the_owner_that_a_caller_of_that_name_is(storage, monkeypatch, said):
    monkeypatch.setenv("RIPIENO_AUTH", "easy_auth")
    monkeypatch.setenv("WEBSITE_INSTANCE_ID", "an instance")
    monkeypatch.setenv("WEBSITE_AUTH_ENABLED", "True")
    monkeypatch.setenv("RIPIENO_TENANT", "ours")
    principal = base64.b64encode(b'{"claims": [{"typ": "tid", "val": "ours"}]}').decode()
    drop(f"owners/{said}/x.wav", makers.tone())
    drop("after.wav")
    client = Workflows()
    found = looked(client)
    caller = identity.caller_of({"x-ms-client-principal-id": said, "x-ms-client-principal": principal})
    assert found == {f"owners/{said}/x.wav": caller.owner, "after.wav": "local"}
    (order,) = [order for order in client.started.values() if order["owner"] == caller.owner]
    told, run = ingest.take_in_drop(DropOrder.model_validate(order))
    assert told["outcome"] == "ingested" and run is not None
    assert songs.get(caller.owner, told["audio_file_id"]).original_file_name == "x.wav"


def test_one_that_cannot_be_taken_in_is_rejected_and_those_after_it_are_taken_in(storage):
    def refuses(order: dict) -> None:
        if order["blob_name"] == "a bad one.wav":
            raise ValueError("not this one")

    for name in ("a bad one.wav", "b.wav", "c.wav"):
        drop(name)
    assert set(looked(Workflows(refuses))) == {"b.wav", "c.wav"}
    assert blobs.properties(names.REJECTED, "a bad one.wav").metadata == {
        "code": "cannot_be_taken_in",
        "reason": "not this one",
        "owner": "local",
    }
    assert "a bad one.wav" not in blobs.list_names(names.RAW_AUDIO)


def test_one_that_meets_an_outage_stays_and_is_asked_for_at_the_next_look(storage):
    away = [HttpResponseError("storage is busy")]

    def refuses(order: dict) -> None:
        if away and order["blob_name"] == "a.wav":
            raise away.pop()

    drop("a.wav")
    drop("b.wav")
    client = Workflows(refuses)
    assert set(looked(client)) == {"b.wav"}
    assert set(looked(client)) == {"a.wav", "b.wav"}


def test_a_drop_that_is_replaced_after_it_was_read_is_not_stored_as_what_was_read(storage, owner, monkeypatch):
    """Between the reading and the copy another file takes the name: a song's bytes are those of its hash, always."""
    drop(f"owners/{owner}/x.wav", makers.tone())
    run = ingest.dropped(f"owners/{owner}/x.wav")
    note = runs.note

    def replaced(*arguments, **options) -> None:
        note(*arguments, **options)
        drop(f"owners/{owner}/x.wav", makers.tone())

    with monkeypatch.context() as patch:
        patch.setattr(runs, "note", replaced)
        told, started = ingest.take_in_drop(DropOrder.model_validate(run.order))
    assert (told["outcome"], started) == ("missing", None)
    assert songs.search(owner, songs.SongQuery()).items == []
    again = ingest.dropped(f"owners/{owner}/x.wav")
    told, started = ingest.take_in_drop(DropOrder.model_validate(again.order))
    assert told["outcome"] == "ingested" and started is not None
    song = songs.get(owner, told["audio_file_id"])
    assert blobs.sha256(names.SONGS, song.blob_name) == song.sha256


def test_a_drop_that_is_replaced_after_it_was_found_to_be_none_is_not_rejected(storage, owner):
    drop(f"owners/{owner}/x.wav")
    order = DropOrder.model_validate(ingest.dropped(f"owners/{owner}/x.wav").order)
    drop(f"owners/{owner}/x.wav", b"another")
    ingest.reject(order, "broken", "it is broken")
    assert blobs.list_names(names.REJECTED, f"owners/{owner}/") == []
    assert blobs.read(names.RAW_AUDIO, f"owners/{owner}/x.wav") == b"another"


# -- told by Event Grid -------------------------------------------------------------------------------------------


def created(name: str, account: str = "https://songs.blob.core.windows.net") -> dict:
    """What both schemas say of a blob that was written."""
    return {"data": {"api": "PutBlob", "blobType": "BlockBlob", "url": f"{account}/{names.RAW_AUDIO}/{quote(name)}"}}


SCHEMAS = {
    "Event Grid": lambda name: [
        {
            "topic": "/subscriptions/x",
            "subject": f"/blobServices/default/containers/{names.RAW_AUDIO}/blobs/{name}",
            "eventType": "Microsoft.Storage.BlobCreated",
            "id": "1",
            "eventTime": "2026-01-01T00:00:00Z",
            "dataVersion": "",
            "metadataVersion": "1",
            **created(name),
        }
    ],
    "CloudEvents": lambda name: {
        "specversion": "1.0",
        "type": "Microsoft.Storage.BlobCreated",
        "source": "/subscriptions/x",
        "id": "1",
        "time": "2026-01-01T00:00:00Z",
        **created(name),
    },
    "Azurite's addresses": lambda name: created(name, "http://127.0.0.1:10000/devstoreaccount1"),
}


@pytest.mark.parametrize("schema", SCHEMAS)
@pytest.mark.parametrize("name", ["x.wav", "owners/ann/a b#c%20d \U0001f3b7.wav"])
def test_a_drop_that_event_grid_tells_of_is_taken_in_once_however_often_it_is_told(storage, schema, name):
    drop(name)
    client = Workflows()
    for _ in range(2):  # events come at least once
        asyncio.run(inbox.hear(client, json.loads(json.dumps(SCHEMAS[schema](name)))))
    (order,) = client.started.values()
    assert order["blob_name"] == name


def test_events_that_tell_of_no_drop_are_left_alone(storage, caplog):
    """Of another container, of nothing, and of a blob that is gone by now."""
    client = Workflows()
    of_another = {"data": {"url": "https://songs.blob.core.windows.net/stems/x.wav"}}
    asyncio.run(inbox.hear(client, [of_another, {"eventType": "nothing"}, *SCHEMAS["Event Grid"]("gone.wav")]))
    assert client.started == {} and caplog.text.count("tells of no drop") == 2


@pytest.mark.parametrize(
    "event", [None, 1, "x", [], {}, [None, 2], {"data": None}, {"data": []}, {"data": {"url": None}}, {"data": {"url": 3}},
              {"data": {"url": "https://["}}, {"data": {"url": "https://x/raw-audio/"}}],
)  # fmt: skip
def test_what_is_no_event_is_left_alone_and_not_tried_until_it_is_poison(storage, event):
    client = Workflows()
    asyncio.run(inbox.hear(client, event))
    assert client.started == {}


def test_events_that_come_late_twice_and_in_the_wrong_order_are_one_run_for_each_version(storage):
    """Two hosts hear of both versions of a blob, the first one's events last, and look into the inbox meanwhile."""
    client = Workflows()

    async def heard_by_both(event: object) -> None:
        await asyncio.gather(inbox.hear(client, event), inbox.hear(client, [event, event]), inbox.look(client))

    first, second = ({**created("x.wav"), "id": number} for number in "12")
    drop("x.wav", b"the first")
    asyncio.run(heard_by_both(first))
    assert len(client.started) == 1
    drop("x.wav", b"the second")
    for event in (second, first, second, first):
        asyncio.run(heard_by_both(event))
    assert [order["blob_name"] for order in client.started.values()] == ["x.wav"] * 2
    assert len({order["etag"] for order in client.started.values()}) == 2
    blobs.delete(names.RAW_AUDIO, "x.wav")  # taken in
    for event in (first, second):
        asyncio.run(heard_by_both(event))
    assert len(client.started) == 2


def test_with_event_grid_the_inbox_is_looked_into_now_and_then_and_without_it_all_the_time(monkeypatch):
    from triggers import timers

    try:
        monkeypatch.setenv("RIPIENO_DROP_SOURCE", "EventGrid")
        assert importlib.reload(timers).LOOK_INTO_INBOX == "0 */5 * * * *"
        monkeypatch.setenv("RIPIENO_DROP_SOURCE", "Polling")
        assert importlib.reload(timers).LOOK_INTO_INBOX == "* * * * * *"
    finally:
        monkeypatch.undo()
        importlib.reload(timers)


def test_the_queue_that_event_grid_writes_to_is_the_one_that_is_read(storage):
    queues = {one.trigger["queueName"]: one for one in makers.app_functions().of("queueTrigger")}
    assert set(queues) == {names.DROPS_QUEUE, names.POISON_DROPS}
    queue = queues[names.DROPS_QUEUE]
    told = QueueMessage(id="1", body=json.dumps(SCHEMAS["Event Grid"]("gone.wav")).encode())
    asyncio.run(queue.call(**queue.arguments(told, durable_api.client_binding("http://127.0.0.1:9", "key", "hub"))))
    readme = (PROJECT / "docs" / "azure.md").read_text()
    assert f"az storage queue create --name {names.DROPS_QUEUE}" in readme
    assert f"queueservices/default/queues/{names.DROPS_QUEUE}" in readme
