# Made by scripts/unasync.py from _async/usages.py: change that one.
"""What was used, what it costs and what is left; visitors without an account."""

from __future__ import annotations

from ripieno.client._sync.connection import Connection
from ripieno.client.filters import given
from ripieno.contracts.usage import UsageReport, VerdictCounts, Visit


class Usages(Connection):
    def usage(self, month: str | None = None, *, owner: str | None = None) -> UsageReport:
        """What you used in a month, with its price, and what is left of your quotas.

        Parameters
        ----------
        month : as `2026-11`, of UTC; the current one where it is None
        owner : for operators: somebody else, or `all`

        Raises
        ------
        RipienoError
            `forbidden` where another's is asked for by no operator.

        Examples
        --------
        >>> [quota.quota for quota in ripieno.usage().owners[0].quotas][:2]
        ['concurrent_jobs', 'songs_a_day']
        """
        return self._ask(UsageReport, "GET", "usage", params=given({"month": month, "owner": owner}))

    def usage_csv(self, month: str | None = None, *, owner: str | None = None) -> str:
        """The same as a table, for whoever writes the bills.

        Examples
        --------
        >>> ripieno.usage_csv("2026-11").splitlines()[0]
        'month,owner,unit,of,quantity,unit_price,price,currency'
        """
        params = given({"month": month, "owner": owner})
        answer = self._call("GET", "usage", params=params, headers={"accept": "text/csv"})
        return answer.content.decode()

    def verdict_counts(self) -> VerdictCounts:
        """For operators: how many takes were accepted and rejected, by engine and style.

        Examples
        --------
        >>> all(one.accepted or one.rejected for one in ripieno.verdict_counts().items)
        True
        """
        return self._ask(VerdictCounts, "GET", "ops/verdicts")

    def begin_visit(self) -> Visit:
        """A visitor's token, where the platform lets in who has no account. Where the answer is lost it is not asked
        again: that visit ends by itself, and another may be begun.

        Raises
        ------
        RipienoError
            `no_visitors`, `too_many_visits`.
        """
        return self._ask(Visit, "POST", "visits", is_replayable=False)
