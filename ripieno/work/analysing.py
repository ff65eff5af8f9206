"""A song's analysis: begun, saved, failed, begun anew.

Every step names the run it belongs to; a row that another run has taken over, or that is gone, is left alone.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from ripieno.contracts import names
from ripieno.contracts.analysis import Analysis, SeparationResult
from ripieno.contracts.audio import AudioFile, Failure
from ripieno.contracts.enums import AudioFileStatus
from ripieno.contracts.workflow import SEPARATION_WAYS, Run, SeparationStep, SongOrder
from ripieno.records import analyses, runs, songs
from ripieno.services import blobs, endpoints, jams_file
from ripieno.services.settings import settings
from ripieno.services.together import together
from ripieno.work import asking, ingest, metering, song_telemetry

_CONTAINERS_OF_A_SONG = (names.SONGS, names.REJECTED, names.STEMS, names.ANALYSES, names.JAMS)


class AlreadyRunning(RuntimeError):
    """The song is being analysed now."""


class NoSuchEngine(ValueError):
    """An engine was named that is not there, or may not be used."""


class NotAudio(ValueError):
    """The song's bytes are no audio."""


def begin(order: SongOrder) -> list[SeparationStep] | None:
    """Mark a song as being analysed; the ways to separate it, in their order. None when there is nothing to do: the
    song is gone, or another run is at it. What a dead upload left without a row goes then."""
    song = _begun(order) or _begun_late(order)
    if song is None:
        if _of(order) is None:
            clean_up(order.owner, order.audio_file_id, order.born)
        return None
    metering.begun(song)
    return ways_to_separate(song.engines.get("separate"))


def _begun(order: SongOrder) -> AudioFile | None:
    before: list[AudioFile] = []
    song = _changed(order, before, status=AudioFileStatus.ANALYZING, error=None)
    if song is not None and _was(before) != AudioFileStatus.ANALYZING:
        song_telemetry.started(order)
    return song


def _begun_late(order: SongOrder) -> AudioFile | None:
    """Give the run up, where its row is not there: whoever still takes the song in sees that once they have written it
    (`ingest`). Whoever wrote it just now, before the run was given up, saw nothing: so it is looked once more."""
    song = songs.find(order.owner, order.audio_file_id)
    if song is not None and (song.born != order.born or song.run >= order.run):
        return None  # another life, or a later run
    run = asking.run_of(order.owner, "PipelineOrchestrator", order.instance_id, order.model_dump())
    runs.forget(run)
    song = _begun(order)
    if song is not None:
        runs.note(run)
    return song


def ways_to_separate(engine: str | None = None) -> list[SeparationStep]:
    """The steps of `RIPIENO_SEPARATION` (`auto`, or some of gpu, directml, cpu, dsp in order of preference), or the one
    engine that was asked for."""
    chosen = settings()
    if engine is not None:
        return [SeparationStep(name="asked", endpoint="analysis", engine=engine, stem_format=chosen.stem_format)]
    unknown = [name for name in chosen.separation if name not in SEPARATION_WAYS]
    if unknown or not chosen.separation:
        raise ValueError(
            f"RIPIENO_SEPARATION knows {', '.join(SEPARATION_WAYS)}, not {', '.join(unknown) or 'nothing at all'}"
        )
    return [
        SeparationStep(
            name=name,
            endpoint=SEPARATION_WAYS[name][0],
            engine=SEPARATION_WAYS[name][1],
            stem_format=chosen.stem_format,
        )
        for name in chosen.separation
    ]


def chosen_engines(wanted: dict[str, str]) -> dict[str, str]:
    """The engines that were asked for by task, as far as they are there and allowed; `auto` asks for none.

    Raises
    ------
    NoSuchEngine
        Naming those that are.
    endpoints.EndpointDown
        When nobody can say which there are.
    """
    asked = {task: name for task, name in wanted.items() if name != "auto"}
    if not asked:
        return {}
    known = endpoints.health_of_any("analysis")["engines"]
    for task, name in asked.items():
        if task not in known:
            raise NoSuchEngine(f"engines: there is no task {task[:40]!r}: choose engines for {', '.join(known)}")
        there = [one for one, about in known[task].items() if about["available"]]
        plain = name.partition("@")[0]
        if plain not in there:
            why = known[task].get(plain, {}).get("detail")
            reason = f" ({why})" if why else ""
            raise NoSuchEngine(
                f"engines.{task}: {name[:60]!r} is not to be had{reason}:"
                f" use auto, {', '.join(there) or 'nothing else'}"
            )
    return asked


