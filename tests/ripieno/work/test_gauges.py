"""What gauges show is counted now and then, by one process, and forgotten when it counts no more."""

from __future__ import annotations

import pytest

from ripieno.contracts import names
from ripieno.records import backlog
from ripieno.services import blobs, telemetry
from ripieno.services.telemetry import instruments
from ripieno.work import measuring

NOW = "2099-01-01T00:00:00+00:00"


class Ears:
    def __init__(self):
        self.gauges = {}

    def record(self, instrument, value, row):
        pass

    def observe(self, instrument, rows):
        self.gauges[instrument.name] = rows

    def shown(self, instrument) -> dict:
        return {row[0]: value for value, row in self.gauges[instrument.name]()}


@pytest.fixture
def ears(storage, monkeypatch):
    monkeypatch.setattr(measuring, "_backlog", measuring._Count(measuring.BACKLOG_SECONDS))
    monkeypatch.setattr(measuring, "_storage", measuring._Count(measuring.STORAGE_SECONDS))
    measuring.show()
    one = Ears()
    yield one
    telemetry.leave(one)


def test_nothing_is_counted_where_nobody_listens(ears):
    measuring.count()
    telemetry.listen(ears)
    assert ears.shown(instruments.BACKLOG) == {} == ears.shown(instruments.STORAGE_USED)


def test_the_backlog_are_jobs_that_have_not_ended_and_storage_is_all_that_lies_there(ears, owner):
    telemetry.listen(ears)
    measuring.count()
    waiting, used = ears.shown(instruments.BACKLOG), ears.shown(instruments.STORAGE_USED)
    assert set(waiting) >= {"analysis", "generation"} and set(used) == set(names.CONTAINERS)
    for number in range(3):
        backlog.opened(f"{owner}-{number}:mir", owner, "analysis", NOW)
    backlog.running(f"{owner}-1:mir")
    backlog.closed(f"{owner}-0:mir")
    blobs.upload(names.STEMS, f"{owner}/bass.wav", b"x" * 1000)
    measuring.count()
    assert ears.shown(instruments.BACKLOG) == waiting, "not yet: it was counted just now"
    measuring._backlog.at = measuring._storage.at = None
    backlog._counted.clear()
    measuring.count()
    assert ears.shown(instruments.BACKLOG) == waiting | {"analysis": waiting["analysis"] + 2}
    assert ears.shown(instruments.STORAGE_USED)[names.STEMS] >= used[names.STEMS] + 1000


def test_what_was_counted_long_ago_is_shown_no_more(ears):
    telemetry.listen(ears)
    measuring.count()
    assert ears.shown(instruments.BACKLOG)
    assert measuring._backlog.at is not None
    measuring._backlog.at -= 4 * measuring.BACKLOG_SECONDS
    assert ears.shown(instruments.BACKLOG) == {}


def test_a_storage_too_large_to_count_at_once_shows_what_was_counted_of_it(ears):
    clock = iter([0.0, *[measuring.COUNTING_SECONDS + 1] * 10_000])
    blobs.upload(names.RAW_AUDIO, "something", b"x")
    assert measuring._bytes_by_container(lambda: next(clock)) == {}
