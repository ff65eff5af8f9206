"""A further version of a set, by edits field by field and by what was said; the rest is planned again around it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ripieno.contracts.dj_sets import KnownSongs, SetChange, SetVersion
from ripieno.contracts.sets import JourneyPoint, SetEdit, SetPlan, SetWishes
from ripieno.contracts.understanding import Stretch
from ripieno.contracts.workflow import Run
from ripieno.contracts.works import Work
from ripieno.music.sets import editing, journeys
from ripieno.music.talking import answering, hearing
from ripieno.music.talking.hearing import Heard, Shift
from ripieno.music.talking.referring import Listing, Named
from ripieno.records import works
from ripieno.work import teaching
from ripieno.work.sets import keeping, knowing, ordering, versions
from ripieno.work.sets.knowing import CannotPlan

_FINEST = 20  # stretches of a journey that is shifted in part


@dataclass
class Asked:
    """What is to be another: the wishes and the journey that follow, and what was done in words."""

    wishes: SetWishes
    journey: list[JourneyPoint]
    edits: list[SetEdit] = field(default_factory=list)
    changes: list[str] = field(default_factory=list)


def edit(owner: str, work_id: str, wanted: SetChange) -> tuple[Work, SetVersion, Run, list[Stretch]]:
    """A further version, made from another by what is wanted; the run that makes it, and what was not understood.

    Raises
    ------
    WorkMissing, StillMaking, NoSuchVersion, CannotPlan
    """
    known = works.get_set(owner, work_id)
    versions.check_free(versions.dj_set(known))
    before = versions.made(known, wanted.from_version)
    ordering.check_persona(wanted.persona)
    plan = plan_of(known, before)
    heard = hearing.hear(wanted.text, listing_of(known, plan)) if wanted.text.strip() else None
    if heard is not None and heard.undo:
        raise CannotPlan("to take a change back, roll back: POST /sets/{id}/rollback")
    others = (wanted.edits, wanted.journey, wanted.energy, wanted.persona, wanted.again)
    if heard is not None and not heard.changes_something and not any(others):
        raise CannotPlan(" ".join(answering.missed(heard)) or "nothing in it changes the set: ask why at /why")
    asked = asked_of(known, before, plan, [*wanted.edits, *(heard.edits if heard else [])], _shifts(wanted, heard))
    if wanted.journey:
        asked.journey, asked.changes = wanted.journey, [*asked.changes, "another journey"]
    if wanted.persona is not None:
        asked.changes.append(f"{wanted.persona} plays")
    work, version, run = noted(owner, work_id, before, asked, said=wanted.text, persona=wanted.persona)
    return work, version, run, heard.unread if heard else []


def asked_of(work: Work, before: SetVersion, plan: SetPlan, edits: Sequence[SetEdit], shifts: Sequence[Shift]) -> Asked:
    """The wishes and the journey that follow from edits.

    Raises
    ------
    CannotPlan
        For what cannot be, with what to do.
    """
    wished = [one for edit in edits for one in (edit.song, edit.other) if one is not None]
    known = {one.song for one in known_of(work).songs}
    knowing.check(work.owner, [one for one in dict.fromkeys(wished) if one not in known])
    try:
        wanted = plan.model_copy(update={"wishes": before.wishes})
        for one in edits:
            wanted = wanted.model_copy(update={"wishes": editing.edited(wanted, one)})
    except ValueError as fault:
        raise CannotPlan(str(fault)) from None
    journey = before.journey or plan.journey
    for one in shifts:
        journey = shifted(journey, one)
    changes = answering.done(edits, shifts, titles_of(work, plan), "en")
    return Asked(wishes=wanted.wishes, journey=journey, edits=list(edits), changes=changes)


def noted(
    owner: str,
    work_id: str,
    before: SetVersion,
    asked: Asked,
    *,
    said: str = "",
    persona: str | None = None,
    talk_id: str | None = None,
) -> tuple[Work, SetVersion, Run]:
    """Note the further version and its run; what is banned, pinned or added in it teaches. Raises as `versions.begun`
    does."""

    def further(now: Work) -> SetVersion:
        new = versions.next_after(versions.dj_set(now), before)
        new.wishes, new.journey, new.edits, new.changes = asked.wishes, asked.journey, asked.edits, asked.changes
        new.asked = said or "; ".join(asked.changes) or "planned again"
        new.persona, new.talk_id = persona or new.persona, talk_id
        return new

    work, version, run = versions.begun(owner, work_id, further)
    teaching.teach(owner, teaching.of_set_edits(work, version.number))
    return work, version, run


def shifted(journey: Sequence[JourneyPoint], shift: Shift) -> list[JourneyPoint]:
    """A journey with more or less energy in a part of it, as a curve of as many points as that takes."""
    places = sorted({*(one.at for one in journey), *(n / _FINEST for n in range(_FINEST + 1))})
    found = []
    for at in places:
        energy, valence = journeys.at(journey, at)
        more = shift.energy if shift.start <= at <= shift.end else 0.0
        found.append(JourneyPoint(at=at, energy=round(min(1.0, max(0.0, energy + more)), 3), valence=valence))
    return found


def plan_of(work: Work, version: SetVersion) -> SetPlan:
    """Raises `CannotPlan`, where a version has none."""
    found = keeping.plan(work.work_id, version.number)
    if found is None:
        raise CannotPlan(f"version {version.number} is not planned: there is nothing to change yet")
    return found


def listing_of(work: Work, plan: SetPlan) -> Listing:
    """What can be spoken of in a set."""
    inside = {one.song for one in plan.songs}
    return Listing(
        songs=tuple(Named(one.song, one.title, one.position) for one in plan.songs),
        transitions=tuple(plan.transitions),
        others=tuple(Named(one.song, one.title) for one in known_of(work).songs if one.song not in inside),
    )


def titles_of(work: Work, plan: SetPlan) -> dict[str, str]:
    return {one.song: one.title for one in known_of(work).songs} | {one.song: one.title for one in plan.songs}


def known_of(work: Work) -> KnownSongs:
    return keeping.songs(work.work_id) or KnownSongs(songs=[])


# -- parts --------------------------------------------------------------------------------------------------------


def _shifts(wanted: SetChange, heard: Heard | None) -> list[Shift]:
    return [*(heard.shifts if heard else []), *([Shift(wanted.energy)] if wanted.energy else [])]
