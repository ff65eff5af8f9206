"""Queries of Application Insights: their tables and steps, the names and attributes they ask for, and how they add up.

This is no parser of KQL: `kusto.js` has Kusto's own read them, where that is installed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from infra.checks.dashboards import emitted
from infra.checks.dashboards.brackets import unbalanced
from ripieno.services.telemetry.instruments import BY_NAME, Instrument

TABLES = {"customMetrics", "customEvents", "requests", "availabilityResults"}
STEPS = {"where", "summarize", "extend", "project", "order", "top", "join", "union", "render", "count", "distinct"}
PLACEHOLDERS = {
    "{TimeRange:grain}": "5m", "$__interval": "5m", "$__timeFilter(timestamp)": "timestamp > ago(1d)",
}  # fmt: skip
"""What a workbook and Grafana put in before they ask."""

_TEXT = r'"([^"]*)"'
_NAMED = re.compile(rf"\bname\s*(?:==|!=)\s*{_TEXT}|\bname\s*!?in\s*\(([^)]*)\)")
_ATTRIBUTE = re.compile(rf"customDimensions\[{_TEXT}\]")
_VALUE = re.compile(
    rf"customDimensions\[{_TEXT}\]\)?\s*(?:==|!=)\s*{_TEXT}|customDimensions\[{_TEXT}\]\)?\s*!?in\s*\(([^)]*)\)"
)
_ROLE = re.compile(rf"cloud_RoleName\s*(?:==|!=)\s*{_TEXT}")
_ADDED = re.compile(r"\b(\w+)\((value\w*)")
_COLUMNS = {
    "histogram": {"valueSum", "valueCount", "valueMin", "valueMax"},
    "counter": {"valueSum"},
    "gauge": {"value"},
}
_GAUGES_BY = {"avg", "max", "min", "percentile", "arg_max"}


def filled(text: str) -> str:
    for placeholder, value in PLACEHOLDERS.items():
        text = text.replace(placeholder, value)
    return text


def problems(text: str, routes: set[str]) -> Iterator[str]:
    if wrong := unbalanced(text):
        yield wrong
        return
    yield from _strange_steps(text)
    for table, part in parts(text):
        names = named(part)
        if table == "requests":
            yield from (f"the API has no route {name}" for name in names if name not in routes)
        elif table == "customMetrics":
            yield from _of_metrics(names, part)
        elif table == "customEvents":
            yield from _of_events(names, part)
    yield from (f"nothing tells of itself as {role}" for role in _ROLE.findall(text) if role not in emitted.ROLES)


def parts(text: str) -> list[tuple[str, str]]:
    """Each table that is asked, with what follows until the next."""
    found = list(re.finditer(rf"\b({'|'.join(TABLES)})\b", text))
    ends = [*(one.start() for one in found[1:]), len(text)]
    return [(one[1], text[one.end() : end]) for one, end in zip(found, ends, strict=False)]


def named(part: str) -> list[str]:
    """What a part asks for by name."""
    return [name for one, several in _NAMED.findall(part) for name in ([one] if one else re.findall(_TEXT, several))]


def metrics(text: str) -> list[Instrument]:
    """The instruments that a query asks for."""
    asked = [name for table, part in parts(text) if table == "customMetrics" for name in named(part)]
    return [BY_NAME[name] for name in asked if name in BY_NAME]


def _strange_steps(text: str) -> Iterator[str]:
    lets = set(re.findall(r"\blet (\w+) =", text))
    for statement in filter(None, (one.strip() for one in text.split(";"))):
        body = re.sub(r"^let \w+ =\s*(toscalar\()?", "", statement)
        source, *steps = re.split(r"\|", re.sub(_TEXT, '""', body))
        if source.strip() not in TABLES | lets:
            yield f"there is no table {source.strip().split()[0] if source.strip() else '(none)'}"
        for step in steps:
            verb = step.split()[0] if step.split() else ""
            if verb not in STEPS:
                yield f"there is no step {verb or '(empty)'}"


def _of_metrics(names: list[str], part: str) -> Iterator[str]:
    if not names:
        yield "customMetrics is asked for no metric by name"
    yield from (f"there is no metric {name}" for name in names if name not in BY_NAME)
    known = [BY_NAME[name] for name in names if name in BY_NAME]
    if not known:
        return
    allowed = set.intersection(*(emitted.attributes_of_metric(one.name) for one in known))
    yield from _strange_attributes(part, allowed, " and ".join(one.name for one in known))
    for function, column in _ADDED.findall(part):
        for one in known:
            if column not in _COLUMNS[one.kind]:
                yield f"{one.name} is a {one.kind}: {column} says nothing of it"
            elif one.kind == "gauge" and function not in _GAUGES_BY:
                yield f"{one.name} is a gauge, told every minute: {function} of it is no figure"
            elif one.kind != "gauge" and function == "avg":
                yield f"{one.name} is a {one.kind}: rows are minutes, so avg weighs minutes and not what was measured"
    if "percentile" in part and any(one.kind == "histogram" for one in known):
        yield "Application Insights keeps no buckets of a histogram: a percentile of its rows is one of minutes"


def _of_events(names: list[str], part: str) -> Iterator[str]:
    if not names:
        yield "customEvents is asked for no event by name"
    yield from (f"there is no event {name}" for name in names if name not in emitted.event_names())
    known = [name for name in names if name in emitted.event_names()]
    if known:
        allowed = set.intersection(*map(emitted.attributes_of_event, known))
        yield from _strange_attributes(part, allowed, " and ".join(known))


def _strange_attributes(part: str, allowed: set[str], whose: str) -> Iterator[str]:
    yield from (f"{whose} has no attribute {name}" for name in _ATTRIBUTE.findall(part) if name not in allowed)
    for one, value, other, several in _VALUE.findall(part):
        name = one or other
        for given in [value] if one else re.findall(_TEXT, several):
            if name in emitted.VALUES and given not in emitted.VALUES[name]:
                yield f"{name} is never {given}"
