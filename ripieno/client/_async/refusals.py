"""What was refused of your words, and appeals."""

from __future__ import annotations

from collections.abc import AsyncIterator

from ripieno.client._async.connection import AsyncConnection
from ripieno.client.address import part
from ripieno.client.filters import given
from ripieno.contracts.moderation import Appeal, Decision, Refusal, RefusalList, RefusalStatus


class AsyncRefusals(AsyncConnection):
    async def refusals(self, status: RefusalStatus | None = None, *, limit: int = 50) -> AsyncIterator[Refusal]:
        """What was refused of your words, newest first; with one status (refused, appealed, granted, upheld) or any.

        Examples
        --------
        >>> waiting = [one.words async for one in ripieno.refusals("appealed")]
        """
        wanted = given({"status": status, "limit": limit})
        while True:
            page = await self._ask(RefusalList, "GET", "refusals", params=wanted)
            for one in page.items:
                yield one
            if page.next_cursor is None:
                return
            wanted["cursor"] = page.next_cursor

    async def refusal(self, refusal_id: str) -> Refusal:
        """One refusal, by the `refusal_id` of the problem. Raises `RipienoError`, `not_found`."""
        return await self._ask(Refusal, "GET", f"refusals/{part(refusal_id)}")

    async def appeal(self, refusal_id: str, reason: str) -> Refusal:
        """Ask an operator to look at a refusal.

        Raises
        ------
        RipienoError
            `not_found`; `not_appealable` where it is appealed already, or decided.
        """
        return await self._ask(Refusal, "POST", f"refusals/{part(refusal_id)}/appeal", order=Appeal(reason=reason))

    async def appeals(self, *, limit: int = 50) -> AsyncIterator[Refusal]:
        """What of everybody waits for an operator, the oldest first. Needs the role Admin."""
        wanted = given({"limit": limit})
        while True:
            page = await self._ask(RefusalList, "GET", "ops/refusals", params=wanted)
            for one in page.items:
                yield one
            if page.next_cursor is None:
                return
            wanted["cursor"] = page.next_cursor

    async def decide_appeal(self, refusal_id: str, *, granted: bool, reason: str = "") -> Refusal:
        """Decide an appeal, for operators: granted, just this text of this owner passes from then on.

        Raises
        ------
        RipienoError
            `not_found` where nobody has appealed it; `forbidden` without the role Admin.
        """
        order = Decision(granted=granted, reason=reason)
        return await self._ask(Refusal, "POST", f"ops/refusals/{part(refusal_id)}/decision", order=order)
