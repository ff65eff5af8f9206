"""Who did what, when, to what, and what came of it: never what was said, sent or answered."""

from __future__ import annotations

from ripieno.contracts.base import Contract


class AuditEntry(Contract):
    """One act. `actor` did it, with `device` where they are known by one, to what is `owner`'s; `what` is the route's
    name, or `drop` or `upload`; `item` the id of what it was done to or what it made, of a `kind`; `status` the HTTP
    status."""

    entry_id: str
    at: str
    actor: str
    owner: str
    device: str | None = None
    what: str
    kind: str | None = None
    item: str | None = None
    status: int


class AuditPage(Contract):
    """A page of the audit log, newest first."""

    items: list[AuditEntry]
    next_cursor: str | None = None
