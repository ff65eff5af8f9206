"""What expires goes whole, and nothing else does."""

from __future__ import annotations

import functools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import makers
import pytest

from ripieno.contracts import names
from ripieno.contracts.composition import CompositionOrder
from ripieno.contracts.workflow import Upload
from ripieno.contracts.works import Work
from ripieno.records import idempotency, jobs, uploads, works
from ripieno.services import blobs
from ripieno.services.settings import settings
from ripieno.work import composing, housekeeping

NOW = datetime.now(UTC)


def test_jobs_expire_with_the_documents_of_every_attempt_and_so_do_those_that_nobody_keeps_a_record_of(storage, owner):
    """Direct callers' jobs and replicas that died have no row: their documents go by their age."""
    job_id = names.job_id(f"song-{owner}-b-1", "separate")
    jobs.record(owner, job_id, NOW.isoformat())
    jobs.stop(owner, f"song-{owner}-b-1")
    direct = names.direct_generation(owner)
    written = [
        f"{job_id}.json", f"{job_id}/found.json", f"{job_id}:2.json", f"{job_id}:2/found.json",
        f"{direct}.json", f"{direct}/mir.json", f"replicas/{owner}.json",
    ]  # fmt: skip
    for name in written:
        blobs.upload_json(names.JOBS, name, {})

    def left() -> set[str]:
        return {name for name in blobs.list_names(names.JOBS) if owner in name}

    housekeeping.expire(NOW + timedelta(days=29))
    assert jobs.find(owner, job_id) is not None and left() == set(written)
    told = housekeeping.expire(NOW + timedelta(days=31))
    assert told["jobs"] >= 2 and told["documents of jobs"] >= len(written)
    assert jobs.find(owner, job_id) is None and not jobs.is_stopped(owner, f"song-{owner}-b-1") and left() == set()


def test_what_was_rejected_of_direct_uploads_goes_with_its_failure_and_what_was_dropped_stays(storage, owner):
    written = [f"uploads/{owner}", f"owners/{owner}/a.wav"]
    for name in written:
        blobs.upload(names.REJECTED, name, b"x")
    days = settings().keep_history_days

    def left() -> list[str]:
        return [name for name in written if name in blobs.list_names(names.REJECTED)]

    housekeeping.expire(NOW + timedelta(days=days - 1))
    assert left() == written
    housekeeping.expire(NOW + timedelta(days=days + 1))
    assert left() == written[1:]


def test_a_document_that_is_written_while_old_ones_are_deleted_stays(storage, owner, monkeypatch):
    """Somebody asks again for a job of long ago between the look at its document and its deletion."""
    name = f"{names.direct_generation(owner)}.json"
    blobs.upload_json(names.JOBS, name, {"state": "failed"})
    real = blobs.delete

    def late(container: str, blob: str, **options) -> None:
        if blob == name:
            blobs.upload_json(names.JOBS, name, {"state": "queued"})
        real(container, blob, **options)

    with monkeypatch.context() as patch:
        patch.setattr(blobs, "delete", late)
        housekeeping.expire(NOW + timedelta(days=31))
    assert blobs.read_json(names.JOBS, name) == {"state": "queued"}


def test_a_night_catches_up_with_more_than_one_round_forgets_as_far_as_time_allows(storage, owner, monkeypatch):
    def claimed(count: int) -> None:
        for number in range(count):
            idempotency.claim(owner, str(number), b"x")

    real = idempotency.expire
    monkeypatch.setattr(idempotency, "expire", lambda before: real(before, most=3))
    housekeeping.expire(NOW + timedelta(days=3))
    claimed(10)
    assert housekeeping.expire(NOW + timedelta(days=3))["idempotency keys"] == 10
    claimed(10)
    assert housekeeping._kinds(NOW + timedelta(days=3))["idempotency keys"](0.0) == 3


