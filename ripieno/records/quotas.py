"""What is let in: a place for each workflow that is asked for, held until it has ended, against its owner's quotas.

    {owner}  held             sums: how many jobs run, and the songs, bytes and seconds that they were let in with
    {owner}  held|{instance}  entries: of one workflow

A place is held before anything else is done. The song's own entry takes its place once there is one; a workflow that
has ended, or that never began because its asker died, is found when somebody would be turned away, and by a timer, and
gives back what it held. Whoever has no quota at all holds nothing.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from azure.core.exceptions import ResourceNotFoundError

from ripieno.contracts import names
from ripieno.contracts.enums import AudioFileStatus, Role
from ripieno.records import songs, tally, usage
from ripieno.records.tally import Amounts, Entry, Sums
from ripieno.services import quotas as limits
from ripieno.services.quotas import QuotaName, Quotas
from ripieno.services.storage import table

HELD = "held"
NEVER_BEGAN = timedelta(seconds=60)
_LIKELY_SECONDS = 30
_SWEEP_SECONDS = 1.0
_swept: dict[str, float] = {}
_sweeping = threading.Lock()
_WORDS: dict[QuotaName, str] = {
    "concurrent_jobs": "jobs at once",
    "songs_a_day": "songs a day",
    "storage_bytes": "bytes in storage",
    "generation_seconds_a_day": "seconds of new audio a day",
    "generation_seconds_a_month": "seconds of new audio a month",
}


class OverQuota(tally.OverLimit):
    """More than an owner may have. `turns_at` is when it will be otherwise by itself, None where that is not known."""

    code = "quota_exceeded"

    def __init__(self, quota: QuotaName, limit: int, used: int, asked: int, turns_at: datetime | None):
        self.quota, self.limit, self.used, self.turns_at = quota, limit, used, turns_at
        what = f"{used} of {limit} {_WORDS[quota]} are used" + (f", and this is {asked} more" if asked > 1 else "")
        match quota:
            case "concurrent_jobs":
                do = "wait until one has ended, or cancel one"
            case "storage_bytes":
                do = "delete something: nothing goes by itself"
            case _:
                do = f"it begins anew at {turns_at:%Y-%m-%dT%H:%MZ}" if turns_at else "it begins anew later"
        super().__init__(f"{what}: {do}")

    @property
    def retry_after(self) -> int:
        """Seconds after which it may be otherwise: when the day or month turns, when a job is likely done; of storage a
        day, since only its owner can say."""
        if self.quota == "concurrent_jobs":
            return _LIKELY_SECONDS
        if self.turns_at is None:
            return 24 * 3600
        return max(1, int((self.turns_at - datetime.now(UTC)).total_seconds()) + 1)


@dataclass(frozen=True)
class Wants:
    """What a workflow is let in with, beside its place: new songs, their bytes, seconds of new audio as far as they are
    known before (what is really made counts, once it is)."""

    songs: int = 0
    size_bytes: int = 0
    generation_seconds: float = 0.0


NOTHING = Wants()


@dataclass(frozen=True)
class State:
    """How much of a quota is used; `limit` None is without end."""

    quota: QuotaName
    limit: int | None
    used: int
    turns_at: datetime | None


def hold(
    owner: str,
    instance_id: str,
    *,
    roles: frozenset[Role] | None = None,
    wants: Wants = NOTHING,
    is_let_in: bool = False,
    now: datetime | None = None,
) -> None:
    """Hold a place for a workflow, once. `is_let_in`: it goes on with what was let in before, and is only counted.

    Raises
    ------
    OverQuota
    """
    quotas = limits.of(owner, roles)
    if quotas.are_unlimited:
        return
    moment = now or datetime.now(UTC)
    amounts: Amounts = {
        "jobs": 1,
        "songs": wants.songs,
        "bytes": wants.size_bytes,
        "generation_ms": round(wants.generation_seconds * 1000),
    }
    entry = Entry(
        f"{HELD}|{instance_id}", {name: value for name, value in amounts.items() if value}, (HELD,), once=True
    )
    if is_let_in:
        tally.put(names.USAGE, owner, [entry])
        return

    def judge(before: Sums, added: Sums) -> None:
        check(quotas, _used(owner, before[HELD], moment), added[HELD], moment)

    try:
        tally.put(names.USAGE, owner, [entry], judge=judge)
    except OverQuota:  # by what is over, perhaps, or by a song that was just counted twice: with its place, and itself
        sweep(owner)
        tally.put(names.USAGE, owner, [entry], judge=judge)


def check_room(owner: str, wants: Wants, *, roles: frozenset[Role] | None = None) -> None:
    """Whether there is room for songs of so many bytes, at this moment: nothing is held. Raises `OverQuota`."""
    quotas, now = limits.of(owner, roles), datetime.now(UTC)
    if quotas.are_unlimited:
        return
    asked = {"jobs": wants.songs, "songs": wants.songs, "bytes": wants.size_bytes}
    for is_last in (False, True):
        try:
            check(quotas, _used(owner, tally.sum_of(names.USAGE, owner, HELD), now), asked, now)
            return
        except OverQuota:
            if is_last:
                raise
            sweep(owner)


def check(quotas: Quotas, used: Amounts, asked: Amounts, now: datetime) -> None:
    """Raises `OverQuota` for the first quota that what is asked for, beside what is used, goes beyond."""
    for quota, name, unit in _QUOTAS:
        limit = getattr(quotas, quota)
        wanted = asked.get(name, 0)
        if limit is None or not wanted:
            continue
        have = used.get(quota, 0)
        if have + wanted > limit * unit:
            raise OverQuota(quota, limit, -(-have // unit), -(-wanted // unit), _turns(quota, now))


_QUOTAS: tuple[tuple[QuotaName, str, int], ...] = (
    ("storage_bytes", "bytes", 1),
    ("songs_a_day", "songs", 1),
    ("generation_seconds_a_month", "generation_ms", 1000),
    ("generation_seconds_a_day", "generation_ms", 1000),
    ("concurrent_jobs", "jobs", 1),
)
"""Each quota, what of an entry counts towards it, and how many of those are one of the quota's: what passes last first,
so that nobody waits for a job to end and is then told to wait for the month."""


def _used(owner: str, held: Amounts, now: datetime) -> Amounts:
    day = tally.sum_of(names.USAGE, owner, usage.day_sum(now))
    month = tally.sum_of(names.USAGE, owner, usage.month_sum(now))
    return {
        "concurrent_jobs": held.get("jobs", 0),
        "songs_a_day": day.get("songs", 0) + held.get("songs", 0),
        "storage_bytes": usage.bytes_stored(owner) + held.get("bytes", 0),
        "generation_seconds_a_day": day.get("generated_ms", 0) + held.get("generation_ms", 0),
        "generation_seconds_a_month": month.get("generated_ms", 0) + held.get("generation_ms", 0),
    }


def _turns(quota: QuotaName, now: datetime) -> datetime | None:
    if quota.endswith("_a_day"):
        return now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return usage.next_month(now) if quota.endswith("_a_month") else None


def states(owner: str, roles: frozenset[Role] | None = None, *, now: datetime | None = None) -> list[State]:
    """Every quota of an owner, and how much of it is used."""
    quotas, moment = limits.of(owner, roles), now or datetime.now(UTC)
    if not quotas.are_unlimited:
        sweep(owner)
    used = _used(owner, tally.sum_of(names.USAGE, owner, HELD), moment)
    return [
        State(quota, getattr(quotas, quota), -(-used[quota] // unit), _turns(quota, moment))
        for quota, _, unit in sorted(_QUOTAS, key=lambda one: list(Quotas.model_fields).index(one[0]))
    ]


def settle(
    owner: str, song_id: str, born: str, instance_id: str, seconds: float, size_bytes: int, at: datetime
) -> None:
    """A song is in the library: it counts by itself from now on, and its workflow holds no more than its place."""
    entries = [usage.song(owner, song_id, born, seconds, at)]
    key = f"{HELD}|{instance_id}"
    held = tally.entry_of(names.USAGE, owner, key)
    if held is not None and held != {"jobs": 1}:
        entries.append(Entry(key, {"jobs": 1}, (HELD,)))
    thing = f"song|{song_id}|{born}"
    if tally.entry_of(names.USAGE, owner, f"{usage.STORED}|{thing}") is None:
        entries.append(usage.stored_entry(thing, size_bytes))
    tally.put(names.USAGE, owner, entries, judge=lambda before, added: usage.carried(owner, before, added))


def give_back(owner: str, instance_id: str) -> None:
    """A workflow holds no place any more, or needs none."""
    tally.put(names.USAGE, owner, [Entry(f"{HELD}|{instance_id}")])


def sweep(owner: str, *, now: datetime | None = None) -> int:
    """Give back what workflows hold that have ended or never began; how many. Once a second of each owner at most."""
    with _sweeping:
        if time.monotonic() - _swept.get(owner, float("-inf")) < _SWEEP_SECONDS:
            return 0
        _swept[owner] = time.monotonic()
        if len(_swept) > 10_000:
            _swept.clear()
    moment, gone = now or datetime.now(UTC), 0
    for one in list(tally.counted(names.USAGE, owner, f"{HELD}|")):
        instance_id = one.key.removeprefix(f"{HELD}|")
        if _is_over(owner, instance_id, moment - one.written):
            give_back(owner, instance_id)
            gone += 1
    return gone


def owners_that_hold() -> set[str]:
    """Who holds a place: for housekeeping."""
    found = table(names.USAGE).query_entities("RowKey eq @held", parameters={"held": HELD}, select=["PartitionKey"])
    return {row["PartitionKey"] for row in found}


def everything_held() -> Iterator[tuple[str, str]]:
    """(owner, workflow) of every place that is held: for invariants."""
    for owner in owners_that_hold():
        for one in tally.counted(names.USAGE, owner, f"{HELD}|"):
            yield owner, one.key.removeprefix(f"{HELD}|")


def _is_noted(owner: str, instance_id: str) -> bool:
    try:
        table(names.RUNS).get_entity(owner, instance_id, select=["RowKey"])
        return True
    except ResourceNotFoundError:
        return False


def _is_over(owner: str, instance_id: str, age: timedelta) -> bool:
    if not _is_noted(owner, instance_id):
        return age > NEVER_BEGAN
    song = names.song_of_instance(instance_id)
    if song is None:
        return False
    known = songs.find(owner, song[0])
    ended = (AudioFileStatus.ANALYZED, AudioFileStatus.FAILED)
    return known is not None and known.instance_id == instance_id and known.status in ended
