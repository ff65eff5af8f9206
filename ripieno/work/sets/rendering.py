"""The mix of a version: rendered by a job, once for a plan and what is said in it; then the version is heard."""

from __future__ import annotations

from typing import Any

from ripieno.contracts import names
from ripieno.contracts.dj_sets import SetVersion
from ripieno.contracts.enums import TakeStatus
from ripieno.contracts.provenance import Origin
from ripieno.contracts.sets import SetFile, SetPlan, SetRenderInput, SetSong
from ripieno.contracts.workflow import RevisionOrder
from ripieno.contracts.works import Element, ElementKind, Version, Work
from ripieno.music.sets import personas
from ripieno.records import works
from ripieno.work import exporting, generating
from ripieno.work.sets import branching, keeping, planning, speaking, versions

_OF_THE_SOUND = {"songs": {"__all__": {"why", "pinned", "energy", "valence"}},
                 "transitions": {"__all__": {"why", "pinned", "harmony"}}}  # fmt: skip


def begin(order: RevisionOrder) -> bool:
    """Note the mix of a version; whether it has still to be rendered. One that sounds the same is taken as it is.

    Raises
    ------
    LookupError
        Where a song of the plan is gone.
    """
    work, version = versions.opened(order)
    made = keeping.plan(work.work_id, order.revision) if version is not None else None
    if version is None or made is None:
        return False
    inputs = _inputs(work, version, made)
    fingerprint = generating.hash_of(inputs)
    name = f"mix-{fingerprint[:16]}"

    def noted(now: Work, state: SetVersion) -> None:
        state.mix = name
        place = now.element(name)
        if place is None:
            place = Element(name=name, kind=ElementKind.MIX)
            now.elements.append(place)
        if not place.versions or place.latest.status not in (TakeStatus.GENERATED, TakeStatus.GENERATING):
            place.versions.append(
                Version(
                    number=len(place.versions) + 1,
                    status=TakeStatus.GENERATING,
                    made_at=versions.now(),
                    inputs={"version": state.number},
                    inputs_hash=fingerprint,
                    revision=state.number,
                )
            )

    state = versions.change(order, noted)
    work = works.get_set(order.owner, order.work_id)
    place = work.element(name)
    if state is None or place is None:
        return False
    if place.latest.set_file is not None:
        save(order, None, None)
        return False
    copied = branching.mix(work, state, made, names.set_output(order.work_id, name.removeprefix("mix-")))
    if copied is not None:
        save(order, copied.model_dump(mode="json"), None)
        return False
    return True


def job_body(owner: str, work_id: str, number: int) -> dict[str, Any]:
    """The input of the job that renders a version."""
    work = works.get_set(owner, work_id)
    version = versions.dj_set(work).version(number)
    made = keeping.plan(work_id, number)
    if made is None:
        raise LookupError("the plan of the set is gone")
    asked = versions.dj_set(work).order
    heard = planning.heard_songs(work, made)
    return SetRenderInput(
        output=names.set_output(work_id, (version.mix or "").removeprefix("mix-")),
        plan=made,
        songs=heard,
        announcements=speaking.announcements(version),
        stem_format=asked.stem_format,
        artist=personas.persona(made.persona).title,
        origin=_origin(work, heard),
        **({"loudness_lufs": asked.loudness_lufs} if asked.loudness_lufs is not None else {}),
    ).model_dump(mode="json")


def save(order: RevisionOrder, result: dict[str, Any] | None, error: dict[str, Any] | None) -> None:
    """Keep what became of the mix of a version, which is heard from then on; without a result it is one that was
    there."""
    if error is not None:
        raise ValueError(f"the mix could not be rendered: {error['message']}")

    def saved(now: Work, state: SetVersion) -> None:
        place = now.element(state.mix) if state.mix else None
        assert place is not None
        if place.latest.is_open and result is not None:
            place.latest.status, place.latest.set_file = TakeStatus.GENERATED, SetFile.model_validate(result)
        if place.latest.set_file is None:
            return
        state.status = "made"
        state.duration_seconds = place.latest.set_file.duration_seconds

    try:
        versions.change(order, saved)
    except works.WorkMissing:
        pass  # removed meanwhile


# -- parts --------------------------------------------------------------------------------------------------------


def _inputs(work: Work, version: SetVersion, made: SetPlan) -> dict[str, Any]:
    """All that is heard: which songs when and how, and what is said over them."""
    asked = versions.dj_set(work).order
    sounds = made.model_dump(mode="json", include={"songs", "transitions"}, exclude=_OF_THE_SOUND)
    said = [one.model_dump(mode="json") for one in speaking.announcements(version)]
    return sounds | {"said": said, "stem_format": asked.stem_format, "loudness_lufs": asked.loudness_lufs}


def _origin(work: Work, heard: list[SetSong]) -> Origin:
    """Where what is heard comes from: songs are recorded, a composition was made by its engines."""
    parts = [Origin(recorded=True)] if any(not one.is_composition for one in heard) else []
    for one in (one for one in heard if one.is_composition):
        piece = works.find(work.owner, one.song)
        if piece is not None and piece.composition is not None:
            parts.append(exporting.origin_of(piece, piece.composition.revision()))
    return Origin.together(parts)
