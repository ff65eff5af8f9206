"""An endpoint's `/metrics`: the instruments of `ripieno.services.telemetry.instruments`, as Prometheus reads them.

Names follow OpenTelemetry's rules for Prometheus: dots become underscores, the unit a suffix, counters end in `_total`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from ripieno.services.telemetry.instruments import ALL, Instrument
from ripieno.services.telemetry.recording import Row

_UNITS = {"s": "_seconds", "By": "_bytes", "By/s": "_bytes_per_second", "1": "_ratio"}


def name_of(instrument: Instrument) -> str:
    """Less the `_total` of a counter, which the client puts behind it."""
    unit = _UNITS.get(instrument.unit, "")
    if instrument.unit == "1" and (instrument.kind != "gauge" or instrument.name.endswith(".ratio")):
        unit = ""  # only gauges of shares are called so
    return _plain(instrument.name) + unit


def _plain(name: str) -> str:
    return re.sub(r"[^a-zA-Z0-9_]", "_", name)


class Prometheus(Collector):
    """Listens to what is measured in this process; every instrument of the endpoints is there from the start."""

    def __init__(self) -> None:
        disable_created_metrics()  # when each series began: as many again, and on no list
        self._registry = CollectorRegistry()
        self._gauges: list[tuple[Instrument, Callable[[], Iterable[tuple[float, Row]]]]] = []
        self._made = {
            one.name: self._make(one) for one in ALL if one.kind != "gauge" and one.where in ("both", "endpoints")
        }
        self._registry.register(self)

    def record(self, instrument: Instrument, value: float, row: Row) -> None:
        made = self._made.get(instrument.name)
        if made is None:
            return
        of_row = made.labels(*row) if row else made
        if isinstance(of_row, Counter):
            of_row.inc(value)
        else:
            of_row.observe(value)

    def observe(self, instrument: Instrument, rows: Callable[[], Iterable[tuple[float, Row]]]) -> None:
        self._gauges.append((instrument, rows))

    def text(self) -> str:
        """Everything, in Prometheus' text format 0.0.4."""
        return generate_latest(self._registry).decode()

    def collect(self) -> Iterator[Metric]:
        for instrument, rows in self._gauges:
            labels = [_plain(name) for name in instrument.attributes]
            family = GaugeMetricFamily(name_of(instrument), instrument.meaning, labels=labels)
            for value, row in rows():
                family.add_metric(row, value)
            yield family

    def _make(self, instrument: Instrument) -> Counter | Histogram:
        labels = [_plain(name) for name in instrument.attributes]
        if instrument.kind == "counter":
            return Counter(name_of(instrument), instrument.meaning, labels, registry=self._registry)
        return Histogram(
            name_of(instrument), instrument.meaning, labels, registry=self._registry, buckets=instrument.buckets
        )
