"""A composition's files taken home: found, written at once where they are small, or made by a job and kept.

An export is an element like any other: what it is made from is known by its hash, so that nothing is made twice. No
request waits for one: whoever asks is told that it is being made, and asks again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ripieno import __version__
from ripieno.contracts import names
from ripieno.contracts.composition import BACKING, DownloadFormat, Revision
from ripieno.contracts.enums import TakeStatus
from ripieno.contracts.generation import BackingPart, SungNote
from ripieno.contracts.production import ExportedFile, ExportInput, MixedFile
from ripieno.contracts.provenance import Origin
from ripieno.contracts.workflow import Run, VersionOrder
from ripieno.contracts.works import Element, ElementKind, Version, Work
from ripieno.music import midi_files
from ripieno.music.composing import singing
from ripieno.music.composing.backing import voices
from ripieno.music.genres.blending import blend
from ripieno.music.lyrics import lrc
from ripieno.records import runs, works
from ripieno.services import blobs, jams_file
from ripieno.work import asking, composing, generating, mixing, revising

_SUFFIXES: dict[DownloadFormat, str] = {"midi": "mid", "stems.zip": "zip"}
_MEDIA_TYPES: dict[DownloadFormat, str] = {
    "midi": "audio/midi",
    "lrc": "text/plain; charset=utf-8",
    "jams": "application/json",
}
_NOT_IN_A_NAME = set('<>:"/\\|?*')
_LONGEST_NAME = 120


class NothingToDownload(RuntimeError):
    """The version has no such file: nobody sings, or it is not made."""


class ExportFailed(RuntimeError):
    """The file could not be made; asked for once more, it is tried again."""


@dataclass(frozen=True)
class Written:
    """A small file, as it goes out."""

    data: bytes
    file_name: str
    media_type: str


@dataclass(frozen=True)
class Stored:
    """A file in storage, at an address that holds for an hour."""

    url: str


@dataclass(frozen=True)
class Making:
    """A file that is being made: of which version, by which run; `run` where that has still to be started."""

    version: int
    instance_id: str
    run: Run | None


def download(owner: str, work_id: str, wanted: DownloadFormat, number: int | None) -> Written | Stored | Making:
    """A version of a composition in a format.

    Raises
    ------
    WorkMissing, revising.NoSuchVersion, NothingToDownload, ExportFailed
    """
    work = works.get_composition(owner, work_id)
    assert work.composition is not None
    try:
        revision = work.composition.revision(number)
    except LookupError as fault:
        raise revising.NoSuchVersion(str(fault)) from None
    if wanted in _MEDIA_TYPES:
        return Written(_written(work, revision, wanted), file_name(revision, wanted), _MEDIA_TYPES[wanted])
    master = _master(work, revision)
    if wanted == master.format:
        return Stored(blobs.read_url(names.GENERATED, master.blob_name, file_name=file_name(revision, wanted)))
    order = _order(work, revision, master, wanted)
    element, run = begin(work, order, wanted)
    made = element.latest.exported
    if made is not None:
        return Stored(blobs.read_url(names.GENERATED, made.blob_name, file_name=file_name(revision, wanted)))
    instance_id = names.version_instance(work_id, element.name, element.latest.number)
    return Making(revision.number, instance_id, run)


def file_name(revision: Revision, wanted: DownloadFormat) -> str:
    """What a download is called: the title, and the version where it is not the first."""
    title = revision.context.title if revision.context else ""
    stems = " stems" if wanted == "stems.zip" else ""
    return plain_name(title, revision.number, _SUFFIXES.get(wanted, wanted), more=stems)


def plain_name(title: str, number: int, suffix: str, *, more: str = "") -> str:
    """A title, and the version where it is not the first, as the name of a file on every system."""
    plain = "".join("_" if one in _NOT_IN_A_NAME or not one.isprintable() else one for one in title).strip(" .")
    again = f" (version {number})" if number > 1 else ""
    return f"{plain[:_LONGEST_NAME] or 'untitled'}{again}{more}.{suffix}"


def origin_of(work: Work, revision: Revision) -> Origin:
    """Where what is heard in a version that was made comes from."""
    return _origin(work, revision, _master(work, revision))


# -- the run ------------------------------------------------------------------------------------------------------


def is_wanted(order: VersionOrder) -> bool:
    work = works.find(order.owner, order.work_id)
    return work is not None and works.version(work, order.element, order.version).is_open


def job_body(owner: str, work_id: str, element: str, number: int) -> dict[str, Any]:
    """The input of the job that makes an export."""
    version = works.version(works.get(owner, work_id), element, number)
    output = names.export_output(work_id, version.inputs_hash)
    return ExportInput.model_validate(version.inputs | {"output": output}).model_dump(mode="json")


def save(order: VersionOrder, result: dict[str, Any] | None, error: dict[str, Any] | None) -> None:
    """Keep what became of an export."""

    def saved(_: Work, version: Version) -> Version | None:
        if not version.is_open:
            return None
        if error is not None:
            ended = TakeStatus.CANCELLED if error["code"] == "cancelled" else TakeStatus.FAILED
            return version.model_copy(update={"status": ended, "error": error["message"]})
        made = ExportedFile.model_validate(result)
        return version.model_copy(update={"status": TakeStatus.GENERATED, "exported": made})

    try:
        works.change_version(order.owner, order.work_id, order.element, order.version, saved)
    except (works.WorkMissing, works.VersionMissing):
        pass  # removed meanwhile


# -- parts --------------------------------------------------------------------------------------------------------


def begin(work: Work, order: dict[str, Any], wanted: str) -> tuple[Element, Run | None]:
    """The element of an export; the run that makes it, None where it is there or being made."""
    fingerprint = generating.hash_of(order)
    name = f"export-{names.slug(wanted)}-{fingerprint[:8]}"
    known = work.element(name)
    if known is not None and known.latest.status in (TakeStatus.GENERATED, TakeStatus.GENERATING):
        return known, None
    if known is not None and known.latest.status == TakeStatus.FAILED:
        _let_it_be_tried_again(work, name, known.latest.number)
        raise ExportFailed(
            f"the {wanted} could not be made: {known.latest.error}; ask once more to have it tried again"
        )
    number = known.latest.number + 1 if known is not None else 1
    its = VersionOrder(owner=work.owner, work_id=work.work_id, arrived_at=_now(), element=name, version=number)
    instance_id = names.version_instance(work.work_id, name, number)
    run = asking.run_of(work.owner, "ExportOrchestrator", instance_id, its.model_dump())
    runs.note(run)

    def noted(now: Work) -> Work | None:
        place = now.element(name)
        if place is None:
            place = Element(name=name, kind=ElementKind.EXPORT)
            now.elements.append(place)
        elif place.latest.number >= number:
            return None  # somebody was faster
        place.versions.append(
            Version(number=number, status=TakeStatus.GENERATING, made_at=_now(), inputs=order, inputs_hash=fingerprint)
        )
        return now

    try:
        work = works.change(work.owner, work.work_id, noted)
    except works.WorkMissing:  # removed at this moment
        runs.forget(run)
        raise
    element = work.element(name)
    assert element is not None
    return element, run


def _let_it_be_tried_again(work: Work, name: str, number: int) -> None:
    """A failure is told once."""

    def told(_: Work, version: Version) -> Version | None:
        return version.model_copy(update={"status": TakeStatus.CANCELLED})

    works.change_version(work.owner, work.work_id, name, number, told)


def _master(work: Work, revision: Revision) -> MixedFile:
    place = work.element(mixing.master_name(revision.mix)) if revision.mix else None
    if place is None or place.latest.file is None:
        raise NothingToDownload(
            f"version {revision.number} is {revision.status}: there is no audio of it; its midi, lrc and jams are there"
            " as far as it is settled"
        )
    return place.latest.file


def _order(work: Work, revision: Revision, master: MixedFile, wanted: DownloadFormat) -> dict[str, Any]:
    """An `ExportInput` less its output, which follows from it."""
    if wanted == "stems.zip":
        return {"items": _stems(work, revision), "about": _about(work, revision), "packed": True}
    context = revision.context
    assert context is not None
    item = {
        "blob_name": master.blob_name, "name": f"master.{wanted}", "format": wanted,
        "title": context.title, "artist": context.artist, "origin": _origin(work, revision, master).model_dump(),
    }  # fmt: skip
    return {"items": [item], "packed": False}


def _stems(work: Work, revision: Revision) -> list[dict[str, Any]]:
    """Every layer's audio as it is, from the beginning of the piece on, with its notes beside it."""
    items: list[dict[str, Any]] = []
    for name, number in revision.elements.items():
        stem = works.version(work, name, number).stem
        if stem is None:
            continue
        about = {"layer": name, "take": number, "engine": stem.engine.model_dump(exclude_none=True)}
        items.append({
            "blob_name": stem.blob_name, "name": f"{names.slug(name)}.{stem.format}", "about": about,
            "start_seconds": stem.start_seconds,
        })  # fmt: skip
        if stem.midi_blob_name:
            items.append({"blob_name": stem.midi_blob_name, "name": f"{names.slug(name)}.mid", "about": about})
    return items


