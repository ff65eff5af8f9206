"""Masters of songs of the library: a work of one element, made by the workflow that makes mixes and masters."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from ripieno.contracts import names
from ripieno.contracts.audio import AudioFile
from ripieno.contracts.enums import TakeStatus
from ripieno.contracts.generation import GenerationOrder, MixOrder
from ripieno.contracts.masters import SongMaster, SongMasterOrder
from ripieno.contracts.workflow import Run, VersionOrder
from ripieno.contracts.works import Element, ElementKind, Version, Work, WorkKind
from ripieno.records import runs, songs, works
from ripieno.services import endpoints
from ripieno.work import asking, generating, mixing, showing

_SONG = "song"


class CannotMaster(ValueError):
    """What is asked for cannot be made; the message says what to change."""


def begin(owner: str, audio_file_id: str, order: SongMasterOrder, seed: str) -> tuple[Work, Run]:
    """Note a master of a song, and the run that makes it.

    Raises
    ------
    records.songs.SongMissing, CannotMaster
    """
    song = songs.get(owner, audio_file_id)
    inputs: dict[str, Any] = {"source": _source(song), "sha256": song.sha256, "preset": order.preset,
                              "loudness_lufs": order.loudness_lufs, "stem_format": order.stem_format}  # fmt: skip
    if order.reference_id is not None:
        reference = songs.get(owner, order.reference_id)
        inputs |= {"reference": _source(reference), "reference_id": order.reference_id}
    _check_preset(order.preset)
    version = Version(
        number=1, status=TakeStatus.GENERATING, made_at=_now(), inputs=inputs, inputs_hash=generating.hash_of(inputs)
    )
    mix = MixOrder(master=order.preset, master_lufs=order.loudness_lufs, stem_format=order.stem_format)
    work = Work(
        work_id=seed,
        owner=owner,
        kind=WorkKind.MASTER,
        created_at=_now(),
        order=GenerationOrder(),
        audio_file_id=song.audio_file_id,
        born=song.born,
        elements=[Element(name=mixing.master_name(_SONG), kind=ElementKind.MASTER, mix=mix, versions=[version])],
    )
    its = VersionOrder(owner=owner, work_id=seed, element=_SONG, version=1, arrived_at=_now())
    run = asking.run_of(owner, "MixOrchestrator", names.version_instance(seed, _SONG, 1), its.model_dump())
    runs.note(run)
    works.create(work)
    return work, run


def shown(work: Work) -> SongMaster:
    """As the public API shows it."""
    place = work.elements[0]
    version, mix = place.latest, place.mix
    assert mix is not None and work.audio_file_id is not None
    return SongMaster(
        master_id=work.work_id,
        instance_id=names.version_instance(work.work_id, _SONG, 1),
        owner=work.owner,
        audio_file_id=work.audio_file_id,
        status=work.status,
        message=work.message,
        created_at=work.created_at,
        order=SongMasterOrder(
            preset=mix.master or "",
            loudness_lufs=mix.master_lufs,
            stem_format=mix.stem_format,
            reference_id=version.inputs.get("reference_id"),
        ),
        file=showing.mix(work, place),
    )


# -- parts --------------------------------------------------------------------------------------------------------


def _source(song: AudioFile) -> dict[str, str]:
    if song.format is None:
        raise CannotMaster(f"{song.original_file_name} is no audio: there is nothing to master")
    return {"container": names.SONGS, "blob_name": song.blob_name}


def _check_preset(preset: str) -> None:
    """Refuse a preset that the endpoint does not know, where it answers; else the job does."""
    try:
        engines = endpoints.health_of_any("generation").get("engines", {}).get("master", {})
    except endpoints.EndpointDown:
        return
    known = [name for engine in engines.values() for name in engine.get("presets", {})]
    if known and preset not in known:
        raise CannotMaster(f"there is no preset {preset!r}: use {', '.join(known)}")


def _now() -> str:
    return datetime.now(UTC).isoformat()
