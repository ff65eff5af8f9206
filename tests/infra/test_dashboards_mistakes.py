"""Mistakes that are planted in a copy of the dashboards, probes and alert rules, each of which must be caught.

These need no tool. What promtool, promql-parser and Kusto's language service say is part of `make check-infra`.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from infra.checks.dashboards import light
from infra.checks.dashboards.asked import AVAILABILITY, GRAFANA, PROMETHEUS, QUERIES, WORKBOOK

ROOT = Path(__file__).resolve().parents[2]
NEEDED = ("infra/dashboards", "infra/cost/prices.json", "docs/runbooks.md", "triggers")


@pytest.fixture
def copy(tmp_path) -> Path:
    for name in NEEDED:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def change(file: Path, by: Callable[[Any], None]) -> None:
    known = json.loads(file.read_text())
    by(known)
    file.write_text(json.dumps(known))


def replaced(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text, "the mistake can be planted"
    file.write_text(text.replace(old, new, 1))


def rule(known: Any, name: str) -> Any:
    rules = known["rules"] if "rules" in known else [one for group in known["groups"] for one in group["rules"]]
    return next(one for one in rules if name in (one.get("name"), one.get("alert"), one.get("record")))


def test_the_clean_tree_has_no_problem(copy):
    assert light(copy) == []
    assert light(ROOT) == []


def test_panels_of_grafana_have_a_place_of_their_own():
    panels = json.loads((ROOT / GRAFANA).read_text())["panels"]
    taken = [
        (x, y)
        for place in (panel["gridPos"] for panel in panels)
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]
    assert len(taken) == len(set(taken)) and max(x for x, _ in taken) < 24
    assert len({panel["id"] for panel in panels}) == len(panels)


IN_QUERIES = [
    ("a metric that nobody emits", "SongsFail", "ripieno.audio.processing.duration", "ripieno.audio.duration", "there is no metric"),
    ("an event that nobody tells of", "StemTooSlow", "ripieno.generation.ended", "ripieno.generation.done", "there is no event"),
    ("an attribute that the metric has not", "SongsFail", "ripieno.outcome", "ripieno.status", "has no attribute ripieno.status"),
    ("a value that never comes", "StemTooSlow", '== \\"generated\\"', '== \\"succeeded_well\\"', "ripieno.outcome is never"),
    ("an endpoint that is not there", "TooFewSongs", '\\"directml\\"', '\\"cuda\\"', "ripieno.endpoint is never cuda"),
    ("a role that nobody has", "ApiSlow", "ripieno.ripieno-app", "ripieno-app", "nothing tells of itself as ripieno-app"),
    ("a route that the API has not", "ApiSlow", "POST /api/audio", "POST /api/songs", "the API has no route POST /api/songs"),
    ("a table that is not there", "AvailabilityBurnsFast", "availabilityResults", "availability", "there is no table"),
    ("a step that is misspelt", "AppSilent", "| summarize", "| sumarize", "there is no step sumarize"),
    ("a bracket that stays open", "AppSilent", "count()", "count(", "is not closed"),
    ("a percentile of minutes", "TablesSlow", "sum(valueSum) / sum(valueCount)", "percentile(valueMax, 95)", "keeps no buckets"),
    ("a mean of minutes", "TablesSlow", "sum(valueSum) / sum(valueCount)", "avg(valueSum)", "avg weighs minutes"),
    ("a sum of a gauge", "MoreThanAHundred", "max(value)", "sum(value)", "sum of it is no figure"),
    ("a window that Azure has not", "QueueOld", "", "PT20M", "knows no window of PT20M"),
    ("asked less often than it looks back", "ApiFails", "", "PT5M/PT30M", "the rest is never looked at"),
]  # fmt: skip


@pytest.mark.parametrize(("what", "name", "old", "new", "said"), IN_QUERIES, ids=[one[0] for one in IN_QUERIES])
def test_a_mistake_in_a_rule_of_application_insights_is_caught(copy, what, name, old, new, said):
    def plant(known: Any) -> None:
        one = rule(known, name)
        if old:
            text = json.dumps(one["query"])
            assert old in text
            one["query"] = json.loads(text.replace(old, new))
        else:
            one["window"], _, every = new.partition("/")
            one["every"] = every or one["every"]

    change(copy / QUERIES, plant)
    assert [one for one in light(copy) if said in one and name in one], light(copy)


IN_PROMETHEUS = [
    ("a metric that only the app tells of", "QueueFull", "ripieno_jobs_queued", "ripieno_endpoint_backlog", "no endpoint tells of ripieno_endpoint_backlog"),
    ("a unit that is forgotten", "WorkSlow", "duration_seconds_bucket", "duration_bucket", "no endpoint tells of ripieno_job_duration_bucket"),
    ("a counter without its ending", "CallbacksUnheard", "ripieno_errors_total", "ripieno_errors", "no endpoint tells of ripieno_errors"),
    ("a counter without a rate", "CallbacksUnheard", "increase(ripieno_errors_total{ripieno_where=\"callback\"}[30m])", "ripieno_errors_total", "only ever grows"),
    ("a rate of a gauge", "QueueFull", "max(ripieno_jobs_queued)", "max(rate(ripieno_jobs_queued[5m]))", "is a gauge: it has no rate"),
    ("a label that is not there", "WorkSlow", "(le, ripieno_job_kind)", "(le, ripieno_kind)", "there is no label ripieno_kind"),
    ("a value that never comes", "CallbacksUnheard", '"callback"', '"callbacks"', "ripieno_where is never callbacks"),
    ("buckets that lose their edges", "WorkSlow", "(le, ripieno_job_kind)", "(ripieno_job_kind)", "they need histogram_quantile"),
    ("a function that is misspelt", "WorkSlow", "histogram_quantile", "histogram_quantil", "there is no function"),
]  # fmt: skip


@pytest.mark.parametrize(("what", "name", "old", "new", "said"), IN_PROMETHEUS, ids=[one[0] for one in IN_PROMETHEUS])
def test_a_mistake_in_a_rule_of_prometheus_is_caught(copy, what, name, old, new, said):
    def plant(known: Any) -> None:
        one = rule(known, name)
        assert old in one["expr"]
        one["expr"] = one["expr"].replace(old, new)

    change(copy / PROMETHEUS, plant)
    assert [one for one in light(copy) if said in one and name in one], light(copy)


def test_a_price_of_idle_gpus_that_is_not_that_of_the_prices_is_caught(copy):
    replaced(copy / PROMETHEUS, "* 3.673", "* 2.4")
    assert [one for one in light(copy) if "is not reckoned with 3.673" in one]


def test_a_rule_without_a_severity_is_caught(copy):
    change(copy / PROMETHEUS, lambda known: rule(known, "GpuIdle")["labels"].clear())
    assert [one for one in light(copy) if "GpuIdle has no severity" in one]


def test_a_runbook_that_is_not_there_is_caught(copy):
    replaced(copy / "docs/runbooks.md", "## QueueOld", "## QueueIsOld")
    found = light(copy)
    assert "docs/runbooks.md says nothing of QueueOld" in found
    assert "docs/runbooks.md has a page for QueueIsOld, which no alert is called" in found


def test_a_rule_that_names_another_runbook_is_caught(copy):
    change(copy / QUERIES, lambda known: rule(known, "ApiSlow").update(runbook="docs/runbooks.md#apifails"))
    assert [one for one in light(copy) if "ApiSlow does not name its runbook" in one]


def test_a_promise_without_an_alert_is_caught(copy):
    change(copy / QUERIES, lambda known: known["rules"].remove(rule(known, "TooFewSongs")))
    assert "no alert is there for 1,000 songs a day: TooFewSongs" in light(copy)


@pytest.mark.parametrize("board", [WORKBOOK, GRAFANA], ids=["workbook", "grafana"])
def test_a_metric_that_is_shown_nowhere_is_caught(copy, board):
    def without(known: Any) -> None:
        items = known["items"] if "items" in known else known["panels"]
        items[:] = [one for one in items if "ripieno.storage.used" not in json.dumps(one)]

    change(copy / board, without)
    assert [one for one in light(copy) if one.startswith("ripieno.storage.used is nowhere in the")]


def test_seconds_that_are_shown_as_bytes_are_caught(copy):
    def plant(known: Any) -> None:
        panel = next(one for one in known["panels"] if one["title"] == "How long a job waits")
        panel["fieldConfig"]["defaults"]["unit"] = "bytes"

    change(copy / GRAFANA, plant)
    assert [one for one in light(copy) if "ripieno.job.wait.duration is in s, which is 's' there, not 'bytes'" in one]


def test_a_dashboard_that_was_changed_by_hand_is_caught(copy):
    replaced(copy / WORKBOOK, "## Songs", "## Our songs")
    assert f"{WORKBOOK} is not what panels.py makes: python -m infra.dashboards" in light(copy)


def test_a_probe_of_a_route_that_is_not_there_is_caught(copy):
    replaced(copy / AVAILABILITY, "/api/health", "/api/healthz")
    assert [one for one in light(copy) if "the API has no route GET /api/healthz" in one]


def test_a_probe_that_looks_for_what_no_healthy_answer_has_is_caught(copy):
    replaced(copy / AVAILABILITY, r"\"ok\":true", r"\"ok\": true")
    assert [one for one in light(copy) if "a healthy answer" in one]


def test_an_alert_of_the_probe_over_a_time_that_azure_has_not_is_caught(copy):
    replaced(copy / AVAILABILITY, '"PT5M"', '"PT10M"')
    assert [one for one in light(copy) if "no such window of a metric's alert" in one]


def test_a_file_that_is_no_json_is_caught(copy):
    (copy / QUERIES).write_text("{")
    assert [one for one in light(copy) if "cannot be read" in one]
