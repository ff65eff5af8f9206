"""Every query there is, with the place it stands at, and the unit it is shown in."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

HERE = Path("infra/dashboards")
QUERIES, PROMETHEUS = HERE / "alerts/queries.json", HERE / "alerts/prometheus.json"
WORKBOOK, GRAFANA, AVAILABILITY = HERE / "workbook.json", HERE / "grafana.json", HERE / "availability.json"


@dataclass(frozen=True)
class Asked:
    """A query; `unit` as whoever shows it calls it, None where nobody shows it."""

    place: str
    language: Literal["kql", "promql"]
    text: str
    shown_by: Literal["workbook", "grafana", ""] = ""
    unit: str | int | None = None


def read(root: Path, file: Path) -> Any:
    return json.loads((root / file).read_text())


def everything(root: Path) -> Iterator[Asked]:
    yield from _of_workbook(read(root, WORKBOOK))
    yield from _of_grafana(read(root, GRAFANA))
    for rule in read(root, QUERIES)["rules"]:
        yield Asked(f"{QUERIES}: {rule['name']}", "kql", "\n".join(rule["query"]))
    for group in read(root, PROMETHEUS)["groups"]:
        for rule in group["rules"]:
            yield Asked(f"{PROMETHEUS}: {rule.get('alert') or rule.get('record')}", "promql", rule["expr"])


def _of_workbook(workbook: Any) -> Iterator[Asked]:
    for item in workbook["items"]:
        if item["type"] == 3:
            content = item["content"]
            about = content.get("chartSettings", {}).get("ySettings", {}).get("numberFormatSettings", {})
            yield Asked(f"{WORKBOOK}: {item['name']}", "kql", content["query"], "workbook", about.get("unit"))


def _of_grafana(dashboard: Any) -> Iterator[Asked]:
    for panel in dashboard["panels"]:
        for target in panel.get("targets", []):
            place = f"{GRAFANA}: {panel['title']}"
            unit = panel["fieldConfig"]["defaults"].get("unit")
            unit = None if panel["type"] == "stat" else unit
            if "expr" in target:
                yield Asked(place, "promql", target["expr"], "grafana", unit)
            else:
                yield Asked(place, "kql", target["azureLogAnalytics"]["query"], "grafana", unit)
