"""The audit log at rest: found by whom, by what and by when, month after month, and ended by age."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from ripieno.contracts import names
from ripieno.contracts.audit import AuditEntry
from ripieno.records import audit, cursor
from ripieno.services.storage import table

NOW = datetime(2031, 3, 15, 12, tzinfo=UTC)


def entry(at: datetime, actor: str = "ann", **fields) -> AuditEntry:
    known = {"owner": actor, "what": "delete_audio", "status": 202, "entry_id": uuid.uuid4().hex[:12], **fields}
    return AuditEntry(at=at.isoformat(timespec="milliseconds"), actor=actor, **known)


def ids(**query) -> list[str]:
    """All pages of a listing, two at a time."""
    found, after = [], None
    while True:
        page = audit.listed(limit=2, cursor=after, now=NOW, **query)
        found += [one.entry_id for one in page.items]
        if (after := page.next_cursor) is None:
            return found


def test_entries_are_found_by_whom_by_what_and_by_when(storage, owner):
    item = uuid.uuid4().hex
    times = [NOW - timedelta(days=days) for days in (0, 1, 20, 45, 46, 200)]
    kept = [entry(at, owner, item=item if number % 2 else None) for number, at in enumerate(times)]
    admins = entry(NOW - timedelta(days=10), "admin", owner=owner, item=item)
    for one in [*kept, admins]:
        audit.add(one)
    by_owner = [kept[0], kept[1], admins, *kept[2:]]
    assert ids(owner=owner) == [one.entry_id for one in by_owner]
    assert ids(item=item) == [kept[1].entry_id, admins.entry_id, kept[3].entry_id, kept[5].entry_id]
    assert ids(item=item, owner="admin") == [admins.entry_id]
    assert ids(owner=owner, after=times[3], before=times[1]) == [one.entry_id for one in by_owner[1:5]]
    assert ids(owner=owner, after=NOW + timedelta(days=3)) == []
    assert ids(owner="nobody|at all") == [] and ids(item="♪") == []
    everything = ids(after=NOW - timedelta(days=201))
    assert set(everything) >= {one.entry_id for one in by_owner} and len(set(everything)) == len(everything)


def test_a_cursor_is_of_its_listing(storage, owner):
    for days in range(3):
        audit.add(entry(NOW - timedelta(days=days), owner))
    made = audit.listed(owner=owner, limit=1, now=NOW).next_cursor
    with pytest.raises(cursor.BadCursor):
        audit.listed(owner="another", limit=1, cursor=made, now=NOW)


def test_the_same_entry_many_times_at_once_is_one_and_stays_as_it_is(storage, owner):
    one = entry(NOW, owner)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(audit.add, [one] * 8))
    audit.add(one.model_copy(update={"status": 500}))
    assert [known.status for known in audit.listed(owner=owner, limit=5, now=NOW).items] == [202]


def test_what_is_older_than_the_setting_is_forgotten_and_nothing_else(storage, owner, monkeypatch):
    monkeypatch.setenv("RIPIENO_AUDIT_DAYS", "40")
    old = [entry(NOW - timedelta(days=41, minutes=n), owner) for n in range(120)]
    kept = entry(NOW - timedelta(days=39), owner)
    for one in [*old, kept]:
        audit.add(one)
    while audit.expire(NOW):
        pass
    rows = [row["RowKey"] for row in table(names.AUDIT).query_entities("owner eq @o", parameters={"o": owner})]
    assert len(rows) == 2 and all(kept.entry_id in row for row in rows)


def test_times_at_the_ends_of_all_calendars_are_times(storage, owner):
    audit.add(entry(NOW, owner))
    ends = (datetime.min, datetime.max.replace(tzinfo=UTC))
    assert len(audit.listed(owner=owner, after=ends[0], before=ends[1], limit=5, now=NOW).items) == 1
    assert audit.listed(owner=owner, after=ends[1], before=ends[0], limit=5, now=NOW).items == []
