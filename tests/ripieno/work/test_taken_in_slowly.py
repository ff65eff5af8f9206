"""Others begin the run of whoever takes a song in and stands still meanwhile: no song is left that nobody is at."""

from __future__ import annotations

from pathlib import Path

import makers
import pytest

from ripieno.contracts.enums import AudioFileStatus
from ripieno.contracts.workflow import Run, SongOrder
from ripieno.records import runs, songs
from ripieno.services import blobs
from ripieno.work import analysing, ingest

pytestmark = pytest.mark.usefixtures("storage")


class Killed(BaseException):
    pass


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    path = tmp_path / "clip.wav"
    path.write_bytes(makers.tone())
    return path


@pytest.fixture
def slow(monkeypatch, owner):
    """Whoever stores a song's bytes stands still there, once, until its run was begun by others; the runs."""
    begun: list[Run] = []
    store = ingest._store

    def stand_still(song, path, drop):
        store(song, path, drop)
        if not begun:
            (run,) = runs.beginning_with(owner, "song-")
            begun.append(run)
            assert analysing.begin(SongOrder.model_validate(run.order)) is None, "there is no such song yet"
            runs.forget(run)  # it has ended

    monkeypatch.setattr(ingest, "_store", stand_still)
    return begun


def check_somebody_is_at(owner: str, taken: ingest.Taken) -> None:
    song = songs.get(owner, taken.song.audio_file_id)
    assert song.status == AudioFileStatus.UPLOADED
    assert blobs.properties("songs", song.blob_name).size == song.file_size_bytes
    (run,) = runs.beginning_with(owner, "song-")
    assert run.instance_id == song.instance_id
    assert taken.run is not None and taken.run.order == run.order
    assert analysing.begin(SongOrder.model_validate(run.order)) is not None


def test_a_new_song_begins_another_life(owner, clip, slow):
    taken = ingest.take_in(owner, clip, "clip.wav")
    assert slow and taken.song.born != slow[0].order["born"]
    check_somebody_is_at(owner, taken)


@pytest.fixture
def known(owner, clip):
    """A song that could not be analysed."""
    song = ingest.take_in(owner, clip, "clip.wav").song
    analysing.fail(SongOrder.model_validate(ingest.song_run(song).order), "broken", "it broke")
    runs.forget(ingest.song_run(song))
    return song


def test_a_song_that_had_failed_begins_another_run(owner, clip, known, slow):
    taken = ingest.take_in(owner, clip, "clip.wav")
    assert slow and taken.song.run == known.run + 2
    check_somebody_is_at(owner, taken)


def test_what_was_left_by_whoever_died_before_they_saw_it_goes_on_with_the_same_bytes(owner, clip, slow, monkeypatch):
    def die(asked):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(ingest, "_was_given_up", die)
        with pytest.raises(Killed):
            ingest.take_in(owner, clip, "clip.wav")
    assert not runs.beginning_with(owner, "song-")
    check_somebody_is_at(owner, ingest.take_in(owner, clip, "clip.wav"))


def test_a_song_that_came_while_its_run_was_given_up_is_analysed(owner, clip, monkeypatch):
    """Whoever took it in looked before the run was gone, and has gone on."""
    taken = ingest.take_in(owner, clip, "clip.wav")
    assert taken.run is not None
    order = SongOrder.model_validate(taken.run.order)
    found = songs.find

    def find(owner_, song_id):
        monkeypatch.setattr(songs, "find", found)
        return None  # as it was a moment ago

    first = analysing._begun
    tries: list[int] = []

    def begun(order_):
        tries.append(1)
        return None if len(tries) == 1 else first(order_)

    monkeypatch.setattr(songs, "find", find)
    monkeypatch.setattr(analysing, "_begun", begun)
    assert analysing.begin(order) is not None
    assert songs.get(owner, order.audio_file_id).status == AudioFileStatus.ANALYZING
    assert runs.find(owner, order.instance_id) is not None
