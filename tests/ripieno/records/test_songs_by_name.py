"""Songs by what a person types: the beginning of a file's name or of an id; in a library of an older version too."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import makers
import pytest

from ripieno.contracts import names
from ripieno.records import completing, songs
from ripieno.records.songs import SongQuery
from ripieno.services.storage import table
from ripieno.work import searching
from tests.stacks import azurite_of_its_own

NAMES = [
    "Ça va.flac", "Cafe\u0301 noir.wav", "café blanc.wav", "100% live.mp3", "100 live.mp3", "\U0001f3b7 solo.ogg",
    "\U0001f3b7\U0001f3b6.ogg", "STRASSE.wav", "Straße 2.wav", "夜に駆ける.m4a", "a" * 64 + "\U0001f3b7 one.wav",
    "a" * 64 + "\U0001f3b7 two.wav", "a" * 63 + "\U0001f3b7.wav", "o'clock.wav",
]  # fmt: skip


@pytest.fixture(scope="module")
def _songs(azurite_alone: str) -> tuple[str, dict[str, str]]:
    """Somebody with a song of each name: their ids."""
    owner, made = f"owner-{uuid.uuid4().hex[:8]}", {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AzureWebJobsStorage", azurite_alone)
        for number, name in enumerate(NAMES):
            song = makers.song(
                owner, number, original_file_name=name, bpm=100.0 + number, key="C" if number % 2 else "Db"
            )
            assert songs.create(song)
            made[name] = song.audio_file_id
    return owner, made


@pytest.fixture(params=["by rows", "by rows in memory", "without rows"])
def library(request: pytest.FixtureRequest, storage: str, _songs, monkeypatch) -> tuple[str, dict[str, str]]:
    """Of whom, and the songs; by what they are found, a library of an older version has not yet."""
    owner, made = _songs
    if request.param == "without rows":
        monkeypatch.setattr(completing, "is_complete", lambda table_name, version: False)
    else:
        assert songs.complete_index(60)
    if request.param == "by rows in memory":
        makers.mirrored(lambda: songs.search(owner, SongQuery()))
    return owner, made


def named(owner: str, text: str, **more) -> list[str]:
    found = searching.search(owner, SongQuery.model_validate({"named": text, **more})).items
    return sorted(song.original_file_name for song in found)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ÇA", ["Ça va.flac"]),
        ("caf\u00e9", ["Cafe\u0301 noir.wav", "café blanc.wav"]),
        ("Cafe\u0301 B", ["café blanc.wav"]),
        ("100%", ["100% live.mp3"]),
        ("100 ", ["100 live.mp3"]),
        ("\U0001f3b7", ["\U0001f3b7 solo.ogg", "\U0001f3b7\U0001f3b6.ogg"]),
        ("\U0001f3b7 ", ["\U0001f3b7 solo.ogg"]),
        ("strasse", ["STRASSE.wav", "Straße 2.wav"]),
        ("夜に", ["夜に駆ける.m4a"]),
        ("A" * 64, ["a" * 64 + "\U0001f3b7 one.wav", "a" * 64 + "\U0001f3b7 two.wav"]),
        ("a" * 64 + "\U0001f3b7 t", ["a" * 64 + "\U0001f3b7 two.wav"]),
        ("a" * 63 + "\U0001f3b7", ["a" * 63 + "\U0001f3b7.wav"]),
        ("o'c", ["o'clock.wav"]),
        ("new/takes/O'CLOCK.wav", ["o'clock.wav"]),
        ("C:\\takes\\100%", ["100% live.mp3"]),
        ("clock", []),
        ("100_", []),
        ("|", []),
        ("b" * 1024, []),
    ],
    ids=ascii,
)
def test_the_beginning_of_a_name_finds_its_songs(library, text, expected):
    owner, _ = library
    assert named(owner, text) == sorted(expected)


def test_the_beginning_of_an_id_finds_its_song(library):
    owner, made = library
    for name, song_id in made.items():
        assert name in named(owner, song_id[:4])
        assert named(owner, song_id.upper()) == [name]


def test_names_are_combined_with_every_other_filter(library):
    owner, _ = library
    assert named(owner, "aaaa", bpm_max=111) == ["a" * 64 + "\U0001f3b7 one.wav", "a" * 64 + "\U0001f3b7 two.wav"]
    assert named(owner, "aaaa", key="C") == ["a" * 64 + "\U0001f3b7 two.wav"]
    assert named(owner, "aaaa", key="C#", uploaded_after=makers.NOON) == sorted([NAMES[10], NAMES[12]])
    assert named(owner, "aaaa", status="failed") == named(owner, "aaaa", mode="minor") == []


def test_a_song_that_is_meant_by_its_name_and_by_its_id_comes_once(storage, owner):
    plain = makers.song(owner, 1)
    same = plain.audio_file_id
    for number, name in enumerate((f"{same[:6]}.wav", f"{same}.wav", same)):
        owner_of_it = f"{owner}-{number}"
        songs.create(plain.model_copy(update={"owner": owner_of_it, "original_file_name": name}))
        songs.complete_index(60)
        assert named(owner_of_it, same[:1]) == named(owner_of_it, same[:6]) == [name]


def test_songs_of_a_name_come_in_pages_that_lose_and_double_nothing(library):
    owner, _ = library
    found, cursor = [], None
    while True:
        page = searching.search(owner, SongQuery(named="aaaa", limit=1, cursor=cursor))
        found += [song.original_file_name for song in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert sorted(found) == named(owner, "aaaa")


def test_many_others_between_hide_nothing(storage, owner, monkeypatch):
    """Two rows at once, four a page: a page that found too few says where to go on."""
    monkeypatch.setattr(songs, "_ROWS_AT_ONCE", 2)
    monkeypatch.setattr(songs, "_MOST_ROWS", 4)
    for number in range(15):
        songs.create(
            makers.song(owner, number, original_file_name=f"take {number}.wav", key="C" if number == 7 else "D")
        )
    songs.complete_index(60)
    found, cursor, asked = [], None, 0
    while True:
        page = searching.search(owner, SongQuery(named="take", key="C", cursor=cursor))
        found += [song.original_file_name for song in page.items]
        cursor, asked = page.next_cursor, asked + 1
        if cursor is None:
            break
    assert found == ["take 7.wav"] and asked > 1


def test_a_renamed_or_deleted_song_is_found_no_longer_by_its_old_name(storage, owner):
    song = makers.song(owner, 1, original_file_name="o'clock.wav")
    assert songs.create(song) and songs.complete_index(60)
    song_id = song.audio_file_id
    assert named(owner, "O'") == ["o'clock.wav"]
    songs.change(owner, song_id, lambda song: song.model_copy(update={"original_file_name": "noon.wav"}))
    assert named(owner, "o'") == [] and named(owner, "NOON") == ["noon.wav"]
    songs.delete(owner, song_id, songs.get(owner, song_id).born)
    assert named(owner, "noon") == named(owner, song_id) == []


@pytest.mark.parametrize("wrong", ["", "folder/", "a" * 1025])
def test_a_name_that_is_none_is_refused(wrong):
    with pytest.raises(ValueError, match="named"):
        SongQuery(named=wrong)


# -- a library of an older version --------------------------------------------------------------------------------


@pytest.fixture
def storage_of_its_own(tmp_path, monkeypatch) -> Iterator[None]:
    """With nobody else's songs in it: every one would be looked at."""
    with azurite_of_its_own(tmp_path) as connection:
        monkeypatch.setenv("AzureWebJobsStorage", connection)
        yield


