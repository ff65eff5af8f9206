"""The library: found by every filter, a page at a time, in each of a song's lives."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import makers
import pytest
from azure.data.tables import TableClient
from pydantic import ValidationError

from ripieno.contracts import names
from ripieno.records import analyses, songs
from ripieno.records.cursor import BadCursor
from ripieno.records.songs import SongQuery
from ripieno.services import blobs
from ripieno.services.storage import table
from ripieno.work import searching

FINDINGS = [
    (90.0, "C", "major"),
    (120.0, "F#", "minor"),
    (120.0, "Gb", "major"),
    (None, None, None),
    (171.5, "A", "minor"),
]


@pytest.fixture(params=["asked of storage", "from memory"])
def library(request: pytest.FixtureRequest, storage: str, owner: str) -> list[str]:
    """Ten songs, the newest first; every fourth has failed."""
    made = []
    for number in range(10):
        bpm, key, mode = FINDINGS[number % 5]
        status = "failed" if number % 4 == 3 else "analyzed"
        song = makers.song(owner, number, bpm=bpm, key=key, mode=mode, status=status)
        assert songs.create(song)
        made.append(song.audio_file_id)
    if request.param == "from memory":
        makers.mirrored(lambda: songs.search(owner, SongQuery()))
    return made[::-1]


def numbers(owner: str, library: list[str], **filters) -> list[int]:
    """The places of the songs that a query finds, in the order of their upload."""
    found = searching.search(owner, SongQuery.model_validate(filters)).items
    return [9 - library.index(song.audio_file_id) for song in found]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]),
        ({"key": "F#"}, [7, 6, 2, 1]),
        ({"key": "gb", "mode": "minor"}, [6, 1]),
        ({"mode": "minor"}, [9, 6, 4, 1]),
        ({"status": "failed"}, [7, 3]),
        ({"bpm_min": 120, "bpm_max": 120}, [7, 6, 2, 1]),
        ({"bpm_min": 100}, [7, 6, 2, 1, 9, 4]),
        ({"bpm_max": 90}, [5, 0]),
        ({"bpm_min": 100, "key": "A", "mode": "minor", "status": "analyzed"}, [9, 4]),
        ({"uploaded_after": "2026-03-01T12:07:00Z"}, [9, 8]),
        ({"uploaded_before": "2026-03-01T12:02:00Z"}, [1, 0]),
        ({"uploaded_after": "2026-03-01T12:02:00", "uploaded_before": "2026-03-01T14:05:00+02:00"}, [4, 3]),
        ({"uploaded_after": "2026-03-01T12:02:00Z", "bpm_min": 100}, [7, 6, 9, 4]),
        ({"bpm_min": 172}, []),
    ],
    ids=str,
)
def test_every_filter_finds_what_it_says(library, owner, filters, expected):
    assert numbers(owner, library, **filters) == expected


@pytest.mark.parametrize(
    "moment",
    ["1969-12-31T23:59:59Z", "0001-01-01T00:00:00+05:00", "0001-01-01T00:00:00", "1816-01-01T00:00:00Z"],
)
def test_a_time_before_all_calendars_hides_nothing_after_it_and_everything_before_it(library, owner, moment):
    assert len(numbers(owner, library, uploaded_after=moment)) == 10
    assert len(numbers(owner, library, uploaded_after=moment, bpm_min=1)) == 8
    assert numbers(owner, library, uploaded_before=moment) == []


@pytest.mark.parametrize("moment", ["9999-12-31T23:59:59-05:00", "9999-12-31T23:59:59Z", "2400-01-01T00:00:00Z"])
def test_a_time_beyond_all_calendars_is_after_everything(library, owner, moment):
    assert numbers(owner, library, uploaded_after=moment) == []
    assert len(numbers(owner, library, uploaded_before=moment)) == 10


@pytest.mark.parametrize("more", [{}, {"bpm_min": 1}, {"key": "C"}])
def test_times_are_told_apart_to_the_microsecond(storage, owner, more):
    """Three songs of one millisecond: what is newer than the second is the third."""
    at = [makers.NOON + timedelta(microseconds=given) for given in (100, 200, 300)]
    ids = []
    for number, moment in enumerate(at):
        song = makers.song(owner, number, uploaded_at=moment.isoformat(), bpm=100.0, key="C")
        songs.create(song)
        ids.append(song.audio_file_id)

    def found(**filters) -> list[int]:
        return [ids.index(one.audio_file_id) for one in songs.search(owner, SongQuery(**filters, **more)).items]

    assert found(uploaded_after=at[1]) == [2]
    assert found(uploaded_before=at[1]) == [0]
    assert found(uploaded_after=at[0] - timedelta(microseconds=1), uploaded_before=at[2]) in ([0, 1], [1, 0])


@pytest.mark.parametrize(
    "wrong", [{"bpm_min": "nan"}, {"bpm_max": "inf"}, {"key": "H"}, {"limit": 0}, {"status": "new"}]
)
def test_what_cannot_be_asked_is_refused(wrong):
    with pytest.raises(ValidationError):
        SongQuery.model_validate(wrong)


# -- pages --------------------------------------------------------------------------------------------------------


def pages(owner: str, **filters) -> list[list[str]]:
    found, cursor = [], None
    while True:
        page = searching.search(owner, SongQuery(**filters, cursor=cursor))
        found.append([song.audio_file_id for song in page.items])
        cursor = page.next_cursor
        if cursor is None:
            return found


@pytest.mark.parametrize("filters", [{}, {"bpm_min": 1.0}, {"mode": "minor"}, {"status": "analyzed"}, {"key": "F#"}])
def test_pages_lose_and_double_nothing(library, owner, filters):
    whole = [one.audio_file_id for one in songs.search(owner, SongQuery(**filters)).items]
    found = pages(owner, **filters, limit=3)
    assert [one for page in found for one in page] == whole
    assert all(len(page) == 3 for page in found[:-1]) and len(found) == -(-len(whole) // 3)


def test_what_comes_or_goes_between_two_pages_moves_nothing_else(library, owner):
    first = songs.search(owner, SongQuery(limit=4))
    songs.create(makers.song(owner, 99))
    songs.delete(owner, library[5], songs.get(owner, library[5]).born)
    rest = songs.search(owner, SongQuery(limit=50, cursor=first.next_cursor))
    assert [one.audio_file_id for one in (*first.items, *rest.items)] == [*library[:5], *library[6:]]


@pytest.mark.parametrize(
    "cursor", ["NQ", "zzz", "", "W10", "é", "WyJieS1kYXRlfCIsIDVd", "IlwidVx1ZDgwMFwiIg", "A" * 1000]
)
@pytest.mark.parametrize("more", [{}, {"chords": "C, G"}])
def test_a_cursor_that_is_none_is_said_to_be_none(storage, owner, cursor, more):
    with pytest.raises(BadCursor):
        searching.search(owner, SongQuery(cursor=cursor, **more))


def test_a_cursor_of_another_query_is_refused(library, owner):
    of_all = songs.search(owner, SongQuery(limit=1)).next_cursor
    for other in ({"mode": "minor"}, {"bpm_min": 1.0}, {"chords": "C"}):
        with pytest.raises(BadCursor, match="other filters"):
            searching.search(owner, SongQuery(cursor=of_all, **other))


# -- chords and form ----------------------------------------------------------------------------------------------


POP = ["C", "G", "A:min", "F"] * 3
BLUES = ["A:7", "D:7", "A:7", "E:7", "D:7", "A:7"]


def analysed(owner: str, number: int, chords: list[str], sections: list[str], **fields) -> str:
    song = makers.song(owner, number, bpm=120.0 + number, **fields)
    songs.create(song)
    analyses.save(
        owner, song.audio_file_id, song.born, song.instance_id, makers.findings(chords, sections), makers.stems()
    )
    return song.audio_file_id


def chords(owner: str, *words: str) -> list[tuple[str, str]]:
    return list(analyses.following(owner, list(words), [], after=None))


def form(owner: str, *words: str) -> list[tuple[str, str]]:
    return list(analyses.following(owner, [], list(words), after=None))


WAYS = {"in storage": lambda owner: None, "in memory": lambda owner: makers.mirrored(lambda: looked_for(owner))}


def looked_for(owner: str) -> None:
    searching.search(owner, SongQuery(chords="C, G", form="verse"))
    songs.shown(owner, [])


@pytest.mark.parametrize("way", WAYS)
def test_songs_are_found_by_chords_and_form_that_follow_each_other(storage, owner, way):
    pop = analysed(owner, 1, POP, ["intro", "verse", "chorus", "verse"])
    blues = analysed(owner, 2, BLUES, ["verse", "verse", "solo"], status="failed")

    WAYS[way](owner)

    def found(**filters) -> set[str]:
        return {one.audio_file_id for one in searching.search(owner, SongQuery(**filters)).items}

    assert found(chords="G, Am, F") == {pop}
    assert found(chords="C, F") == set()
    assert found(chords="C G Am F C G Am F C") == {pop}, "longer than a row knows"
    assert found(chords="C G Am F C G Am F D") == set()
    assert found(chords="E7, D, A") == found(form="verse, solo") == {blues}
    assert found(chords="A, D", form="chorus") == set()
    assert found(form="verse") == {pop, blues}
    assert found(form="verse", bpm_min=122) == found(form="verse", status="failed") == {blues}
    assert found(form="vers") == set(), "a word is a whole word"
    assert found(chords="F") == {pop} and found(chords="F", uploaded_before=makers.NOON) == set()


@pytest.mark.parametrize("way", WAYS)
def test_what_is_found_by_chords_comes_in_pages(storage, owner, way):
    made = {analysed(owner, number, POP, []) for number in range(5)}
    WAYS[way](owner)
    found = pages(owner, chords="C, G", limit=2)
    assert [len(page) for page in found] == [2, 2, 1]
    assert {one for page in found for one in page} == made


@pytest.mark.parametrize("way", WAYS)
def test_what_is_looked_up_one_by_one_is_as_much_as_the_page_shows(storage, owner, way, monkeypatch):
    """Seven chords are more than a row knows: of twenty songs that begin so, three analyses are read for a page of two,
    and none where the songs' words are in memory."""
    for number in range(20):
        analysed(owner, number, [*POP, *POP], [])
    WAYS[way](owner)
    read, load = [], analyses.load
    monkeypatch.setattr(analyses, "load", lambda *life: read.append(life) or load(*life))
    page = searching.search(owner, SongQuery(chords="C G Am F C G Am", limit=2))
    first = 3 if way == "in storage" else 0
    assert len(page.items) == 2 and page.next_cursor is not None and len(read) == first
    after = searching.search(owner, SongQuery(chords="C G Am F C G Am", limit=2, cursor=page.next_cursor))
    assert len(read) == 2 * first and not {one.audio_file_id for one in after.items} & {
        one.audio_file_id for one in page.items
    }


