"""What an endpoint tells of its jobs: in the caller's trace, also by another replica; and its metrics for Prometheus."""

from __future__ import annotations

import os
import secrets
import signal
import uuid

import httpx
import psutil
import pytest
from prometheus_client.parser import text_string_to_metric_families
from test_job_contract import Server

from gpu_endpoints.serving.documents import JobDocument
from gpu_endpoints.serving.prometheus import Prometheus, name_of
from ripieno.contracts import names
from ripieno.services import blobs
from ripieno.services.telemetry import instruments
from tests.collector import Collector, Told, collecting

QUICK = {"OTEL_BSP_SCHEDULE_DELAY": "100", "OTEL_METRIC_EXPORT_INTERVAL": "500"}


@pytest.fixture
def collector():
    with collecting() as one:
        yield one


def telling(tmp_path, stack, collector: Collector) -> Server:
    return Server(tmp_path, stack, OTEL_EXPORTER_OTLP_ENDPOINT=collector.url, **QUICK)


def put(server: Server, job_id: str, kind: str, job_input: dict, traceparent: str | None) -> None:
    headers = {"traceparent": traceparent} if traceparent else {}
    sent = {"kind": kind, "input": job_input}
    httpx.put(f"{server.url}/jobs/{job_id}", json=sent, headers=headers, timeout=30).raise_for_status()


def test_a_job_that_another_replica_takes_up_stays_in_its_trace(stack, tmp_path, collector):
    trace_id, job_id = secrets.token_hex(16), f"test-{uuid.uuid4().hex}:step"
    job_input = {"go": str(tmp_path / "go"), "log": str(tmp_path / "log")}
    first = telling(tmp_path, stack, collector)
    try:
        put(first, job_id, "wait", job_input, f"00-{trace_id}-{'c' * 16}-01")
        first.until(job_id, lambda job: job["state"] == "running")
        kept = JobDocument.model_validate(blobs.read_json(names.JOBS, names.job_blob(job_id))).traceparent
        assert kept is not None and trace_id in kept and "c" * 16 not in kept, "the span of the call that asked for it"
    finally:
        family = psutil.Process(first.child.pid).children(recursive=True)
        os.kill(first.child.pid, signal.SIGKILL)
        for one in family:
            one.kill()
    second = telling(tmp_path, stack, collector)
    try:
        second.until(job_id, lambda job: job["lost"])
        (tmp_path / "go").touch()
        put(second, job_id, "wait", job_input, f"00-{trace_id}-{'d' * 16}-01")
        second.ended(job_id)

        def told() -> list[Told]:
            return [one for one in collector.spans if one.name in ("job wait", "work wait")]

        collector.until(lambda: len(told()) == 2, "the job's end")
        job, work = sorted(told(), key=lambda one: one.name)
        assert job.trace_id == work.trace_id == trace_id and work.parent == job.span_id
        assert job.attributes["ripieno.attempt"] == 2
    finally:
        second.child.stop()


def test_a_job_whose_worker_dies_is_told_of_with_its_code(stack, tmp_path, collector):
    server = telling(tmp_path, stack, collector)
    try:
        put(server, f"test-{uuid.uuid4().hex}", "die", {}, None)
        (job,) = collector.until(lambda: [one for one in collector.spans if one.name == "job die"], "the job")
        assert job.failed and job.attributes["error.type"] == "worker_died"
        (call,) = [one for one in collector.spans if one.span_id == job.parent]
        assert (call.name, call.parent) == ("PUT /jobs/{job_id:path}", ""), "nobody's trace: it begins one"
        collector.until(
            lambda: [
                one for one in collector.points("ripieno.errors") if one.attributes["error.type"] == "worker_died"
            ],
            "the error",
        )
        for path in ("/health", "/ready", "/metrics"):
            httpx.get(server.url + path, timeout=30)
        httpx.get(f"{server.url}/jobs/none", timeout=30)
        collector.until(lambda: [one for one in collector.spans if one.name == "GET /jobs/{job_id:path}"], "the look")
        assert not [
            one for one in collector.spans if any(quiet in one.name for quiet in ("health", "ready", "metrics"))
        ]
    finally:
        server.child.stop()


def test_what_was_told_last_is_told_when_an_endpoint_stops(stack, tmp_path, collector):
    server = Server(
        tmp_path, stack, OTEL_EXPORTER_OTLP_ENDPOINT=collector.url, OTEL_BSP_SCHEDULE_DELAY="600000",
        OTEL_METRIC_EXPORT_INTERVAL="600000",
    )  # fmt: skip
    job_id = f"test-{uuid.uuid4().hex}"
    put(server, job_id, "echo", {}, None)
    server.ended(job_id)
    assert not collector.spans
    server.child.stop()
    assert {"job echo", "work echo"} <= {one.name for one in collector.spans} and collector.points("ripieno.jobs.ended")


def test_prometheus_has_the_same_list_without_any_collector(stack, tmp_path):
    server = Server(tmp_path, stack)
    try:
        job_id = f"test-{uuid.uuid4().hex}"
        server.put(job_id, "echo", {"a": 1})
        server.ended(job_id)
        families = {one.name: one for one in text_string_to_metric_families(httpx.get(f"{server.url}/metrics").text)}
    finally:
        server.child.stop()
    ours = {name_of(one): one for one in instruments.ALL if one.where in ("both", "endpoints") and not one.needs}
    assert set(families) == set(ours)
    for name, family in families.items():
        assert family.type == ours[name].kind and family.documentation == ours[name].meaning
    ended = families["ripieno_jobs_ended"].samples
    labels = {"ripieno_job_kind": "echo", "ripieno_outcome": "succeeded"}
    assert [one.value for one in ended if one.name.endswith("_total") and one.labels == labels] == [1]
    assert families["ripieno_job_duration_seconds"].samples


def test_names_for_prometheus_are_as_opentelemetry_makes_them():
    assert name_of(instruments.JOB_DURATION) == "ripieno_job_duration_seconds"
    assert name_of(instruments.BLOB_BYTES) == "ripieno_blob_transferred_bytes"
    assert name_of(instruments.GPU_USE) == "hw_gpu_utilization_ratio"
    assert name_of(instruments.JOBS_QUEUED) == "ripieno_jobs_queued"
    assert "# TYPE ripieno_blob_transferred_bytes_total counter" in Prometheus().text()
