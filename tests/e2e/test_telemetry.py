"""A stack that tells a collector: one trace from whoever asked to the worker and back, every metric, every event."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from unittest import mock

import httpx
import pytest

from ripieno.client import Ripieno
from ripieno.contracts import names
from ripieno.contracts.generation import GenerationOrder, GenerationParameters
from ripieno.contracts.tracing import span_of
from ripieno.local.stack import Stack
from ripieno.services import storage
from ripieno.services.telemetry import events, instruments
from tests.collector import Collector, Told, collecting
from tests.stacks import new_stack

CANARY = "kanarie🎵vogel"
SECONDS = 240
APP = "ripieno-app"
TELLING = {
    "OTEL_METRIC_EXPORT_INTERVAL": "1000", "OTEL_BSP_SCHEDULE_DELAY": "200", "OTEL_BLRP_SCHEDULE_DELAY": "200",
    "RIPIENO_REST_SECONDS": "1", "RIPIENO_SWEEP_SECONDS": "1", "RIPIENO_LOG_FORMAT": "json",
}  # fmt: skip


@dataclass
class Done:
    """What was asked of the stack that tells: in which trace, and what became of it."""

    stack: Stack
    collector: Collector
    trace_id: str
    caller: str
    song_id: str
    instance_id: str
    request_id: str
    composition: str
    removal: str

    def trace(self, trace_id: str) -> dict[str, Told]:
        return {one.span_id: one for one in self.collector.spans if one.trace_id == trace_id}


@pytest.fixture(scope="module")
def done(tmp_path_factory, make_clip) -> Iterator[Done]:
    """A song uploaded within a caller's trace, stems for it, one dropped, a piece, one removed, and a bad call."""
    with collecting() as collector:
        stack = new_stack(tmp_path_factory.mktemp("telling"))
        telling = TELLING | {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url}
        with mock.patch.dict(os.environ, telling):
            stack.start(print)
        try:
            with mock.patch.dict(os.environ, {"AzureWebJobsStorage": stack.connection_string}):
                yield _work(stack, collector, make_clip)
        finally:
            stack.stop()


def _work(stack: Stack, collector: Collector, make_clip) -> Done:
    trace_id, caller = secrets.token_hex(16), secrets.token_hex(8)
    clip = make_clip("told.flac", 14.0)
    sent = httpx.post(
        f"{stack.url}/api/audio",
        content=clip.read_bytes(),
        headers={"x-file-name": "kanarie%F0%9F%8E%B5vogel.flac", "traceparent": f"00-{trace_id}-{caller}-01"},
        timeout=60,
    )
    assert sent.status_code == 202, sent.text
    song_id = sent.json()["audio_file_id"]
    with Ripieno(stack.url) as ripieno:
        song = ripieno.wait(song_id, timeout=SECONDS)
        assert song.status == "analyzed"
        order = GenerationOrder(
            audio_file_id=song_id,
            target_stems=["bass"],
            parameters=GenerationParameters(random_seed=3, prompt=f"busier, {CANARY}"),
        )
        request = ripieno.wait_generation(ripieno.generate(order), timeout=SECONDS)
        storage.container(names.RAW_AUDIO).upload_blob("dropped.wav", make_clip("dropped.wav", 30.0).read_bytes())
        piece = httpx.post(f"{stack.url}/api/compositions", json={"brief": "a calm waltz, 20 seconds"}, timeout=60)
        assert piece.status_code == 202, piece.text
        assert httpx.get(f"{stack.url}/api/audio/{CANARY}", timeout=60).status_code == 404
        nothing = {"kind": "mir", "input": {"audio_file_id": "x", "container": names.SONGS, "blob_name": "nothing.wav"}}
        bad = httpx.put(f"http://127.0.0.1:{stack.ports.analysis}/jobs/no-song", json=nothing, timeout=60)
        assert bad.status_code == 202, bad.text
        gone = ripieno.delete(song_id)
        ripieno.wait_removal(gone.instance_id)
    return Done(
        stack, collector, trace_id, caller, song_id, song.instance_id, request.generation_request_id,
        piece.json()["composition_id"], gone.instance_id,
    )  # fmt: skip