@pytest.fixture
def older(storage_of_its_own, owner: str, monkeypatch) -> list[str]:
    """Songs without the rows of their names, and no mark."""
    whole = songs._index

    def without_names(song):
        return {key: row for key, row in whole(song).items() if not key.startswith("by-name|")}

    with monkeypatch.context() as patch:
        patch.setattr(songs._store, "_index", without_names)
        made = [makers.song(owner, number, original_file_name=f"old {number}.wav") for number in range(5)]
        for song in made:
            songs.create(song)
    table(names.SONGS_TABLE).delete_entity(completing._PARTITION, completing._ROW)
    completing._known.clear()
    return [song.audio_file_id for song in made]


def test_songs_of_an_older_library_are_found_before_and_after_their_rows_are_there(older, owner, monkeypatch):
    monkeypatch.setattr(completing, "_BATCH", len(list(songs.everything())) // 3 + 1)
    assert len(songs.damage()) >= 10 and len(named(owner, "old")) == 5
    while not songs.complete_index(0):  # as killed after every batch
        assert len(named(owner, "old")) == 5
    assert [one for one in songs.damage() if one.owner == owner] == []
    assert len(named(owner, "old")) == 5
    assert len(songs._store.page(owner, "by-name|", limit=100).rows) == 10


def test_an_older_song_can_be_changed_and_deleted_before_its_rows_are_there(older, owner):
    songs.change(owner, older[0], lambda song: song.model_copy(update={"status": "failed"}))
    songs.delete(owner, older[1], songs.get(owner, older[1]).born)
    assert songs.complete_index(60)
    assert named(owner, "old") == [f"old {number}.wav" for number in (0, 2, 3, 4)]
    assert named(owner, "old", status="failed") == ["old 0.wav"]
    assert [one for one in songs.damage() if one.owner == owner] == []
