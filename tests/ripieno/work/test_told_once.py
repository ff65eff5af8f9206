"""A step that is done again, or by eight at once, tells of what happened once."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import makers
import pytest

from ripieno.contracts import names
from ripieno.contracts.workflow import SongOrder, VersionOrder, WorkOrder
from ripieno.records import works
from ripieno.services import blobs, telemetry
from ripieno.services.telemetry import tracing
from ripieno.work import analysing, generating, ingest

AT_ONCE = 8
BROKEN = {"code": "broken", "message": "it broke", "retryable": False}


class Kept:
    """Who keeps events and measurements, for a test."""

    def __init__(self):
        self.told: Counter = Counter()
        self.about: list[dict] = []

    def current(self):
        return None

    def event(self, event, attributes, at_ns, parent):
        self.told[event.name] += 1
        self.about.append(dict(attributes))

    def record(self, instrument, value, row):
        if instrument.name in ("ripieno.stems.generated", "ripieno.generation.duration", "ripieno.audio.analyzed"):
            self.told[instrument.name] += value if instrument.name.endswith("analyzed") else 1

    def observe(self, instrument, rows):
        pass


@pytest.fixture
def kept(storage):
    one = Kept()
    tracing.keep(one)  # type: ignore[arg-type]
    telemetry.listen(one)
    yield one
    tracing.keep(None)
    telemetry.leave(one)


def at_once(deed) -> None:
    start = Barrier(AT_ONCE)

    def do(_: int) -> None:
        start.wait()
        deed()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(do, range(AT_ONCE)))
    deed()  # and once more, when all is done


@pytest.fixture
def order(storage, owner, tmp_path: Path) -> SongOrder:
    clip = tmp_path / "clip.wav"
    clip.write_bytes(makers.tone())
    return SongOrder.model_validate(ingest.song_run(ingest.take_in(owner, clip, "clip.wav").song).order)


def test_an_analysis_begins_and_ends_once(kept, order):
    at_once(lambda: analysing.begin(order))
    found = makers.findings()
    blobs.upload_json(names.JOBS, f"{order.instance_id}/found.json", found.model_dump())
    result = {"blob_name": f"{order.instance_id}/found.json"}
    at_once(lambda: analysing.save(order, result, makers.stems().model_dump()))
    analysing.fail(order, "late", "it has ended already")
    assert kept.told == {
        "ripieno.analysis.started": 1, "ripieno.analysis.ended": 1, "ripieno.audio.analyzed": found.duration_seconds,
    }  # fmt: skip
    started, ended = kept.about
    assert started["ripieno.audio_file.id"] == ended["ripieno.audio_file.id"] == order.audio_file_id
    assert (ended["ripieno.outcome"], ended["ripieno.engine"]) == ("analyzed", makers.stems().engine.engine)
    assert order.owner not in str(kept.about)


def test_an_analysis_that_fails_ends_once(kept, order):
    analysing.begin(order)
    at_once(lambda: analysing.fail(order, "broken", "la la la"))
    assert kept.told == {"ripieno.analysis.started": 1, "ripieno.analysis.ended": 1}
    assert kept.about[1]["ripieno.outcome"] == "failed" and "la la" not in str(kept.about)


def test_a_version_ends_once_however_it_ends(kept, owner):
    work = makers.work(owner, "bass", "drums", "piano")
    works.create(work)

    def of(element: str) -> VersionOrder:
        return VersionOrder(owner=owner, work_id=work.work_id, arrived_at=work.created_at, element=element, version=1)

    at_once(lambda: generating.save_version(of("bass"), makers.stem(work.work_id, "bass"), None))
    at_once(lambda: generating.save_version(of("drums"), None, BROKEN))
    at_once(lambda: generating.cancel(owner, work.work_id))
    generating.fail(WorkOrder(owner=owner, work_id=work.work_id, arrived_at=work.created_at), "late")
    assert kept.told == {
        "ripieno.generation.ended": 3, "ripieno.generation.duration": 3, "ripieno.stems.generated": 1,
    }  # fmt: skip
    ends = {one["ripieno.stem.type"]: one["ripieno.outcome"] for one in kept.about}
    assert ends == {"bass": "generated", "drums": "failed", "piano": "cancelled"}


def test_a_work_that_breaks_off_ends_what_was_open(kept, owner):
    work = makers.work(owner, "bass", "drums")
    works.create(work)
    at_once(lambda: generating.fail(WorkOrder(owner=owner, work_id=work.work_id, arrived_at=work.created_at), "broken"))
    assert kept.told == {"ripieno.generation.ended": 2, "ripieno.generation.duration": 2}
