"""An order's trace goes down to every step and part of its workflow, the same at each replay; and is nowhere without."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from orchestrators import endpoint_job, ingest, pipeline, version, work
from ripieno.contracts.tracing import FIELD, read, within
from ripieno.contracts.workflow import Run
from ripieno.local.durable.engine import Engine
from ripieno.local.durable.store import Store
from ripieno.services import telemetry
from ripieno.services.telemetry import tracing
from ripieno.work import asking, run_telemetry

OUTER = f"00-{'a' * 32}-{'b' * 16}-01"
SONG = {"owner": "me", "audio_file_id": "s", "born": "b", "run": 1, "instance_id": "song-s-b-1", "work_id": "w",
        "arrived_at": "2026-01-01T00:00:00+00:00"}  # fmt: skip
WAY = {"name": "dsp", "endpoint": "analysis", "engine": "dsp", "stem_format": "flac"}
VERSION = {"owner": "me", "work_id": "w", "arrived_at": SONG["arrived_at"], "element": "bass", "version": 1}
ANSWERS = {
    "BeginAnalysis": [WAY], "SaveAnalysis": True, "NotifyOwner": {}, "NotifyWork": {}, "PlanWork": [VERSION],
    "ConditionWork": None, "PrepareVersion": True, "SaveVersion": None,
    "SubmitJob": {"outcome": "succeeded", "result": {"engine": {"reason": None}}, "error": None, "message": ""},
}  # fmt: skip


class App:
    """The real orchestrators, and activities that note what they are given."""

    def __init__(self, answers: dict | None = None):
        self.given: list[tuple[str, dict]] = []
        self._answers = ANSWERS if answers is None else answers
        parts = (ingest, pipeline, work, version, endpoint_job)
        built = [one._function for part in parts for one in part.blueprint._function_builders]
        self._orchestrators = {one.get_function_name(): one.get_user_function() for one in built}

    def orchestrator(self, name: str):
        return self._orchestrators.get(name)

    def call_activity(self, name: str, input_json: str | None) -> str:
        self.given.append((name, json.loads(input_json or "{}")))
        answer = self._answers[name]
        return json.dumps({"value": answer.pop(0) if name == "TakeInDrop" else answer})


def run(order: dict, app: App | None = None, orchestrator: str = "PipelineOrchestrator") -> App:
    app = app or App()
    engine = Engine(Store(":memory:"), app, clock=lambda: datetime(2026, 1, 1, tzinfo=UTC))
    engine.start(orchestrator, json.dumps(order), order["instance_id"])
    while True:
        ready, todo = engine.store.ready_instances(), engine.store.claim_activity()
        if todo is not None:
            engine.run_activity(todo)
        elif ready:
            engine.run_episode(ready[0])
        elif not engine.fire_due_timers():
            break
    ended = engine.store.instance(order["instance_id"])
    assert ended["status"] == "Completed", ended["output"]
    return app


def test_every_step_is_within_the_span_of_the_workflow_that_was_asked_for():
    app = run(SONG | {FIELD: OUTER})
    assert {name for name, _ in app.given} == set(ANSWERS), "parts of it too"
    assert {order.get(FIELD) for _, order in app.given} == {within(OUTER, SONG["instance_id"])}


def test_a_drop_that_waits_goes_on_within_its_trace():
    drop = {"owner": "me", "blob_name": "owners/me/a.wav", "etag": "1", "original_file_name": "a.wav",
            "arrived_at": SONG["arrived_at"], "instance_id": "drop-1"}  # fmt: skip
    told = {"audio_file_id": None, "message": "", "until": SONG["arrived_at"]}
    app = App({"TakeInDrop": [told | {"outcome": "waiting"}, told | {"outcome": "missing"}]})
    run(drop | {FIELD: OUTER}, app, "IngestOrchestrator")
    assert [order.get(FIELD) for _, order in app.given] == [within(OUTER, "drop-1")] * 2


def test_where_nobody_traces_no_order_says_anything_of_it():
    assert not any(FIELD in order for _, order in run(SONG).given)


@pytest.mark.parametrize("broken", ["", "🎵", f"00-{'0' * 32}-{'b' * 16}-01"])
def test_a_trace_that_is_none_breaks_no_workflow(broken):
    assert not any(FIELD in order for _, order in run(SONG | {FIELD: broken}).given)


class Kept:
    """Who keeps spans and events, for a test."""

    def __init__(self, here: str | None):
        self.here, self.spans, self.events = here, [], []

    def current(self):
        return self.here

    def emit(self, name, kind, parent, span_id, start_ns, end_ns, attributes, error):
        self.spans.append((name, parent, span_id, (end_ns - start_ns) / 1e9, error))

    def event(self, event, attributes, at_ns, parent):
        self.events.append(event.name)

    def record(self, instrument, value, row):
        self.spans.append((instrument.name, value, row))

    def observe(self, instrument, rows):
        pass


@pytest.fixture
def kept(monkeypatch):
    monkeypatch.setenv("AzureWebJobsStorage", "UseDevelopmentStorage=true")
    one = Kept(OUTER)
    tracing.keep(one)  # type: ignore[arg-type]
    telemetry.listen(one)
    yield one
    tracing.keep(None)
    telemetry.leave(one)


def test_a_run_remembers_within_what_it_was_asked_for_and_is_told_of_by_a_span_that_its_steps_know(kept):
    asked = asking.run_of("me", "RemovalOrchestrator", "remove-s", {"owner": "me"})
    assert asked.order == {"owner": "me", FIELD: OUTER}
    run_telemetry.begun(asked)
    status = SimpleNamespace(
        runtime_status=SimpleNamespace(name="Failed"),
        created_time=datetime(2026, 1, 1, 12, tzinfo=UTC),
        last_updated_time=datetime(2026, 1, 1, 12, 0, 2),  # the SDK's may have no zone: it is UTC
    )
    run_telemetry.ended(asked, status)
    inner = read(within(OUTER, "remove-s"))
    assert inner is not None
    assert kept.spans == [
        ("ripieno.orchestration.duration", 2.0, ("RemovalOrchestrator", "failed")),
        ("RemovalOrchestrator", OUTER, inner.span_id, 2.0, "failed"),
    ]
    assert kept.events == ["ripieno.removal.started", "ripieno.removal.ended"]


def test_a_run_of_before_there_was_telemetry_is_measured_and_has_no_span(kept):
    old = Run(owner="me", instance_id="i", orchestrator="MixOrchestrator", order={}, asked_at=SONG["arrived_at"])
    run_telemetry.removed(old)
    run_telemetry.finished(old)
    assert [one[0] for one in kept.spans] == ["ripieno.orchestration.duration"] and not kept.events
