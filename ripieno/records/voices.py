"""Voices at rest, and each use of them.

    id|{voice id}                   the voice; ids begin with the time, counted down: the newest comes first
    by-name|{hash}|{voice id}       of one name, whatever its letters and their case

Uses are rows of a table of their own, a row a take: what is said again is the same row.

    {owner}   {voice id}|{newest first}|{work id}|{element}|{take}
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Callable
from datetime import datetime
from itertools import islice

from azure.data.tables import TableTransactionError, UpdateMode

from ripieno.contracts import names
from ripieno.contracts.voice_profiles import Voice, VoiceUse
from ripieno.records import cursor as cursors
from ripieno.records import rows
from ripieno.records.store import MOST_OPERATIONS, IndexRows, Missing, Store
from ripieno.services.storage import table

_ALL = "voices"


class VoiceMissing(Missing):
    """No voice of this owner has this id."""


def create(voice: Voice) -> bool:
    """Add a voice; False when there is one of this id (which is then left as it is)."""
    return _store.create(voice.owner, voice)


def find(owner: str, voice_id: str) -> Voice | None:
    is_one = voice_id.isascii() and voice_id.isalnum() and len(voice_id) < 100
    return _store.get(owner, voice_id) if is_one else None


def get(owner: str, voice_id: str) -> Voice:
    """Raises `VoiceMissing`."""
    voice = find(owner, voice_id)
    if voice is None:
        raise VoiceMissing(f"there is no voice {voice_id[:100]}")
    return voice


def change(owner: str, voice_id: str, to: Callable[[Voice], Voice | None]) -> Voice:
    """Change a voice under its ETag; None from `to` changes nothing. Raises `VoiceMissing`."""
    try:
        return _store.change(owner, voice_id, to)
    except VoiceMissing:
        raise
    except Missing:
        raise VoiceMissing(f"there is no voice {voice_id[:100]}") from None


def delete(owner: str, voice_id: str) -> None:
    _store.delete(owner, voice_id)


def listed(owner: str, *, limit: int, cursor: str | None = None) -> tuple[list[Voice], str | None]:
    """Voices, newest first, and a cursor to go on with. Raises `cursor.BadCursor`."""
    found, last = _store.documents(owner, after=cursors.read(cursor, _ALL), limit=limit)
    return found, cursors.write(_ALL, last) if last else None


def named(owner: str, name: str) -> list[Voice]:
    """The voices of a name, newest first; letters' cases make no difference."""
    page = _store.page(owner, f"by-name|{_hash(name)}|", limit=MOST_OPERATIONS)
    keys = [row["RowKey"].rpartition("|")[2] for row in page.rows]
    return [one for key in keys if (one := find(owner, key)) is not None]


def same_name(a: str, b: str) -> bool:
    return _plain(a) == _plain(b)


# -- uses ---------------------------------------------------------------------------------------------------------


def note_use(owner: str, use: VoiceUse) -> None:
    """Keep a use; the same again is the same."""
    fields = use.model_dump(mode="json")
    table(names.VOICE_USES).upsert_entity(
        {"PartitionKey": owner, "RowKey": _use_key(use), **fields}, mode=UpdateMode.REPLACE
    )


def uses(owner: str, voice_id: str, *, limit: int, cursor: str | None = None) -> tuple[list[VoiceUse], str | None]:
    """What a voice was used for, newest first, and a cursor to go on with. Raises `cursor.BadCursor`."""
    prefix = f"{voice_id}|"
    after = cursors.read(cursor, prefix)
    asked = rows.beginning_with(
        names.VOICE_USES, prefix, owner=owner, after=after, results_per_page=min(limit + 1, 1000)
    )
    found = list(islice(asked, limit + 1))
    items = [VoiceUse.model_validate(dict(row)) for row in found[:limit]]
    return items, cursors.write(prefix, found[limit - 1]["RowKey"]) if len(found) > limit else None


def delete_uses(owner: str, voice_id: str) -> None:
    """Forget what a voice was used for."""
    known = rows.beginning_with(names.VOICE_USES, f"{voice_id}|", owner=owner, select=["PartitionKey", "RowKey"])
    keys = [{"PartitionKey": row["PartitionKey"], "RowKey": row["RowKey"]} for row in known]
    for at in range(0, len(keys), MOST_OPERATIONS):
        for key in _left_after(keys[at : at + MOST_OPERATIONS]):
            table(names.VOICE_USES).delete_entity(key["PartitionKey"], key["RowKey"])


def _left_after(keys: list[dict[str, str]]) -> list[dict[str, str]]:
    """Those that one transaction did not delete: all, where somebody else was at the same rows."""
    try:
        table(names.VOICE_USES).submit_transaction([("delete", key) for key in keys])
    except TableTransactionError:
        return keys
    return []


# -- parts --------------------------------------------------------------------------------------------------------


def _use_key(use: VoiceUse) -> str:
    when = names.newest_first(datetime.fromisoformat(use.used_at))
    return f"{use.voice_id}|{when}|{use.work_id}|{names.slug(use.element)}|{use.take:04d}"


def _plain(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def _hash(name: str) -> str:
    return hashlib.sha256(_plain(name).encode()).hexdigest()[:32]


def _index(voice: Voice) -> IndexRows:
    return {f"by-name|{_hash(voice.name)}|{voice.voice_id}": {"created_at": voice.created_at}}


_store = Store(names.VOICES_TABLE, Voice, key=lambda voice: voice.voice_id, index=_index)
damage, repair, everything = _store.damage, _store.repair, _store.everything
documents = _store.documents
orphans, sweep = _store.orphans, _store.sweep
documents = _store.documents
