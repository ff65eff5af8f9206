"""Endpoint jobs: looked up, listed, stopped, forgotten."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import makers
import pytest

from ripieno.contracts import names
from ripieno.records import jobs
from ripieno.records.cursor import BadCursor
from ripieno.services.storage import table


def at(minute: int) -> str:
    return (makers.NOON + timedelta(minutes=minute)).isoformat()


@pytest.fixture
def nine(storage: str, owner: str) -> list[str]:
    """Nine jobs of three songs, the newest first."""
    made = []
    for number in range(9):
        job_id = names.job_id(f"song-{number // 3}-b-1", ("separate", "mir", "check")[number % 3])
        kind = job_id.rpartition(":")[2]
        state = "failed" if number == 4 else "succeeded"
        jobs.record(owner, job_id, at(number), kind=kind, state=state, audio_file_id=str(number // 3))
        made.append(job_id)
    return made[::-1]


def rows_of(owner: str) -> list[str]:
    found = table(names.JOB_RECORDS).query_entities("PartitionKey eq @owner", parameters={"owner": owner})
    return [row["RowKey"] for row in found]


@pytest.mark.parametrize(
    ("filters", "places"),
    [
        ({}, range(9)),
        ({"kind": "mir"}, [1, 4, 7]),
        ({"state": "failed"}, [4]),
        ({"audio_file_id": "2"}, [0, 1, 2]),
        ({"audio_file_id": "2", "kind": "mir", "state": "failed"}, []),
    ],
    ids=str,
)
def test_jobs_are_listed_newest_first_a_page_at_a_time(nine, owner, filters, places):
    expected = [nine[place] for place in places]
    found, cursor = [], None
    while True:
        page = jobs.listed(owner, limit=2, cursor=cursor, **filters)
        assert len(page.items) <= 2
        found += [job.job_id for job in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert found == expected == [job.job_id for job in jobs.listed(owner, limit=50, **filters).items]


@pytest.mark.parametrize("cursor", ["NQ", "zzz", "", "ZGF0ZXw"])
def test_a_cursor_that_is_none_is_said_to_be_none(storage, owner, cursor):
    with pytest.raises(BadCursor):
        jobs.listed(owner, limit=5, cursor=cursor)


def test_a_record_keeps_what_is_not_said_again(storage, owner):
    jobs.record(owner, "i:mir", at(0), kind="mir", state="submitting", address="there", attempt=1)
    jobs.record(owner, "i:mir", at(0), state="failed", error="it broke", address=None)
    found = jobs.find(owner, "i:mir")
    assert (found.kind, found.state, found.address, found.error) == ("mir", "failed", "there", "it broke")
    assert jobs.listed(owner, limit=5).items == [found]
    assert jobs.find("somebody", "i:mir") is None
    assert [jobs.find(owner, strange) for strange in ("a/b", "a#", "a?", "a\n", "", "x" * 500)] == [None] * 6


def test_the_jobs_of_one_instance_go_without_those_of_another(nine, owner):
    jobs.stop(owner, "song-1-b-1")
    jobs.stop(owner, "song-2-b-1")
    assert [job.job_id for job in jobs.of_instances(owner, "song-1-b-1")] == sorted(nine[3:6])
    jobs.delete_of_instances(owner, "song-1-b-1")
    assert [job.job_id for job in jobs.listed(owner, limit=50).items] == [*nine[:3], *nine[6:]]
    assert not jobs.is_stopped(owner, "song-1-b-1") and jobs.is_stopped(owner, "song-2-b-1")
    jobs.delete_of_instances(owner, "song-")
    assert rows_of(owner) == []


def test_what_was_last_heard_of_long_ago_expires_and_nothing_else(storage, owner):
    for name in ("old:mir", "new:mir"):
        jobs.record(owner, name, at(0))
    jobs.stop(owner, "old")
    stopped = {"PartitionKey": owner, "RowKey": "stop|old", "stopped_at": at(0)}
    table(names.JOB_RECORDS).update_entity(stopped)
    table(names.JOB_RECORDS).update_entity({"PartitionKey": owner, "RowKey": "id|old:mir", "updated_at": at(0)})
    assert jobs.expire(makers.NOON + timedelta(days=1)) >= 2
    assert [job.job_id for job in jobs.listed(owner, limit=9).items] == ["new:mir"]
    assert jobs.find(owner, "old:mir") is None and not jobs.is_stopped(owner, "old")
    assert jobs.expire(datetime(2020, 1, 1, tzinfo=UTC)) == 0
