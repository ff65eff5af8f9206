"""What is measured is bounded, is on the list, and never fails the work that it measures."""

from __future__ import annotations

import threading
import uuid
from collections import Counter

import pytest

from ripieno.services import telemetry
from ripieno.services.telemetry import events, instruments, recording
from ripieno.services.telemetry.instruments import Instrument

CALLS = Instrument("test.calls", "counter", "1", "calls", "app", ("route", "status"))


class Ears:
    """Somebody who listens."""

    def __init__(self):
        self.rows: Counter = Counter()
        self.gauges = {}

    def record(self, instrument, value, row):
        self.rows[instrument.name, row] += value

    def observe(self, instrument, rows):
        self.gauges[instrument.name] = rows


@pytest.fixture
def ears(monkeypatch):
    for kept in ("_values", "_series", "_observed"):
        monkeypatch.setattr(recording, kept, {})
    monkeypatch.setattr(recording, "_failed", set())
    one = Ears()
    telemetry.listen(one)
    yield one
    telemetry.leave(one)


def test_ten_thousand_ids_are_not_ten_thousand_series(ears):
    def call():
        for _ in range(1000):
            telemetry.record(CALLS, 1, {"route": f"/songs/{uuid.uuid4()}", "status": 200})

    threads = [threading.Thread(target=call) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ears.rows) == recording.MOST_VALUES + 1
    assert sum(ears.rows.values()) == 10_000, "each is counted"
    assert ears.rows["test.calls", ("other", "200")] == 10_000 - recording.MOST_VALUES


def test_neither_are_the_combinations_of_few_values(ears):
    for number in range(10_000):
        telemetry.record(CALLS, 1, {"route": str(number % 100), "status": number // 100})
    assert len(ears.rows) == recording.MOST_SERIES + 1 and sum(ears.rows.values()) == 10_000


def test_an_attribute_that_is_not_declared_is_not_recorded_and_breaks_nothing(ears, caplog):
    telemetry.record(CALLS, 1, {"song": "x"})
    telemetry.record(CALLS, 1, {"song": "y"})
    assert not ears.rows and len([line for line in caplog.records if "test.calls" in line.message]) == 1


def test_a_listener_that_breaks_breaks_nothing(ears, caplog):
    class Broken(Ears):
        def record(self, instrument, value, row):
            raise OSError("the pipe is gone")

    broken = Broken()
    telemetry.listen(broken)
    telemetry.record(CALLS, 1, {"route": "a", "status": 1})
    telemetry.leave(broken)
    assert ears.rows["test.calls", ("a", "1")] == 1


def test_a_gauge_shows_what_is_there_to_whoever_comes_later_too(ears):
    shown = [(3.0, {"route": "a", "status": 1})]
    telemetry.observe(CALLS, lambda: shown)
    later = Ears()
    telemetry.listen(later)
    telemetry.leave(later)
    assert [list(one.gauges["test.calls"]()) for one in (ears, later)] == [[(3.0, ("a", "1"))]] * 2
    shown.clear()
    assert list(ears.gauges["test.calls"]()) == []


def test_the_list_is_sound():
    names = [one.name for one in (*instruments.ALL, *events.ALL)]
    assert len(set(names)) == len(names) and all(name == name.lower() for name in names)
    for one in instruments.ALL:
        assert bool(one.buckets) == (one.kind == "histogram"), one.name
        assert list(one.buckets) == sorted(set(one.buckets)), one.name
        assert not {"id", "owner", "name"} & {name.rpartition(".")[2] for name in one.attributes} or (
            one.name.startswith(("hw.", "db."))
        ), f"{one.name} has an attribute without bound"


@pytest.mark.parametrize(
    ("instrument", "edge"),
    [(instruments.HTTP_DURATION, 0.2), (instruments.AUDIO_DURATION, 300), (instruments.GENERATION_DURATION, 600)],
)
def test_what_is_promised_can_be_told_from_what_misses_it(instrument, edge):
    at = instrument.buckets.index(edge)
    below, above = instrument.buckets[at - 1], instrument.buckets[at + 1]
    assert below >= 0.7 * edge and above <= 1.3 * edge
