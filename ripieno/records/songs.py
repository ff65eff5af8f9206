"""The library: songs, and the index rows that answer a listing without a scan.

by-date|{newest first}|{id}           by-status|{status}|{newest first}|{id}
by-tempo|{milli-bpm}|{newest first}   by-key|{pitch class}|…    by-mode|{mode}|…
by-arousal|{thousandths from -1}|…    by-valence|{the same}|…   by-style|{style}|…, each that it is like
by-name|{hex of the beginning of its file's name}|…             by-name|{hex of its id}|…

A name is known by its UTF-8 without regard to cases or to how its accents are composed, so that whoever types the
beginning of a name or an id finds it by one range of rows.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from ripieno.contracts import names
from ripieno.contracts.audio import AudioFile, AudioPage, AudioSummary
from ripieno.music.pitch import pitch_class
from ripieno.records import completing
from ripieno.records import cursor as cursors
from ripieno.records.mirror import Condition
from ripieno.records.rows import LAST
from ripieno.records.song_query import FIGURES, SongQuery
from ripieno.records.store import IndexRows, Missing, Page, Store

_SUMMARY_FIELDS = set(AudioSummary.model_fields)
_NAME_BYTES = 64  # of a name in a row's key; what is longer is compared afterwards
_WITH_NAMES = 1  # the version of the index rows that brought `by-name`
_ROWS_AT_ONCE = 200
_MOST_ROWS = 20_000  # looked at for one page


class SongMissing(Missing):
    """No song of this owner has this id."""


def create(song: AudioFile) -> bool:
    """Add a song; False when its id is in the library already (its row is then left as it is)."""
    return _store.create(song.owner, song)


def find(owner: str, audio_file_id: str) -> AudioFile | None:
    return _store.get(owner, audio_file_id) if _is_key(audio_file_id) else None


def get(owner: str, audio_file_id: str) -> AudioFile:
    """Raises `SongMissing`."""
    song = find(owner, audio_file_id)
    if song is None:
        raise SongMissing(f"there is no song {audio_file_id[:100]}")
    return song


def change(owner: str, audio_file_id: str, to: Callable[[AudioFile], AudioFile | None]) -> AudioFile:
    """Change a song under its ETag, see `Store.change`. Raises `SongMissing`."""
    try:
        return _store.change(owner, audio_file_id, to)
    except SongMissing:
        raise
    except Missing:
        raise SongMissing(f"there is no song {audio_file_id[:100]}") from None


def delete(owner: str, audio_file_id: str, born: str) -> None:
    """Remove one life of a song from the library; nothing happens when it is another's turn, or nobody's."""
    _store.delete(owner, audio_file_id, only=lambda song: song.born == born)


def search(owner: str, query: SongQuery) -> AudioPage:
    """One page of the songs that match; its cost grows with the answer, not with the library.

    Raises
    ------
    cursor.BadCursor
        When `query.cursor` is not one that an earlier page of this query gave.
    """
    index, of_rows = _choose_index(query)
    after = cursors.read(query.cursor, index)
    if of_rows is not None:
        start, end = of_rows
    else:
        after_time, before_time = _within_calendars(query.uploaded_after), _within_calendars(query.uploaded_before)
        start = names.newest_first(before_time) if before_time else ""
        end = f"{names.newest_first(after_time)}{LAST}" if after_time else None  # with those of the same millisecond
    conditions = [
        Condition(name, op, value)
        for name, op, value in (
            ("bpm", "ge", query.bpm_min),
            ("bpm", "le", query.bpm_max),
            *(
                (figure, op, end)
                for figure in FIGURES
                for op, end in zip(("ge", "le"), query.within(figure), strict=True)
            ),
            ("mode", "eq", query.mode),
            ("status", "eq", query.status),
            ("uploaded_at", "gt", _iso(query.uploaded_after)),
            ("uploaded_at", "lt", _iso(query.uploaded_before)),
        )
        if value is not None
    ]
    if query.named is None and (query.style is None or query.key is None):
        page = _store.page(
            owner, index, after=after, start=start, end=end or LAST, conditions=conditions, limit=query.limit
        )
    else:
        page = _sifted_page(owner, index, after, conditions, query)
    items = [AudioSummary.model_validate(row) for row in page.rows]
    return AudioPage(items=items, next_cursor=cursors.write(index, page.last_key) if page.last_key else None)


def _sifted_page(owner: str, index: str, after: str | None, conditions: list[Condition], query: SongQuery) -> Page:
    """A page of the rows of an index whose songs have a name, or a key and a style, which no condition on a row can
    say; a short one where very many others lie between."""
    found: list[dict[str, Any]] = []
    for _ in range(_MOST_ROWS // _ROWS_AT_ONCE):
        page = _store.page(owner, index, after=after, conditions=conditions, limit=_ROWS_AT_ONCE)
        for row in page.rows:
            if _is_meant(row, index, query):
                found.append(row)
                if len(found) > query.limit:
                    return Page(found[: query.limit], found[query.limit - 1]["RowKey"])
        after = page.last_key
        if after is None:
            break
    return Page(found, after)


def _is_meant(row: dict[str, Any], index: str, query: SongQuery) -> bool:
    """Whether a row is of a song of that name (and key); a song that its name and its id mean has it by its name."""
    if query.key is not None and (row.get("key") is None or pitch_class(row["key"]) != pitch_class(query.key)):
        return False
    if query.style is not None and query.style not in (row.get("styles") or ()):
        return False
    if query.named is None:
        return True
    song = AudioSummary.model_validate(row)
    if not is_named(song, query.named or ""):
        return False
    by_id, by_name = _name_key(song.audio_file_id), _name_key(song.original_file_name)
    is_second = index.startswith("by-name|") and row["RowKey"].startswith(f"by-name|{by_id}|") and by_id != by_name
    return not is_second or not _folded(song.original_file_name).startswith(_folded(query.named or ""))


def is_named(song: AudioSummary, text: str) -> bool:
    """Whether a song's id or its file's name begins with a text, see `SongQuery.named`."""
    return any(_folded(name).startswith(_folded(text)) for name in (song.original_file_name, song.audio_file_id))


def complete_index(seconds: float) -> bool:
    """Bring the index rows of names to a library of an older version, see `completing.go_on`."""
    return completing.go_on(_store, names.SONGS_TABLE, _WITH_NAMES, seconds=seconds)


def stamp(owner: str, *, since: float) -> str | None:
    """Another one after every change to any song of the owner's, None where it is not known. `since` is as in
    `Mirror.page`."""
    return _store.stamp_since(owner, since)


def in_key(owner: str, key: str, *, since: float | None = None) -> set[str] | None:
    """The ids of all songs in a key, None where they are not in memory. `since` is as in `Mirror.page`."""
    keys = _store.remembered_keys(owner, f"by-key|{pitch_class(key)}|", since=since)
    return None if keys is None else {one.rpartition("|")[2] for one in keys}


def shown(owner: str, audio_file_ids: list[str], *, since: float | None = None) -> dict[str, tuple[str, AudioSummary]]:
    """The lives and summaries of some songs by their ids; of those that are gone nothing. `since` is as in
    `Mirror.page`."""
    found = _store.shown(owner, audio_file_ids, since=since)
    return {song_id: (row["born"], AudioSummary.model_validate(row)) for song_id, row in found.items()}


def uploaded_within(song: AudioSummary, query: SongQuery) -> bool:
    """Whether a song came in the time that a query asks for."""
    after, before = _iso(query.uploaded_after), _iso(query.uploaded_before)
    return (after is None or song.uploaded_at > after) and (before is None or song.uploaded_at < before)


# -- index rows ---------------------------------------------------------------------------------------------------


def _index(song: AudioFile) -> IndexRows:
    newest_first = f"{names.newest_first(datetime.fromisoformat(song.uploaded_at))}|{song.audio_file_id}"
    keys = [f"by-date|{newest_first}", f"by-status|{song.status}|{newest_first}"]
    if song.bpm is not None:
        keys.append(f"by-tempo|{_tempo_key(song.bpm)}|{newest_first}")
    if song.key is not None:
        keys.append(f"by-key|{pitch_class(song.key)}|{newest_first}")
    if song.mode is not None:
        keys.append(f"by-mode|{song.mode}|{newest_first}")
    keys += [
        f"by-{figure}|{_figure_key(value)}|{newest_first}"
        for figure in FIGURES
        if (value := getattr(song, figure)) is not None
    ]
    keys += [f"by-style|{style}|{newest_first}" for style in song.styles or ()]
    keys += [f"by-name|{_name_key(name)}|{newest_first}" for name in (song.original_file_name, song.audio_file_id)]
    summary = song.model_dump(mode="json", include=_SUMMARY_FIELDS, exclude_none=True)
    return dict.fromkeys(keys, summary)


def _remembered(song: AudioFile) -> IndexRows:
    """The index rows, and of which life they are."""
    rows = _index(song)
    return dict.fromkeys(rows, next(iter(rows.values())) | {"born": song.born})


def _choose_index(query: SongQuery) -> tuple[str, tuple[str, str | None] | None]:
    """The index whose rows hold the fewest that do not belong to the answer, and of one that is by a figure its first
    and last row's."""
    if query.named is not None:
        if completing.is_complete(names.SONGS_TABLE, _WITH_NAMES):
            return f"by-name|{_name_key(query.named)}", None
        return "by-date|", None
    if query.style is not None:
        return f"by-style|{query.style}|", None
    if query.key is not None:
        return f"by-key|{pitch_class(query.key)}|", None  # a pitch class, so that C# finds Db
    if query.bpm_min is not None or query.bpm_max is not None:
        return "by-tempo|", (_tempo_key(query.bpm_min) or "", _tempo_key(query.bpm_max, after=True))
    for figure in reversed(FIGURES):
        low, high = query.within(figure)
        if low is not None or high is not None:
            return f"by-{figure}|", (_figure_key(low) or "", _figure_key(high, after=True))
    if query.mode is not None:
        return f"by-mode|{query.mode}|", None
    if query.status is not None:
        return f"by-status|{query.status}|", None
    return "by-date|", None


