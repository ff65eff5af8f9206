"""What the code emits: names, attributes and, where they are few, their values, as either language writes them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from gpu_endpoints.serving.prometheus import name_of
from ripieno.contracts.enums import AudioFileStatus, JobState, TakeStatus
from ripieno.services.telemetry.events import ALL as EVENTS
from ripieno.services.telemetry.instruments import ALL, BY_NAME, HTTP_DURATION, Instrument

ROLES = {f"ripieno.ripieno-{service}" for service in ("app", "analysis", "generation", "directml", "production")}
ALSO = {"enduser.pseudo.id"}
SCRAPED = {"le", "instance", "job", "pod", "namespace", "cluster", "node"}
"""Labels that Prometheus puts beside ours."""
OUTCOMES = {
    *map(str, AudioFileStatus), *map(str, TakeStatus), *map(str, JobState), "done", "fault", "raised", "completed",
    "terminated", "removed",
}  # fmt: skip
VALUES = {
    "ripieno.outcome": OUTCOMES,
    "ripieno.where": {"http", "activity", "job", "callback"},
    "ripieno.endpoint": {"analysis", "generation", "directml"},
    "ripieno.direction": {"read", "write"},
}
_SUFFIXES = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count"), "gauge": ("",)}


@dataclass(frozen=True)
class Series:
    """A name in Prometheus: of which instrument it is, and which part of it."""

    of: Instrument
    part: str


def series() -> dict[str, Series]:
    """Every name that an endpoint's `/metrics` has."""
    scraped = (one for one in ALL if one.where in ("endpoints", "both"))
    return {name_of(one) + part: Series(one, part) for one in scraped for part in _SUFFIXES[one.kind]}


def attributes_of_metric(name: str) -> set[str]:
    """Those that Application Insights has of it: of calls, a metric of its own too, the exporter keeps none."""
    return set() if name == HTTP_DURATION.name else set(BY_NAME[name].attributes)


def attributes_of_event(name: str) -> set[str]:
    return {*next(one.attributes for one in EVENTS if one.name == name), *ALSO}


def event_names() -> set[str]:
    return {one.name for one in EVENTS}


def routes(root: Path) -> set[str]:
    """`GET /api/audio/{id}` and the like, as the triggers declare them."""
    declared = re.compile(r'blueprint,\s*"(GET|POST|PUT|PATCH|DELETE)",\s*"([^"]+)"')
    sources = sorted((root / "triggers").glob("*.py"))
    return {f"{method} /api{path}" for file in sources for method, path in declared.findall(file.read_text())}
