"""Where measurements go: to whoever listens in this process, if anybody does.

Who listens: OpenTelemetry's exporters (`exporting`), an endpoint's `/metrics`, or, in a worker process, the endpoint's
server. With nobody there a measurement costs as much as asking that. Attributes are bounded here, whatever is given: a
value beyond the first `MOST_VALUES` of its attribute, or a row beyond the first `MOST_SERIES`, is counted as `other`.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Protocol

from ripieno.services.telemetry.instruments import Instrument

log = logging.getLogger("ripieno.telemetry")
MOST_VALUES = 200
MOST_SERIES = 1000
_MOST_CHARACTERS = 100
OTHER = "other"

Value = str | int | float | bool
Attributes = Mapping[str, Value | None]
Row = tuple[str, ...]
"""The values of an instrument's attributes, in their order; an empty one is none."""
Observe = Callable[[], Iterable[tuple[float, Attributes]]]


class Listener(Protocol):
    """Somebody who is told what is measured. Neither method may wait for anything."""

    def record(self, instrument: Instrument, value: float, row: Row) -> None: ...

    def observe(self, instrument: Instrument, rows: Callable[[], Iterable[tuple[float, Row]]]) -> None: ...


_listeners: tuple[Listener, ...] = ()
_observed: dict[Instrument, Callable[[], Iterable[tuple[float, Row]]]] = {}
_lock = threading.Lock()
_values: dict[tuple[str, str], set[str]] = {}
_series: dict[str, set[Row]] = {}
_failed: set[str] = set()


def is_recording() -> bool:
    return bool(_listeners)


def listen(listener: Listener) -> None:
    """Tell somebody of whatever is measured from now on."""
    global _listeners  # noqa: PLW0603
    with _lock:
        _listeners = (*_listeners, listener)
        observed = dict(_observed)
    for instrument, rows in observed.items():
        listener.observe(instrument, rows)


def leave(listener: Listener) -> None:
    global _listeners  # noqa: PLW0603
    with _lock:
        _listeners = tuple(one for one in _listeners if one is not listener)


def record(instrument: Instrument, value: float, attributes: Attributes | None = None) -> None:
    """Tell of one measurement: what a counter grows by, or what a histogram is to hold. Never raises."""
    if not _listeners:
        return
    try:
        row = row_of(instrument, attributes or {})
        for listener in _listeners:
            listener.record(instrument, value, row)
    except Exception:
        _once(instrument)


def observe(instrument: Instrument, values: Observe) -> None:
    """What a gauge shows is asked for whenever somebody looks; of no value it shows nothing."""

    def rows() -> Iterable[tuple[float, Row]]:
        try:
            return [(value, row_of(instrument, attributes)) for value, attributes in values()]
        except Exception:
            _once(instrument)
            return []

    with _lock:
        _observed[instrument] = rows
        listeners = _listeners
    for listener in listeners:
        listener.observe(instrument, rows)


@contextmanager
def timed(instrument: Instrument, attributes: Attributes | None = None) -> Iterator[None]:
    """Record how long something takes that succeeds."""
    began = time.perf_counter()
    yield
    record(instrument, time.perf_counter() - began, attributes)


def row_of(instrument: Instrument, attributes: Attributes) -> Row:
    """The attributes of a measurement, bounded. Raises `KeyError` for one that the instrument has not."""
    strange = attributes.keys() - set(instrument.attributes)
    if strange:
        raise KeyError(f"{instrument.name} has no attribute {sorted(strange)[0]}")
    row = tuple(_bounded(instrument, name, attributes.get(name)) for name in instrument.attributes)
    seen = _series.setdefault(instrument.name, set())
    if row not in seen:
        with _lock:
            if len(seen) >= MOST_SERIES:
                return (OTHER,) * len(row)
            seen.add(row)
    return row


def _bounded(instrument: Instrument, name: str, value: Value | None) -> str:
    if value is None:
        return ""
    text = str(value)[:_MOST_CHARACTERS]
    seen = _values.setdefault((instrument.name, name), set())
    if text not in seen:
        with _lock:
            if len(seen) >= MOST_VALUES:
                return OTHER
            seen.add(text)
    return text


def _once(instrument: Instrument) -> None:
    """Say that an instrument cannot be recorded, the first time: work is not to fail of being measured."""
    if instrument.name not in _failed:
        _failed.add(instrument.name)
        log.exception("%s was not recorded; this is said once", instrument.name)


def again(instrument: Instrument, value: float, row: Row) -> None:
    """Tell of what another process of ours has measured."""
    record(instrument, value, dict(zip(instrument.attributes, (one or None for one in row), strict=True)))
