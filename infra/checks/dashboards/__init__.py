"""Dashboards, probes and alert rules, held against what the code emits.

Each query's metrics, events, attributes, labels, values and units must be those of the instruments; every metric is in
the workbook and in Grafana; every alert has its runbook, and every runbook its alert. What reads the grammar is asked
too where it is there, and what was not there is said: promtool, promql-parser, Kusto's own language service.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from infra.checks.dashboards import alerts, emitted, grammar, kql, promql
from infra.checks.dashboards.asked import (
    AVAILABILITY,
    GRAFANA,
    PROMETHEUS,
    QUERIES,
    WORKBOOK,
    Asked,
    everything,
    read,
)
from infra.dashboards import grafana, units, workbook
from ripieno.services.telemetry.instruments import ALL

__all__ = ["problems"]
FILES = (WORKBOOK, GRAFANA, AVAILABILITY, QUERIES, PROMETHEUS)


def problems(root: Path) -> list[str]:
    """A sentence for each thing that is wrong."""
    found = light(root)
    for told in grammar.missing():
        print(f"dashboards: {told}", flush=True)
    return found or grammar.problems(root, list(everything(root)))


def light(root: Path) -> list[str]:
    """What is seen without any tool."""
    for file in FILES:
        try:
            read(root, file)
        except (OSError, ValueError) as fault:
            return [f"{file} cannot be read: {fault}"]
    try:
        asked = list(everything(root))
    except (KeyError, TypeError) as fault:
        return [f"a dashboard or a list of rules lacks {fault}"]
    return [*_queries(root, asked), *_shown(asked), *_as_made(root), *alerts.problems(root)]


def _queries(root: Path, asked: list[Asked]) -> Iterator[str]:
    routes = emitted.routes(root)
    recorded = {
        rule["record"] for group in read(root, PROMETHEUS)["groups"] for rule in group["rules"] if "record" in rule
    }
    for one in asked:
        wrong = kql.problems(one.text, routes) if one.language == "kql" else promql.problems(one.text, recorded)
        yield from (f"{one.place}: {problem}" for problem in wrong)
        yield from _unit(one)


def _unit(one: Asked) -> Iterator[str]:
    """A chart of one metric must say its unit."""
    found = {metric.name: metric for metric in (kql if one.language == "kql" else promql).metrics(one.text)}
    if one.unit is None or len(found) != 1:
        return
    (metric,) = found.values()
    pace = one.language == "promql" and promql.is_a_pace(one.text)
    wanted = units.of_workbooks(metric) if one.shown_by == "workbook" else units.of_grafana(metric, a_second=pace)
    if one.unit != wanted:
        yield f"{one.place}: {metric.name} is in {metric.unit}, which is {wanted!r} there, not {one.unit!r}"


def _shown(asked: list[Asked]) -> Iterator[str]:
    for board in ("workbook", "grafana"):
        shown = {
            metric.name
            for one in asked
            if one.shown_by == board
            for metric in (kql if one.language == "kql" else promql).metrics(one.text)
        }
        yield from (f"{metric.name} is nowhere in the {board}" for metric in ALL if metric.name not in shown)


def _as_made(root: Path) -> Iterator[str]:
    for file, made in ((WORKBOOK, workbook.made()), (GRAFANA, grafana.made())):
        if read(root, file) != made:
            yield f"{file} is not what panels.py makes: python -m infra.dashboards"
