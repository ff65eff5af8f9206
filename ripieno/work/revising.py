"""Further revisions of a composition: refined, branched, rolled back, approved, let go on, cancelled.

A revision and the run that makes it are noted before anything is done; one revision is made at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from ripieno.contracts.composition import (
    Composition,
    Context,
    LayerChange,
    Refinement,
    Revision,
    Stage,
    VersionComparison,
)
from ripieno.contracts.enums import TakeStatus
from ripieno.contracts.understanding import Statement
from ripieno.contracts.workflow import Run
from ripieno.contracts.works import ElementKind, Work
from ripieno.music.composing import comparing, refining
from ripieno.records import runs, works
from ripieno.records.quotas import Wants
from ripieno.services import understanding
from ripieno.work import composing, giving, heeding, judging, tasting, teaching, voices_singing
from ripieno.work.composing import CannotCompose, StillMaking

MOST_REVISIONS = 200


class NoSuchVersion(LookupError):
    """The composition has no such version, or nothing was made of it."""


def refine(owner: str, work_id: str, wanted: Refinement) -> tuple[Work, Revision, Run]:
    """A further revision, made from another by what is wanted; the run that makes it. One that waits after a stage is
    left waiting: what is made from it begins where it stands.

    Raises
    ------
    WorkMissing, StillMaking, NoSuchVersion, CannotCompose, voices_using.NotAllowed
    """
    return _refined_from(owner, work_id, wanted, rejects=False)


def _refined_from(owner: str, work_id: str, wanted: Refinement, *, rejects: bool) -> tuple[Work, Revision, Run]:
    known = works.get_composition(owner, work_id)
    before = _base(known, wanted.from_version)
    assert before.context is not None
    sung, told, said = voices_singing.sung(owner, known, before.context, wanted)
    understood = understanding.understood(said, about="refinement") if said.strip() else None
    try:
        _check_settled(known, before, wanted)
        held = giving.held(owner, work_id, wanted.layers)
        asked = wanted.model_copy(update={"layers": giving.edits(wanted.layers, held.layers)})
        context, changes = _refined(sung, asked, understood.statements if understood else [], told)
        context = tasting.still(before.context, giving.taken(context, held.layers))
        held.keep()
    except ValueError as fault:
        raise CannotCompose(str(fault)) from None

    def further(composition: Composition) -> Revision:
        new = _next(composition, before, wanted.text or "; ".join(changes), context)
        new.changes, new.understood = changes, understood
        new.stop_at = Stage(wanted.stop_at) if wanted.stop_at else None
        return new

    work, made, run = _begun(owner, work_id, further, rejects=before.number if rejects else None)
    _teach(work, before.number, made.number)
    return work, made, run


def _teach(work: Work, *numbers: int) -> None:
    """What is said now of some versions teaches."""
    at = datetime.now(UTC).isoformat()
    judging.count(work.owner, work.work_id)
    teaching.teach(work.owner, [lesson for number in numbers for lesson in teaching.of_piece(work, number, at)])


def _refined(
    context: Context, wanted: Refinement, said: list[Statement], told: Sequence[str] = ()
) -> tuple[Context, list[str]]:
    """The context by all that is asked for, field by field and in words, beside what was `told` of it before. Raises
    `ValueError`."""
    played, changes = heeding.players(context, said)
    changes = [*told, *changes]
    asked = heeding.refinement(played, wanted, said)
    try:
        made, more = refining.refined(played, asked)
    except ValueError:
        if not changes or asked != wanted:
            raise
        return played, changes
    return made, [*more, *changes]


def compare(owner: str, work_id: str, a: int, b: int) -> VersionComparison:
    """Two revisions beside each other.

    Raises
    ------
    WorkMissing, NoSuchVersion
    """
    composition = works.get_composition(owner, work_id).composition
    assert composition is not None
    try:
        first, second = composition.revision(a), composition.revision(b)
    except LookupError as fault:
        raise NoSuchVersion(str(fault)) from None
    back, there = _line(composition, first), _line(composition, second)
    fields = comparing.compared(first.context, second.context) if first.context and second.context else []
    return VersionComparison(
        a=a,
        b=b,
        fields=fields,
        layers=_layers(first, second),
        is_same_mix=first.mix == second.mix,
        changes=[change for one in reversed(there) if one not in back for change in one.changes],
        undone=[change for one in reversed(back) if one not in there for change in one.changes],
    )


def _line(composition: Composition, revision: Revision) -> list[Revision]:
    """A revision and those that it comes from, the newest first."""
    found = [revision]
    while found[-1].parent is not None:
        found.append(composition.revision(found[-1].parent))
    return found


def _layers(a: Revision, b: Revision) -> list[LayerChange]:
    found = []
    for name in dict.fromkeys([*a.elements, *b.elements]):
        one, other = a.elements.get(name), b.elements.get(name)
        change = "added" if one is None else "left out" if other is None else "same" if one == other else "made anew"
        found.append(LayerChange(name=name, a=one, b=other, change=change))
    return found


def branch(owner: str, work_id: str, number: int | None) -> Work:
    """A further revision that is as another one was, nothing made anew. Raises as `refine` does."""
    before = _made(works.get_composition(owner, work_id), number)

    def branched(work: Work) -> Work:
        assert work.composition is not None
        _check_free(work.composition)
        new = _next(work.composition, before, f"as version {before.number}", before.context)
        work.composition.revisions.append(
            before.model_copy(
                update={
                    "number": new.number,
                    "parent": before.number,
                    "made_at": new.made_at,
                    "asked": new.asked,
                    "changes": [],
                }
            )
        )
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
    waiting = _waiting(known.composition, number)
    if waiting is not None:
        run = composing.run_of(known, waiting.number, waiting.leg + 1)
        runs.note(run, wants=Wants(generation_seconds=composing.seconds_to_make(known, waiting)))
        going_on = composing.gone_on(waiting.number, waiting.leg + 1)

        def goes_on(work: Work) -> Work | None:
            assert work.composition is not None
            _check_free(work.composition)
            return going_on(work)

        return works.change(owner, work_id, goes_on), run
    before = _made(known, number)

    def approved(work: Work) -> Work:
        assert work.composition is not None
        _check_free(work.composition)
        work.composition.current = work.composition.approved = before.number
        work.composition.revision(before.number).rejected = False
        return work

    work = works.change(owner, work_id, approved)
    _teach(work, before.number)
    return work, None


def reject(owner: str, work_id: str, number: int | None, comment: str) -> tuple[Work, Revision, Run | None]:
    """Reject a revision; with a comment a further one is made from it, by the run that is returned.

    Raises
    ------
    WorkMissing, StillMaking, NoSuchVersion, CannotCompose
    """
    before = _base(works.get_composition(owner, work_id), number)
    if comment.strip():
        return _refined_from(owner, work_id, Refinement(text=comment, from_version=before.number), rejects=True)

    def rejected(work: Work) -> Work | None:
        assert work.composition is not None
        _check_free(work.composition)
        _reject(work.composition, before.number)
        return work

    work = works.change(owner, work_id, rejected)
    _teach(work, before.number)
    return work, before, None


def _reject(composition: Composition, number: int) -> None:
    composition.revision(number).rejected = True
    if composition.approved == number:
        composition.approved = None


def cancel(owner: str, work_id: str, number: int | None = None) -> Work:
    """End what is being made, where a number is given that version alone; the version before stands."""

    def cancelled(work: Work) -> Work | None:
        assert work.composition is not None
        here = work.composition.open
        if here is None or number not in (None, here.number):
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


def _base(work: Work, number: int | None) -> Revision:
    """What a further revision begins from: one that was made, or one that waits after a stage."""
    assert work.composition is not None
    _check_free(work.composition)
    return _waiting(work.composition, number) or _made(work, number)


def _waiting(composition: Composition, number: int | None) -> Revision | None:
    """The revision that waits and is meant: the newest, or where none was made yet any, if no number is given."""
    found = [one for one in composition.revisions if one.status == "waiting"]
    if number is not None:
        return next((one for one in found if one.number == number), None)
    is_first = not any(one.status == "made" for one in composition.revisions)
    return next((one for one in reversed(found) if is_first or one is composition.revisions[-1]), None)


def _check_settled(work: Work, before: Revision, wanted: Refinement) -> None:
    """Refuse edits of what a later stage settles first."""
    composition = work.composition
    assert composition is not None

    def check(stage: Stage, what: str) -> None:
        if not composition.is_done(before, stage):
            raise ValueError(f"version {before.number} waits before its {stage}: {what} can be changed after that")

    if any(one.chords for one in [*wanted.sections, *wanted.passages]):
        check(Stage.HARMONY, "chords")
    if any(one.energy or one.add or one.remove for one in wanted.sections):
        check(Stage.ARRANGEMENT, "energy, and who plays where,")
    if wanted.draft is not None:
        check(Stage.LYRICS, "the draft")
    if any(one.words.strip() for one in [*wanted.sections, *wanted.passages]):
        check(Stage.LYRICS, "words of some bars")


def _check_free(composition: Composition) -> None:
    making = next((one for one in composition.revisions if one.status == "making"), None)
    if making is not None:
        raise StillMaking(f"version {making.number} is being made: wait until it has ended, or cancel it")


def _next(composition: Composition, before: Revision, asked: str, context: Context | None) -> Revision:
    number = composition.revisions[-1].number + 1
    if number > MOST_REVISIONS:
        raise CannotCompose(f"a composition has at most {MOST_REVISIONS} versions: begin another from this one")
    new = composing.new_revision(number, before.number, asked, None)
    new.again = before.again
    new.context = context
    return new


def _begun(
    owner: str, work_id: str, further: Callable[[Composition], Revision], *, rejects: int | None
) -> tuple[Work, Revision, Run]:
    """Note the next revision and its run, whichever number it gets, and that another is rejected for it."""
    while True:
        known = works.get_composition(owner, work_id)
        assert known.composition is not None
        _check_free(known.composition)
        new = further(known.composition)
        run = composing.run_of(known, new.number)
        runs.note(run, wants=Wants(generation_seconds=composing.seconds_to_make(known, new)))

        def noted(work: Work, new: Revision = new) -> Work | None:
            assert work.composition is not None
            _check_free(work.composition)
            if work.composition.revisions[-1].number != new.number - 1:
                return None  # somebody was faster: another number
            if rejects is not None:
                _reject(work.composition, rejects)
            work.composition.revisions.append(new)
            return work

        work = works.change(owner, work_id, noted)
        assert work.composition is not None
        found = work.composition.revisions[-1]
        if found.number == new.number and found.made_at == new.made_at:
            return work, found, run
