"""What is shown of every metric: its title, what it is split by, its place; workbook and Grafana are made of this.

The workbook asks Application Insights, whom the app and the endpoints both tell. Grafana asks Prometheus for what the
endpoints' `/metrics` has, and Application Insights for the rest. Application Insights keeps of a histogram the sum, the
count, the least and the most of each minute, no buckets: there the mean and the longest are shown, in Prometheus p95.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from gpu_endpoints.serving.prometheus import name_of
from ripieno.services.telemetry import instruments as known
from ripieno.services.telemetry.instruments import Instrument

APP = "ripieno.ripieno-app"
"""The app's `cloud_RoleName`: its service's namespace and name, as Application Insights joins them."""


@dataclass(frozen=True)
class Panel:
    """One metric. `by` is the attribute that its lines are split by, `over` how a gauge's replicas are put together."""

    section: str
    title: str
    metric: Instrument
    by: str = ""
    over: Literal["sum", "max"] = "sum"


SONGS, STEMS, API, STORAGE, JOBS, GPU = "Songs", "Stems and workflows", "API", "Storage", "Jobs at endpoints", "GPUs"
PANELS = (
    Panel(SONGS, "From arrival to analysis", known.AUDIO_DURATION, "ripieno.outcome"),
    Panel(SONGS, "The same, as a share of the song's length (1.67 is allowed)", known.AUDIO_RATIO),
    Panel(SONGS, "Music analysed", known.AUDIO_ANALYZED),
    Panel(STEMS, "A stem, from wish to sound", known.GENERATION_DURATION, "ripieno.stem.type"),
    Panel(STEMS, "New stems", known.STEMS_GENERATED, "ripieno.engine"),
    Panel(STEMS, "Workflows", known.ORCHESTRATION_DURATION, "ripieno.orchestration"),
    Panel(STEMS, "Steps of workflows", known.ACTIVITY_DURATION, "ripieno.activity"),
    Panel(API, "Calls, by who answers", known.HTTP_DURATION),
    Panel(API, "Errors", known.ERRORS, "error.type"),
    Panel(STORAGE, "Requests to tables", known.TABLE_DURATION, "db.operation.name"),
    Panel(STORAGE, "Read from blobs and written to them", known.BLOB_BYTES, "ripieno.direction"),
    Panel(STORAGE, "How fast that goes", known.BLOB_THROUGHPUT, "ripieno.direction"),
    Panel(STORAGE, "What lies there", known.STORAGE_USED, "ripieno.container", "max"),
    Panel(JOBS, "Asked for and not ended", known.BACKLOG, "ripieno.endpoint", "max"),
    Panel(JOBS, "Waiting at replicas", known.JOBS_QUEUED),
    Panel(JOBS, "At work at replicas", known.JOBS_RUNNING),
    Panel(JOBS, "How long a job waits", known.JOB_WAIT, "ripieno.job.kind"),
    Panel(JOBS, "How long a job works", known.JOB_DURATION, "ripieno.job.kind"),
    Panel(JOBS, "Jobs that ended", known.JOBS_ENDED, "ripieno.outcome"),
    Panel(JOBS, "Engines at work", known.INFERENCE_DURATION, "ripieno.engine"),
    Panel(GPU, "At work", known.GPU_USE, "hw.id", "max"),
    Panel(GPU, "Memory taken", known.GPU_MEMORY, "hw.id", "max"),
    Panel(GPU, "Memory there is", known.GPU_LIMIT, "hw.id", "max"),
)


@dataclass(frozen=True)
class Criterion:
    """A promise, and the figure by which it is seen to be kept; `unit` as Grafana calls it."""

    title: str
    unit: str
    kql: tuple[str, ...]


_ENDED = (
    "customEvents",
    '| where name == "{event}" and tostring(customDimensions["ripieno.outcome"]) == "{outcome}"',
    '| summarize p95 = percentile(todouble(customDimensions["ripieno.duration"]), 95)',
)
CRITERIA = (
    Criterion("95 of 100 songs within (s); 300 for one of three minutes", "s", tuple(
        line.format(event="ripieno.analysis.ended", outcome="analyzed") for line in _ENDED)),
    Criterion("95 of 100 stems within (s); 600 allowed", "s", tuple(
        line.format(event="ripieno.generation.ended", outcome="generated") for line in _ENDED)),
    Criterion("95 of 100 calls within (ms); 200 allowed", "ms", (
        "requests",
        f'| where cloud_RoleName == "{APP}"',
        '| where name !in ("POST /api/audio", "GET /api/audio/{id}/content", "GET /api/health")',
        "| summarize p95 = percentile(duration, 95)")),
    Criterion("Songs analysed a day; 1,000 wanted", "short", (
        "customMetrics",
        '| where name == "ripieno.audio.processing.duration"',
        '| where tostring(customDimensions["ripieno.outcome"]) == "analyzed"',
        "| summarize songs = sum(valueCount), days = (max(timestamp) - min(timestamp)) / 1d",
        "| project a_day = songs / max_of(days, 1.0)")),
    Criterion("Most jobs at once; 100 at once are to be borne", "short", (
        "customMetrics",
        '| where name == "ripieno.endpoint.backlog"',
        '| extend endpoint = tostring(customDimensions["ripieno.endpoint"])',
        "| summarize level = max(value) by at = bin(timestamp, 1m), endpoint",
        "| summarize waiting = sum(level) by at",
        "| summarize most = max(waiting)")),
    Criterion("Probes that were answered; 99.9 % wanted", "percent", (
        "availabilityResults",
        "| summarize answered = 100.0 * countif(success == 1) / count()")),
)  # fmt: skip


def kql(panel: Panel, grain: str) -> list[str]:
    """The panel's query of `customMetrics`, a line a step."""
    one = panel.metric
    lines = ["customMetrics", f'| where name == "{one.name}"']
    by = f", by = {_split(panel)}" if _split(panel) else ""
    if one.kind == "histogram":
        longest = "" if by else ", longest = max(valueMax)"
        return [*lines, f"| summarize mean = sum(valueSum) / sum(valueCount){longest} by bin(timestamp, {grain}){by}"]
    if one.kind == "counter":
        return [*lines, f"| summarize total = sum(valueSum) by bin(timestamp, {grain}){by}"]
    if panel.over == "max":
        return [*lines, f"| summarize level = max(value) by bin(timestamp, {grain}){by}"]
    return [
        *lines,
        f"| summarize here = avg(value) by at = bin(timestamp, {grain}), cloud_RoleName, cloud_RoleInstance",
        "| summarize level = sum(here) by at, cloud_RoleName",
    ]


def _split(panel: Panel) -> str:
    if panel.metric is known.HTTP_DURATION:  # of this one the exporter keeps no attribute: it is Azure's own metric too
        return "cloud_RoleName"
    return f'tostring(customDimensions["{panel.by}"])' if panel.by else ""


def promql(panel: Panel) -> str:
    """The panel's query of what Prometheus scraped from the endpoints."""
    one = panel.metric
    name, by = name_of(one), panel.by.replace(".", "_")
    if one.kind == "histogram":
        among = f"le, {by}" if by else "le"
        return f"histogram_quantile(0.95, sum by ({among}) (rate({name}_bucket[$__rate_interval])))"
    if one.kind == "counter":
        return f"sum{f' by ({by})' if by else ''} (rate({name}_total[$__rate_interval]))"
    return f"{panel.over}{f' by ({by})' if by else ''} ({name})"


def is_scraped(one: Instrument) -> bool:
    return one.where in ("endpoints", "both")