def test_one_trace_leads_from_whoever_asked_to_the_worker_and_back(done):
    collector = done.collector
    wanted = {
        (APP, "POST /api/audio"), (APP, "PipelineOrchestrator"), (APP, "BeginAnalysis"), (APP, "SubmitJob"),
        ("ripieno-analysis", "PUT /jobs/{job_id:path}"), ("ripieno-analysis", "job separate"),
        ("ripieno-analysis", "work separate"), ("ripieno-analysis", "work mir"), ("ripieno-analysis", "infer listening"),
        ("ripieno-analysis", "callback"), (APP, "POST /api/callbacks/jobs"), (APP, "SaveAnalysis"),
    }  # fmt: skip
    collector.until(
        lambda: wanted <= {(one.service, one.name) for one in done.trace(done.trace_id).values()},
        f"the whole trace, but {sorted((one.service, one.name) for one in done.trace(done.trace_id).values())}",
    )
    trace = done.trace(done.trace_id)
    parents = {one.parent for one in trace.values()} - trace.keys()
    assert parents == {done.caller}, "every span is within another one, the first within the caller's"

    def one(service: str, name: str) -> Told:
        return next(span for span in trace.values() if (span.service, span.name) == (service, name))

    def line(span: Told) -> list[str]:
        """The names of what a span lies within, from the inside out."""
        found = []
        while span.parent in trace:
            span = trace[span.parent]
            found.append(span.name)
        return found

    above_the_job = ["PUT /jobs/{job_id:path}", "SubmitJob", "PipelineOrchestrator", "POST /api/audio"]
    assert line(one("ripieno-analysis", "infer listening")) == ["work mir", "job mir", *above_the_job]
    back = [span for span in trace.values() if span.name == "POST /api/callbacks/jobs"]
    assert {tuple(line(span)) for span in back} == {
        ("callback", f"job {kind}", *above_the_job) for kind in ("separate", "mir")
    }
    assert one(APP, "PipelineOrchestrator").span_id == span_of(done.trace_id, done.instance_id)
    assert one(APP, "PipelineOrchestrator").attributes["ripieno.instance.id"] == done.instance_id
    assert all(span.start <= span.end and not span.failed for span in trace.values())
    inside, worker = one("ripieno-analysis", "infer listening"), one("ripieno-analysis", "work mir")
    assert worker.start <= inside.start <= inside.end <= worker.end
    assert inside.attributes["process.pid"] != done.stack.pid("analysis")


def test_a_dropped_blob_begins_a_trace_of_its_own(done):
    drops = done.collector.until(lambda: [one for one in done.collector.spans if one.name == "drop"], "the drop")
    (drop,) = [one for one in drops if done.trace(one.trace_id).keys() - {one.span_id}]
    assert drop.parent == "" and drop.trace_id != done.trace_id
    done.collector.until(
        lambda: (
            {"IngestOrchestrator", "TakeInDrop", "PipelineOrchestrator", "job mir", "SaveAnalysis"}
            <= {one.name for one in done.trace(drop.trace_id).values()}
        ),
        "the drop's analysis",
    )
    trace = done.trace(drop.trace_id)
    assert {one.parent for one in trace.values()} - trace.keys() == {""}
    pipeline = next(one for one in trace.values() if one.name == "PipelineOrchestrator")
    assert trace[pipeline.parent].name == "TakeInDrop"


