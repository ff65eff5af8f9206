"""What was accepted and rejected, by engine and style: for whoever tunes them. No owner, no work and no word is kept.

A verdict counts once; whoever changes their mind moves it. Its key is a hash of the version that it is about.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from ripieno.contracts import names
from ripieno.records import tally
from ripieno.records.tally import Entry

_ALL = "verdicts"
_SUM = "sum|"


@dataclass(frozen=True)
class Counted:
    engine: str
    style: str
    accepted: int
    rejected: int


def count(work_id: str, element: str, version: int, *, engine: str, style: str, approved: bool | None) -> bool:
    """Have a version's verdict be that one, None for none; whether that is new. Raises `AzureError`."""
    about = hashlib.sha256(f"{work_id}\n{element}\n{version}".encode()).hexdigest()[:40]
    amounts = {} if approved is None else {"accepted" if approved else "rejected": 1}
    return tally.put(names.VERDICTS, _ALL, [Entry(f"of|{about}", amounts, (f"{_SUM}{engine}|{style}",))])


def counted() -> Iterator[Counted]:
    """By engine, then style; what nothing is left of is not there."""
    for one in tally.counted(names.VERDICTS, _ALL, _SUM):
        if one.amounts:
            engine, _, style = one.key.removeprefix(_SUM).partition("|")
            yield Counted(engine, style, one.amounts.get("accepted", 0), one.amounts.get("rejected", 0))
