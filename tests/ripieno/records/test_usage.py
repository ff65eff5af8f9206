"""What is counted is counted once, however often and by how many it is said; and what is gone counts no more."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from azure.data.tables import TableClient

from ripieno.contracts import names
from ripieno.records import tally, usage
from ripieno.records.tally import Entry

pytestmark = pytest.mark.usefixtures("storage")
NOVEMBER = datetime(2026, 11, 27, 12, tzinfo=UTC)


@pytest.fixture
def owner() -> str:
    return f"user-{uuid.uuid4().hex[:8]}"


def job(owner: str, job_id: str, at: datetime = NOVEMBER, seconds: float = 2.5) -> None:
    usage.job(
        owner, job_id, endpoint="generation", engine="musicgen", device="cuda", seconds=seconds, made_seconds=8, at=at
    )


def test_a_job_that_is_told_of_by_twenty_activities_at_once_counts_once(owner):
    with ThreadPoolExecutor(20) as pool:
        list(pool.map(lambda number: job(owner, f"work-1:generate:{number % 2}"), range(20)))
    found = usage.of_month(owner, "2026-11", now=NOVEMBER)
    assert found == {"gpu_ms|generation|musicgen|cuda": 5000, "generated_ms": 16000, "jobs": 2}


def test_a_replay_that_says_something_else_of_the_same_job_changes_nothing(owner):
    job(owner, "work-1:generate")
    job(owner, "work-1:generate", seconds=99)
    assert usage.of_month(owner, "2026-11")["gpu_ms|generation|musicgen|cuda"] == 2500


def test_each_month_has_its_own(owner):
    job(owner, "a:generate", datetime(2026, 11, 30, 23, 59, 59, tzinfo=UTC))
    job(owner, "b:generate", datetime(2026, 12, 1, tzinfo=UTC))
    assert usage.of_month(owner, "2026-11")["jobs"] == usage.of_month(owner, "2026-12")["jobs"] == 1


def test_ids_that_no_row_could_be_called_by_are_counted_all_the_same(owner):
    for its_id in ("a/b", "a\\b", "ä#?", "🎹", "x" * 2000):
        usage.tokens(owner, its_id, "large", 1, 1, NOVEMBER)
    assert usage.of_month(owner, "2026-11")["tokens_in|large"] == 5


def test_bytes_are_those_that_lie_there_and_their_time_is_kept_by_month(owner):
    begin = datetime(2026, 11, 30, tzinfo=UTC)
    usage.stored(owner, "song|a|1", 100, now=begin)
    usage.stored(owner, "song|b|1", 50, now=begin + timedelta(hours=12))
    usage.stored(owner, "song|a|1", 300, now=begin + timedelta(hours=36))  # the stems came, in December
    usage.stored(owner, "song|b|1", 0, now=begin + timedelta(hours=48))
    usage.stored(owner, "song|b|1", 0, now=begin + timedelta(hours=50))
    assert usage.bytes_stored(owner) == 300
    assert usage.things_stored(owner) == {"song|a|1": 300}
    hour = 3600
    assert usage.of_month(owner, "2026-11")["byte_seconds"] == 24 * hour * 100 + 12 * hour * 50
    now = begin + timedelta(hours=58)
    expected = 12 * hour * 150 + 12 * hour * 350 + 10 * hour * 300
    assert usage.of_month(owner, "2026-12", now=now)["byte_seconds"] == expected


def test_of_ten_who_want_the_last_place_one_gets_it(owner):
    def judge(before, added):
        if before["places"].get("places", 0) + added["places"]["places"] > 3:
            raise tally.OverLimit

    def take(number: int) -> bool:
        try:
            return tally.put(names.USAGE, owner, [Entry(f"held|{number}", {"places": 1}, ("places",))], judge=judge)
        except tally.OverLimit:
            return False

    assert take(100) and take(101)
    with ThreadPoolExecutor(10) as pool:
        assert sum(pool.map(take, range(10))) == 1
    assert tally.sum_of(names.USAGE, owner, "places") == {"places": 3}


def test_an_entry_that_is_taken_back_is_gone_from_its_sums_once(owner):
    tally.put(names.USAGE, owner, [Entry("a", {"x": 2}, ("sum",)), Entry("b", {"x": 3}, ("sum", "other"))])
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: tally.put(names.USAGE, owner, [Entry("a")]), range(4)))
    assert tally.sum_of(names.USAGE, owner, "sum") == tally.sum_of(names.USAGE, owner, "other") == {"x": 3}
    assert tally.entry_of(names.USAGE, owner, "a") is None


def test_a_sum_that_somebody_broke_is_found(owner):
    job(owner, "e:generate")
    tally.put(names.USAGE, owner, [Entry("held|a", {"jobs": 1}, ("held",)), Entry("held|b", {"jobs": 1}, ("held",))])
    tally.put(names.USAGE, owner, [Entry("held|a")])
    assert not [one for one in tally.wrong(names.USAGE) if owner in one]
    tally.forget(names.USAGE, owner, ["held|b", "month|2026-11"])
    assert len([one for one in tally.wrong(names.USAGE) if owner in one]) == 3


def test_everyone_who_used_something_is_on_the_months_list(owner):
    job(owner, "c:generate", datetime(2031, 5, 1, tzinfo=UTC))
    assert dict(usage.of_all("2031-05"))[owner]["jobs"] == 1
    assert owner not in dict(usage.of_all("2031-06"))


def test_what_sums_are_made_of_goes_after_three_months_and_the_sums_stay(owner):
    job(owner, "old:generate", datetime(2001, 1, 5, tzinfo=UTC))
    job(owner, "new:generate")
    usage.expire(datetime(2001, 6, 1, tzinfo=UTC))
    assert not list(tally.counted(names.USAGE, owner, "of|2001"))
    assert not list(tally.counted(names.USAGE, owner, "day|2001"))
    assert list(tally.counted(names.USAGE, owner, "of|2026"))
    assert usage.of_month(owner, "2001-01")["jobs"] == 1


def test_what_there_is_no_time_for_goes_the_next_time_and_nothing_is_looked_at_twice(owner, monkeypatch):
    for number in range(7):
        job(f"{owner}-{number}", "old:generate", datetime(2002, 1, 5, tzinfo=UTC))
    asked, query = [], TableClient.query_entities

    def some(client, query_filter, **options):
        asked.append(query_filter)
        return query(client, query_filter, **options | {"results_per_page": 2})

    monkeypatch.setattr(TableClient, "query_entities", some)
    now, gone = datetime(2002, 6, 1, tzinfo=UTC), []
    while not gone or usage._expired_up_to() is not None:
        gone.append(usage.expire(now, seconds=0))
    assert max(gone) <= 2 and sum(gone) >= 14 and len(asked) == len(gone)
    assert not any(list(tally.counted(names.USAGE, f"{owner}-{number}", "of|2002")) for number in range(7))


def test_many_entries_of_an_owner_go_by_the_hundred(owner, monkeypatch):
    for first in range(0, 120, 40):
        usage.count(
            owner,
            [
                usage.used(owner, "job", f"job {number}", {"jobs": 1}, datetime(2003, 1, 5, tzinfo=UTC))
                for number in range(first, first + 40)
            ],
        )
    tally.forget(names.USAGE, owner, ["of|2003-01|nobody", "of|2003-01|knows"])
    sent, submit = [], TableClient.submit_transaction
    monkeypatch.setattr(
        TableClient, "submit_transaction", lambda client, some: sent.append(len(some)) or submit(client, some)
    )
    assert usage.expire(datetime(2003, 6, 1, tzinfo=UTC)) == 121
    assert sorted(sent) == [21, 100]
    assert usage.of_month(owner, "2003-01")["jobs"] == 120


def test_of_a_visitor_nothing_survives(owner):
    job(owner, "d:generate", datetime(2032, 5, 1, tzinfo=UTC))
    usage.stored(owner, "song|a|1", 100)
    usage.delete_of(owner)
    assert not list(tally.counted(names.USAGE, owner, ""))
    assert owner not in dict(usage.of_all("2032-05"))
