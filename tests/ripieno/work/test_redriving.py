"""What failed for good is kept once, with its reason, begun again once however many ask, and goes with what it was of."""

from __future__ import annotations

import asyncio
import json
import uuid
from datetime import UTC, datetime, timedelta

import azure.functions as func
import makers
import pytest

from ripieno.contracts import names
from ripieno.contracts.composition import CompositionOrder
from ripieno.contracts.enums import AudioFileStatus, GenerationStatus, TakeStatus
from ripieno.contracts.operations import FailureKind, RedriveOrder
from ripieno.contracts.workflow import (
    DropOrder,
    RemovalOrder,
    RevisionOrder,
    Run,
    SongOrder,
    Upload,
    VersionOrder,
    WorkOrder,
)
from ripieno.records import failures, runs, songs, uploads, works
from ripieno.services import blobs, webhooks
from ripieno.work import (
    analysing,
    asking,
    composing,
    endings,
    failing,
    generating,
    inbox,
    ingest,
    redriving,
    removal,
    telling,
)
from tests.durable_client import DurableClient

BROKEN = {"code": "broken", "message": "the worker died", "retryable": False}


@pytest.fixture
def client() -> DurableClient:
    return DurableClient()


@pytest.fixture
def clip(tmp_path):
    path = tmp_path / "clip.wav"
    path.write_bytes(makers.tone())
    return path


def kept(owner: str) -> list:
    return list(failures.of_owner(owner))


def failed_take(owner: str):
    work = makers.work(owner, "bass", "drums")
    works.create(work)
    order = VersionOrder(owner=owner, work_id=work.work_id, arrived_at=work.created_at, element="bass", version=1)
    for name in ("bass", "drums"):
        its = order.model_copy(update={"element": name})
        generating.save_version(its, None, BROKEN)
        failing.of_version(its)
    return works.get(owner, work.work_id), order


def failed_work(owner: str):
    work = makers.work(owner)
    works.create(work)
    order = WorkOrder(owner=owner, work_id=work.work_id, arrived_at=work.created_at)
    generating.fail(order, "the planner was away")
    failing.of_work(order)
    return work


def failed_composition(owner: str):
    work, run = composing.begin(owner, CompositionOrder(brief="a waltz"), names.seed(datetime.now(UTC)))
    order = RevisionOrder.model_validate(run.order)
    composing.fail(order, "the model was away")
    failing.of_revision(order)
    runs.forget(run)
    return work, run


def redriven(client: DurableClient, failure_id: str, by: str = "ola"):
    return asyncio.run(redriving.one(client, failure_id, by))


def test_a_failure_that_is_told_twice_is_one_and_says_why(storage, owner):
    work, order = failed_take(owner)
    failing.of_version(order)
    bass = next(one for one in kept(owner) if one.element == "bass")
    assert len(kept(owner)) == 2 and work.status == GenerationStatus.FAILED
    assert (bass.kind, bass.reason, bass.subject, bass.number) == ("take", "the worker died", work.work_id, 1)
    assert (bass.times, bass.status) == (1, "open") and "made again" in redriving.view(bass).redrive


def test_what_is_well_is_no_failure(storage, owner):
    work = makers.work(owner, "bass")
    works.create(work)
    order = VersionOrder(owner=owner, work_id=work.work_id, arrived_at=work.created_at, element="bass", version=1)
    generating.save_version(order, makers.stem(work.work_id, "bass"), None)
    failing.of_version(order)
    failing.of_work(order)
    assert kept(owner) == []


def test_a_take_is_made_again_under_another_instance_and_mended(storage, owner, client):
    work, _ = failed_take(owner)
    failure = next(one for one in kept(owner) if one.element == "bass")
    done = redriven(client, failure.failure_id)
    assert (done.status, done.redriven_by) == ("redriven", "ola")
    ((orchestrator, instance_id, its),) = client.started
    assert orchestrator == "VersionOrchestrator" and instance_id == done.redriven_into
    assert instance_id.startswith(names.version_instances(work.work_id)) and instance_id != failure.instance_id
    found = works.get(owner, work.work_id)
    assert found.status == GenerationStatus.GENERATING and works.version(found, "bass", 1).is_open
    assert redriving.seen(failures.get(failure.failure_id)).status == "redriven", "its run is not settled"
    generating.save_version(VersionOrder.model_validate(its), makers.stem(work.work_id, "bass"), None)
    runs.forget(runs.find(owner, instance_id))
    assert redriving.seen(failures.get(failure.failure_id)).status == "mended"


