"""Every metric there is: its name, unit, meaning, attributes and buckets. Nothing is recorded under another name.

docs/telemetry.md shows this list (`python -m ripieno.services.telemetry`); OpenTelemetry's instruments and the
endpoints' Prometheus metrics are made of it. Names and attributes are those of OpenTelemetry's semantic conventions
1.44 where they have one; the rest begin with `ripieno.`. No attribute is an id of anything, or what a person wrote.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Where = Literal["app", "endpoints", "both"]


@dataclass(frozen=True)
class Instrument:
    """One metric. `where` it is recorded; `needs` is what there must be for that, beside somebody at work."""

    name: str
    kind: Literal["counter", "histogram", "gauge"]
    unit: str
    meaning: str
    where: Where
    attributes: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()
    needs: str = ""


# 200 ms, which an answer of the API is to take at most in 95 of 100 cases, is an edge, with edges close to it.
OF_CALLS = (.005, .01, .025, .05, .075, .1, .15, .2, .25, .3, .5, .75, 1, 2.5, 5, 10, 30, 60, 230)  # fmt: skip
OF_STORAGE = (.001, .0025, .005, .01, .015, .025, .05, .075, .1, .15, .2, .25, .5, 1, 2.5, 5, 10, 30)  # fmt: skip
# 5 minutes for the analysis of a song of 3, and 10 for a stem, are edges.
OF_WORK = (
    .1, .25, .5, 1, 2.5, 5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 240, 270, 300, 330, 360, 420, 480, 540, 600, 660, 900,
    1800, 3600, 7200, 14400,
)  # fmt: skip
OF_RATIOS = (.02, .05, .1, .2, .3, .4, .5, .75, 1, 1.25, 1.5, 1.67, 2, 3, 5, 10, 30)  # fmt: skip
OF_THROUGHPUT = (1e5, 3e5, 1e6, 3e6, 1e7, 2e7, 3e7, 5e7, 1e8, 2e8, 3e8, 5e8, 1e9, 3e9)

HTTP_DURATION = Instrument(
    "http.server.request.duration", "histogram", "s", "a call of the API, or of an endpoint, until its answer", "both",
    ("http.request.method", "http.route", "http.response.status_code"), OF_CALLS,
)  # fmt: skip
ORCHESTRATION_DURATION = Instrument(
    "ripieno.orchestration.duration", "histogram", "s",
    "a workflow that was asked for, from its creation to its last change; told within half a minute of its end", "app",
    ("ripieno.orchestration", "ripieno.outcome"), OF_WORK,
)  # fmt: skip
ACTIVITY_DURATION = Instrument(
    "ripieno.activity.duration", "histogram", "s",
    "one step of a workflow; its outcome is done, fault (for good) or raised (it is tried again)", "app",
    ("ripieno.activity", "ripieno.outcome"), OF_WORK,
)  # fmt: skip
AUDIO_DURATION = Instrument(
    "ripieno.audio.processing.duration", "histogram", "s",
    "audio processing time: from the arrival of a song, or of the wish to analyse it again, to its end", "app",
    ("ripieno.outcome",), OF_WORK,
)  # fmt: skip
AUDIO_RATIO = Instrument(
    "ripieno.audio.processing.ratio", "histogram", "1",
    "the same of analysed songs, as a share of how long they are: 1.67 is five minutes for a song of three", "app",
    (), OF_RATIOS,
)  # fmt: skip
AUDIO_ANALYZED = Instrument("ripieno.audio.analyzed", "counter", "s", "seconds of music that were analysed", "app")
GENERATION_DURATION = Instrument(
    "ripieno.generation.duration", "histogram", "s",
    "generation time: one version of a stem or layer, from when it was asked for until it can be heard or has failed",
    "app", ("ripieno.stem.type", "ripieno.outcome"), OF_WORK,
)  # fmt: skip
STEMS_GENERATED = Instrument(
    "ripieno.stems.generated", "counter", "{stem}", "new stems and layers that can be heard", "app",
    ("ripieno.stem.type", "ripieno.engine"),
)  # fmt: skip
TABLE_DURATION = Instrument(
    "db.client.operation.duration", "histogram", "s", "table query time: one request to Azure Tables, retries included",
    "app", ("db.operation.name", "db.collection.name", "error.type"), OF_STORAGE,
)  # fmt: skip
BLOB_BYTES = Instrument(
    "ripieno.blob.transferred", "counter", "By", "bytes that were read from blobs or written to them", "both",
    ("ripieno.direction", "ripieno.container"),
)  # fmt: skip
BLOB_THROUGHPUT = Instrument(
    "ripieno.blob.throughput", "histogram", "By/s", "blob throughput of each read or write of 64 KiB and more", "both",
    ("ripieno.direction",), OF_THROUGHPUT,
)  # fmt: skip
ERRORS = Instrument(
    "ripieno.errors", "counter", "{error}",
    "errors by kind: codes of problem documents (http), of faults and exceptions (activity), of jobs (job), callbacks"
    " that nobody heard (callback)", "both", ("ripieno.where", "error.type"),
)  # fmt: skip
BACKLOG = Instrument(
    "ripieno.endpoint.backlog", "gauge", "{job}",
    "jobs that were asked of an endpoint and have not ended, as the app knows them; counted every minute", "app",
    ("ripieno.endpoint",),
)  # fmt: skip
STORAGE_USED = Instrument(
    "ripieno.storage.used", "gauge", "By", "what lies in the containers; counted every hour", "app",
    ("ripieno.container",),
)  # fmt: skip
INFERENCE_DURATION = Instrument(
    "ripieno.inference.duration", "histogram", "s",
    "inference latency: one engine, or pass of the analysis (listening, describing, mood and styles), at work, without"
    " fetching and storing", "endpoints",
    ("ripieno.engine", "ripieno.job.kind"), OF_WORK,
)  # fmt: skip
JOB_DURATION = Instrument(
    "ripieno.job.duration", "histogram", "s", "a job at work in a worker process", "endpoints",
    ("ripieno.job.kind", "ripieno.outcome"), OF_WORK,
)  # fmt: skip
JOB_WAIT = Instrument(
    "ripieno.job.wait.duration", "histogram", "s", "how long a job waited for a worker", "endpoints",
    ("ripieno.job.kind",), OF_WORK,
)  # fmt: skip
JOBS_ENDED = Instrument(
    "ripieno.jobs.ended", "counter", "{job}", "jobs that ended at this replica", "endpoints",
    ("ripieno.job.kind", "ripieno.outcome"),
)  # fmt: skip
JOBS_QUEUED = Instrument("ripieno.jobs.queued", "gauge", "{job}", "jobs that wait for a worker here", "endpoints")
JOBS_RUNNING = Instrument("ripieno.jobs.running", "gauge", "{job}", "jobs at work here", "endpoints")
GPU_USE = Instrument(
    "hw.gpu.utilization", "gauge", "1", "share of the last moment in which the GPU was at work", "endpoints",
    ("hw.id", "hw.name"), needs="an NVIDIA GPU",
)  # fmt: skip
GPU_MEMORY = Instrument(
    "hw.gpu.memory.usage", "gauge", "By", "memory of the GPU that is taken, by whomever", "endpoints",
    ("hw.id", "hw.name"), needs="an NVIDIA GPU",
)  # fmt: skip
GPU_LIMIT = Instrument(
    "hw.gpu.memory.limit", "gauge", "By", "memory that the GPU has", "endpoints", ("hw.id", "hw.name"),
    needs="an NVIDIA GPU",
)  # fmt: skip

ALL: tuple[Instrument, ...] = tuple(one for one in dict(globals()).values() if isinstance(one, Instrument))
BY_NAME = {one.name: one for one in ALL}
