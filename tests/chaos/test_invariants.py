"""Each invariant broken by hand in a small library that is whole, and seen by the program; what can be mended is."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import makers
import numpy as np
import pytest
import soundfile

from ripieno.contracts import names
from ripieno.contracts.audio import AudioFile
from ripieno.contracts.composition import CompositionOrder, Refinement, Revision
from ripieno.contracts.operations import FailureKind
from ripieno.contracts.production import MixedFile
from ripieno.contracts.workflow import RevisionOrder
from ripieno.contracts.works import Work
from ripieno.local.stack import PROJECT
from ripieno.records import analyses, backlog, failures, runs, songs, tally, usage, works
from ripieno.records.tally import Entry
from ripieno.services import blobs
from ripieno.services.storage import table
from ripieno.work import composing, generating, mixing, revising
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


def _failure(library: Library, kind: FailureKind, status: str, subject: str, **more) -> None:
    failure = failures.keep(kind, f"{kind}-{subject}", library.song.owner, "it broke", subject=subject, **more)
    failures.change(failure.failure_id, lambda known: known.model_copy(update={"status": status}))


def _mended_song_that_failed(library: Library) -> None:
    _failure(library, FailureKind.SONG, "mended", library.song.audio_file_id)
    _set(library, status="failed")


def _mended_take_that_failed(library: Library) -> None:
    def failed(work: Work) -> Work:
        work.elements[0].latest.status = "failed"
        return work

    work = works.change(library.work.owner, library.work.work_id, failed)
    _failure(library, FailureKind.TAKE, "redriven", work.work_id, element=work.elements[0].name, number=1)


def _hold(owner: str, instance_id: str) -> None:
    usage.list_owner(usage.HELD, owner)
    tally.put(names.USAGE, owner, [Entry(f"{usage.HELD}|{instance_id}", {"jobs": 1}, (usage.HELD,))])


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
    "job that counts as open": (
        lambda one: backlog.opened(one.job, one.song.owner, "analysis", one.song.uploaded_at),
        "counts as open, and nobody is at it",
    ),
    "place that is held": (
        lambda one: _hold(one.song.owner, one.song.instance_id),
        "has ended, and holds a place",
    ),
    "answer to no key": (
        lambda one: blobs.upload(names.RECORDS, f"idempotency/{one.song.owner}/{'0' * 64}.json", b"{}"),
        "belongs to no key",
    ),
    "failure of a song that is gone": (
        lambda one: _failure(one, FailureKind.SONG, "mended", f"{one.song.audio_file_id}-gone"),
        "what failed is gone",
    ),
    "failure of a work that is gone": (
        lambda one: _failure(one, FailureKind.TAKE, "open", f"{one.work.work_id}-gone"),
        "what failed is gone",
    ),
    "failure of a voice that is gone": (
        lambda one: _failure(one, FailureKind.VOICE_SAMPLE, "open", f"{one.work.work_id}-gone"),
        "what failed is gone",
    ),
    "failure of a removal that ended": (
        lambda one: _failure(one, FailureKind.REMOVAL, "open", f"{one.work.work_id}-gone"),
        "what failed is gone",
    ),
    "song that is mended and failed": (_mended_song_that_failed, "is mended, and it has failed"),
    "take that was begun again and failed": (_mended_take_that_failed, "is redriven, and it has failed"),
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


# -- compositions -------------------------------------------------------------------------------------------------


@pytest.fixture
def piece(storage, owner) -> Work:
    """A composition with one version, that was made."""
    order = CompositionOrder(brief="a calm bossa, 20 seconds", layers=["piano"])
    work, run = composing.begin(owner, order, names.seed(datetime.now(UTC)))
    its = RevisionOrder.model_validate(run.order)
    for stage in list(composing._STAGES):
        assert composing.settle(its, stage)
    (layer,) = composing.plan_layers(its)
    made = makers.stem(work.work_id, "piano")
    makers._stored(names.GENERATED, made["stems"][0]["blob_name"])
    generating.save_version(layer, made, None)
    assert composing.layers_made(its)
    mix = composing.begin_mix(its)
    assert mix is not None
    for element in mixing.wanted(mix):
        blob = names.generated_blob(work.work_id, element, "wav")
        makers._stored(names.GENERATED, blob)
        file = MixedFile(
            name=element,
            blob_name=blob,
            file_size_bytes=1,
            sha256="0" * 64,
            format="wav",
            sample_rate=44100,
            duration_seconds=20,
            loudness_lufs=-14,
            peak=0.8,
            gain_db=0,
            engine=makers.MAKER,
        )
        mixing.save(mix.model_copy(update={"element": element}), file.model_dump(mode="json"), None)
    assert composing.mixed(its)
    composing.save_check(its, {"overall": 1.0}, None)
    for known in runs.everything():
        if known.owner == owner:
            runs.forget(known)
    return works.get(owner, work.work_id)


def wrong_with(work: Work, *, settled: bool = True) -> list[str]:
    return [one for one in violations(Snapshot.take(), settled=settled) if work.work_id in one]


def _of_piece(work: Work, to: Callable[[Work], None]) -> None:
    def changed(known: Work) -> Work:
        to(known)
        return known

    works.change(work.owner, work.work_id, changed)


def _first(work: Work) -> Revision:
    assert work.composition is not None
    return work.composition.revisions[0]


def _being_made(work: Work) -> None:
    revising.refine(work.owner, work.work_id, Refinement(tempo=90))
    for run in runs.everything():
        if run.owner == work.owner:
            runs.forget(run)


def test_a_composition_that_is_whole_has_no_violation(piece):
    assert wrong_with(piece) == []


BROKEN_PIECES: dict[str, tuple[Callable[[Work], object], str]] = {
    "version at which nobody is": (_being_made, "version 2 is being made, and nobody is at it"),
    "what is heard was never made": (
        lambda one: _of_piece(one, lambda work: setattr(work.composition, "current", 7)), "version 7 is heard",
    ),
    "its master gone": (
        lambda one: _of_piece(one, lambda work: setattr(_first(work), "mix", None)), "has no master",
    ),
    "a layer that it has is not there": (
        lambda one: _of_piece(one, lambda work: _first(work).elements.update(drums=1)), "its drums 1 is not there",
    ),
    "a layer of it is still being made": (
        lambda one: _of_piece(one, lambda work: setattr(work.elements[0].latest, "status", "generating")),
        "its piano 1 is generating",
    ),
    "a stage that was not done": (
        lambda one: _of_piece(one, lambda work: setattr(_first(work).stages[3], "status", "waiting")),
        "not all of its stages are done",
    ),
    "versions out of order": (
        lambda one: _of_piece(one, lambda work: setattr(_first(work), "number", 3)), "its versions are [3]",
    ),
    "a file of nobody": (
        lambda one: blobs.upload(names.GENERATED, names.generated_blob(one.work_id, "piano", "wav", 9), b"x"),
        "is of no version",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN_PIECES)
def test_what_is_broken_of_a_composition_is_seen(piece, name):
    broken, said = BROKEN_PIECES[name]
    broken(piece)
    found = wrong_with(piece)
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
