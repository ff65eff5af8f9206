"""The panels as a Grafana dashboard, for Azure Managed Grafana or one's own."""

from __future__ import annotations

from typing import Any

from infra.dashboards import units
from infra.dashboards.panels import APP, CRITERIA, PANELS, Criterion, Panel, is_scraped, kql, promql

_PROMETHEUS = {"type": "prometheus", "uid": "${prometheus}"}
_INSIGHTS = {"type": "grafana-azure-monitor-datasource", "uid": "${insights}"}
_ACROSS, _HEIGHT, _TILE = 24, 8, 4


def made() -> dict[str, Any]:
    return {
        "title": "Ripieno",
        "uid": "ripieno",
        "tags": ["ripieno"],
        "timezone": "utc",
        "schemaVersion": 39,
        "version": 1,
        "refresh": "1m",
        "time": {"from": "now-24h", "to": "now"},
        "templating": {"list": [_source("prometheus"), _source("insights"), _resource()]},
        "panels": _laid_out(),
    }


def _source(name: str) -> dict[str, Any]:
    kind = (_PROMETHEUS if name == "prometheus" else _INSIGHTS)["type"]
    return {"name": name, "label": name.capitalize(), "type": "datasource", "query": kind, "hide": 0}


def _resource() -> dict[str, Any]:
    about = "the resource id of Application Insights"
    return {"name": "resource", "label": "Application Insights", "type": "textbox", "query": "", "description": about}


def _laid_out() -> list[dict[str, Any]]:
    wide = _ACROSS // len(CRITERIA)
    panels = [_row("What was promised", 0, 1)]
    panels += [_stat(one, 2 + n, {"h": _TILE, "w": wide, "x": n * wide, "y": 1}) for n, one in enumerate(CRITERIA)]
    y, column, section = 1 + _TILE, 0, ""
    for panel in PANELS:
        if panel.section != section:
            y, column, section = (y + _HEIGHT if column else y), 0, panel.section
            panels.append(_row(section, y, len(panels) + 1))
            y += 1
        for one in _charts(panel):
            place = {"h": _HEIGHT, "w": _ACROSS // 2, "x": column * _ACROSS // 2, "y": y}
            panels.append(one | {"id": len(panels) + 1, "gridPos": place})
            y, column = (y + _HEIGHT, 0) if column else (y, 1)
    return panels


def _row(title: str, y: int, number: int) -> dict[str, Any]:
    return {"type": "row", "id": number, "title": title, "collapsed": False, "panels": [], "gridPos": {
        "h": 1, "w": _ACROSS, "x": 0, "y": y}}  # fmt: skip


def _stat(one: Criterion, number: int, place: dict[str, int]) -> dict[str, Any]:
    defaults = {"unit": one.unit, "decimals": 1}
    return {
        "type": "stat", "id": number, "title": one.title, "gridPos": place, "datasource": _INSIGHTS,
        "fieldConfig": {"defaults": defaults, "overrides": []},
        "targets": [_asked(["table", *one.kql])],
    }  # fmt: skip


def _charts(panel: Panel) -> list[dict[str, Any]]:
    """One of whoever tells of the metric; of what both tell, one of each."""
    one, charts = panel.metric, []
    if is_scraped(one):
        legend = f"{{{{{panel.by.replace('.', '_')}}}}}" if panel.by else one.name
        target = {"datasource": _PROMETHEUS, "refId": "A", "expr": promql(panel), "legendFormat": legend}
        unit = units.of_grafana(one, a_second=one.kind == "counter")
        charts.append(_chart(panel, "endpoints" if one.where == "both" else "", _PROMETHEUS, target, unit))
    if one.where != "endpoints":
        of_app = [f'| where cloud_RoleName == "{APP}"'] if one.where == "both" else []
        table, named, *steps = kql(panel, "$__interval")
        target = _asked(["time_series", table, named, *of_app, *steps])
        charts.append(_chart(panel, "app" if one.where == "both" else "", _INSIGHTS, target, units.of_grafana(one)))
    return charts


def _chart(panel: Panel, of: str, source: dict[str, str], target: dict[str, Any], unit: str) -> dict[str, Any]:
    return {
        "type": "timeseries", "title": f"{panel.title} ({of})" if of else panel.title,
        "description": f"{panel.metric.name}: {panel.metric.meaning}", "datasource": source,
        "fieldConfig": {"defaults": {"unit": unit, "min": 0}, "overrides": []}, "targets": [target],
    }  # fmt: skip


def _asked(asked: list[str]) -> dict[str, Any]:
    """A query of Application Insights: the format of its answer, its table, what is done with that."""
    answer, table, *steps = asked
    lines = [table, "| where $__timeFilter(timestamp)", *steps]
    if answer == "time_series":
        lines.append("| order by timestamp asc")
    about = {
        "query": "\n".join(lines), "resources": ["${resource}"], "resultFormat": answer, "dashboardTime": False,
        "timeColumn": "timestamp",
    }  # fmt: skip
    return {"datasource": _INSIGHTS, "refId": "A", "queryType": "Azure Log Analytics", "azureLogAnalytics": about}
