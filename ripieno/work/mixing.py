"""Mixes and masters: elements like any other, made from versions of the layers and the song itself."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from ripieno.contracts import names
from ripieno.contracts.enums import StemType, TakeStatus
from ripieno.contracts.generation import MixOrder
from ripieno.contracts.production import MasterInput, MixedFile, MixInput, MixRole, MixSource
from ripieno.contracts.provenance import Origin
from ripieno.contracts.workflow import Run, VersionOrder
from ripieno.contracts.works import Element, ElementKind, Version, Work
from ripieno.records import runs, songs, works
from ripieno.work import asking, generating

ORIGINAL = "original"
_MASTER = "-master"


class NoSuchTake(ValueError):
    """A stem or take is named that is not there."""


class NothingToMix(RuntimeError):
    """No version of any layer can be heard yet."""


def begin(
    owner: str,
    work_id: str,
    order: MixOrder,
    seed: str,
    *,
    only: set[str] | None = None,
    style: str | None = None,
    reference: str | None = None,
    energy_of: tuple[str, str] | None = None,
) -> tuple[Work, Element, Run | None]:
    """Note a mix, and its master where one is asked for; the run that makes them, None when equal ones are there.

    Of the layers those in `only` where it is given; mixed as the `style` is, summed where it is None, the faders
    following the energy of the document `energy_of` (its blob, and the hash of what is followed); mastered to sound as
    the song `reference`, where one is given.

    Raises
    ------
    records.works.WorkMissing, NothingToMix, NoSuchTake
    """
    work = works.get(owner, work_id)
    inputs = _inputs(work, order, only) | ({"style": style} if style else {})
    followed = {"conditioning": energy_of[0]} if energy_of else {}
    sounds_as = _reference(owner, reference)
    fingerprint = generating.hash_of(inputs | sounds_as | ({"energy": energy_of[1]} if energy_of else {}))
    known = _equal(work, fingerprint)
    if known is not None:
        return work, known, None
    name = f"mix-{seed[-8:]}"
    asked = _run(work, name)
    runs.note(asked)

    def noted(now: Work) -> Work | None:
        if _equal(now, fingerprint) or now.element(name):
            return None
        made_at = datetime.now(UTC).isoformat()
        first = Version(
            number=1, status=TakeStatus.GENERATING, made_at=made_at, inputs=inputs | followed, inputs_hash=fingerprint
        )
        now.elements.append(Element(name=name, kind=ElementKind.MIX, mix=order, versions=[first]))
        if order.master:
            of_mix = {"mix": fingerprint, "preset": order.master, "loudness_lufs": order.master_lufs} | sounds_as
            now.elements.append(
                Element(
                    name=master_name(name),
                    kind=ElementKind.MASTER,
                    mix=order,
                    versions=[
                        Version(
                            number=1,
                            status=TakeStatus.GENERATING,
                            made_at=made_at,
                            inputs=of_mix,
                            inputs_hash=generating.hash_of(of_mix),
                        )
                    ],
                )
            )
        return now

    try:
        work = works.change(owner, work_id, noted)
    except works.WorkMissing:  # removed at this moment
        runs.forget(asked)
        raise
    element = work.element(name) or _equal(work, fingerprint)
    assert element is not None
    if element.name != name:
        runs.forget(asked)
        return work, element, None
    return work, element, asked


def master_name(mix: str) -> str:
    return f"{mix}{_MASTER}"


def mix_of(name: str) -> str:
    """The mix that a master is of; of a mix, itself."""
    return name.removesuffix(_MASTER)


def instance_of(work_id: str, mix: str) -> str:
    """The workflow instance that makes a mix and its master."""
    return names.version_instance(work_id, mix, 1)


def order_of(work: Work, mix: str) -> VersionOrder:
    """What the workflow that makes a mix and its master is asked."""
    now = datetime.now(UTC).isoformat()
    return VersionOrder(owner=work.owner, work_id=work.work_id, element=mix, version=1, arrived_at=now)


def job_body(owner: str, work_id: str, element: str, number: int) -> dict[str, Any]:
    """The input of the job that makes a mix, or the master of one."""
    work = works.get(owner, work_id)
    version = works.version(work, element, number)
    place = work.element(element)
    assert place is not None and place.mix is not None
    if place.kind == ElementKind.MASTER and "source" in version.inputs:  # of a song, not of a mix
        return MasterInput.model_validate(
            {
                **version.inputs["source"],
                "origin": Origin(recorded=True),
                "generation_request_id": work_id,
                "name": element,
                "preset": place.mix.master,
                "loudness_lufs": place.mix.master_lufs,
                "stem_format": place.mix.stem_format,
                "reference": version.inputs.get("reference"),
            }
        ).model_dump(mode="json")
    if place.kind == ElementKind.MASTER:
        mixed = works.version(work, mix_of(element), number)
        assert mixed.file is not None
        return MasterInput(
            generation_request_id=work_id,
            name=element,
            blob_name=mixed.file.blob_name,
            preset=place.mix.master or "streaming",
            loudness_lufs=place.mix.master_lufs,
            stem_format=place.mix.stem_format,
            reference=version.inputs.get("reference"),
            origin=origin_of(work, mixed),
        ).model_dump(mode="json")
    roles: dict[str, MixRole] = {layer.name: layer.role for layer in work.layers}
    sources = [
        MixSource(
            container=one["container"],
            blob_name=one["blob_name"],
            start_seconds=one["start_seconds"],
            gain_db=one["gain_db"],
            role=roles.get(one["name"], StemType.OTHER),
        )
        for one in version.inputs["sources"]
    ]
    return MixInput(
        generation_request_id=work_id,
        name=element,
        sources=sources,
        stem_format=place.mix.stem_format,
        style=version.inputs.get("style"),
        conditioning=version.inputs.get("conditioning"),
        origin=origin_of(work, version),
    ).model_dump(mode="json")


def origin_of(work: Work, mix: Version) -> Origin:
    """Where what is heard in a mix comes from: the engines of its layers, what a person recorded, and, once it is made,
    the mixer."""
    made = {one.stem.blob_name: one.stem.engine for layer in work.layers for one in layer.versions if one.stem}
    whole = Origin.together(Origin.of(made.get(one["blob_name"])) for one in mix.inputs["sources"])
    return whole.then(mix.file.engine) if mix.file is not None else whole


def wanted(order: VersionOrder) -> list[str]:
    """The elements that a run still has to make: the mix, then its master."""
    try:
        work = works.get(order.owner, order.work_id)
    except works.WorkMissing:
        return []
    both = (order.element, master_name(order.element))
    return [name for name in both if (place := work.element(name)) is not None and place.latest.is_open]


def save(order: VersionOrder, result: dict[str, Any] | None, error: dict[str, Any] | None) -> None:
    """Keep what became of a mix or master. A mix that failed has no master."""

    def saved(work: Work) -> Work | None:
        changed = False
        for name in (order.element, *([master_name(order.element)] if error else [])):
            place = work.element(name)
            if place is None or not place.latest.is_open:
                continue
            changed = True
            if error is not None:
                ended = TakeStatus.CANCELLED if error["code"] == "cancelled" else TakeStatus.FAILED
                place.latest.status, place.latest.error = ended, error["message"]
            else:
                place.latest.status = TakeStatus.GENERATED
                place.latest.file = MixedFile.model_validate(result)
        return work if changed else None

    try:
        works.change(order.owner, order.work_id, saved)
    except works.WorkMissing:
        pass  # removed meanwhile


# -- parts --------------------------------------------------------------------------------------------------------


def _inputs(work: Work, order: MixOrder, only: set[str] | None) -> dict[str, Any]:
    """Every file of the mix, with its hash, its place and its gain."""
    known = {layer.name for layer in work.layers}
    strange = sorted((set(order.takes) | set(order.gains)) - known - {ORIGINAL})
    if strange:
        raise NoSuchTake(f"there is no {strange[0]!r} to mix: use {', '.join([*sorted(known), ORIGINAL])}")
    sources: list[dict[str, Any]] = []
    for layer in work.layers if only is None else [one for one in work.layers if one.name in only]:
        version = _chosen(layer, order.takes.get(layer.name))
        if version is not None and version.stem is not None:
            sources.append({
                "name": layer.name, "container": names.GENERATED, "blob_name": version.stem.blob_name,
                "sha256": version.stem.sha256, "start_seconds": version.stem.start_seconds,
                "gain_db": order.gains.get(layer.name, 0.0),
            })  # fmt: skip
    if not sources:
        raise NothingToMix(f"the generation is {work.status}: there is no stem to mix yet")
    if order.include_original and work.audio_file_id:
        song = songs.get(work.owner, work.audio_file_id)
        sources.insert(0, {
            "name": ORIGINAL, "container": names.SONGS, "blob_name": song.blob_name, "sha256": song.sha256,
            "start_seconds": 0.0, "gain_db": order.gains.get(ORIGINAL, 0.0),
        })  # fmt: skip
    given = {"sources": sources, "stem_format": order.stem_format, "master": order.master}
    return given if order.master_lufs is None else given | {"master_lufs": order.master_lufs}


def _reference(owner: str, song_id: str | None) -> dict[str, Any]:
    if song_id is None:
        return {}
    song = songs.find(owner, song_id)
    if song is None:  # removed since: what was to sound like it is mastered without
        return {}
    return {"reference": {"container": names.SONGS, "blob_name": song.blob_name}, "reference_sha256": song.sha256}


def _chosen(layer: Element, number: int | None) -> Version | None:
    """The version that was named, else the approved one, else the latest that can be heard."""
    heard = [version for version in layer.versions if version.stem is not None]
    if number is not None:
        named = next((version for version in heard if version.number == number), None)
        if named is None:
            raise NoSuchTake(f"{layer.name} has no take {number} that can be heard")
        return named
    approved = [version for version in heard if version.status == TakeStatus.APPROVED]
    return (approved or heard or [None])[-1]


def _equal(work: Work, fingerprint: str) -> Element | None:
    """A mix of just these inputs that is there or being made."""
    return next(
        (
            one
            for one in work.elements
            if one.kind == ElementKind.MIX
            and one.latest.inputs_hash == fingerprint
            and one.latest.status in (TakeStatus.GENERATING, TakeStatus.GENERATED)
        ),
        None,
    )


def _run(work: Work, name: str) -> Run:
    instance_id = instance_of(work.work_id, name)
    return asking.run_of(work.owner, "MixOrchestrator", instance_id, order_of(work, name).model_dump())
