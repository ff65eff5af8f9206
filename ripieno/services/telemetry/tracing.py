"""Spans: what is done, from when to when, within what; and events within them. Nothing where nobody keeps them.

Attributes are ids, names of our own, seconds and sizes: never what somebody wrote, an address or a body. Of an
exception its class is kept, not what it says.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from typing import Literal, Protocol

from ripieno.services.settings import settings
from ripieno.services.telemetry.events import Event
from ripieno.services.telemetry.recording import Attributes

Kind = Literal["internal", "server", "client", "producer", "consumer"]


class Span(Protocol):
    """Something that is being done. `traceparent` names it for others, None where nobody keeps it."""

    @property
    def traceparent(self) -> str | None: ...

    def set_name(self, name: str) -> None: ...

    def set(self, attributes: Attributes) -> None: ...

    def fail(self, kind: str) -> None:
        """It did not succeed: `kind` is the class of an exception or a code."""
        ...


class Tracer(Protocol):
    """Who keeps spans and events."""

    def span(
        self, name: str, kind: Kind, parent: str | None, attributes: Attributes | None
    ) -> AbstractContextManager[Span]: ...

    def emit(
        self, name: str, kind: Kind, parent: str, span_id: str, start_ns: int, end_ns: int, attributes: Attributes,
        error: str | None,
    ) -> None: ...  # fmt: skip

    def event(self, event: Event, attributes: Attributes, at_ns: int | None, parent: str | None) -> None: ...

    def current(self) -> str | None: ...


class _Nothing(AbstractContextManager["_Nothing"]):
    traceparent = None

    def set_name(self, name: str) -> None:
        pass

    def set(self, attributes: Attributes) -> None:
        pass

    def fail(self, kind: str) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        pass


NOTHING = _Nothing()
_tracer: Tracer | None = None
_about: ContextVar[dict[str, str]] = ContextVar("ripieno_about", default={})  # noqa: B039


def keep(tracer: Tracer | None) -> None:
    """Who keeps spans and events from now on."""
    global _tracer  # noqa: PLW0603
    _tracer = tracer


def is_tracing() -> bool:
    return _tracer is not None


def span(
    name: str, *, kind: Kind = "internal", parent: str | None = None, attributes: Attributes | None = None
) -> AbstractContextManager[Span]:
    """Something that is done while this is open; an exception that leaves it is its end.

    It is a part of whatever is open here already, where that is of the trace of `parent` or there is none; else of
    `parent`; without either it begins a trace.
    """
    return NOTHING if _tracer is None else _tracer.span(name, kind, parent, attributes)


def emit(
    name: str,
    *,
    parent: str,
    span_id: str,
    start_ns: int,
    end_ns: int,
    kind: Kind = "internal",
    attributes: Attributes | None = None,
    error: str | None = None,
) -> None:
    """A span that is over, by its id: who told of it before has told of the same one. Nanoseconds since 1970."""
    if _tracer is not None:
        _tracer.emit(name, kind, parent, span_id, start_ns, end_ns, attributes or {}, error)


def event(
    event: Event, attributes: Attributes, *, owner: str, at_ns: int | None = None, parent: str | None = None
) -> None:
    """Tell of something that happened, now or `at_ns`, in the trace that is open here or in that of `parent`."""
    if _tracer is not None:
        _tracer.event(event, {**attributes, "enduser.pseudo.id": hashed(owner)}, at_ns, parent)


def current() -> str | None:
    """The `traceparent` of what is open here."""
    return None if _tracer is None else _tracer.current()


def hashed(owner: str) -> str:
    """Whose something is, for who reads logs: the same for the app and its endpoints, keyed with their secret, so that
    nobody finds the name by trying names."""
    key = next(iter(settings().callback_secrets), "").encode()[:64]
    return hashlib.blake2b(owner.encode(), key=key, digest_size=8).hexdigest()


# -- what log lines say beside their message ----------------------------------------------------------------------


@contextmanager
def about(**what: str | None) -> Iterator[None]:
    """What is being worked at: `function`, `instance_id`, `job_id`, `owner` (who is hashed)."""
    token = _about.set({**_about.get(), **{name: value for name, value in what.items() if value}})
    try:
        yield
    finally:
        _about.reset(token)


def told_about() -> dict[str, str]:
    """What is being worked at here, the owner hashed."""
    return {name: hashed(value) if name == "owner" else value for name, value in _about.get().items()}