def test_an_analysis_that_does_not_tell_all_its_words_is_found_by_its_windows_and_read_beyond_them(storage, owner):
    """As one of an earlier version: it is as well found as any."""
    pop = analysed(owner, 1, [*POP, *POP], ["intro", "verse", "chorus"])
    key = f"{pop}_{songs.get(owner, pop).born}"
    analyses._store.change(owner, key, lambda row: row.model_copy(update={"chords": None, "form": None}))
    WAYS["in memory"](owner)

    def found(**filters) -> set[str]:
        return {one.audio_file_id for one in searching.search(owner, SongQuery(**filters)).items}

    assert found(chords="G, Am") == found(chords="C G Am F C G Am F C") == found(form="verse, chorus") == {pop}
    assert found(chords="C, F") == found(chords="C G Am F C G Am D") == found(form="erse") == set()


@pytest.mark.parametrize("way", WAYS)
def test_what_another_life_of_a_song_was_finds_nothing(storage, owner, way):
    song_id = analysed(owner, 1, POP, ["verse"])
    WAYS[way](owner)
    songs.delete(owner, song_id, songs.get(owner, song_id).born)
    songs.create(makers.song(owner, 1, status="uploaded"))
    assert chords(owner, "00M") != [] and searching.search(owner, SongQuery(chords="C")).items == []


