"""What expires goes whole, and nothing else does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import makers

from ripieno.contracts import names
from ripieno.contracts.workflow import Upload
from ripieno.contracts.works import Work
from ripieno.records import idempotency, jobs, uploads, works
from ripieno.services import blobs
from ripieno.work import housekeeping

NOW = datetime.now(UTC)


def test_the_documents_of_every_attempt_of_a_job_expire_with_it(storage, owner):
    """Of a job alone: `separate-dsp` begins as `separate` does."""
    instance = f"song-{owner}-b-1"
    old, other = names.job_id(instance, "separate"), names.job_id(instance, "separate-dsp")
    jobs.record(owner, old, NOW.isoformat())
    own = [f"{old}.json", f"{old}/found.json", f"{old}:2.json", f"{old}:2/found.json"]
    others = [f"{other}.json", f"{other}/found.json"]
    for name in own + others:
        blobs.upload_json(names.JOBS, name, {})
    housekeeping.expire(NOW + timedelta(days=29))
    assert jobs.find(owner, old) is not None
    told = housekeeping.expire(NOW + timedelta(days=31))
    assert told["jobs"] >= 1 and jobs.find(owner, old) is None
    assert blobs.list_names(names.JOBS, instance) == sorted(others)


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
