"""The trace that an order belongs to, as it travels with it: one header of W3C Trace Context, level 1 (`traceparent`).

An order carries it beside its own fields, under `FIELD`. Everything here follows from what is given, so that
orchestrators may use it.
"""

from __future__ import annotations

import hashlib
import re
from typing import NamedTuple

FIELD = "traceparent"
_FORM = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")


class TraceParent(NamedTuple):
    """A span, in hexadecimal digits: 32 of its trace, 16 of its own, 2 of flags (bit 0: somebody keeps it)."""

    trace_id: str
    span_id: str
    flags: str

    def __str__(self) -> str:
        return f"00-{self.trace_id}-{self.span_id}-{self.flags}"


def read(text: object) -> TraceParent | None:
    """What a header says; None of what is none (section 3.2.2.3: a later version may have more fields)."""
    if not isinstance(text, str) or (found := _FORM.fullmatch(text)) is None:
        return None
    version, trace_id, span_id, flags, more = found.groups()
    if version == "ff" or (version == "00" and more) or not int(trace_id, 16) or not int(span_id, 16):
        return None
    return TraceParent(trace_id, span_id, flags)


def span_of(trace_id: str, what: str) -> str:
    """The id of the span of something that is known by a name: whoever tells of it twice tells of one span."""
    return hashlib.sha256(f"{trace_id}/{what}".encode()).hexdigest()[:16]


def within(traceparent: object, instance_id: str) -> str | None:
    """The span of a workflow instance that was asked for within another span; None outside of any trace."""
    outer = read(traceparent)
    return None if outer is None else str(outer._replace(span_id=span_of(outer.trace_id, instance_id)))
