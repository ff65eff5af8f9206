"""What you let others look at, and the audit log."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime

from ripieno.client._async.connection import AsyncConnection
from ripieno.client.address import part
from ripieno.client.filters import given
from ripieno.contracts.audit import AuditEntry, AuditPage
from ripieno.contracts.shares import Share, ShareDirection, ShareKind, ShareList, ShareOrder


class AsyncShares(AsyncConnection):
    async def share(self, kind: ShareKind, item_id: str, receiver: str, *, until: datetime | None = None) -> Share:
        """Let somebody look at a song, a work (a generation, composition or master) or a set, and at all that it
        consists of; the same again is the same share, with another end where that is another.

        Raises
        ------
        RipienoError
            `not_found` where you have no such thing; `invalid_request`.

        Examples
        --------
        >>> share = await ripieno.share("songs", song_id, "ben")
        """
        order = ShareOrder(kind=kind, id=item_id, with_=receiver, until=until)
        return await self._ask(Share, "POST", "shares", order=order)

    async def shares(
        self, direction: ShareDirection = "given", *, kind: ShareKind | None = None, limit: int = 50
    ) -> AsyncIterator[Share]:
        """What you gave others to look at, newest first, or what they gave you (`received`).

        Examples
        --------
        >>> names = [one.name async for one in ripieno.shares("received")]
        """
        wanted = given({"direction": direction, "kind": kind, "limit": limit})
        while True:
            page = await self._ask(ShareList, "GET", "shares", params=wanted)
            for one in page.items:
                yield one
            if page.next_cursor is None:
                return
            wanted["cursor"] = page.next_cursor

    async def end_share(self, share_id: str) -> Share:
        """Take a share back: it stops at once. Raises `RipienoError`, `not_found`."""
        return await self._ask(Share, "DELETE", f"shares/{part(share_id)}")

    async def audit(
        self,
        *,
        owner: str | None = None,
        item: str | None = None,
        after: datetime | None = None,
        before: datetime | None = None,
        limit: int = 50,
    ) -> AsyncIterator[AuditEntry]:
        """Who did what, newest first: by somebody or to what is theirs (`owner`), to one thing (`item`), in a time.
        Needs the role Admin."""
        wanted = given({"owner": owner, "item": item, "after": after, "before": before, "limit": limit})
        while True:
            page = await self._ask(AuditPage, "GET", "ops/audit", params=wanted)
            for one in page.items:
                yield one
            if page.next_cursor is None:
                return
            wanted["cursor"] = page.next_cursor
