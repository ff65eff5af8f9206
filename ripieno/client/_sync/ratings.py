# Made by scripts/unasync.py from _async/ratings.py: change that one.
"""What you think of what was made."""

from __future__ import annotations

from collections.abc import Iterator

from ripieno.client._sync.connection import Connection
from ripieno.client.address import part
from ripieno.client.filters import given
from ripieno.contracts.feedback import Feedback, FeedbackList, FeedbackOrder, Opinion


class Ratings(Connection):
    def rate(
        self,
        target: str,
        rating: int | None = None,
        *,
        skip: bool = False,
        version: int | None = None,
        comment: str = "",
    ) -> Feedback:
        """Say what you think of a composition or a generation, by its id.

        Parameters
        ----------
        rating : 1 (not at all) to 5 (just right)
        skip : that you went on to the next one, without a rating

        Raises
        ------
        RipienoError
            `not_found`; `invalid_request` where nothing is said.

        Examples
        --------
        >>> ripieno.rate(composition_id, 4, comment="the chorus lifts").rating
        4
        """
        order = FeedbackOrder(target=target, version=version, rating=rating, skip=skip, comment=comment)
        return self._ask(Feedback, "POST", "feedback", order=order)

    def rate_composition(
        self,
        composition_id: str,
        rating: int | None = None,
        *,
        skip: bool = False,
        version: int | None = None,
        comment: str = "",
    ) -> Feedback:
        """Say what you think of a version of a composition, as `rate`."""
        order = Opinion(version=version, rating=rating, skip=skip, comment=comment)
        return self._ask(Feedback, "POST", f"compositions/{part(composition_id)}/feedback", order=order)

    def feedback(self, target: str | None = None, *, limit: int = 50) -> Iterator[Feedback]:
        """What you said, newest first; of one composition or generation, or of all.

        Examples
        --------
        >>> skipped = [one.target for one in ripieno.feedback() if one.skip]
        """
        wanted = given({"target": target, "limit": limit})
        while True:
            page = self._ask(FeedbackList, "GET", "feedback", params=wanted)
            for one in page.items:
                yield one
            if page.next_cursor is None:
                return
            wanted["cursor"] = page.next_cursor
