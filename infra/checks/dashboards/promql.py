"""Queries of Prometheus: their names, labels and functions, and how they add up.

Words are read one after the other; `promtool` and `promql-parser` read the grammar, where they are installed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from infra.checks.dashboards import emitted
from infra.checks.dashboards.brackets import unbalanced
from ripieno.services.telemetry.instruments import Instrument

AGGREGATIONS = {"sum", "avg", "max", "min", "count", "topk", "bottomk", "quantile", "stddev", "count_values", "group"}
FUNCTIONS = {
    "rate", "irate", "increase", "delta", "deriv", "histogram_quantile", "avg_over_time", "max_over_time",
    "min_over_time", "sum_over_time", "count_over_time", "quantile_over_time", "absent", "absent_over_time", "vector",
    "scalar", "clamp_min", "clamp_max", "abs", "label_replace", "time",
}  # fmt: skip
WORDS = {"by", "without", "on", "ignoring", "group_left", "group_right", "and", "or", "unless", "bool", "offset"}
PLACEHOLDERS = {"$__rate_interval": "5m"}

_COUNTED = {"rate", "irate", "increase"}
_LABELS = re.compile(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)")
_MATCHERS = re.compile(r"\{([^}]*)\}")
_MATCHER = re.compile(r'\s*([a-zA-Z_]\w*)\s*(=~|!~|!=|=)\s*"((?:[^"\\]|\\.)*)"\s*(?:,|$)')
_WORD = re.compile(r"([a-zA-Z_:][\w:]*)(\s*\()?")
_AROUND = re.compile(r"\b(\w+)(?=\(\s*([a-zA-Z_:][\w:]*)(?:\{[^}]*\})?(\[)?)")


def filled(text: str) -> str:
    for placeholder, value in PLACEHOLDERS.items():
        text = text.replace(placeholder, value)
    return text


def problems(text: str, recorded: set[str]) -> Iterator[str]:
    """What is wrong with a query; `recorded` are the names that rules make."""
    text = filled(text)
    if wrong := unbalanced(text):
        yield wrong
        return
    known, names = emitted.series(), []
    for name, is_called in words(text):
        if name in WORDS or (is_called and name in AGGREGATIONS | FUNCTIONS) or name in AGGREGATIONS:
            continue
        if is_called:
            yield f"there is no function {name}"
        elif name in known:
            names.append(name)
        elif name not in recorded:
            yield f"no endpoint tells of {name}"
    allowed = {label for name in names for label in _labels_of(known[name].of)} | emitted.SCRAPED
    if not set(recorded) & {name for name, _ in words(text)}:
        yield from (f"there is no label {label}" for label in _asked_labels(text) if label not in allowed)
    yield from _strange_values(text)
    yield from _added(text, known)


def words(text: str) -> list[tuple[str, bool]]:
    """Words outside of labels, strings and ranges, and whether a bracket opens behind each."""
    bare = re.sub(r"\[[^\]]*\]", " ", _LABELS.sub(" ", re.sub(r'"(?:[^"\\]|\\.)*"', '""', text)))
    bare = re.sub(r"\b\d[\w.]*", " ", _MATCHERS.sub(" ", bare))
    return [(name, bool(called)) for name, called in _WORD.findall(bare)]


def metrics(text: str) -> list[Instrument]:
    known = emitted.series()
    return [known[name].of for name, _ in words(filled(text)) if name in known]


def is_a_pace(text: str) -> bool:
    """Whether what is shown is a second's share of what is counted."""
    return "rate(" in text and "histogram_quantile(" not in text


def _labels_of(one: Instrument) -> list[str]:
    return [re.sub(r"\W", "_", name) for name in one.attributes]


def _asked_labels(text: str) -> Iterator[str]:
    for inside in _LABELS.findall(text):
        yield from (label.strip() for label in inside.split(",") if label.strip())
    for inside in _MATCHERS.findall(text):
        yield from (label for label, _, _ in _MATCHER.findall(inside))


def _strange_values(text: str) -> Iterator[str]:
    """Labels that are matched against what they never are; an alternative is none where any of it is a pattern."""
    possible = {re.sub(r"\W", "_", name): values for name, values in emitted.VALUES.items()}
    for inside in _MATCHERS.findall(text):
        if inside.strip() and not re.fullmatch(rf"(?:{_MATCHER.pattern})+", inside):
            yield f"{{{inside}}} is no list of labels"
        for label, sign, value in _MATCHER.findall(inside):
            given = value.split("|") if "~" in sign else [value]
            for one in given:
                if label in possible and one not in possible[label] and re.fullmatch(r"\w*", one):
                    yield f"{label} is never {one}"


def _added(text: str, known: dict[str, emitted.Series]) -> Iterator[str]:
    counted = {name for function, name, ranged in _AROUND.findall(text) if function in _COUNTED and ranged}
    ranged = {name for _, name, opened in _AROUND.findall(text) if opened}
    for name in {name for name, _ in words(text) if name in known}:
        one = known[name].of
        if one.kind == "gauge" and name in counted:
            yield f"{name} is a gauge: it has no rate"
        if one.kind != "gauge" and name not in counted:
            yield f"{name} only ever grows: it needs a rate or an increase"
        if name in counted and name not in ranged:
            yield f"{name} needs a range"
        if known[name].part == "_bucket" and (
            "histogram_quantile(" not in text or not re.search(r"\bby\s*\([^)]*\ble\b", text)
        ):
            yield f"{name} are buckets: they need histogram_quantile, and le among the labels that stay"
    if "histogram_quantile(" in text and not any(known[n].part == "_bucket" for n, _ in words(text) if n in known):
        yield "histogram_quantile is of buckets alone"
