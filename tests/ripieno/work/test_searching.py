"""Songs by their bytes: one look, whatever the library's size."""

from __future__ import annotations

import makers
import pytest
from pydantic import ValidationError

from ripieno.contracts import names
from ripieno.records import songs
from ripieno.records.songs import SongQuery
from ripieno.work import searching


def found(owner: str, **query) -> list[str]:
    return [song.audio_file_id for song in searching.search(owner, SongQuery(**query)).items]


def test_a_song_is_found_by_its_bytes_where_the_other_filters_hold_too(storage, owner):
    known, other = (makers.song(owner, number, key="D", bpm=112.0) for number in (1, 2))
    for song in (known, other):
        songs.create(song)
    assert known.audio_file_id == names.audio_file_id(owner, known.sha256)
    assert found(owner, sha256=known.sha256) == [known.audio_file_id]
    assert found(owner, sha256=known.sha256, key="D", named=known.original_file_name) == [known.audio_file_id]
    assert found(owner, sha256=known.sha256, key="E") == found(owner, sha256="0" * 64) == []
    assert found("somebody else", sha256=known.sha256) == []


@pytest.mark.parametrize("wrong", ["", "abc", "G" * 64, "A" * 64])
def test_what_is_no_hash_is_refused(wrong):
    with pytest.raises(ValidationError):
        SongQuery(sha256=wrong)
