"""The library: the AudioFiles table and the index tables that answer a listing without a scan.

Every index row repeats a song's summary, so a page is one range query on one partition:

    IndexByDate    {owner}                       newest first
    IndexByKey     {owner}|key:{0..11}, |mode:.. newest first
    IndexByStatus  {owner}|{status}              newest first
    IndexByTempo   {owner}                       slowest first

A change writes the new index rows, removes the stale ones and then replaces the main row under its ETag; whatever
dies on the way is repeated from the old main row and ends in the same rows.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from azure.core import MatchConditions
from azure.core.exceptions import ResourceExistsError, ResourceModifiedError, ResourceNotFoundError
from azure.data.tables import UpdateMode
from pydantic import field_validator

from ripieno.contracts import names
from ripieno.contracts.audio import AudioFile, AudioPage, AudioSummary
from ripieno.contracts.base import Request
from ripieno.contracts.enums import AudioFileStatus, Mode
from ripieno.music.pitch import pitch_class
from ripieno.services.storage import table

_FAR_FUTURE_MS = 9_999_999_999_999
_SUMMARY_FIELDS = tuple(AudioSummary.model_fields)
_JSON_FIELDS = ("error",)
_NOT_STORED = {"progress", "links"}
_MAX_RACES = 20

IndexRow = tuple[str, str, str]


class SongMissing(LookupError):
    """No song of this owner has this id."""


class BadCursor(ValueError):
    """The cursor was not made by this query."""


class SongQuery(Request):
    """The filters of a listing; all given ones must hold. Times are ISO 8601; `limit` is 1 to 200."""

    bpm_min: float | None = None
    bpm_max: float | None = None
    key: str | None = None
    mode: Mode | None = None
    status: AudioFileStatus | None = None
    uploaded_after: datetime | None = None
    uploaded_before: datetime | None = None
    limit: int = 50
    cursor: str | None = None

    @field_validator("key")
    @classmethod
    def _is_a_note(cls, key: str | None) -> str | None:
        """Any spelling of a note; `f#` is as good as `F#`."""
        if key is not None:
            key = key.strip()[:1].upper() + key.strip()[1:]
            pitch_class(key)
        return key


def create(song: AudioFile) -> bool:
    """Add a song; False when its id is in the library already (its row is then left as it is)."""
    if _read(song.owner, song.audio_file_id) is not None:
        return False
    _write_index_rows(song)
    try:
        table(names.AUDIO_FILES).create_entity(_to_entity(song))
    except ResourceExistsError:
        return False
    return True


def get(owner: str, audio_file_id: str) -> AudioFile:
    """Raises `SongMissing`."""
    found = _read(owner, audio_file_id)
    if found is None:
        raise SongMissing(f"there is no song {audio_file_id}")
    return found[0]


def update(owner: str, audio_file_id: str, change: Callable[[AudioFile], AudioFile | None]) -> AudioFile:
    """Apply `change` to a song under its ETag, again when somebody else was faster; None from it changes nothing.

    Raises
    ------
    SongMissing
        When the song is not there, or no longer.
    """
    attempted: set[IndexRow] = set()
    for _ in range(_MAX_RACES):
        found = _read(owner, audio_file_id)
        if found is None:
            _delete_index_rows(attempted)
            raise SongMissing(f"there is no song {audio_file_id}")
        old, etag = found
        new = change(old)
        if new is None:
            return old
        wanted = _write_index_rows(new)
        _delete_index_rows((_index_rows(old) | attempted) - wanted)
        attempted |= wanted
        try:
            table(names.AUDIO_FILES).update_entity(
                _to_entity(new), mode=UpdateMode.REPLACE, etag=etag, match_condition=MatchConditions.IfNotModified
            )
            return new
        except ResourceModifiedError:
            continue
        except ResourceNotFoundError:
            continue
    raise TimeoutError(f"song {audio_file_id} was changed by others {_MAX_RACES} times in a row")


def delete(owner: str, audio_file_id: str) -> None:
    """Remove a song's rows; nothing happens when there are none."""
    found = _read(owner, audio_file_id)
    if found is not None:
        table(names.AUDIO_FILES).delete_entity(owner, audio_file_id)
        _delete_index_rows(_index_rows(found[0]))


