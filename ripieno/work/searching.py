"""Songs by what was found in them: by figures and words from the index, by chords and form from the analyses' rows."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import islice

from ripieno.contracts import names
from ripieno.contracts.audio import AudioPage, AudioSummary
from ripieno.music import chord_index
from ripieno.music.pitch import pitch_class
from ripieno.records import analyses, cursor, songs
from ripieno.records.song_query import SongQuery

_BY_ID = "found"
_MOST_AT_ONCE = 500  # songs that are looked up together


def search(owner: str, query: SongQuery) -> AudioPage:
    """One page of the songs that match every filter.

    With `chords` or `form` the songs are in the order of their ids, with `named` in that of their names, else newest
    first (by tempo slowest first, by mood calmest first).

    Raises
    ------
    ValueError
        For chords or sections that are none; `records.cursor.BadCursor`.
    """
    only = _song_of(owner, query)
    if query.chords is None and query.form is None and only is not None:
        song = songs.find(owner, only)
        found = [song] if song is not None and _holds(song, query) else []
        return AudioPage(items=[AudioSummary.model_validate(one.model_dump()) for one in found])
    if query.chords is None and query.form is None:
        return songs.search(owner, query)
    items: list[AudioSummary] = []
    for song in _found(owner, query, after=cursor.read(query.cursor, _BY_ID)):
        if len(items) == query.limit:
            return AudioPage(items=items, next_cursor=cursor.write(_BY_ID, items[-1].audio_file_id))
        items.append(song)
    return AudioPage(items=items)


def _found(owner: str, query: SongQuery, *, after: str | None) -> Iterator[AudioSummary]:
    only, since = _song_of(owner, query), time.monotonic()
    chords = chord_index.parse_query(query.chords) if query.chords is not None else []
    form = chord_index.parse_form(query.form) if query.form is not None else []
    among = songs.in_key(owner, query.key, since=since) if query.key is not None else None
    voucher = songs.stamp(owner, since=since)  # the song is written after its analysis
    following = analyses.following(owner, chords, form, among=among, after=after, since=since, voucher=voucher)
    several = query.limit + 1
    while some := list(islice(following, several)):
        shown = songs.shown(owner, [audio_file_id for audio_file_id, _ in some], since=since)
        for audio_file_id, born in some:
            life, song = shown.get(audio_file_id, (None, None))
            if song is not None and life == born and only in (None, audio_file_id) and _holds(song, query):
                yield song
        several = _MOST_AT_ONCE


def _song_of(owner: str, query: SongQuery) -> str | None:
    """The id that the asked for bytes have, None where none are asked for."""
    return names.audio_file_id(owner, query.sha256) if query.sha256 is not None else None


def _holds(song: AudioSummary, query: SongQuery) -> bool:
    """Whether a song passes the other filters."""
    return (
        (query.named is None or songs.is_named(song, query.named))
        and (query.bpm_min is None or (song.bpm is not None and song.bpm >= query.bpm_min))
        and (query.bpm_max is None or (song.bpm is not None and song.bpm <= query.bpm_max))
        and (query.key is None or (song.key is not None and pitch_class(song.key) == pitch_class(query.key)))
        and (query.mode is None or song.mode == query.mode)
        and (query.style is None or query.style in (song.styles or ()))
        and _lies_within(song.valence, query.within("valence"))
        and _lies_within(song.arousal, query.within("arousal"))
        and (query.status is None or song.status == query.status)
        and songs.uploaded_within(song, query)
    )


def _lies_within(value: float | None, bounds: tuple[float | None, float | None]) -> bool:
    low, high = bounds
    if value is None:
        return low is None and high is None
    return (low is None or value >= low) and (high is None or value <= high)
