# Made by scripts/unasync.py from _async/operations.py: change that one.
"""What operators do: failures, the backlog, histories, orphans, checks. All of it needs the role Admin."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, Unpack

from ripieno.client._sync.connection import Connection
from ripieno.client.address import part
from ripieno.client.filters import FailureFilters, given
from ripieno.contracts.operations import (
    Backlog,
    Checked,
    CheckOrder,
    FailurePage,
    FailureView,
    Orphans,
    OrphansOrder,
    Overview,
    Purged,
    PurgeOrder,
    Redriven,
    RedriveOrder,
)


class Operations(Connection):
    def failures(self, **filters: Unpack[FailureFilters]) -> Iterator[FailureView]:
        """What failed for good, of everybody, the newest first; pages are fetched as they are needed.

        Examples
        --------
        >>> all([one.reason for one in ripieno.failures(status="open")])
        True
        """
        wanted = given(filters)
        while True:
            page = self._ask(FailurePage, "GET", "ops/failures", params=wanted)
            for one in page.items:
                yield one
            if page.next_cursor is None:
                return
            wanted["cursor"] = page.next_cursor

    def failure(self, failure_id: str) -> FailureView:
        """One failure, and what became of its re-drive. Raises `RipienoError`, `not_found`."""
        return self._ask(FailureView, "GET", f"ops/failures/{part(failure_id)}")

    def redrive(self, failure_id: str) -> FailureView:
        """Begin what failed again from where it makes sense; asked for twice it is one re-drive.

        Raises
        ------
        RipienoError
            `not_found`; `not_redrivable` where only its person can send it again, or it was removed.
        """
        return self._ask(FailureView, "POST", f"ops/failures/{part(failure_id)}/redrive")

    def redrive_all(self, order: RedriveOrder) -> Redriven:
        """Begin all again that are open and match; with `dry_run` they are shown and nothing is done."""
        return self._ask(Redriven, "POST", "ops/failures/redrive", order=order)

    def backlog(self) -> Backlog:
        """Jobs that wait and run, by endpoint."""
        return self._ask(Backlog, "GET", "ops/backlog")

    def overview(self) -> Overview:
        """How things stand: queues, what waits longest, open failures, what storage holds."""
        return self._ask(Overview, "GET", "ops/overview")

    def purge_history(self, days: int | None = None, *, dry_run: bool = False) -> Purged:
        """Forget workflows that were created more than `days` ago and have ended, as every night."""
        order = PurgeOrder(days=days, dry_run=dry_run)
        return self._ask(Purged, "POST", "ops/history/purge", order=order)

    def orphans(self, *, remove: bool = False, older_than_hours: int = 24, cursor: str | None = None) -> Orphans:
        """Blobs that belong to nothing, and with `remove` their end; go on with `next_cursor` where it was not all."""
        order = OrphansOrder(dry_run=not remove, older_than_hours=older_than_hours, cursor=cursor)
        return self._ask(Orphans, "POST", "ops/orphans", order=order)

    def check(
        self, of: Literal["songs", "works", "voices"] = "songs", *, limit: int = 50, cursor: str | None = None
    ) -> Checked:
        """Whether a page of them has all that it must have; nothing is changed."""
        return self._ask(Checked, "POST", "ops/check", order=CheckOrder(of=of, limit=limit, cursor=cursor))