def search(owner: str, query: SongQuery) -> AudioPage:
    """One page of the songs that match; its cost grows with the answer, not with the library.

    Raises
    ------
    BadCursor
        When `query.cursor` is not one that an earlier page of this query gave.
    """
    index, partition = _choose_index(owner, query)
    conditions = ["PartitionKey eq @partition"]
    values: dict[str, Any] = {"partition": partition}

    def require(condition: str, name: str, value: Any) -> None:
        if value is not None:
            conditions.append(condition)
            values[name] = value

    if index == names.INDEX_BY_TEMPO:
        require("RowKey ge @tempo_from", "tempo_from", _tempo_key(query.bpm_min))
        require("RowKey lt @tempo_to", "tempo_to", _tempo_key(query.bpm_max, after=True))
    else:
        require("RowKey gt @newest", "newest", _newest_first(query.uploaded_before))
        require("RowKey lt @oldest", "oldest", _newest_first(query.uploaded_after))
    require("bpm ge @bpm_min", "bpm_min", query.bpm_min)
    require("bpm le @bpm_max", "bpm_max", query.bpm_max)
    require("mode eq @mode", "mode", query.mode)
    require("status eq @status", "status", query.status)
    require("uploaded_at gt @after", "after", _iso(query.uploaded_after))
    require("uploaded_at lt @before", "before", _iso(query.uploaded_before))
    require("RowKey gt @cursor", "cursor", _read_cursor(query.cursor, index))

    items: list[AudioSummary] = []
    last_key = ""
    rows = table(index).query_entities(
        " and ".join(conditions), parameters=values, results_per_page=min(query.limit + 1, 1000)
    )
    for row in rows:
        if len(items) == query.limit:
            return AudioPage(items=items, next_cursor=_cursor(index, last_key))
        items.append(AudioSummary.model_validate({name: row.get(name) for name in _SUMMARY_FIELDS}))
        last_key = row["RowKey"]
    return AudioPage(items=items)


# -- rows ---------------------------------------------------------------------------------------------------------


def _read(owner: str, audio_file_id: str) -> tuple[AudioFile, str] | None:
    try:
        entity = table(names.AUDIO_FILES).get_entity(owner, audio_file_id)
    except ResourceNotFoundError:
        return None
    fields = {name: json.loads(value) if name in _JSON_FIELDS else value for name, value in entity.items()}
    return AudioFile.model_validate(fields), str(entity.metadata["etag"])


def _to_entity(song: AudioFile) -> dict[str, Any]:
    fields = song.model_dump(exclude=_NOT_STORED, exclude_none=True)
    entity = {name: json.dumps(value) if name in _JSON_FIELDS else value for name, value in fields.items()}
    return entity | {"PartitionKey": song.owner, "RowKey": song.audio_file_id}


def _index_rows(song: AudioFile) -> set[IndexRow]:
    newest_first = f"{_newest_first(datetime.fromisoformat(song.uploaded_at))}_{song.audio_file_id}"
    rows = {
        (names.INDEX_BY_DATE, song.owner, newest_first),
        (names.INDEX_BY_STATUS, f"{song.owner}|{song.status}", newest_first),
    }
    if song.bpm is not None:
        rows.add((names.INDEX_BY_TEMPO, song.owner, f"{_tempo_key(song.bpm)}_{newest_first}"))
    if song.key is not None:
        rows.add((names.INDEX_BY_KEY, _key_partition(song.owner, song.key), newest_first))
    if song.mode is not None:
        rows.add((names.INDEX_BY_KEY, f"{song.owner}|mode:{song.mode}", newest_first))
    return rows


def _write_index_rows(song: AudioFile) -> set[IndexRow]:
    summary = song.model_dump(include=set(_SUMMARY_FIELDS), exclude_none=True)
    rows = _index_rows(song)
    for index, partition, row_key in rows:
        table(index).upsert_entity({**summary, "PartitionKey": partition, "RowKey": row_key}, mode=UpdateMode.REPLACE)
    return rows


def _delete_index_rows(rows: set[IndexRow]) -> None:
    for index, partition, row_key in rows:
        table(index).delete_entity(partition, row_key)


# -- keys of rows -------------------------------------------------------------------------------------------------


def _choose_index(owner: str, query: SongQuery) -> tuple[str, str]:
    """The index whose partition holds the fewest rows that do not belong to the answer."""
    if query.key is not None:
        return names.INDEX_BY_KEY, _key_partition(owner, query.key)
    if query.bpm_min is not None or query.bpm_max is not None:
        return names.INDEX_BY_TEMPO, owner
    if query.mode is not None:
        return names.INDEX_BY_KEY, f"{owner}|mode:{query.mode}"
    if query.status is not None:
        return names.INDEX_BY_STATUS, f"{owner}|{query.status}"
    return names.INDEX_BY_DATE, owner


def _key_partition(owner: str, key: str) -> str:
    return f"{owner}|key:{pitch_class(key)}"  # a pitch class, so that C# finds Db


def _newest_first(moment: datetime | None) -> str | None:
    if moment is None:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return f"{_FAR_FUTURE_MS - int(moment.timestamp() * 1000):013d}"


def _tempo_key(bpm: float | None, *, after: bool = False) -> str | None:
    return None if bpm is None else f"{max(0, round(bpm * 1000)) + after:09d}"


def _iso(moment: datetime | None) -> str | None:
    if moment is None:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC).isoformat()


def _cursor(index: str, row_key: str) -> str:
    return base64.urlsafe_b64encode(json.dumps([index, row_key]).encode()).decode().rstrip("=")


def _read_cursor(cursor: str | None, index: str) -> str | None:
    if cursor is None:
        return None
    try:
        made_for, row_key = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except ValueError:
        raise BadCursor("the cursor cannot be read: use next_cursor of the page before, unchanged") from None
    if made_for != index or not isinstance(row_key, str):
        raise BadCursor("the cursor belongs to a query with other filters: start again without a cursor")
    return row_key
