"""Versions of a set: the one that a run is at, noted, failed, cancelled, heard again.

A version and the run that makes it are noted before anything is done; one version is made at a time.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from ripieno.contracts import names
from ripieno.contracts.dj_sets import DjSet, SetVersion
from ripieno.contracts.enums import TakeStatus
from ripieno.contracts.workflow import RevisionOrder, Run
from ripieno.contracts.works import Work
from ripieno.records import works
from ripieno.work import asking
from ripieno.work.composing import StillMaking
from ripieno.work.revising import NoSuchVersion
from ripieno.work.sets import letting
from ripieno.work.sets.knowing import CannotPlan

MOST_VERSIONS = 200


def now() -> str:
    return datetime.now(UTC).isoformat()


def run_of(work: Work, number: int) -> Run:
    order = RevisionOrder(owner=work.owner, work_id=work.work_id, arrived_at=now(), revision=number)
    instance_id = names.revision_instance(work.work_id, number)
    return asking.run_of(work.owner, "SetOrchestrator", instance_id, order.model_dump())


def dj_set(work: Work) -> DjSet:
    assert work.dj_set is not None
    return work.dj_set


def opened(order: RevisionOrder) -> tuple[Work, SetVersion | None]:
    """The set, and its version while that is being made. Raises `WorkMissing`."""
    work = works.get_set(order.owner, order.work_id)
    return work, _open(work, order.revision)


def change(order: RevisionOrder, to: Callable[[Work, SetVersion], None]) -> SetVersion | None:
    """Change a version that is being made; None when it is no more. One that ends well is heard from then on."""

    def changed(work: Work) -> Work | None:
        found = _open(work, order.revision)
        if found is None:
            return None
        to(work, found)
        if found.status == "made":
            dj_set(work).current = found.number
            work.duration_seconds = found.duration_seconds
        return work

    work = works.change(order.owner, order.work_id, changed)
    return _open(work, order.revision)


def begun(owner: str, work_id: str, further: Callable[[Work], SetVersion]) -> tuple[Work, SetVersion, Run]:
    """Note the next version and its run, whichever number it gets.

    Raises
    ------
    WorkMissing, StillMaking, and what `further` does.
    """
    while True:
        known = works.get_set(owner, work_id)
        check_free(dj_set(known))
        new = further(known)
        run = run_of(known, new.number)
        letting.note(run, dj_set(known))

        def noted(work: Work, new: SetVersion = new) -> Work | None:
            check_free(dj_set(work))
            if dj_set(work).versions[-1].number != new.number - 1:
                return None  # somebody was faster: another number
            dj_set(work).versions.append(new)
            return work

        work = works.change(owner, work_id, noted)
        found = dj_set(work).versions[-1]
        if found.number == new.number and found.made_at == new.made_at:
            return work, found, run


def next_after(known: DjSet, before: SetVersion) -> SetVersion:
    """A further version that is as another one was, to be changed.

    Raises
    ------
    CannotPlan
    """
    number = known.versions[-1].number + 1
    if number > MOST_VERSIONS:
        raise CannotPlan(f"a set has at most {MOST_VERSIONS} versions: ask for another set")
    return SetVersion(
        number=number,
        parent=before.number,
        made_at=now(),
        wishes=before.wishes,
        journey=before.journey,
        persona=before.persona,
    )


def made(work: Work, number: int | None) -> SetVersion:
    """A version that was made, the current one where no number is given. Raises `NoSuchVersion`."""
    try:
        found = dj_set(work).version(number)
    except LookupError as fault:
        raise NoSuchVersion(str(fault)) from None
    if found.status != "made":
        raise NoSuchVersion(f"version {found.number} is {found.status}: there is nothing to begin from yet")
    return found


def check_free(known: DjSet) -> None:
    """Raises `StillMaking`."""
    if known.open is not None:
        raise StillMaking(f"version {known.open.number} is being made: wait until it has ended, or cancel it")


def roll_back(owner: str, work_id: str, number: int | None) -> Work:
    """Hear an earlier version again; nothing is lost. Without a number, the one that the current one was made from.

    Raises
    ------
    WorkMissing, StillMaking, NoSuchVersion
    """
    known = works.get_set(owner, work_id)
    before = parent_of(known) if number is None else made(known, number)

    def rolled(work: Work) -> Work:
        check_free(dj_set(work))
        dj_set(work).current = before.number
        work.duration_seconds = before.duration_seconds
        return work

    return works.change(owner, work_id, rolled)


def parent_of(work: Work) -> SetVersion:
    """The version that the current one was made from. Raises `StillMaking`, `NoSuchVersion`."""
    check_free(dj_set(work))
    parent = dj_set(work).version().parent
    if parent is None:
        raise NoSuchVersion("the first version was made from none: there is nothing to roll back to")
    return made(work, parent)


def cancel(owner: str, work_id: str, number: int | None = None) -> Work:
    """End what is being made, where a number is given that version alone; the version before stands."""

    def cancelled(work: Work) -> Work | None:
        here = dj_set(work).open
        if here is None or number not in (None, here.number):
            return None
        here.status, here.error = "cancelled", "it was cancelled"
        _close(work, here, TakeStatus.CANCELLED, here.error)
        return work

    return works.change(owner, work_id, cancelled)


def fail(order: RevisionOrder, message: str) -> None:
    """Give a version its end where it has none; the one before is heard again."""

    def failed(work: Work, version: SetVersion) -> None:
        version.status, version.error = "failed", message[:500]
        _close(work, version, TakeStatus.FAILED, message[:500])

    try:
        change(order, failed)
    except works.WorkMissing:
        pass  # removed meanwhile


# -- parts --------------------------------------------------------------------------------------------------------


def _open(work: Work, number: int) -> SetVersion | None:
    found = next((one for one in dj_set(work).versions if one.number == number), None)
    return found if found is not None and found.status == "making" else None


def _close(work: Work, version: SetVersion, status: TakeStatus, error: str | None) -> None:
    """The mix of a version ends with it."""
    place = work.element(version.mix) if version.mix else None
    for one in (one for one in place.versions if one.is_open) if place else ():
        one.status, one.error = status, error