def test_an_analysis_written_over_another_leaves_just_its_own_rows(storage, owner):
    song_id = analysed(owner, 1, POP, ["verse"])
    born = songs.get(owner, song_id).born
    analyses.save(owner, song_id, born, "again", makers.findings(BLUES, ["solo"]), makers.stems())
    assert chords(owner, "00M", "07M") == []
    assert form(owner, "solo,") == [(song_id, born)]
    analyses.delete(owner, song_id, born)
    analyses.delete(owner, song_id, born)
    for name in (names.SONG_CHORDS, names.SONG_FORMS, names.ANALYSES_TABLE):
        rows = table(name).query_entities("PartitionKey eq @owner", parameters={"owner": owner})
        assert [row["RowKey"] for row in rows if not row["RowKey"].startswith("stamp")] == []
    assert blobs.list_names(names.ANALYSES, song_id) == []


class Killed(BaseException):
    pass


@pytest.mark.parametrize("step", range(4))
def test_an_analysis_whose_writer_died_is_whole_when_it_is_written_again(storage, owner, monkeypatch, step):
    """Killed at each write of the second analysis: the rows of neither are forgotten."""
    song_id = analysed(owner, 1, POP, ["verse"])
    born, writes = songs.get(owner, song_id).born, [step]

    def dies(real):
        def write(*arguments, **options):
            if writes[0] == 0:
                raise Killed
            writes[0] -= 1
            return real(*arguments, **options)

        return write

    def again() -> None:
        analyses.save(owner, song_id, born, "again", makers.findings(BLUES, ["solo"]), makers.stems())

    with monkeypatch.context() as patch:
        patch.setattr(analyses, "_upsert", dies(analyses._upsert))
        patch.setattr(analyses, "_delete", dies(analyses._delete))
        with pytest.raises(Killed):
            again()
    again()
    assert chords(owner, "00M", "07M") == form(owner, "verse,") == []
    analyses.delete(owner, song_id, born)
    assert chords(owner, "09M") == form(owner, "solo,") == []


