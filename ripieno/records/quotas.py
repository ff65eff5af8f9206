"""What is let in: a place for each workflow that is asked for, held until it has ended, against its owner's quotas.

    {owner}  held             sums: how many jobs run, and the songs, bytes and seconds that they were let in with
    {owner}  held|{instance}  entries: of one workflow
    {owner}  held|upload-{id} entries: of what a direct upload was promised room for, no job yet

Whoever asks for a place is in a list of `usage` first, which is what the timer reads.

A place is held before anything else is done. The song's own entry takes its place once there is one; a workflow that
has ended, or that never began because its asker died, is found when somebody would be turned away, and by a timer, and
gives back what it held. A direct upload holds what it declared until it has come to something or its address has ended;
the workflow of its song takes over what it held. Whoever has no quota at all holds nothing.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, cast

from azure.core import MatchConditions
from azure.core.exceptions import ResourceModifiedError, ResourceNotFoundError

from ripieno.contracts import names
from ripieno.contracts.enums import AudioFileStatus, Role
from ripieno.records import rows, songs, tally, uploads, usage
from ripieno.records.tally import Amounts, Entry, Sums
from ripieno.records.usage import HELD
from ripieno.services import blobs
from ripieno.services import quotas as limits
from ripieno.services.quotas import QuotaName, Quotas
from ripieno.services.storage import table

NEVER_BEGAN = timedelta(seconds=60)
KEEP_LISTED = timedelta(days=2)  # more than the day for which a process takes an owner to be in the list
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
    known before (what is really made counts, once it is). `in_place_of` is what they were held under until now."""

    songs: int = 0
    size_bytes: int = 0
    generation_seconds: float = 0.0
    in_place_of: str | None = None


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
    is_job: bool = True,
    now: datetime | None = None,
) -> None:
    """Hold a place for a workflow, once. `is_let_in`: it goes on with what was let in before, and is only counted.
    `is_job`: else nothing runs for it yet, and only what it wants is held.

    Raises
    ------
    OverQuota
    """
    quotas = limits.of(owner, roles)
    if quotas.are_unlimited:
        return
    _list(owner)
    moment = now or datetime.now(UTC)
    amounts: Amounts = {
        "jobs": int(is_job),
        "songs": wants.songs,
        "bytes": wants.size_bytes,
        "generation_ms": round(wants.generation_seconds * 1000),
    }
    entry = Entry(
        f"{HELD}|{instance_id}", {name: value for name, value in amounts.items() if value}, (HELD,), once=True
    )
    entries = [entry, *([Entry(f"{HELD}|{wants.in_place_of}")] if wants.in_place_of else [])]
    if is_let_in:
        tally.put(names.USAGE, owner, entries)
        return

    def judge(before: Sums, added: Sums) -> None:
        check(quotas, _used(owner, before[HELD], moment), added[HELD], moment)

    try:
        tally.put(names.USAGE, owner, entries, judge=judge)
    except OverQuota:  # by what is over, perhaps, or by a song that was just counted twice: with its place, and itself
        sweep(owner)
        tally.put(names.USAGE, owner, entries, judge=judge)


def check_room(owner: str, wants: Wants, *, roles: frozenset[Role] | None = None) -> None:
    """Whether there is room for songs of so many bytes, at this moment: nothing is held. Raises `OverQuota`."""
    quotas, now = limits.of(owner, roles), datetime.now(UTC)
    if quotas.are_unlimited:
        return
    asked = {"jobs": wants.songs, "songs": wants.songs, "bytes": wants.size_bytes}
    for is_last in (False, True):
        try:
            check(quotas, _used(owner, _held_beside(owner, wants.in_place_of), now), asked, now)
            return
        except OverQuota:
            if is_last:
                raise
            sweep(owner)


def _held_beside(owner: str, instance_id: str | None) -> Amounts:
    held = tally.sum_of(names.USAGE, owner, HELD)
    own = tally.entry_of(names.USAGE, owner, f"{HELD}|{instance_id}") if instance_id else None
    return {name: amount - (own or {}).get(name, 0) for name, amount in held.items()}