@pytest.mark.parametrize("instrument", instruments.ALL, ids=lambda one: one.name)
def test_every_metric_is_told_of_something_real(done, instrument):
    if instrument.needs:
        pytest.skip(f"it needs {instrument.needs}")
    services = {"app": {APP}, "endpoints": {"ripieno-analysis", "ripieno-generation"}}
    wanted = services.get(instrument.where, {APP, "ripieno-analysis"})
    done.collector.until(
        lambda: wanted <= {one.service for one in done.collector.points(instrument.name)}, instrument.name
    )
    points = done.collector.points(instrument.name)
    assert {one.unit for one in points} == {instrument.unit}
    assert {name for one in points for name in one.attributes} <= set(instrument.attributes)
    assert set(instrument.attributes) - {"error.type"} <= {name for one in points for name in one.attributes}
    if instrument.kind == "histogram":
        assert {one.bounds for one in points} == {tuple(map(float, instrument.buckets))}
        assert sum(one.value for one in points) > 0


def test_no_metric_is_told_that_is_not_on_the_list(done):
    done.collector.until(lambda: done.collector.metrics, "any metric")
    assert set(done.collector.metrics) <= set(instruments.BY_NAME)


def test_metrics_say_what_happened(done):
    collector = done.collector

    def value(name: str, **attributes: str) -> float:
        wanted = {key.replace("__", "."): of for key, of in attributes.items()}
        return sum(one.value for one in collector.points(name) if wanted.items() <= one.attributes.items())

    collector.until(lambda: value("ripieno.audio.processing.duration", ripieno__outcome="analyzed") == 2, "two songs")
    assert 11.5 < value("ripieno.audio.analyzed") < 12.5  # two of six seconds
    # Its engine is what made it; a piece's layers are counted too.
    collector.until(lambda: value("ripieno.stems.generated", ripieno__stem__type="bass") >= 1, "the bass")
    collector.until(lambda: value("ripieno.errors", ripieno__where="http", error__type="not_found") >= 1, "the 404")
    routes = {one.attributes["http.route"] for one in collector.points("http.server.request.duration")}
    assert "/api/audio/{id}" in routes and not any(CANARY in route for route in routes)


@pytest.mark.parametrize(
    ("event", "times"),
    [
        (events.ANALYSIS_STARTED, 1), (events.ANALYSIS_ENDED, 1), (events.GENERATION_STARTED, 1),
        (events.GENERATION_ENDED, 1), (events.COMPOSITION_STARTED, 1), (events.COMPOSITION_ENDED, 1),
        (events.REMOVAL_STARTED, 1), (events.REMOVAL_ENDED, 1),
    ],
    ids=lambda one: getattr(one, "name", ""),
)  # fmt: skip
def test_what_happens_is_told_once(done, event, times):
    ids = {done.song_id, done.request_id, f"work-{done.composition}-1", done.removal}

    def found() -> list:
        return [one for one in done.collector.events(event.name) if ids & set(map(str, one.attributes.values()))]

    done.collector.until(found, event.name, SECONDS)
    assert len(found()) == times
    (told,) = found()
    assert set(told.attributes) - {"enduser.pseudo.id"} <= set(event.attributes)
    assert told.trace_id.strip("0"), "it belongs to a trace"
    if "ripieno.outcome" in event.attributes:
        assert told.attributes["ripieno.outcome"] in ("analyzed", "generated", "completed")
        assert told.attributes["ripieno.duration"] > 0


def test_nothing_that_is_told_says_what_somebody_wrote_or_how_to_get_at_a_blob(done):
    done.collector.until(lambda: done.collector.events(events.REMOVAL_ENDED.name), "the end")
    everything = b"".join(done.collector.raw)
    assert done.song_id.encode() in everything  # what is looked for would be found
    for secret in (CANARY.encode(), b"kanarie", b"sig=", b"AccountKey", b"whsec_", b"calm waltz"):
        assert secret not in everything, secret


def test_log_lines_are_json_and_say_which_trace_they_belong_to(done):
    lines = [json.loads(line) for line in (done.stack.home / "logs" / "host.log").read_text().splitlines()]
    assert lines and all({"time", "level", "logger", "message"} <= set(line) for line in lines)
