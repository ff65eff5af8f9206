"""The same bytes come, go, and come again, also all at once: one song at a time, and nothing of the one before."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from threading import Barrier

import makers
import pytest

from ripieno.contracts import names
from ripieno.contracts.workflow import RemovalOrder, SongOrder
from ripieno.records import analyses, runs, songs, works
from ripieno.services import blobs, conditioning
from ripieno.services.storage import table
from ripieno.work import analysing, asking, endings, generating, ingest, removal
from tests.chaos.invariants import Snapshot, violations

AT_ONCE = 8


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    path = tmp_path / "clip.wav"
    path.write_bytes(makers.tone())
    return path


def everything_of(*words: str) -> list[str]:
    """Every blob and row in which one of the words stands."""
    found = [f"{place}/{name}" for place in names.CONTAINERS for name in blobs.list_names(place)]
    for name in names.TABLES:
        for row in table(name).list_entities():
            found.append(f"{name} {row['RowKey']} {' '.join(str(value) for value in row.values())}")
    return [one for one in found if any(word in one for word in words)]


def violations_of(*words: str) -> list[str]:
    return [one for one in violations(Snapshot.take()) if any(word in one for word in words)]


def order_of(song) -> SongOrder:
    return SongOrder.model_validate(ingest.song_run(song).order)


def remove(song) -> RemovalOrder:
    """A removal as the workflow does it, with nothing running."""
    return remove_as(RemovalOrder.model_validate(removal.of_song(song.owner, song.audio_file_id).order))


def remove_as(order: RemovalOrder) -> RemovalOrder:
    for _ in range(2):
        removal.hide(order)
        removal.delete(order)
    removal.forget(order)
    return order


def test_a_file_that_is_uploaded_eight_times_at_once_is_one_song(storage, owner, clip):
    together = Barrier(AT_ONCE)

    def upload(number: int) -> ingest.Taken:
        together.wait()
        return ingest.take_in(owner, clip, f"{number}.wav")

    with ThreadPoolExecutor(AT_ONCE) as pool:
        taken = list(pool.map(upload, range(AT_ONCE)))
    (song,) = songs.search(owner, songs.SongQuery()).items
    assert {one.song.audio_file_id for one in taken} == {song.audio_file_id}
    assert [one.is_new for one in taken].count(True) == 1
    known = songs.get(owner, song.audio_file_id)
    assert {one.song.born for one in taken} == {known.born}
    assert blobs.list_names(names.SONGS, song.audio_file_id) == [known.blob_name]
    assert [run.instance_id for run in runs.beginning_with(owner, f"song-{song.audio_file_id}")] == [known.instance_id]
    assert violations_of(song.audio_file_id) == []
    remove(known)
    assert everything_of(song.audio_file_id) == []


def test_a_file_that_is_no_song_is_one_failed_song_however_often_it_comes(storage, owner, tmp_path):
    path = tmp_path / "letter.mp3"
    path.write_bytes(b"Dear Sir or Madam, " * 100 + owner.encode())
    together = Barrier(AT_ONCE)

    def upload(number: int) -> ingest.Taken:
        together.wait()
        return ingest.take_in(owner, path, "letter.mp3")

    for _ in range(2):  # the second time it is there already, as failed
        with ThreadPoolExecutor(AT_ONCE) as pool:
            taken = list(pool.map(upload, range(AT_ONCE)))
        assert {one.song.error.code for one in taken} == {"unsupported_format"} and not any(one.run for one in taken)
    (song,) = songs.search(owner, songs.SongQuery()).items
    known = songs.get(owner, song.audio_file_id)
    assert blobs.list_names(names.REJECTED, song.audio_file_id) == [known.blob_name]
    assert runs.beginning_with(owner, "song-") == []
    remove(known)
    assert everything_of(song.audio_file_id) == []


def test_uploads_and_removals_at_once_all_get_an_answer_and_end_in_one_life_or_none(storage, owner, clip):
    """Whoever uploads while it is being removed gets a song, never that there is none."""
    song_id = ingest.take_in(owner, clip, "clip.wav").song.audio_file_id
    orders: list[RemovalOrder] = []

    def upload(_: int) -> ingest.Taken:
        return ingest.take_in(owner, clip, "clip.wav")

    def removed(_: int) -> None:
        try:
            orders.append(RemovalOrder.model_validate(removal.of_song(owner, song_id).order))
        except songs.SongMissing:
            pass  # between two lives

    with ThreadPoolExecutor(AT_ONCE) as pool:
        pending = [pool.submit(deed, number) for number in range(40) for deed in (upload, removed)]
        for one in pending:
            one.result()
    last = ingest.take_in(owner, clip, "clip.wav").song
    for order in orders:
        removal.hide(order)
        removal.delete(order)
        removal.forget(order)
    assert songs.get(owner, song_id).born == last.born, "removals of other lives leave this one"
    assert blobs.list_names(names.SONGS, song_id) == [last.blob_name]
    assert violations_of(song_id) == []
    remove(last)
    assert everything_of(song_id) == []


def test_a_failed_song_that_is_removed_while_it_is_uploaded_again_begins_anew(storage, owner, clip, monkeypatch):
    first = ingest.take_in(owner, clip, "clip.wav").song
    analysing.fail(order_of(first), "broken", "it broke")
    real, came = blobs.upload, []

    def upload(*arguments, **options):
        if not came:
            came.append(True)
            remove(songs.get(owner, first.audio_file_id))
        return real(*arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr(blobs, "upload", upload)
        taken = ingest.take_in(owner, clip, "clip.wav")
    assert came and taken.song.born != first.born and taken.is_new and taken.run is not None
    assert songs.get(owner, first.audio_file_id).born == taken.song.born
    assert everything_of(first.born) == []


def test_a_removal_leaves_nothing_of_any_run(storage, owner, clip):
    song = makers.analysed(owner, clip, run=3)
    work = makers.generated(song)
    assert song.run == 3 and violations_of(song.audio_file_id, work.work_id) == []
    remove(song)
    left = [one for one in everything_of(song.audio_file_id, work.work_id) if not one.startswith(names.RUNS)]
    assert left == []


def test_what_is_written_for_a_work_while_its_song_is_removed_goes_too(storage, owner, clip):
    """An endpoint that could not be reached writes its stem after the first look: the work is looked at once more."""
    song = makers.analysed(owner, clip)
    work = makers.generated(song)
    order = RemovalOrder.model_validate(removal.of_song(owner, song.audio_file_id).order)
    removal.hide(order)
    removal.delete(order)
    blobs.upload(names.GENERATED, names.generated_blob(work.work_id, "bass", "wav"), b"late")
    removal.delete(order)
    removal.forget(order)
    (noted,) = runs.beginning_with(owner, names.removal_instance(work.work_id))
    its = RemovalOrder.model_validate(noted.order)
    assert noted.orchestrator == "RemovalOrchestrator" and its.work_id == work.work_id
    removal.delete(its)
    removal.forget(its)
    assert everything_of(song.audio_file_id, work.work_id) == []


def test_an_activity_that_finds_its_song_gone_leaves_nothing(storage, owner, clip):
    """Saved once, killed, removed, and carried out again after the removal: as terminated workflows' activities are."""
    song = makers.analysed(owner, clip)
    order = order_of(song)
    found = names.job_result_blob(names.job_id(order.instance_id, "mir"), "found.json")
    findings = blobs.read_json(names.JOBS, found)
    row = next(one for _, one in analyses.everything() if one.audio_file_id == song.audio_file_id)
    remove(song)
    folder = names.song_folder(song.audio_file_id, song.born)
    blobs.upload(names.JAMS, names.jams_blob(folder), b"{}")
    analyses.save(
        owner, song.audio_file_id, song.born, order.instance_id, makers.findings(["C"], ["verse"]), row.separation
    )
    assert not analysing.save(order, {"blob_name": found}, makers.stems().model_dump(mode="json"))
    assert findings and everything_of(song.audio_file_id) == []


