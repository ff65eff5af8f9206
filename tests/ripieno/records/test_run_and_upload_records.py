"""Runs that were asked for, and direct uploads in the making."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ripieno.contracts.workflow import Run, Upload
from ripieno.records import runs, uploads

NOW = datetime.now(UTC)


def run_named(owner: str, instance_id: str, **order) -> Run:
    return Run(
        owner=owner, instance_id=instance_id, orchestrator="PipelineOrchestrator", order=order, asked_at=NOW.isoformat()
    )


def test_a_run_is_found_until_it_is_forgotten(storage, owner):
    run = run_named(owner, "song-a-b-1", title="Für Elise \U0001f3b9")
    for _ in range(2):  # noted again it is the same
        runs.note(run)
    assert runs.find(owner, "song-a-b-1") == run and run in list(runs.everything())
    assert runs.find("somebody", "song-a-b-1") is None
    runs.forget(run)
    runs.forget(run)
    assert runs.find(owner, "song-a-b-1") is None


def test_runs_are_found_by_how_their_ids_begin(storage, owner):
    for name in ("song-a-b-1", "song-a-b-2", "song-a-c-1", "song-ab-1", "take-1"):
        runs.note(run_named(owner, name))
    runs.note(run_named("somebody else", "song-a-b-3"))
    assert [run.instance_id for run in runs.beginning_with(owner, "song-a-b-")] == ["song-a-b-1", "song-a-b-2"]
    assert runs.beginning_with(owner, "it's") == []


def test_a_run_is_looked_after_when_its_time_has_come(storage, owner):
    runs.note(run_named(owner, "at once"))
    runs.note(run_named(owner, "later"), not_before=NOW + timedelta(hours=1))

    def looked_after(moment: datetime) -> list[str]:
        return [run.instance_id for run in runs.open_since(moment) if run.owner == owner]

    assert looked_after(NOW - timedelta(minutes=1)) == []
    assert looked_after(NOW + timedelta(minutes=1)) == ["at once"]
    assert looked_after((NOW + timedelta(hours=2)).astimezone()) == ["at once", "later"]


def test_an_order_that_carries_more_than_ids_is_refused(storage, owner):
    with pytest.raises(ValueError, match="orders carry ids"):
        runs.note(run_named(owner, "large", lyrics="\U0001f3b9" * 5000))


# -- uploads ------------------------------------------------------------------------------------------------------


def upload(owner: str, upload_id: str, *, created_at: datetime = NOW) -> Upload:
    return Upload(upload_id=upload_id, owner=owner, file_name="Élan \U0001f3b7.wav", created_at=created_at.isoformat())


def test_an_upload_learns_what_became_of_it(storage, owner):
    known = upload(owner, f"a{owner[6:]}")
    uploads.create(known)
    assert uploads.find(known.upload_id) == known
    uploads.note(known.upload_id, instance_id="drop-1")
    uploads.note(known.upload_id, audio_file_id="song", outcome="ingested", message=None)
    told = uploads.find(known.upload_id)
    assert (told.instance_id, told.audio_file_id, told.outcome, told.message) == ("drop-1", "song", "ingested", None)
    assert told.file_name == known.file_name


@pytest.mark.parametrize("strange", ["", "../x", "a b", "x" * 3000, "ü" * 900, "²"])
def test_an_id_that_cannot_be_one_is_of_no_upload(storage, strange):
    assert uploads.find(strange) is None
    uploads.note("nobody" + "x" * 20, outcome="ingested")  # it has expired meanwhile


def test_uploads_expire_with_what_was_sent_for_them(storage, owner):
    old, new = upload(owner, f"b{owner[6:]}", created_at=NOW - timedelta(days=8)), upload(owner, f"c{owner[6:]}")
    for one in (old, new):
        uploads.create(one)

    def die(upload: Upload) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        uploads.expire(NOW - timedelta(days=7), also=die)
    assert uploads.find(old.upload_id) is not None, "else its bytes would stay for ever"
    seen: list[str] = []
    uploads.expire(NOW - timedelta(days=7), also=lambda one: seen.append(one.upload_id))
    assert old.upload_id in seen and new.upload_id not in seen
    assert uploads.find(old.upload_id) is None and uploads.find(new.upload_id) is not None