def check(quotas: Quotas, used: Amounts, asked: Amounts, now: datetime) -> None:
    """Raises `OverQuota` for the first quota that what is asked for, beside what is used, goes beyond."""
    for quota, name, unit in _QUOTAS:
        limit = getattr(quotas, quota)
        wanted = asked.get(name, 0)
        if limit is None or wanted <= 0:
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
    owner: str,
    song_id: str,
    born: str,
    instance_id: str,
    seconds: float,
    size_bytes: int,
    at: datetime,
    *,
    now: datetime | None = None,
) -> None:
    """A song is in the library: it and its bytes count by themselves from now on, and its workflow holds them no more.

    It counts as a song of the month in which it was taken in, unless that is so long ago that nobody knows any more
    whether it did.
    """
    entries = [usage.song(owner, song_id, born, seconds, at)] if usage.is_kept(at, now=now) else []
    key = f"{HELD}|{instance_id}"
    held = tally.entry_of(names.USAGE, owner, key)
    if held is not None:
        entries.append(Entry(key, {name: held[name] for name in _UNTIL_IT_ENDS if name in held}, (HELD,)))
    thing = f"song|{song_id}|{born}"
    if tally.entry_of(names.USAGE, owner, f"{usage.STORED}|{thing}") is None:
        entries.append(usage.stored_entry(thing, size_bytes))
    tally.put(names.USAGE, owner, entries, judge=lambda before, added: usage.carried(owner, before, added))


_UNTIL_IT_ENDS = ("jobs", "generation_ms")


def keep_place(owner: str, instance_id: str) -> None:
    """A workflow makes no new audio itself any more: it holds its place alone."""
    key = f"{HELD}|{instance_id}"
    if tally.entry_of(names.USAGE, owner, key) is not None:
        tally.put(names.USAGE, owner, [Entry(key, {"jobs": 1}, (HELD,))])


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
        is_over = _is_upload_over if instance_id.startswith(names.UPLOAD_HOLD) else _is_over
        if is_over(owner, instance_id, moment - one.written):
            give_back(owner, instance_id)
            gone += 1
    return gone


def sweep_all(*, now: datetime | None = None) -> int:
    """The same of every owner, for a timer. Who holds nothing, and has asked for nothing in days, is listed no more."""
    moment, gone = now or datetime.now(UTC), 0
    for row in rows.beginning_with(names.USAGE, "", owner=f"owners|{HELD}", results_per_page=1000):
        owner, known = row["RowKey"], cast(dict[str, Any], row.metadata)
        gone += sweep(owner, now=now)
        is_old = moment - known["timestamp"] > KEEP_LISTED
        if is_old and not tally.sum_of(names.USAGE, owner, HELD).get("jobs"):
            try:
                table(names.USAGE).delete_entity(row, etag=known["etag"], match_condition=MatchConditions.IfNotModified)
            except ResourceModifiedError:
                pass  # they ask again at this moment
    return gone


def everything_held() -> Iterator[tuple[str, str]]:
    """(owner, workflow) of every place that is held: for invariants."""
    for row in rows.beginning_with(names.USAGE, "", owner=f"owners|{HELD}", select=["RowKey"]):
        for one in tally.counted(names.USAGE, row["RowKey"], f"{HELD}|"):
            yield row["RowKey"], one.key.removeprefix(f"{HELD}|")


def _list(owner: str) -> None:
    """Before anything is held: nobody looks after the places of who is not in the list. Once a process and day."""
    _listed(owner, usage.day_of(datetime.now(UTC)), table(names.USAGE).url)


@lru_cache(maxsize=20_000)
def _listed(owner: str, day: str, account: str) -> None:
    usage.list_owner(HELD, owner)


def _order_of(owner: str, instance_id: str) -> dict[str, Any] | None:
    """The order of a run that is noted."""
    try:
        return json.loads(table(names.RUNS).get_entity(owner, instance_id, select=["order"])["order"])
    except ResourceNotFoundError:
        return None


def _is_upload_over(owner: str, hold: str, age: timedelta) -> bool:
    """Whether nothing comes of a direct upload any more, and nothing lies there that waits."""
    upload_id = hold.removeprefix(names.UPLOAD_HOLD)
    upload = uploads.find(upload_id)
    if upload is None:
        return age > NEVER_BEGAN
    if not uploads.has_ended(upload, datetime.now(UTC)):
        return False
    try:
        blobs.properties(names.RAW_AUDIO, names.uploaded_blob(upload_id))
    except blobs.BlobMissing:
        return True
    return False


def _is_over(owner: str, instance_id: str, age: timedelta) -> bool:
    order = _order_of(owner, instance_id)
    if order is None:
        return age > NEVER_BEGAN
    song = names.song_of_instance(instance_id)
    if song is None or order.get("work_id"):  # a work is made in the same run, when its song has ended
        return False
    known = songs.find(owner, song[0])
    ended = (AudioFileStatus.ANALYZED, AudioFileStatus.FAILED)
    return known is not None and known.instance_id == instance_id and known.status in ended