def test_what_fails_again_is_open_again_and_begins_under_yet_another_instance(storage, owner, client):
    _, order = failed_take(owner)
    failure = next(one for one in kept(owner) if one.element == "bass")
    first = redriven(client, failure.failure_id).redriven_into
    generating.save_version(order, None, BROKEN | {"message": "it died once more"})
    failing.of_version(order)
    again = failures.get(failure.failure_id)
    assert (again.status, again.times, again.reason) == ("open", 2, "it died once more")
    second = redriven(client, failure.failure_id).redriven_into
    assert second != first and len(client.started) == 2


def test_two_operators_at_once_begin_it_once(storage, owner, client):
    failed_take(owner)
    failure = next(one for one in kept(owner) if one.element == "bass")

    async def both():
        return await asyncio.gather(*(redriving.one(client, failure.failure_id, by) for by in ("ola", "kim", "eva")))

    told = asyncio.run(both())
    assert len(client.started) == 1
    assert len({one.redriven_by for one in told}) == 1


def test_who_died_behind_the_claim_is_followed_after_a_minute(storage, owner, client, monkeypatch):
    failed_take(owner)
    failure = next(one for one in kept(owner) if one.element == "bass")
    assert redriving._claimed(failure.failure_id, "dead") is not None
    assert redriven(client, failure.failure_id).redriven_by == "dead" and client.started == []
    monkeypatch.setattr(redriving, "DEAD_AFTER", timedelta(0))
    assert redriven(client, failure.failure_id).status == "redriven" and len(client.started) == 1


@pytest.mark.parametrize("kind", ["take", "generation", "composition"])
def test_what_was_begun_by_who_died_behind_the_claim_is_looked_after_still(storage, owner, client, monkeypatch, kind):
    """Their workflow runs: whoever presses next follows it, and keeps its run and its place."""
    failure = {"take": lambda: failed_take(owner), "generation": lambda: failed_work(owner),
               "composition": lambda: failed_composition(owner)}[kind]() and kept(owner)[0]  # fmt: skip
    claimed = redriving._claimed(failure.failure_id, "dead")
    into, _ = asyncio.run(redriving._begun(client, claimed))
    if kind == "generation":
        works.change(owner, failure.subject, lambda work: work.model_copy(update={"status": GenerationStatus.PLANNING}))
    monkeypatch.setattr(redriving, "DEAD_AFTER", timedelta(0))
    done = redriven(client, failure.failure_id)
    assert len(client.started) == 1 and [run.instance_id for run in runs.beginning_with(owner, "")] == [into]
    if kind != "composition":
        assert (done.status, done.redriven_into) == ("redriven", into)
        runs.forget(runs.find(owner, into))
        assert redriving.seen(failures.get(failure.failure_id)).status == "mended"


def test_what_somebody_else_has_at_work_is_not_begun_again(storage, owner, client):
    work, _ = failed_take(owner)
    failure = next(one for one in kept(owner) if one.element == "bass")

    def opened(known):
        works.version(known, "bass", 1).status = TakeStatus.GENERATED
        return known

    works.change(owner, work.work_id, opened)
    assert redriven(client, failure.failure_id).status == "mended"
    assert client.started == [] and runs.beginning_with(owner, "") == [], "what was noted for it is forgotten"


def test_a_step_that_breaks_leaves_it_open(storage, owner, client, monkeypatch):
    failed_take(owner)
    failure = next(one for one in kept(owner) if one.element == "bass")

    async def broken(*_):
        raise ConnectionError("no host")

    monkeypatch.setattr(client, "start_new", broken)
    with pytest.raises(ConnectionError):
        redriven(client, failure.failure_id)
    found = failures.get(failure.failure_id)
    assert found.status == "open" and "ConnectionError" in found.end