class Clock:
    """A clock that goes on when somebody works."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now


def a_night(monkeypatch, work: Callable[[float], float]) -> tuple[list[str], float]:
    """Fifteen kinds at work for as long as `work` says of what each was told that it has: which had their turn, and how
    long all took."""
    clock, turns = Clock(), []

    def forget(name: str, seconds: float) -> int:
        turns.append(name)
        clock.now += work(seconds)
        return 1

    kinds = {str(number): functools.partial(forget, str(number)) for number in range(15)}
    with monkeypatch.context() as patch:
        patch.setattr(housekeeping, "time", clock)
        patch.setattr(housekeeping, "_kinds", lambda now: kinds)
        housekeeping.expire(NOW, seconds=420.0)
    return turns, clock.now


def test_all_kinds_end_together_within_what_a_function_has_and_each_has_its_turn(monkeypatch):
    turns, took = a_night(monkeypatch, lambda seconds: seconds)
    assert len(turns) == 15 and took == pytest.approx(420)
    turns, took = a_night(monkeypatch, lambda seconds: min(seconds, 1.0))
    assert len(turns) == 15 and took == pytest.approx(15)
    nights = [a_night(monkeypatch, lambda seconds: 90.0) for _ in range(100)]
    assert max(took for _, took in nights) < 600, "also where storage holds each of them up"
    assert {kind for turns, _ in nights for kind in turns} == {str(number) for number in range(15)}


def test_an_answer_whose_key_is_gone_goes_with_the_night_and_with_its_owner(storage, owner):
    """Of whoever died between the blob and the row: the key expires without knowing of it."""
    other = f"{owner}-2"
    kept = idempotency.claim(owner, "key", b"x")
    idempotency.answer(kept, 200, {}, "told " * 10_000)
    for whose in (owner, other):
        blobs.upload(names.RECORDS, f"idempotency/{whose}/{'0' * 64}.json", b"a song of mine")
    idempotency.delete_all(other)
    assert blobs.list_names(names.RECORDS, f"idempotency/{other}/") == []
    housekeeping.expire(NOW)
    assert blobs.list_names(names.RECORDS, f"idempotency/{owner}/") == [f"idempotency/{owner}/{kept.row_key}.json"]
    assert isinstance(idempotency.claim(owner, "key", b"x"), idempotency.Answered)


def test_what_has_no_time_left_leaves_orphans_for_another_night(storage, owner):
    work = makers.work(owner, message="x" * 310_000)
    works.create(work)
    for number in range(2):
        blobs.upload_json(names.RECORDS, f"{names.WORKS}/{owner}/{work.work_id}/orphan{number}.json", {})
    assert works.sweep(NOW + timedelta(days=2), -1.0) == 0
    works.sweep(NOW + timedelta(days=2))
    assert len(blobs.list_names(names.RECORDS, f"{names.WORKS}/{owner}/")) == 1
    works.delete(owner, work.work_id)


def test_uploads_that_never_came_expire_with_their_bytes_and_keys_with_their_answers(storage, owner):
    upload = Upload(upload_id=f"d{owner[6:]}", owner=owner, file_name="x.wav", created_at=NOW.isoformat())
    uploads.create(upload)
    blobs.upload(names.RAW_AUDIO, names.uploaded_blob(upload.upload_id), b"bytes")
    claimed = idempotency.claim(owner, "key", b"x")
    idempotency.answer(claimed, 200, {}, "told")
    housekeeping.expire(NOW + timedelta(days=1))
    assert uploads.find(upload.upload_id) and isinstance(idempotency.claim(owner, "key", b"x"), idempotency.Answered)
    housekeeping.expire(NOW + timedelta(days=8))
    assert uploads.find(upload.upload_id) is None
    assert blobs.list_names(names.RAW_AUDIO, names.UPLOAD_PREFIX + upload.upload_id) == []
    assert isinstance(idempotency.claim(owner, "key", b"x"), idempotency.Claim)


def test_what_nobody_reviewed_ends_after_28_days(storage, owner):
    work = makers.work(owner, "bass", "drums")
    works.create(work)

    def heard(known: Work) -> Work:
        for element, status in zip(known.elements, ("generated", "approved"), strict=True):
            element.versions[0].status = status
        return known

    assert works.change(owner, work.work_id, heard).status == "awaiting_review"
    housekeeping.expire(NOW + timedelta(days=27))
    assert works.get(owner, work.work_id).status == "awaiting_review"
    housekeeping.expire(NOW + timedelta(days=29))
    ended = works.get(owner, work.work_id)
    assert ended.status == "completed" and ended.message == "1 of 2 stems approved"
    assert [element.versions[0].status for element in ended.elements] == ["unreviewed", "approved"]


def test_a_composition_waits_for_as_long_as_its_owner_likes(storage, owner):
    work, _ = composing.begin(owner, CompositionOrder(brief="a calm bossa, 20 seconds", stop_at="context"), "f" * 16)

    def waits(known: Work) -> Work:
        assert known.composition is not None
        known.composition.revisions[-1].status = "waiting"
        return known

    assert works.change(owner, work.work_id, waits).status == "awaiting_review"
    housekeeping.expire(NOW + timedelta(days=29))
    assert works.get(owner, work.work_id).status == "awaiting_review"


def test_one_kind_that_cannot_be_forgotten_keeps_no_other_from_its_turn(storage, owner, monkeypatch):
    def broken(now: datetime) -> int:
        raise ValueError("a row that nobody can read")

    monkeypatch.setattr(housekeeping.idempotency, "expire", broken)
    jobs.record(owner, "job", NOW.isoformat())
    jobs.stop(owner, "job")
    with pytest.raises(ExceptionGroup) as raised:
        housekeeping.expire(NOW + timedelta(days=31))
    assert "'jobs': " in str(raised.value) and len(raised.value.exceptions) == 1
    assert blobs.list_names(names.JOBS, owner) == []


def test_what_a_writer_who_died_left_behind_is_swept(storage, owner):
    work = makers.work(owner, message="x" * 310_000)
    works.create(work)
    (its,) = blobs.list_names(names.RECORDS, f"{names.WORKS}/{owner}/")
    orphan = f"{names.WORKS}/{owner}/{work.work_id}/orphan.json"
    blobs.upload_json(names.RECORDS, orphan, {})
    housekeeping.expire(NOW)
    assert set(blobs.list_names(names.RECORDS, f"{names.WORKS}/{owner}/")) == {its, orphan}
    housekeeping.expire(NOW + timedelta(days=2))
    assert blobs.list_names(names.RECORDS, f"{names.WORKS}/{owner}/") == [its]
    assert works.get(owner, work.work_id) == work