def _folded(name: str) -> str:
    """A name as people compare it: without regard to cases and to how its accents are composed (Unicode 3.13)."""
    return unicodedata.normalize("NFD", unicodedata.normalize("NFD", name).casefold())


def _name_key(name: str) -> str:
    """What begins as another name's key does where the names begin alike; in characters that a row's key may have."""
    return _folded(name).encode()[:_NAME_BYTES].hex()


def _within_calendars(moment: datetime | None) -> datetime | None:
    """In UTC; what lies before 1970 is its beginning, what lies beyond all calendars their end."""
    if moment is None:
        return None
    try:
        utc = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except OverflowError:
        utc = datetime.max.replace(tzinfo=UTC) if moment.year > 1970 else datetime.min.replace(tzinfo=UTC)
    return max(utc, datetime.fromtimestamp(0, UTC))


def _tempo_key(bpm: float | None, *, after: bool = False) -> str | None:
    return None if bpm is None else f"{min(max(0, round(bpm * 1000)), 10**9 - 2) + after:09d}"


def _figure_key(value: float | None, *, after: bool = False) -> str | None:
    """Of a valence or an arousal."""
    return None if value is None else f"{min(max(0, round(1000 * (value + 1))), 2000) + after:04d}"


def _iso(moment: datetime | None) -> str | None:
    utc = _within_calendars(moment)
    return utc.isoformat() if utc else None


def _is_key(text: str) -> bool:
    """Whether a row can have this key at all."""
    return 0 < len(text) <= 200 and text.isprintable() and not set(text) & set("/\\#?|")


_store = Store(
    names.SONGS_TABLE,
    AudioFile,
    key=lambda song: song.audio_file_id,
    index=_index,
    mirrored=True,
    remembers=_remembered,
)
damage, repair, everything = _store.damage, _store.repair, _store.everything
documents = _store.documents
orphans, sweep = _store.orphans, _store.sweep
documents = _store.documents