def save(order: SongOrder, result: dict[str, Any], separated: dict[str, Any]) -> bool:
    """An analysis into storage, and its song into the library as analysed; False when the song is gone meanwhile."""
    song, found = together(lambda: _of(order), lambda: _found(result["blob_name"]))
    if song is None:
        clean_up(order.owner, order.audio_file_id, order.born)
        return False
    if found is None:
        raise blobs.BlobMissing(f"what was found of {order.audio_file_id} is not there any more: analyse it again")
    jams = names.jams_blob(names.song_folder(order.audio_file_id, order.born))
    stems = SeparationResult.model_validate(separated)
    together(
        lambda: blobs.upload(names.JAMS, jams, _jams(song, found)),
        lambda: analyses.save(order.owner, order.audio_file_id, order.born, order.instance_id, found, stems),
    )
    metering.analysed(order, found.duration_seconds)
    before: list[AudioFile] = []
    done = _changed(
        order,
        before,
        status=AudioFileStatus.ANALYZED,
        error=None,
        analyzed_at=datetime.now(UTC).isoformat(),
        bpm=found.bpm,
        key=found.key,
        mode=found.mode,
        valence=found.mood.valence if found.mood else None,
        arousal=found.mood.arousal if found.mood else None,
        styles=[one.name for one in found.styles] or None,
        duration_seconds=found.duration_seconds,
    )
    if done is not None and _was(before) != AudioFileStatus.ANALYZED:
        song_telemetry.ended(order, AudioFileStatus.ANALYZED, found, stems.engine.engine)
    if done is None and _of(order) is None:  # it was removed while this was being written
        clean_up(order.owner, order.audio_file_id, order.born)
    return done is not None


def _found(blob_name: str) -> Analysis | None:
    """What a job found; None when it is gone, as its song then is."""
    try:
        return Analysis.model_validate(blobs.read_json(names.JOBS, blob_name))
    except blobs.BlobMissing:
        return None


def _jams(song: AudioFile, found: Analysis) -> bytes:
    identifiers = {"audio_file_id": song.audio_file_id, "sha256": song.sha256}
    return jams_file.build(
        found, title=song.title or song.original_file_name, artist=song.artist or "", identifiers=identifiers
    ).encode()


def fail(order: SongOrder, code: str, message: str) -> None:
    """Give a song its end where it has none yet."""
    song = _of(order)
    if song is not None and song.status in (AudioFileStatus.UPLOADED, AudioFileStatus.ANALYZING):
        before: list[AudioFile] = []
        failed = _changed(order, before, status=AudioFileStatus.FAILED, error=Failure(code=code, message=message))
        if failed is not None and _was(before) != AudioFileStatus.FAILED:
            song_telemetry.ended(order, AudioFileStatus.FAILED)


def begin_anew(owner: str, audio_file_id: str, engines: dict[str, str]) -> tuple[AudioFile, Run]:
    """Set a song back for another run.

    Raises
    ------
    records.songs.SongMissing, AlreadyRunning, NotAudio
    """

    def next_run(song: AudioFile) -> AudioFile:
        if song.status in (AudioFileStatus.UPLOADED, AudioFileStatus.ANALYZING):
            raise AlreadyRunning("the song is being analysed now: wait for it to end")
        if song.format is None:
            raise NotAudio("the song's bytes are not audio that can be read: upload it again as another file")
        run = song.run + 1
        return song.model_copy(
            update={
                "run": run,
                "instance_id": names.song_instance(song.audio_file_id, song.born, run),
                "engines": engines,
                "status": AudioFileStatus.UPLOADED,
                "error": None,
            }
        )

    known = songs.get(owner, audio_file_id)
    asked = ingest.song_run(next_run(known))
    runs.note(asked)  # before the row, so that a run that never begins is begun by whoever looks after it
    song = songs.change(owner, audio_file_id, next_run)
    if song.instance_id != asked.instance_id:
        runs.forget(asked)
        asked = ingest.song_run(song)
    return song, asked


def clean_up(owner: str, audio_file_id: str, born: str) -> None:
    """Remove what one life of a song left in storage, and by which it would be found."""
    analyses.delete(owner, audio_file_id, born)
    folder = names.song_folder(audio_file_id, born)
    for container in _CONTAINERS_OF_A_SONG:
        blobs.delete_prefix(container, f"{folder}/")
    metering.gone(owner, f"song|{audio_file_id}|{born}")


# -- parts --------------------------------------------------------------------------------------------------------


def _of(order: SongOrder) -> AudioFile | None:
    """The song as long as it is the life that is meant."""
    song = songs.find(order.owner, order.audio_file_id)
    return song if song is not None and song.born == order.born else None


def _was(before: list[AudioFile]) -> str | None:
    """The status from which a row was changed the last time that was tried."""
    return before[-1].status if before else None


def _changed(order: SongOrder, before: list[AudioFile], **changes: Any) -> AudioFile | None:
    """Change the row of this run; None when there is none. What it was goes to `before`, at each try."""

    def change(song: AudioFile) -> AudioFile | None:
        before.append(song.model_copy())
        return song.model_copy(update=changes) if song.instance_id == order.instance_id else None

    try:
        song = songs.change(order.owner, order.audio_file_id, change)
    except songs.SongMissing:
        return None
    return song if song.instance_id == order.instance_id else None
