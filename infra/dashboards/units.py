"""How workbooks and Grafana call the units of our metrics."""

from __future__ import annotations

from ripieno.services.telemetry.instruments import Instrument

_WORKBOOKS = {"s": 24, "By": 2, "By/s": 11, "1": 0}
_GRAFANA = {"s": "s", "By": "bytes", "By/s": "Bps", "1": "none"}
_A_SECOND = {"s": "none", "By": "Bps"}


def of_workbooks(one: Instrument) -> int:
    """The number by which a workbook's chart knows a unit: seconds, bytes, bytes a second, or a plain count (17)."""
    return _WORKBOOKS.get(one.unit, 17)


def of_grafana(one: Instrument, *, a_second: bool = False) -> str:
    """A share between 0 and 1 is shown as a percentage; what is counted, a second, as counts a second."""
    if one.kind == "gauge" and one.unit == "1":
        return "percentunit"
    if a_second:
        return _A_SECOND.get(one.unit, "cps")
    return _GRAFANA.get(one.unit, "short")
