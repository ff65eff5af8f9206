"""The panels as an Azure Monitor workbook."""

from __future__ import annotations

from typing import Any

from infra.dashboards import units
from infra.dashboards.panels import CRITERIA, PANELS, Criterion, Panel, kql

_RESOURCE = "microsoft.insights/components"
_TITLE = (
    "# Ripieno\n\nEvery metric of docs/telemetry.md, of the app and of its endpoints. Of a histogram Application"
    " Insights keeps the mean, the least and the most of each minute: p95 is in the Grafana dashboard, and above"
    " for what was promised."
)


def made() -> dict[str, Any]:
    items: list[dict[str, Any]] = [_text("title", _TITLE), _time_range(), *map(_tile, CRITERIA)]
    section = ""
    for number, panel in enumerate(PANELS):
        if panel.section != section:
            section = panel.section
            items.append(_text(f"section {section}", f"## {section}"))
        items.append(_chart(panel, number))
    return {
        "version": "Notebook/1.0",
        "items": items,
        "fallbackResourceIds": ["${applicationInsightsId}"],
        "$schema": "https://github.com/Microsoft/Application-Insights-Workbooks/blob/master/schema/workbook.json",
    }


def _text(name: str, markdown: str) -> dict[str, Any]:
    return {"type": 1, "content": {"json": markdown}, "name": name}


def _time_range() -> dict[str, Any]:
    offered = [{"durationMs": 1000 * seconds} for seconds in (3600, 14400, 86400, 7 * 86400, 30 * 86400)]
    parameter = {
        "id": "2c4d9b0e-5b1f-4b3a-9b43-0d6a7f7f3c11", "version": "KqlParameterItem/1.0", "name": "TimeRange",
        "label": "Time", "type": 4, "isRequired": True, "value": {"durationMs": 86400000},
        "typeSettings": {"selectableValues": offered, "allowCustom": True},
    }  # fmt: skip
    content = {"version": "KqlParameterItem/1.0", "parameters": [parameter], "style": "pills", "queryType": 0}
    return {"type": 9, "content": content, "name": "time"}


def _tile(one: Criterion) -> dict[str, Any]:
    settings = {
        "titleContent": {"columnMatch": "title", "formatter": 1},
        "leftContent": {"columnMatch": "value", "formatter": 12, "numberFormat": {"unit": 0, "options": {
            "style": "decimal", "maximumFractionDigits": 2}}},
    }  # fmt: skip
    return _query(f"criterion {one.title}", one.title, "\n".join(one.kql), "table", {"gridSettings": settings}, 16)


def _chart(panel: Panel, number: int) -> dict[str, Any]:
    figures = {"style": "decimal", "maximumFractionDigits": 2}
    shown_in = {"unit": units.of_workbooks(panel.metric), "options": figures}
    settings = {"ySettings": {"numberFormatSettings": shown_in}}
    query = "\n".join(kql(panel, "{TimeRange:grain}"))
    return _query(
        f"panel {number}: {panel.metric.name}", panel.title, query, "timechart", {"chartSettings": settings}, 50
    )


def _query(name: str, title: str, query: str, shown_as: str, settings: dict[str, Any], width: int) -> dict[str, Any]:
    content = {
        "version": "KqlItem/1.0", "query": query, "size": 4 if shown_as == "table" else 0, "title": title,
        "timeContextFromParameter": "TimeRange", "queryType": 0, "resourceType": _RESOURCE, "visualization": shown_as,
    }  # fmt: skip
    return {"type": 3, "content": content | settings, "customWidth": str(width), "name": name}
