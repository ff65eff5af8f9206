"""Songs by what was found in them: by figures and words from the index, by chords and form from the analyses' rows."""

from __future__ import annotations

from collections.abc import Iterator

from ripieno.contracts import names
from ripieno.contracts.audio import AudioFile, AudioPage, AudioSummary
from ripieno.music import chord_index
from ripieno.music.pitch import pitch_class
from ripieno.records import analyses, cursor, songs
from ripieno.records.songs import SongQuery

_BY_ID = "found"


def search(owner: str, query: SongQuery) -> AudioPage:
    """One page of the songs that match every filter.

    With `chords` or `form` the songs are in the order of their ids, with `named` in that of their names, else newest
    first (by tempo slowest first).

    Raises
    ------
    ValueError
        For chords or sections that are none; `records.cursor.BadCursor`.
    """
    if query.chords is None and query.form is None and query.sha256 is not None:
        song = songs.find(owner, names.audio_file_id(owner, query.sha256))
        found = [song] if song is not None and _holds(song, query) else []
        return AudioPage(items=[AudioSummary.model_validate(one.model_dump()) for one in found])
    if query.chords is None and query.form is None:
        return songs.search(owner, query)
    items: list[AudioSummary] = []
    for song in _found(owner, query, after=cursor.read(query.cursor, _BY_ID)):
        if len(items) == query.limit:
            return AudioPage(items=items, next_cursor=cursor.write(_BY_ID, items[-1].audio_file_id))
        items.append(AudioSummary.model_validate(song.model_dump()))
    return AudioPage(items=items)


def _found(owner: str, query: SongQuery, *, after: str | None) -> Iterator[AudioFile]:
    both = []
    if query.chords is not None:
        both.append(list(analyses.with_chords(owner, chord_index.parse_query(query.chords))))
    if query.form is not None:
        both.append(list(analyses.with_form(owner, chord_index.parse_form(query.form))))
    matching = [one for one in both[0] if all(one in other for other in both[1:])]
    for audio_file_id, born in matching:
        if after is not None and audio_file_id <= after:
            continue
        song = songs.find(owner, audio_file_id)
        if song is not None and song.born == born and _holds(song, query):
            yield song


def _holds(song: AudioFile, query: SongQuery) -> bool:
    """Whether a song passes the other filters."""
    return (
        (query.sha256 is None or song.sha256 == query.sha256)
        and (query.named is None or songs.is_named(song, query.named))
        and (query.bpm_min is None or (song.bpm is not None and song.bpm >= query.bpm_min))
        and (query.bpm_max is None or (song.bpm is not None and song.bpm <= query.bpm_max))
        and (query.key is None or (song.key is not None and pitch_class(song.key) == pitch_class(query.key)))
        and (query.mode is None or song.mode == query.mode)
        and (query.status is None or song.status == query.status)
        and songs.uploaded_within(song, query)
    )
