"""Blobs that belong to nothing are found and removed; whatever belongs to something, is young, or comes into being while
one looks, stays."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import makers
import pytest

from ripieno.contracts import names
from ripieno.records import runs, songs, voices, works
from ripieno.records.cursor import BadCursor
from ripieno.services import blobs
from ripieno.work import belonging, orphans, removal
from tests.stacks import azurite_of_its_own

TOMORROW = datetime.now(UTC) + timedelta(days=2)


@pytest.fixture(scope="module")
def azurite_alone(tmp_path_factory) -> Iterator[str]:
    """For these tests alone: each looks at everything there is."""
    with azurite_of_its_own(tmp_path_factory.mktemp("azurite")) as connection:
        yield connection


@pytest.fixture
def library(storage, owner, tmp_path):
    for container in orphans.CONTAINERS:
        for name in blobs.list_names(container):
            blobs.delete(container, name)
    path = tmp_path / "clip.wav"
    path.write_bytes(makers.tone())
    song = makers.analysed(owner, path)
    work = makers.generated(song)
    for run in list(runs.everything()):
        runs.forget(run)
    return song, work


def lost() -> list[tuple[str, str]]:
    """Blobs as they lie when their rows were lost, one of each kind."""
    folder, work = f"{uuid.uuid4()}/{uuid.uuid4().hex[:10]}", names.seed(datetime.now(UTC))
    instance = names.song_instance(*folder.split("/"), 1)
    found = [
        (names.SONGS, f"{folder}/original.wav"), (names.STEMS, f"{folder}/bass.flac"), (names.JAMS, f"{folder}.jams"),
        (names.ANALYSES, f"{folder}.json"), (names.REJECTED, f"{folder}/broken.wav"),
        (names.GENERATED, f"{work}/bass.flac"), (names.VOICES, f"{work}/samples/1.wav"),
        (names.JOBS, names.job_blob(names.job_id(instance, "mir"))),
        (names.JOBS, names.job_result_blob(names.job_id(names.version_instance(work, "bass", 1), "mix"), "a.json")),
    ]  # fmt: skip
    for container, name in found:
        blobs.upload(container, name, b"x")
    return found


def there() -> set[tuple[str, str]]:
    return {(container, name) for container in orphans.CONTAINERS for name in blobs.list_names(container)}


def test_what_belongs_to_nothing_is_found_by_a_dry_run_and_removed_by_the_next(library):
    before = there()
    gone = lost()
    shown = orphans.look(dry_run=True, now=TOMORROW)
    assert {(one.container, one.name) for one in shown.items} == set(gone)
    assert (shown.found, shown.removed, shown.complete, shown.bytes) == (len(gone), 0, True, len(gone))
    assert there() == before | set(gone)
    done = orphans.look(dry_run=False, now=TOMORROW)
    assert done.removed == len(gone) and there() == before


def test_what_is_younger_than_a_day_is_left_alone(library):
    gone = lost()
    assert orphans.look(dry_run=False).found == 0
    with pytest.raises(ValueError, match="at least a day"):
        orphans.look(dry_run=False, older_than=timedelta(hours=1))
    assert there() >= set(gone)
    orphans.look(dry_run=False, now=TOMORROW)


def test_what_endpoints_were_asked_for_directly_and_other_peoples_names_are_left_alone(library):
    kept = [
        (names.STEMS, "my-song/bass.wav"), (names.GENERATED, "generate-7/bass.wav"), (names.REJECTED, "holiday.wav"),
        (names.JOBS, "replicas/1.json"), (names.JOBS, f"{names.DIRECT_ANALYSIS}1.json"), (names.JOBS, "foo.json"),
        (names.JOBS, "foo/found.json"), (names.JOBS, "work-of-art.json"), (names.JOBS, "song-of-mine:2.json"),
    ]  # fmt: skip
    for container, name in kept:
        blobs.upload(container, name, b"x")
    assert orphans.look(dry_run=False, now=TOMORROW).found == 0
    assert there() >= set(kept)


def test_a_row_that_appears_while_one_looks_keeps_its_blobs(library, owner, monkeypatch):
    song, _ = library
    songs.delete(owner, song.audio_file_id, song.born)
    real, taken = belonging.Known.take, []

    def take():
        known = real()
        if not taken:
            songs.create(song)  # after the first look
        taken.append(known)
        return known

    monkeypatch.setattr(belonging.Known, "take", staticmethod(take))
    told = orphans.look(dry_run=False, now=TOMORROW)
    assert told.found > 0 and told.removed == 0 and len(taken) > 1
    assert blobs.read(names.SONGS, song.blob_name)


def test_what_is_written_between_the_look_and_the_end_stays(library, monkeypatch):
    gone = lost()
    real = belonging.Known.take
    calls = []

    def take():
        calls.append(1)
        if len(calls) == 2:
            blobs.upload(*gone[0], b"written anew")
        return real()

    monkeypatch.setattr(belonging.Known, "take", staticmethod(take))
    orphans.look(dry_run=False, now=TOMORROW)
    assert blobs.read(*gone[0]) == b"written anew"


def test_what_is_on_its_way_out_is_its_removals(library, owner):
    song, work = library
    removal.of_song(owner, song.audio_file_id)
    works.delete(owner, work.work_id)
    runs.note(removal._run_of_work(owner, work.work_id))
    told = orphans.look(dry_run=False, now=TOMORROW)
    assert told.found == 0 and blobs.read(names.SONGS, song.blob_name)
    for run in list(runs.everything()):
        runs.forget(run)
    assert orphans.look(dry_run=False, now=TOMORROW).removed > 3


def test_a_library_is_gone_through_in_parts(library, monkeypatch):
    gone = lost()
    monkeypatch.setattr(orphans, "_PAGE", 1)
    cursor, removed, parts = None, 0, 0
    while True:
        told = orphans.look(dry_run=False, cursor=cursor, seconds=0.01, now=TOMORROW)
        removed, cursor, parts = removed + told.removed, told.next_cursor, parts + 1
        if told.complete:
            break
    assert removed == len(gone) and parts > 1
    with pytest.raises(BadCursor):
        orphans.look(dry_run=True, cursor="nonsense")


def test_the_night_goes_on_where_the_last_one_ended(library):
    gone = lost()
    blobs.delete(names.RECORDS, orphans._MARK)
    nights = 0
    while not orphans.tidy(dry_run=False, seconds=-1.0, now=TOMORROW).complete:
        nights += 1
    assert 3 < nights < 30 and not there() & set(gone)


def test_a_night_that_is_killed_goes_on_behind_what_it_had_done(library, monkeypatch):
    lost()
    blobs.delete(names.RECORDS, orphans._MARK)
    real, listed = orphans.container, []

    class Killed(BaseException):
        pass

    def container(name: str):
        listed.append(name)
        if len(listed) == 4:
            raise Killed
        return real(name)

    monkeypatch.setattr(orphans, "container", container)
    with pytest.raises(Killed):
        orphans.tidy(dry_run=False, seconds=60.0, now=TOMORROW)
    orphans.tidy(dry_run=False, seconds=60.0, now=TOMORROW)
    assert listed == [*orphans.CONTAINERS[:4], *orphans.CONTAINERS[3:]]


def test_reading_what_is_there_is_a_part_of_the_time(library, monkeypatch):
    """Reading takes three of ten minutes: after one that is found nothing more is, so that it can be read again."""
    lost()
    real, now = belonging.Known.take, [0.0]

    def take():
        now[0] += 180
        return real()

    monkeypatch.setattr(belonging.Known, "take", staticmethod(take))
    monkeypatch.setattr(orphans.time, "monotonic", lambda: now[0])
    told = orphans.look(dry_run=False, seconds=400.0, now=TOMORROW)
    assert now[0] == 360 and told.removed > 0 and not told.complete


def test_what_there_was_no_time_to_remove_is_found_again(library, monkeypatch):
    for number in range(3):
        blobs.upload(names.GENERATED, f"{names.seed(datetime.now(UTC))}/{number}.flac", b"x")
    told = orphans.look(dry_run=False, seconds=-1.0, now=TOMORROW)
    removed, cursor = told.removed, told.next_cursor
    while not told.complete:
        told = orphans.look(dry_run=False, cursor=cursor, seconds=-1.0, now=TOMORROW)
        removed, cursor = removed + told.removed, told.next_cursor
        assert told.removed <= 1
    assert removed == 3


def test_a_voice_keeps_what_it_is_made_of(library, owner):
    import voice_makers

    voice = voice_makers.created(owner)
    blobs.upload(names.VOICES, names.voice_sample_blob(voice.voice_id, "1", "wav"), b"x")
    assert orphans.look(dry_run=False, now=TOMORROW).found == 0
    voices.delete(owner, voice.voice_id)
    assert orphans.look(dry_run=False, now=TOMORROW).removed == 1
