"""Rules themselves: how bad each is, what is to be done, whether its times fit, and that every promise has one."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from infra.checks.dashboards import emitted
from infra.checks.dashboards.asked import AVAILABILITY, PROMETHEUS, QUERIES, read
from ripieno.contracts.health import Health, Part

RUNBOOKS = Path("docs/runbooks.md")
PRICES = Path("infra/cost/prices.json")
PROMISED = {
    "a song of 3 minutes in 5": "SongTooSlow", "a stem in 10 minutes": "StemTooSlow",
    "p95 of the API under 200 ms": "ApiSlow",
    "100 at once": "MoreThanAHundred", "1,000 songs a day": "TooFewSongs", "99.9 % available": "AvailabilityBurnsFast",
    "failures": "SongsFail", "the age of queues": "QueueOld", "what idle GPUs cost": "GpuIdle",
}  # fmt: skip
_OF_METRICS = {"PT1M": 1, "PT5M": 5, "PT15M": 15, "PT30M": 30, "PT1H": 60, "PT6H": 360, "PT12H": 720, "P1D": 1440}
_WINDOWS = _OF_METRICS | {"PT10M": 10, "PT45M": 45, "PT2H": 120, "PT3H": 180, "PT4H": 240, "PT5H": 300, "P2D": 2880}
_PRICED = re.compile(r"\* (\d+\.\d+)$")


def problems(root: Path) -> Iterator[str]:
    rules = [*_of_insights(root), *_of_prometheus(root)]
    names = [name for name, _ in rules] + [read(root, AVAILABILITY)["alert"]["name"]]
    yield from (problem for _, problem in rules if problem)
    yield from (f"two alerts are called {name}" for name in sorted({one for one in names if names.count(one) > 1}))
    yield from (f"no alert is there for {what}: {name}" for what, name in PROMISED.items() if name not in names)
    yield from _runbooks(root, set(names))
    yield from _probe(root)
    yield from _price(root)


def _of_insights(root: Path) -> Iterator[tuple[str, str]]:
    for rule in read(root, QUERIES)["rules"]:
        name = rule["name"]
        yield name, ""
        window, every = _WINDOWS.get(rule["window"]), _WINDOWS.get(rule["every"])
        if window is None or every is None:
            yield (
                name,
                f"{QUERIES}: {name}: Azure knows no window of {rule['window'] if window is None else rule['every']}",
            )
        elif every > window:
            yield name, f"{QUERIES}: {name} is asked every {every} minutes about {window}: the rest is never looked at"
        yield from ((name, one) for one in _said(f"{QUERIES}: {name}", name, rule["severity"], rule))


def _of_prometheus(root: Path) -> Iterator[tuple[str, str]]:
    for group in read(root, PROMETHEUS)["groups"]:
        for rule in group["rules"]:
            if "alert" in rule:
                name = rule["alert"]
                yield name, ""
                if not re.fullmatch(r"\d+[mh]", rule.get("for", "")):
                    yield name, f"{PROMETHEUS}: {name} does not say for how long"
                severity = rule.get("labels", {}).get("severity", "")
                about = {**rule.get("annotations", {}), "description": rule.get("annotations", {}).get("summary")}
                yield from ((name, one) for one in _said(f"{PROMETHEUS}: {name}", name, severity, about))


def _said(place: str, name: str, severity: Any, about: dict[str, Any]) -> Iterator[str]:
    if str(severity) not in {"0", "1", "2", "3", "4"}:
        yield f"{place} has no severity from 0 to 4"
    if not about.get("description"):
        yield f"{place} does not say what it means"
    if about.get("runbook") != f"{RUNBOOKS}#{name.lower()}":
        yield f"{place} does not name its runbook, {RUNBOOKS}#{name.lower()}"


def _runbooks(root: Path, names: set[str]) -> Iterator[str]:
    page = root / RUNBOOKS
    written = set(re.findall(r"^## (\w+)$", page.read_text(), re.MULTILINE)) if page.exists() else set()
    yield from (f"{RUNBOOKS} says nothing of {name}" for name in sorted(names - written))
    yield from (f"{RUNBOOKS} has a page for {name}, which no alert is called" for name in sorted(written - names))


def _probe(root: Path) -> Iterator[str]:
    probe = read(root, AVAILABILITY)
    asked = f"{probe['request']['method']} {probe['request']['path']}"
    if asked not in emitted.routes(root):
        yield f"{AVAILABILITY}: the API has no route {asked}"
    healthy = Health(status="ok", version="0", parts={"storage": Part(ok=True)}).model_dump_json()
    if probe["validation"]["contentMatch"] not in healthy:
        yield f"{AVAILABILITY}: a healthy answer, {healthy}, has no {probe['validation']['contentMatch']}"
    if not {probe["alert"]["window"], probe["alert"]["every"]} <= _OF_METRICS.keys():
        yield f"{AVAILABILITY}: Azure knows no such window of a metric's alert"
    if probe["alert"]["failedLocationCount"] > len(probe["locations"]):
        yield f"{AVAILABILITY}: it cannot fail from more places than it is asked from"


def _price(root: Path) -> Iterator[str]:
    prices = json.loads((root / PRICES).read_text())
    wanted = prices["machines"]["gpu-a100"]["dollars_an_hour"]
    for group in read(root, PROMETHEUS)["groups"]:
        for rule in group["rules"]:
            found = _PRICED.search(rule["expr"])
            if "dollars" in str(rule.get("record")) and (not found or float(found[1]) != wanted):
                yield f"{PROMETHEUS}: {rule['record']} is not reckoned with {wanted}, the price in {PRICES}"