# -- lives --------------------------------------------------------------------------------------------------------


def test_a_deleted_song_is_gone_at_once_from_every_listing(library, owner):
    gone = songs.get(owner, library[3])
    whole = {"mode": gone.mode, "status": gone.status, "bpm_min": gone.bpm}
    for filters in ({}, whole):
        assert gone.audio_file_id in {one.audio_file_id for one in songs.search(owner, SongQuery(**filters)).items}
    songs.delete(owner, gone.audio_file_id, gone.born)
    for filters in ({}, whole):
        assert gone.audio_file_id not in {one.audio_file_id for one in songs.search(owner, SongQuery(**filters)).items}
    assert songs.find(owner, gone.audio_file_id) is None
    with pytest.raises(songs.SongMissing):
        songs.change(owner, gone.audio_file_id, lambda song: song)


def test_a_life_of_a_song_is_deleted_without_the_next(storage, owner):
    first, second = makers.song(owner, 1, born="one"), makers.song(owner, 1, born="two")
    assert songs.create(first) and not songs.create(second)
    songs.delete(owner, first.audio_file_id, "two")
    assert songs.get(owner, first.audio_file_id).born == "one"
    songs.delete(owner, first.audio_file_id, "one")
    assert songs.create(second)
    songs.delete(owner, first.audio_file_id, "one")
    assert songs.get(owner, first.audio_file_id).born == "two"


def test_a_life_that_begins_while_the_last_one_is_deleted_stays(storage, owner, monkeypatch):
    """The next life comes between the look at the last one and its deletion."""
    first, second = makers.song(owner, 1, born="one"), makers.song(owner, 1, born="two")
    songs.create(first)
    real, came = TableClient.submit_transaction, []

    def submit(self, operations, **options):
        if not came:
            came.append(True)
            songs.delete(owner, first.audio_file_id, "one")
            songs.create(second)
        return real(self, operations, **options)

    with monkeypatch.context() as patch:
        patch.setattr(TableClient, "submit_transaction", submit)
        songs.delete(owner, first.audio_file_id, "one")
    assert came and songs.get(owner, first.audio_file_id).born == "two"


@pytest.mark.parametrize("strange", ["", "a/b", "a\\b", "a#b", "a?b", "a|b", "a\nb", "x" * 300])
def test_an_id_that_cannot_be_one_is_of_nobody(storage, owner, strange):
    assert songs.find(owner, strange) is None


def test_songs_of_another_are_not_seen(library, owner):
    assert songs.find("somebody else", library[0]) is None
    assert songs.search("somebody else", SongQuery()).items == []


def test_times_are_keys_that_sort_newest_first():
    moments = [
        datetime(1, 1, 1, tzinfo=UTC),
        datetime(1970, 1, 1, tzinfo=UTC),
        makers.NOON,
        datetime(9999, 1, 1, tzinfo=UTC),
    ]
    keys = [names.newest_first(moment) for moment in moments]
    assert keys == sorted(keys, reverse=True) and {len(key) for key in keys} == {13}