def test_a_song_is_analysed_again_with_the_engines_it_was_asked_for(storage, owner, clip, client):
    taken = ingest.take_in(owner, clip, "a.wav")
    order = SongOrder.model_validate(taken.run.order)
    analysing.fail(order, "no_engine", "nobody could separate it")
    failing.of_song(order)
    (failure,) = kept(owner)
    assert (failure.kind, failure.code, failure.subject) == ("song", "no_engine", taken.song.audio_file_id)
    done = redriven(client, failure.failure_id)
    song = songs.get(owner, taken.song.audio_file_id)
    assert (song.run, song.status, song.instance_id) == (2, AudioFileStatus.UPLOADED, done.redriven_into)
    assert client.started[0][0] == "PipelineOrchestrator"


def test_a_song_that_is_well_meanwhile_is_left_alone(storage, owner, clip, client):
    taken = ingest.take_in(owner, clip, "a.wav")
    order = SongOrder.model_validate(taken.run.order)
    analysing.fail(order, "no_engine", "nobody could separate it")
    failing.of_song(order)
    analysing.begin_anew(owner, taken.song.audio_file_id, {})
    (failure,) = kept(owner)
    assert redriven(client, failure.failure_id).status == "mended" and client.started == []


def test_a_work_that_could_not_be_planned_is_planned_again(storage, owner, client):
    work = failed_work(owner)
    (failure,) = kept(owner)
    assert failure.kind == "generation"
    done = redriven(client, failure.failure_id)
    assert works.get(owner, work.work_id).status == GenerationStatus.PENDING
    assert (
        done.redriven_into.startswith(names.work_instance(work.work_id)) and done.redriven_into != failure.instance_id
    )


def test_a_composition_goes_on_in_another_leg(storage, owner, client):
    work, run = failed_composition(owner)
    (failure,) = kept(owner)
    assert (failure.kind, failure.number) == ("composition", 1)
    done = redriven(client, failure.failure_id)
    found = works.get(owner, work.work_id)
    revision = found.composition.revision(1)
    assert (revision.status, revision.leg, revision.error) == ("making", 2, None)
    assert found.status == GenerationStatus.GENERATING and done.redriven_into == f"{run.instance_id}-2"
    its = RevisionOrder.model_validate(client.started[0][2])
    assert composing._open_revision(its)[1] is not None, "the run finds that it is to be made"


def test_a_drop_that_was_rejected_lies_in_the_inbox_again(storage, owner, tmp_path, client):
    name = f"{names.OWNER_PREFIX}{owner}/broken.wav"
    blobs.upload(names.RAW_AUDIO, name, b"no song at all")
    told, run = ingest.take_in_drop(ingest.DropOrder.model_validate(ingest.dropped(name).order))
    assert told["outcome"] == "rejected" and run is None
    (failure,) = kept(owner)
    assert (failure.kind, failure.subject) == ("drop", told["audio_file_id"])
    inbox._asked.clear()
    assert redriven(client, failure.failure_id).status == "mended"
    ((orchestrator, _, order),) = client.started
    assert orchestrator == "IngestOrchestrator" and order["owner"] == owner
    assert blobs.read(names.RAW_AUDIO, order["blob_name"]) == b"no song at all"
    assert order["original_file_name"] == "broken.wav"
    ingest.take_in_drop(ingest.DropOrder.model_validate(order))
    (again,) = kept(owner)
    assert (again.status, again.times) == ("open", 2), "it is as broken as before"


def rejected_upload(owner: str) -> str:
    """A direct upload that could not be taken in, its bytes in the container `rejected`."""
    now = datetime.now(UTC).isoformat()
    upload = Upload(upload_id=uuid.uuid4().hex, owner=owner, file_name="mine.wav", created_at=now)
    uploads.create(upload)
    name = names.uploaded_blob(upload.upload_id)
    blobs.upload(names.RAW_AUDIO, name, makers.tone())
    ingest.reject(DropOrder.model_validate(ingest.dropped(name).order), "broken", "the disk was full")
    return name