def test_a_work_that_is_removed_while_it_is_conditioned_leaves_nothing(storage, owner, monkeypatch):
    work = makers.work(owner, "bass")
    works.create(work)
    real = conditioning.save

    def save(work_id: str, whole) -> None:
        works.delete(owner, work_id)
        real(work_id, whole)

    monkeypatch.setattr(conditioning, "save", save)
    with pytest.raises(works.WorkMissing):
        generating.condition(generating.WorkOrder(owner=owner, work_id=work.work_id, arrived_at=work.created_at))
    assert everything_of(work.work_id) == []


def test_a_removal_asked_for_again_is_the_same_and_by_a_part_of_an_id_none(storage, owner, clip):
    song = ingest.take_in(owner, clip, "clip.wav").song
    first = removal.of_song(owner, song.audio_file_id)
    assert removal.of_song(owner, song.audio_file_id).instance_id == first.instance_id
    for part in (song.audio_file_id[:8], "", song.audio_file_id.rpartition("-")[0]):
        with pytest.raises(songs.SongMissing):
            removal.of_song(owner, part)
    with pytest.raises(songs.SongMissing):
        removal.of_song("somebody else", song.audio_file_id)


def test_a_removal_asked_for_again_is_that_of_the_last_life(storage, owner, clip):
    asked = []
    for _ in range(4):
        song = ingest.take_in(owner, clip, "clip.wav").song
        asked.append(removal.of_song(owner, song.audio_file_id).instance_id)
        assert removal.of_song(owner, song.audio_file_id).instance_id == asked[-1]
    assert len(set(asked)) == 4


