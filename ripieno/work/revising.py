"""Further revisions of a composition: refined, branched, rolled back, approved, let go on, cancelled.

A revision and the run that makes it are noted before anything is done; one revision is made at a time.
"""

from __future__ import annotations

from collections.abc import Callable

from ripieno.contracts.composition import Composition, Context, Refinement, Revision, Stage
from ripieno.contracts.enums import TakeStatus
from ripieno.contracts.understanding import Statement
from ripieno.contracts.workflow import Run
from ripieno.contracts.works import ElementKind, Work
from ripieno.music.composing import refining
from ripieno.records import runs, works
from ripieno.services import understanding
from ripieno.work import composing, heeding
from ripieno.work.composing import CannotCompose, StillMaking

MOST_REVISIONS = 200


class NoSuchVersion(LookupError):
    """The composition has no such version, or nothing was made of it."""


def refine(owner: str, work_id: str, wanted: Refinement) -> tuple[Work, Revision, Run]:
    """A further revision, made from another by what is wanted; the run that makes it.

    Raises
    ------
    WorkMissing, StillMaking, NoSuchVersion, CannotCompose
    """
    known = works.get_composition(owner, work_id)
    before = _made(known, wanted.from_version)
    assert before.context is not None
    understood = understanding.understood(wanted.text, about="refinement") if wanted.text.strip() else None
    try:
        context, changes = _refined(before.context, wanted, understood.statements if understood else [])
    except ValueError as fault:
        raise CannotCompose(str(fault)) from None

    def further(composition: Composition) -> Revision:
        new = _next(composition, before, wanted.text or "; ".join(changes), context)
        new.changes, new.understood = changes, understood
        new.stop_at = Stage(wanted.stop_at) if wanted.stop_at else None
        return new

    return _begun(owner, work_id, further)


def _refined(context: Context, wanted: Refinement, said: list[Statement]) -> tuple[Context, list[str]]:
    """The context by all that is asked for, field by field and in words. Raises `ValueError`."""
    played, changes = heeding.players(context, said)
    asked = heeding.refinement(played, wanted, said)
    try:
        made, more = refining.refined(played, asked)
    except ValueError:
        if not changes or asked != wanted:
            raise
        return played, changes
    return made, [*more, *changes]


def branch(owner: str, work_id: str, number: int | None) -> Work:
    """A further revision that is as another one was, nothing made anew. Raises as `refine` does."""
    before = _made(works.get_composition(owner, work_id), number)

    def branched(work: Work) -> Work:
        assert work.composition is not None
        _check_free(work.composition)
        new = _next(work.composition, before, f"as version {before.number}", before.context)
        work.composition.revisions.append(
            before.model_copy(update={"number": new.number, "parent": before.number, "made_at": new.made_at,
                                      "asked": new.asked, "changes": []})
        )  # fmt: skip
        work.composition.current = new.number
        return work

    return works.change(owner, work_id, branched)


def roll_back(owner: str, work_id: str, number: int | None) -> Work:
    """Hear an earlier revision again; nothing is lost. Without a number, the one that the current one was made from.

    Raises
    ------
    WorkMissing, StillMaking, NoSuchVersion
    """
    known = works.get_composition(owner, work_id)
    assert known.composition is not None
    wanted = known.composition.revision().parent if number is None else number
    if wanted is None:
        raise NoSuchVersion("the first version was made from none: there is nothing to roll back to")
    before = _made(known, wanted)

    def rolled(work: Work) -> Work:
        assert work.composition is not None
        _check_free(work.composition)
        work.composition.current = before.number
        return work

    return works.change(owner, work_id, rolled)


def approve(owner: str, work_id: str, number: int | None) -> tuple[Work, Run | None]:
    """Approve a revision; one that waits after a stage goes on instead, by the run that is returned.

    Raises
    ------
    WorkMissing, StillMaking, NoSuchVersion
    """
    known = works.get_composition(owner, work_id)
    assert known.composition is not None
    newest = known.composition.revisions[-1]
    if newest.status == "waiting" and number in (None, newest.number):
        run = composing.run_of(known, newest.number, newest.leg + 1)
        runs.note(run)
        return works.change(owner, work_id, composing.gone_on(newest.number, newest.leg + 1)), run
    before = _made(known, number)

    def approved(work: Work) -> Work:
        assert work.composition is not None
        _check_free(work.composition)
        work.composition.current = work.composition.approved = before.number
        return work

    return works.change(owner, work_id, approved), None


def cancel(owner: str, work_id: str) -> Work:
    """End what is being made; the version before stands."""

    def cancelled(work: Work) -> Work | None:
        assert work.composition is not None
        here = work.composition.revisions[-1]
        if here.status not in ("making", "waiting"):
            return None
        here.status, here.error = "cancelled", "it was cancelled"
        for element in (one for one in work.elements if one.kind != ElementKind.EXPORT):
            for version in (one for one in element.versions if one.is_open):
                version.status = TakeStatus.CANCELLED
        return work

    return works.change(owner, work_id, cancelled)


# -- parts --------------------------------------------------------------------------------------------------------


def _made(work: Work, number: int | None) -> Revision:
    assert work.composition is not None
    try:
        found = work.composition.revision(number)
    except LookupError as fault:
        raise NoSuchVersion(str(fault)) from None
    if found.status != "made":
        raise NoSuchVersion(f"version {found.number} is {found.status}: there is nothing to begin from yet")
    return found


def _check_free(composition: Composition) -> None:
    newest = composition.revisions[-1]
    if newest.status == "making":
        raise StillMaking(f"version {newest.number} is being made: wait until it has ended, or cancel it")


def _next(composition: Composition, before: Revision, asked: str, context: Context | None) -> Revision:
    number = composition.revisions[-1].number + 1
    if number > MOST_REVISIONS:
        raise CannotCompose(f"a composition has at most {MOST_REVISIONS} versions: begin another from this one")
    new = composing.new_revision(number, before.number, asked, None)
    new.context = context
    return new


def _begun(owner: str, work_id: str, further: Callable[[Composition], Revision]) -> tuple[Work, Revision, Run]:
    """Note the next revision and its run, whichever number it gets."""
    while True:
        known = works.get_composition(owner, work_id)
        assert known.composition is not None
        _check_free(known.composition)
        new = further(known.composition)
        run = composing.run_of(known, new.number)
        runs.note(run)

        def noted(work: Work, new: Revision = new) -> Work | None:
            assert work.composition is not None
            _check_free(work.composition)
            if work.composition.revisions[-1].number != new.number - 1:
                return None  # somebody was faster: another number
            waiting = work.composition.revisions[-1]
            if waiting.status == "waiting":
                waiting.status, waiting.error = "cancelled", f"version {new.number} took its place"
            work.composition.revisions.append(new)
            return work

        work = works.change(owner, work_id, noted)
        assert work.composition is not None
        found = work.composition.revisions[-1]
        if found.number == new.number and found.made_at == new.made_at:
            return work, found, run
