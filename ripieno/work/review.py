"""Verdicts on versions, and what follows from them: a rejected take with a comment starts a short run.

The verdict, and the new version that it asks for, are one change under the work's ETag; of two verdicts on one take the
first counts.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ripieno.contracts import names
from ripieno.contracts.enums import TakeStatus
from ripieno.contracts.generation import MOST_TAKES
from ripieno.contracts.workflow import Run, VersionOrder
from ripieno.contracts.works import Review, Version, Work
from ripieno.records import runs, works
from ripieno.work import asking

REVIEW_WITHIN = timedelta(days=28)


class NotReviewable(RuntimeError):
    """The version does not wait for a verdict."""


def give(
    owner: str, work_id: str, element: str, number: int | None, *, approved: bool, comment: str, reviewer: str
) -> tuple[Work, Run | None]:
    """Approve or reject a version, the latest where `number` is None; and the run that makes the next one where that is
    asked for.

    Raises
    ------
    records.works.WorkMissing, records.works.VersionMissing, NotReviewable
    """
    comment = comment.strip()
    known = works.get(owner, work_id)
    version = works.version(known, element, number)
    verdict = Review(approved=approved, comment=comment, reviewer=reviewer, reviewed_at=datetime.now(UTC).isoformat())
    goes_on = not approved and bool(comment) and version.number < MOST_TAKES
    asked = _next_run(known, element, version.number + 1) if goes_on else None

    def given(work: Work) -> Work | None:
        one = works.version(work, element, version.number)
        _check(work, element, one)
        one.status = TakeStatus.APPROVED if approved else TakeStatus.REJECTED
        one.reviews.append(verdict)
        place = work.element(element)
        if goes_on and place is not None:
            place.versions.append(
                Version(number=one.number + 1, status=TakeStatus.GENERATING, made_at=verdict.reviewed_at, heeds=comment)
            )
        return work

    _check(known, element, version)
    if asked is not None:
        runs.note(asked)
    try:
        return works.change(owner, work_id, given), asked
    except (NotReviewable, works.WorkMissing):
        if asked is not None and not _is_wanted(owner, work_id, element, version.number + 1):
            runs.forget(asked)
        raise


def end_unreviewed(now: datetime) -> int:
    """End what has waited for its verdict for 28 days; returns how many works that was."""
    ended = 0
    for work in works.awaiting_review():
        if datetime.fromisoformat(_last_made(work)) + REVIEW_WITHIN < now:
            works.change(work.owner, work.work_id, _unreviewed)
            ended += 1
    return ended


def _check(work: Work, element: str, version: Version) -> None:
    if work.has_ended:
        raise NotReviewable(f"the generation is {work.status}: it no longer waits for reviews")
    if version.status != TakeStatus.GENERATED:
        raise NotReviewable(f"take {version.number} of {element} is {version.status}, not waiting for a review")


def _is_wanted(owner: str, work_id: str, element: str, number: int) -> bool:
    """Whether somebody else's verdict has asked for this version: its run is of the same name."""
    work = works.find(owner, work_id)
    place = work.element(element) if work else None
    return place is not None and any(version.number == number for version in place.versions)


def _next_run(work: Work, element: str, number: int) -> Run:
    order = VersionOrder(
        owner=work.owner, work_id=work.work_id, element=element, version=number,
        arrived_at=datetime.now(UTC).isoformat(),
    )  # fmt: skip
    instance_id = names.version_instance(work.work_id, element, number)
    return asking.run_of(work.owner, "VersionOrchestrator", instance_id, order.model_dump())


def _last_made(work: Work) -> str:
    return max(version.made_at for element in work.elements for version in element.versions)


def _unreviewed(work: Work) -> Work:
    for layer in work.layers:
        for version in layer.versions:
            if version.status == TakeStatus.GENERATED:
                version.status = TakeStatus.UNREVIEWED
    return work