def _about(work: Work, revision: Revision) -> dict[str, Any]:
    context = revision.context
    assert context is not None
    return {
        "composition_id": work.work_id, "version": revision.number, "title": context.title, "artist": context.artist,
        "tempo": context.tempo, "meter": context.meter, "key": context.key, "made_by": f"Ripieno {__version__}",
    }  # fmt: skip


def _origin(work: Work, revision: Revision, master: MixedFile) -> Origin:
    """Where what is heard in a version's master comes from."""
    stems = [works.version(work, name, number).stem for name, number in revision.elements.items()]
    return Origin.together(Origin.of(one.engine) for one in stems if one).then(master.engine)


def _written(work: Work, revision: Revision, wanted: DownloadFormat) -> bytes:
    context = revision.context
    if context is None:
        raise NothingToDownload(f"version {revision.number} is {revision.status}: nothing is settled of it yet")
    match wanted:
        case "lrc":
            if not revision.words:
                raise NothingToDownload("nobody sings in it: an instrumental has no lyrics")
            text = lrc.write(revision.words, title=context.title, artist=context.artist, language=context.language)
            return text.encode()
        case "jams":
            sung: list[SungNote] = []
            behind: list[BackingPart] = []
            if context.lyrics is not None and revision.words:
                style = blend(composing.style_of(context))
                sung = singing.notes(context, style)
                behind = voices.parts(context, style) if BACKING in revision.elements else []
            identifiers = {"composition_id": work.work_id, "version": str(revision.number)}
            return jams_file.of_composition(
                context, revision.words, sung, behind=behind, identifiers=identifiers
            ).encode()
        case _:
            return _midi(work, revision)


def _midi(work: Work, revision: Revision) -> bytes:
    found: dict[str, bytes] = {}
    for name, number in revision.elements.items():
        stem = works.version(work, name, number).stem
        if stem is not None and stem.midi_blob_name:
            found[name] = blobs.read(names.GENERATED, stem.midi_blob_name)
    if not found:
        raise NothingToDownload(f"version {revision.number} is {revision.status}: no layer of it has notes")
    return midi_files.merged(found)


def _now() -> str:
    return datetime.now(UTC).isoformat()
