"""Each invariant broken by hand in a small library that is whole, and seen by the program; what can be mended is."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import makers
import numpy as np
import pytest
import soundfile

from ripieno.contracts import names
from ripieno.contracts.audio import AudioFile
from ripieno.contracts.works import Work
from ripieno.local.stack import PROJECT
from ripieno.records import analyses, runs, songs, works
from ripieno.services import blobs
from ripieno.services.storage import table
from tests.chaos.invariants import Snapshot, repair, violations
from tests.stacks import azurite_of_its_own


@dataclass
class Library:
    """A song that was analysed, and a work made for it."""

    song: AudioFile
    work: Work

    @property
    def folder(self) -> str:
        return names.song_folder(self.song.audio_file_id, self.song.born)

    @property
    def version(self):
        return self.work.elements[0].latest

    @property
    def job(self) -> str:
        return names.job_id(self.song.instance_id, "mir")

    def wrong(self, *, settled: bool = False) -> list[str]:
        """The violations that speak of this library: those of other tests share the storage."""
        words = (self.song.audio_file_id, self.work.work_id, self.song.owner)
        found = violations(Snapshot.take(), settled=settled)
        return [one for one in found if any(word in one for word in words)]


@pytest.fixture(scope="module")
def azurite_alone(tmp_path_factory) -> Iterator[str]:
    """For these tests alone: each looks at everything there is."""
    with azurite_of_its_own(tmp_path_factory.mktemp("azurite")) as connection:
        yield connection


@pytest.fixture
def library(storage, owner, tmp_path) -> Library:
    path = tmp_path / "clip.wav"
    file = io.BytesIO()
    soundfile.write(file, 0.3 * np.sin(np.arange(22050) * (0.02 + uuid.uuid4().int % 997 / 9973)), 22050, format="WAV")
    path.write_bytes(file.getvalue())
    song = makers.analysed(owner, path)
    work = makers.generated(song)
    for run in runs.everything():
        if run.owner == owner:
            runs.forget(run)
    return Library(song, work)


def test_a_library_that_is_whole_has_no_violation(library):
    assert library.wrong() == [] and library.wrong(settled=True) == []


def _set(library: Library, **fields) -> None:
    songs.change(library.song.owner, library.song.audio_file_id, lambda song: song.model_copy(update=fields))


def _without_index_row(library: Library) -> None:
    rows = table(names.SONGS_TABLE).query_entities(
        "PartitionKey eq @owner and RowKey ge 'by-tempo'", parameters={"owner": library.song.owner}
    )
    table(names.SONGS_TABLE).delete_entity(next(iter(rows)))


def _row_of_nobody(library: Library) -> None:
    table(names.WORKS).create_entity({
        "PartitionKey": library.song.owner, "RowKey": f"by-song|x|{library.work.work_id}", "of": "nobody",
        "summary": "{}",
    })  # fmt: skip


def _without_its_row(library: Library) -> None:
    table(names.ANALYSES_TABLE).delete_entity(
        library.song.owner, f"id|{library.song.audio_file_id}_{library.song.born}"
    )


def _chord_row(library: Library) -> tuple[str, str]:
    found = next(row for _, row in analyses.everything() if row.audio_file_id == library.song.audio_file_id)
    return library.song.owner, found.chord_rows[0]


def _chord_row_of_nobody(library: Library) -> None:
    key = f"C.|{library.song.audio_file_id}|another-life"
    table(names.SONG_CHORDS).create_entity({"PartitionKey": library.song.owner, "RowKey": key})


def _open_version(library: Library) -> None:
    def opened(work: Work) -> Work:
        work.elements[0].latest.status = "generating"
        work.status = "generating"
        return work

    works.change(library.work.owner, library.work.work_id, opened)


def _work_of_nobody(library: Library) -> None:
    works.change(library.work.owner, library.work.work_id, lambda work: work.model_copy(update={"born": "before"}))


BROKEN: dict[str, tuple[Callable[[Library], object], str]] = {
    "index row gone": (_without_index_row, "is missing"),
    "index row of nobody": (_row_of_nobody, "belongs to nothing"),
    "song's bytes gone": (lambda one: blobs.delete(names.SONGS, one.song.blob_name), "bytes are not in songs"),
    "analysis gone": (lambda one: blobs.delete(names.ANALYSES, names.analysis_blob(one.folder)), "has no analysis"),
    "JAMS gone": (lambda one: blobs.delete(names.JAMS, names.jams_blob(one.folder)), "has no JAMS"),
    "peaks gone": (lambda one: blobs.delete(names.STEMS, names.song_peaks_blob(one.folder)), "waveform"),
    "separation unknown": (_without_its_row, "nothing says by what"),
    "stem gone": (lambda one: blobs.delete(names.STEMS, f"{one.folder}/bass.flac"), "bass.flac is gone"),
    "stem's peaks gone": (
        lambda one: blobs.delete(names.STEMS, names.peaks_blob(f"{one.folder}/bass.flac")),
        "peaks.json is gone",
    ),
    "not found by its chords": (
        lambda one: table(names.SONG_CHORDS).delete_entity(*_chord_row(one)),
        "is not found by",
    ),
    "found by chords of another life": (_chord_row_of_nobody, "belongs to no song"),
    "blob of another life": (
        lambda one: blobs.upload(names.STEMS, f"{one.song.audio_file_id}/before/bass.flac", b"x"),
        "belongs to no song",
    ),
    "stem of a work gone": (
        lambda one: blobs.delete(names.GENERATED, one.version.stem.blob_name),
        "of bass 1 is gone",
    ),
    "work for another life": (_work_of_nobody, "its song is gone"),
    "work removed but for its blobs": (
        lambda one: works.delete(one.work.owner, one.work.work_id),
        "belongs to no work",
    ),
    "song at which nobody is": (lambda one: _set(one, status="analyzing"), "nobody is at it"),
    "version at which nobody is": (_open_version, "is being made, and nobody is at it"),
    "job of nobody": (
        lambda one: blobs.upload_json(
            names.JOBS,
            names.job_blob(names.job_id(names.song_instance(one.song.audio_file_id, "before", 1), "mir")),
            {"state": "succeeded"},
        ),
        "belongs to nothing",
    ),
}

BROKEN_WHEN_SETTLED: dict[str, tuple[Callable[[Library], object], str]] = {
    "run that nobody forgot": (
        lambda one: runs.note(makers.generating.run_of(one.work)),
        "was asked for, and is not settled",
    ),
    "inbox": (lambda one: blobs.upload(names.RAW_AUDIO, f"{one.song.owner}.wav", b"x"), "lies in the inbox"),
    "job that runs": (
        lambda one: blobs.upload_json(names.JOBS, names.job_blob(one.job), {"state": "running"}),
        "is running",
    ),
    "document of a writer who died": (
        lambda one: blobs.upload(names.RECORDS, f"{names.WORKS}/{one.song.owner}/{one.work.work_id}/0.json", b"{}"),
        "no row points at it",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_broken_is_seen(library, name):
    broken, said = BROKEN[name]
    broken(library)
    found = library.wrong()
    assert found and any(said in one for one in found), found


@pytest.mark.parametrize("name", BROKEN_WHEN_SETTLED)
def test_what_may_be_on_its_way_may_not_stay(library, name):
    broken, said = BROKEN_WHEN_SETTLED[name]
    broken(library)
    assert not any(said in one for one in library.wrong())
    found = library.wrong(settled=True)
    assert found and any(said in one for one in found), found


def test_what_direct_callers_of_endpoints_and_rejected_drops_leave_is_no_violation(library):
    """Their folders are called as they like; a job of theirs is nobody's in the library."""
    mine, job = f"{library.song.owner}-mine", names.direct_analysis(library.song.owner, "uri", "1")
    for folder in (mine, library.song.audio_file_id):  # a song's id is as good as any
        blobs.upload(names.STEMS, names.stem_blob(folder, "bass", "flac"), b"x")
        blobs.upload_json(names.STEMS, names.peaks_blob(names.stem_blob(folder, "bass", "flac")), {})
        blobs.upload_json(names.JAMS, names.jams_blob(folder), {})
    blobs.upload(names.GENERATED, names.generated_blob(mine, "bass", "wav"), b"x")
    for one in (job, names.direct_generation(mine)):
        blobs.upload_json(names.JOBS, names.job_blob(one), {"state": "succeeded"})
        blobs.upload_json(names.JOBS, names.job_result_blob(one, "mir.json"), {})
    for name in (f"{mine}.wav", f"owners/{mine}/no song.wav", f"{mine}/live/no song.wav"):
        blobs.upload(names.REJECTED, name, b"x")
    found = list(violations(Snapshot.take(), settled=True))
    assert not [one for one in found if library.song.owner in one or library.song.audio_file_id in one or job in one]


def test_an_open_song_and_work_that_are_being_made_are_no_violation(library):
    _set(library, status="analyzing")
    _open_version(library)
    runs.note(makers.ingest.song_run(library.song))
    assert library.wrong() == []
    assert len(library.wrong(settled=True)) >= 3


def test_index_rows_are_mended_by_the_program_as_an_operator_runs_it(library):
    _without_index_row(library)
    _row_of_nobody(library)
    assert len(library.wrong()) == 2

    def program(*arguments: str) -> str:
        command = [sys.executable, "-m", "tests.chaos.invariants", *arguments]
        done = subprocess.run(
            command, cwd=PROJECT, env=dict(os.environ), capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode in (0, 1), done.stderr
        assert (done.returncode == 0) == ("everything holds" in done.stdout)
        return done.stdout

    assert library.song.owner in program()
    assert "mended" in program("--repair")
    assert library.song.owner not in program()
    assert library.wrong() == [] and repair() == 0