def test_an_upload_is_put_back_as_one_of_its_owners_also_where_drops_are_taken_in_for_nobody(
    storage, owner, client, monkeypatch
):
    monkeypatch.setenv("RIPIENO_DROP_OWNERS", "somebody")
    name = rejected_upload(owner)
    (failure,) = kept(owner)
    assert redriven(client, failure.failure_id).status == "mended"
    ((_, _, order),) = client.started
    assert (order["owner"], order["original_file_name"]) == (owner, "mine.wav")
    assert order["blob_name"] != name and order["blob_name"].startswith(names.UPLOAD_PREFIX)
    told, _ = ingest.take_in_drop(DropOrder.model_validate(order))
    assert told["outcome"] == "ingested" and blobs.list_names(names.REJECTED, name) == []
    (failure,) = kept(owner)
    assert (failure.status, failure.subject) == ("mended", told["audio_file_id"])
    removal.delete(RemovalOrder.model_validate(removal.of_song(owner, told["audio_file_id"]).order))
    assert kept(owner) == [], "the file's name goes with its song"


def test_what_was_put_back_and_fails_again_is_the_same_failure(storage, owner, client):
    rejected_upload(owner)
    (failure,) = kept(owner)
    for times in (2, 3):
        redriven(client, failure.failure_id)
        ingest.reject(DropOrder.model_validate(client.started[-1][2]), "broken", f"full again: {times}")
        (again,) = kept(owner)
        assert (again.failure_id, again.status, again.times) == (failure.failure_id, "open", times)
    redriven(client, failure.failure_id)
    told, _ = ingest.take_in_drop(DropOrder.model_validate(client.started[-1][2]))
    assert told["outcome"] == "ingested"


def test_who_dies_behind_the_claim_of_a_drop_is_followed_by_who_finds_it_put_back(storage, owner, client):
    rejected_upload(owner)
    (failure,) = kept(owner)
    first = redriving._dropped_again(failure)
    assert redriving._dropped_again(failure) == first
    assert blobs.list_names(names.REJECTED, failure.order["blob_name"]) == []


def test_of_what_no_byte_was_kept_nothing_is_put_back(storage, owner, client, monkeypatch):
    monkeypatch.setenv("RIPIENO_MAX_SONG_BYTES", "10")
    name = f"{names.OWNER_PREFIX}{owner}/large.wav"
    blobs.upload(names.RAW_AUDIO, name, bytes(20))
    ingest.take_in_drop(DropOrder.model_validate(ingest.dropped(name).order))
    (failure,) = kept(owner)
    assert failure.code == "file_too_large"
    with pytest.raises(redriving.CannotRedrive, match="sent again"):
        redriven(client, failure.failure_id)
    assert kept(owner)[0].status == "put_aside" and client.started == []


def test_a_message_that_nobody_took_is_sent_again(storage, owner, clip, client, monkeypatch):
    answers = iter(
        [webhooks.Sent(False, "it answered 410", is_final=True), webhooks.Sent(False, "503"), webhooks.Sent(True)]
    )
    sent: list[tuple[str, str]] = []

    def send(url, message_id, payload, secrets):
        sent.append((url, message_id))
        return next(answers)

    monkeypatch.setattr(webhooks, "send", send)
    taken = ingest.take_in(owner, clip, "a.wav", webhook_url="https://deaf.example/hook")
    telling.of_song(SongOrder.model_validate(taken.run.order))
    (failure,) = kept(owner)
    assert (failure.kind, failure.subject) == ("webhook", taken.song.audio_file_id)
    assert redriven(client, failure.failure_id).status == "open", "deaf still"
    assert redriven(client, failure.failure_id).status == "mended"
    assert [url for url, _ in sent] == ["https://deaf.example/hook"] * 3 and len({one for _, one in sent}) == 1
    assert redriven(client, failure.failure_id).status == "mended", "not told a fourth time"


def test_a_poisoned_message_is_kept_and_heard_again(storage, owner, client):
    import triggers.inbox

    name = f"{names.OWNER_PREFIX}{owner}/poison.wav"
    blobs.upload(names.RAW_AUDIO, name, makers.tone())
    event = {"id": "1", "data": {"url": f"http://127.0.0.1/account/{names.RAW_AUDIO}/{name}"}}
    message = func.QueueMessage(id="7", body=json.dumps([event]).encode())
    keep = triggers.inbox.keep_poison._function.get_user_function()
    keep(message)
    keep(message)
    (failure,) = kept(owner)
    assert (failure.kind, failure.code, failure.times) == ("message", "poison", 1)
    assert redriven(client, failure.failure_id).status == "mended"
    assert client.started[0][2]["blob_name"] == name
    keep(func.QueueMessage(id="8", body=b"\xff no JSON"))


