"""Visits: whose everything is to be deleted, and when; and how many began this hour.

visits  {when it ends}|{owner}
rate    hour|{hour}, of|{hour}|{owner}   counted by `tally`
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from azure.data.tables import UpdateMode

from ripieno.contracts import names
from ripieno.records import rows, tally
from ripieno.records.tally import Entry, Sums
from ripieno.services.settings import settings
from ripieno.services.storage import table

_VISITS, _RATE = "visits", "rate"


class TooManyVisits(RuntimeError):
    """As many have begun this hour as may, of everybody. `retry_after` is when the next hour begins, in seconds."""

    def __init__(self, most: int, retry_after: int):
        super().__init__(f"{most} visits have begun this hour, which is all that there are: come back, or sign in")
        self.retry_after = retry_after


@dataclass(frozen=True)
class Ended:
    owner: str
    key: str


def begin(owner: str, ends_at: datetime, *, now: datetime | None = None) -> None:
    """Note a visit before its token is given away: what is not noted is not deleted. Raises `TooManyVisits`."""
    moment, most = now or datetime.now(UTC), settings().visits_an_hour
    hour = moment.replace(minute=0, second=0, microsecond=0)

    def judge(before: Sums, added: Sums) -> None:
        if any(amounts.get("visits", 0) >= most for amounts in before.values()):
            wait = (hour + timedelta(hours=1) - moment).total_seconds()
            raise TooManyVisits(most, int(wait) + 1)

    name = f"{hour:%Y-%m-%dT%H}"
    tally.put(names.VISITS, _RATE, [Entry(f"of|{name}|{owner}", {"visits": 1}, (f"hour|{name}",))], judge=judge)
    row = {"PartitionKey": _VISITS, "RowKey": f"{_moment(ends_at)}|{owner}"}
    table(names.VISITS).upsert_entity(row, mode=UpdateMode.REPLACE)


def ended(now: datetime | None = None) -> Iterator[Ended]:
    """The visits whose time is over, the one that ended first first."""
    until = _moment(now or datetime.now(UTC))
    for row in rows.beginning_with(names.VISITS, "", owner=_VISITS, end=until):
        yield Ended(row["RowKey"].partition("|")[2], row["RowKey"])


def forget(visit: Ended) -> None:
    """Nothing is left of it."""
    table(names.VISITS).delete_entity(_VISITS, visit.key)


def expire(before: datetime) -> int:
    """Forget how many began in hours before a moment; how many rows."""
    gone = 0
    for prefix in ("of|", "hour|"):
        for row in rows.beginning_with(names.VISITS, prefix, owner=_RATE, end=f"{before.astimezone(UTC):%Y-%m-%dT%H}"):
            table(names.VISITS).delete_entity(_RATE, row["RowKey"])
            gone += 1
    return gone


def _moment(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