@pytest.mark.parametrize("step", ["note", "store", "row", "start"])
def test_an_upload_killed_anywhere_is_taken_on_or_leaves_nothing(storage, owner, clip, monkeypatch, step):
    class Killed(BaseException):
        pass

    def die(*arguments, **options):
        raise Killed

    where = {"note": (runs, "note"), "store": (blobs, "upload"), "row": (songs, "create")}
    with monkeypatch.context() as patch:
        if step in where:
            patch.setattr(*where[step], die)
            with pytest.raises(Killed):
                ingest.take_in(owner, clip, "clip.wav")
        else:
            ingest.take_in(owner, clip, "clip.wav")
    noted = [run for run in runs.open_since(datetime.now(UTC).replace(year=2100)) if run.owner == owner]
    assert len(noted) == (step != "note")
    for run in noted:
        begun = analysing.begin(SongOrder.model_validate(run.order))
        assert (begun is not None) == (step == "start")
        runs.forget(run)
    if step != "start":
        assert everything_of(owner) == []
        assert ingest.take_in(owner, clip, "clip.wav").is_new


@pytest.mark.parametrize("step", ["note", "hide", "start"])
def test_a_removal_killed_anywhere_is_gone_on_with_or_was_never_asked_for(storage, owner, clip, monkeypatch, step):
    """Between the note, the song's leaving the library, and the start of the workflow."""

    class Killed(BaseException):
        pass

    class Workflows:
        def __init__(self) -> None:
            self.started: dict[str, str] = {}

        async def get_status(self, instance_id: str) -> None:
            return None

        async def start_new(self, orchestrator: str, instance_id: str, order: dict) -> None:
            if order["owner"] == owner:
                self.started[instance_id] = orchestrator

    def die(*arguments, **options):
        raise Killed

    song = makers.analysed(owner, clip)
    for run in runs.everything():
        runs.forget(run)
    where = {"note": (runs, "note"), "hide": (songs, "delete")}
    with monkeypatch.context() as patch:
        if step in where:
            patch.setattr(*where[step], die)
            with pytest.raises(Killed):
                removal.of_song(owner, song.audio_file_id)
        else:
            removal.of_song(owner, song.audio_file_id)
    assert (songs.find(owner, song.audio_file_id) is None) == (step == "start")

    monkeypatch.setenv("RIPIENO_REST_SECONDS", "0")
    client = Workflows()
    asyncio.run(asking.look_after(client, endings.give))
    removing = names.removal_instance(song.audio_file_id, song.born)
    assert client.started == ({} if step == "note" else {removing: "RemovalOrchestrator"})
    order = removal.of_song(owner, song.audio_file_id)
    assert order.instance_id == removing
    remove_as(RemovalOrder.model_validate(order.order))
    assert everything_of(song.audio_file_id) == []
