"""Songs are found by mood and style, from storage as from memory; songs of before, which have neither, are not."""

from __future__ import annotations

import makers
import pytest
from pydantic import ValidationError

from ripieno.contracts.audio import AudioFile, AudioSummary
from ripieno.records import songs
from ripieno.records.song_query import SongQuery
from ripieno.work import searching

MOODS = [
    {"valence": 0.4, "arousal": -0.7, "styles": ["ambient", "ballad"], "key": "D", "bpm": 70.0},
    {"valence": 0.5, "arousal": 0.6, "styles": ["house"], "key": "D", "bpm": 124.0, "mode": "major"},
    {"valence": -0.7, "arousal": -0.5, "styles": ["ballad"], "key": "A", "bpm": 66.0, "mode": "minor"},
    {"valence": 0.2, "arousal": -0.4, "styles": ["house", "pop"], "key": "A", "bpm": 118.0},
    {},  # of before
]


@pytest.fixture(params=["asked of storage", "from memory"])
def library(request: pytest.FixtureRequest, storage: str, owner: str) -> str:
    for number, mood in enumerate(MOODS):
        assert songs.create(makers.song(owner, number, **mood))
    if request.param == "from memory":
        makers.mirrored(lambda: songs.search(owner, SongQuery()))
    return owner


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"mood": "calm"}, [0, 3]),
        ({"mood": "traurig"}, [2]),
        ({"mood": "calm", "style": "house"}, [3]),
        ({"style": "house"}, [3, 1]),
        ({"style": "House", "key": "D"}, [1]),
        ({"style": "ballad", "named": "0.wav"}, [0]),
        ({"style": "ballad", "bpm_max": 68}, [2]),
        ({"arousal_min": -0.5, "arousal_max": 0.6}, [2, 3, 1]),
        ({"valence_min": 0.4}, [0, 1]),
        ({"valence_max": -1}, []),
        ({"mood": "happy", "mode": "major"}, [1]),
        ({"mood": "calm", "arousal_max": -0.6}, [0]),
        ({"mood": "calm", "arousal_min": 0.5}, []),
        ({"mood": "calm", "key": "A"}, [3]),
        ({"style": "metal"}, []),
    ],
)
def test_they_are_found_the_calmest_first(library, filters, expected):
    found = searching.search(library, SongQuery.model_validate(filters)).items
    assert [int(song.original_file_name.partition(".")[0]) for song in found] == expected


def test_a_search_by_mood_goes_on_page_by_page(library):
    first = searching.search(library, SongQuery(mood="calm", limit=1))
    rest = searching.search(library, SongQuery(mood="calm", limit=1, cursor=first.next_cursor))
    assert [one.arousal for one in (*first.items, *rest.items)] == [-0.7, -0.4] and rest.next_cursor is None


def test_chords_and_a_mood_are_sought_together(storage, owner):
    song = makers.song(owner, 1, valence=0.4, arousal=-0.7, styles=["ambient"])
    assert songs.create(song)
    assert searching.search(owner, SongQuery(mood="calm", style="ambient", sha256=song.sha256)).items
    assert not searching.search(owner, SongQuery(mood="angry", sha256=song.sha256)).items


@pytest.mark.parametrize(
    "wrong", [{"mood": "purplish"}, {"style": "polka core"}, {"arousal_min": 2}, {"valence_max": "nan"}]
)
def test_what_is_no_mood_or_style_is_refused_with_what_there_is(wrong):
    with pytest.raises(ValidationError, match=r"calm|choose from|less than|finite"):
        SongQuery.model_validate(wrong)


def test_a_song_of_before_keeps_its_rows(storage, owner):
    """So that a library of an older version needs nothing: no index row of it says anything new."""
    song = makers.song(owner, 9)
    assert songs.create(song)
    assert not [one for one in songs.damage() if one.owner == owner]
    old = {
        name: value
        for name, value in song.model_dump(mode="json").items()
        if name not in ("valence", "arousal", "styles")
    }
    assert AudioFile.model_validate(old).styles is None
    assert "styles" not in AudioSummary.model_validate(old).model_dump(exclude_none=True)