def test_what_was_removed_takes_its_failure_with_it(storage, owner, client):
    work, _ = failed_take(owner)
    failure = kept(owner)[0]
    removal.delete_work(owner, work.work_id)
    assert kept(owner) == [] and failures.find(failure.failure_id) is None


def test_what_was_removed_meanwhile_is_put_aside(storage, owner, client):
    work, _ = failed_take(owner)
    failure = kept(owner)[0]
    works.delete(owner, work.work_id)
    with pytest.raises(redriving.CannotRedrive, match="removed"):
        redriven(client, failure.failure_id)
    found = failures.get(failure.failure_id)
    assert (found.status, found.end) == ("put_aside", "it was removed")
    assert [run for run in runs.everything() if run.owner == owner] == []


def test_a_recording_only_its_person_can_send_again(storage, owner, client):
    failure = failures.keep(FailureKind.VOICE_SAMPLE, "voice-1-sample", owner, "it could not be heard")
    assert redriving.view(failure).redrive is None
    with pytest.raises(redriving.CannotRedrive, match="only whoever sent it"):
        redriven(client, failure.failure_id)
    assert failures.get(failure.failure_id).status == "open"


def test_many_are_shown_first_then_begun_the_newest_first(storage, owner, client):
    failed_take(owner)
    failed_take(owner)
    order = RedriveOrder(owner=owner, kind=FailureKind.TAKE, limit=3, dry_run=True)
    shown = asyncio.run(redriving.many(client, order, "ola"))
    assert (len(shown.items), shown.left, client.started) == (3, True, [])
    done = asyncio.run(redriving.many(client, order.model_copy(update={"dry_run": False}), "ola"))
    assert [one.status for one in done.items] == ["redriven"] * 3 and done.left
    rest = asyncio.run(redriving.many(client, order.model_copy(update={"dry_run": False}), "ola"))
    assert len(rest.items) == 1 and not rest.left and len(client.started) == 4


def test_failures_are_found_by_kind_owner_status_and_time(storage, owner, monkeypatch):
    failed_take(owner)
    now = datetime.now(UTC)
    found, _ = failures.listed(owner=owner, kind="take", status="open", limit=10)
    assert len(found) == 2
    assert failures.listed(owner=owner, kind="song", limit=10)[0] == []
    assert len(failures.listed(owner=owner, after=now - timedelta(minutes=1), limit=10)[0]) == 2
    assert failures.listed(owner=owner, before=now - timedelta(minutes=1), limit=10)[0] == []
    assert failures.listed(owner=owner, after=now + timedelta(minutes=1), limit=10)[0] == []
    first, cursor = failures.listed(owner=owner, limit=1)
    second, end = failures.listed(owner=owner, limit=1, cursor=cursor)
    assert {first[0].element, second[0].element} == {"bass", "drums"} and end is None
    assert {one.failure_id for one in first + second} <= {
        one.failure_id for one in failures.listed(kind="take", status="open", limit=200)[0]
    }
    assert failures.counted()["take"] >= 2
    assert failures.damage() == []


def test_a_removal_that_breaks_off_is_kept_and_goes_with_its_end(storage, owner, clip, client):
    song = makers.analysed(owner, clip)
    run = removal.of_song(owner, song.audio_file_id)
    client.states[run.instance_id] = asking.Status.Failed
    runs.note(run.model_copy(update={"asked_at": (datetime.now(UTC) - timedelta(hours=1)).isoformat()}))
    asyncio.run(asking.look_after(client, endings.give, most=10_000))
    (failure,) = kept(owner)
    assert (failure.kind, failure.instance_id) == ("removal", run.instance_id)
    removal.delete(RemovalOrder.model_validate(run.order))
    assert kept(owner) == []


def test_a_run_that_broke_off_leaves_a_failure(storage, owner, client):
    work = makers.work(owner, "bass")
    works.create(work)
    run: Run = generating.run_of(work)
    endings.give(run, "its workflow was terminated")
    assert [(one.kind, one.element) for one in kept(owner)] == [("take", "bass")]
    assert works.version(works.get(owner, work.work_id), "bass", 1).status == TakeStatus.FAILED
