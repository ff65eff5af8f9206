"""Verdicts on versions, and what follows from them: a rejected take with a comment starts a short run.

People change their minds: whatever can be heard may be approved at any time, an earlier or a rejected take too, and an
approved one rejected. One take of an element is approved: approving another takes the approval back from the first.
What was said stays, as reviews. A take that is being made because one was rejected goes on when that one is approved
after all: somebody asked for it, and it can be compared.

The verdict, and the new version that it asks for, are one change under the work's ETag; the same verdict on a take
counts once.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from ripieno.contracts import names
from ripieno.contracts.enums import TakeStatus
from ripieno.contracts.generation import MOST_TAKES
from ripieno.contracts.workflow import Run, VersionOrder
from ripieno.contracts.works import Review, Version, Work
from ripieno.records import runs, works
from ripieno.records.quotas import Wants
from ripieno.work import asking, generating, judging, teaching, voices_applying

REVIEW_WITHIN = timedelta(days=28)
_REVIEWABLE = {TakeStatus.GENERATED, TakeStatus.APPROVED, TakeStatus.REJECTED, TakeStatus.UNREVIEWED}


class NotReviewable(RuntimeError):
    """The version cannot have this verdict."""


class _Overtaken(RuntimeError):
    """Another version was asked for in between: this one has another number."""


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
    verdict = Review(approved=approved, comment=comment, reviewer=reviewer, reviewed_at=datetime.now(UTC).isoformat())
    while True:  # as often as there may be takes
        known = works.get(owner, work_id)
        version = works.version(known, element, number)
        number = version.number
        _check(known, element, version, approved=approved, comment=comment)
        coming = _latest(known, element) + 1
        goes_on = not approved and bool(comment) and coming <= MOST_TAKES
        asked = _next_run(known, element, coming) if goes_on else None
        if asked is not None:
            runs.note(asked, wants=Wants(generation_seconds=generating.seconds_of_take(known)))
        try:
            work = works.change(owner, work_id, _given(element, number, verdict, coming if goes_on else None))
            teaching.teach(owner, teaching.of_review(work, element, number, verdict))
            judging.count(work.owner, work.work_id)
            return work, asked
        except (NotReviewable, _Overtaken, works.WorkMissing) as refusal:
            if asked is not None and not _is_wanted(owner, work_id, element, coming):
                runs.forget(asked)
            if not isinstance(refusal, _Overtaken):
                raise


def _given(element: str, number: int, verdict: Review, coming: int | None) -> Callable[[Work], Work]:
    """The change that a verdict is; `coming` is the number of the version that it asks for."""

    def given(work: Work) -> Work:
        one = works.version(work, element, number)
        _check(work, element, one, approved=verdict.approved, comment=verdict.comment)
        place = work.element(element)
        assert place is not None
        if coming is not None and place.latest.number != coming - 1:
            raise _Overtaken
        if verdict.approved and place.approved is not None:
            place.approved.status = TakeStatus.GENERATED
        one.status = TakeStatus.APPROVED if verdict.approved else TakeStatus.REJECTED
        one.reviews.append(verdict)
        if coming is not None:
            place.versions.append(
                Version(
                    number=coming,
                    status=TakeStatus.GENERATING,
                    made_at=verdict.reviewed_at,
                    heeds=verdict.comment,
                    after=number,
                    voice=one.voice,
                )
            )
        return work

    return given


def end_unreviewed(now: datetime, *, seconds: float = math.inf) -> int:
    """End what has waited for its verdict for 28 days, as far as there is time; returns how many works that was."""
    ended, until = 0, time.monotonic() + seconds
    for work in works.awaiting_review():
        if datetime.fromisoformat(_last_made(work)) + REVIEW_WITHIN < now:
            works.change(work.owner, work.work_id, _unreviewed)
            ended += 1
        if time.monotonic() > until:
            break
    return ended


def _check(work: Work, element: str, version: Version, *, approved: bool, comment: str) -> None:
    if not approved and comment and voices_applying.VOCAL in version.inputs:
        raise NotReviewable("the take is a vocal that was there, in another voice: apply the voice with other settings")
    if work.has_ended:
        raise NotReviewable(f"the generation is {work.status}: it no longer waits for reviews")
    said = TakeStatus.APPROVED if approved else TakeStatus.REJECTED
    if version.status == said:
        raise NotReviewable(f"take {version.number} of {element} is {said} already")
    if version.status not in _REVIEWABLE:
        raise NotReviewable(f"take {version.number} of {element} is {version.status}: it cannot be heard")


def _latest(work: Work, element: str) -> int:
    place = work.element(element)
    assert place is not None  # it has the version
    return place.latest.number


def _is_wanted(owner: str, work_id: str, element: str, number: int) -> bool:
    """Whether somebody else's verdict has asked for this version: its run is of the same name."""
    work = works.find(owner, work_id)
    place = work.element(element) if work else None
    return place is not None and any(version.number == number for version in place.versions)


def _next_run(work: Work, element: str, number: int) -> Run:
    order = VersionOrder(
        owner=work.owner,
        work_id=work.work_id,
        element=element,
        version=number,
        arrived_at=datetime.now(UTC).isoformat(),
    )
    instance_id = names.version_instance(work.work_id, element, number)
    return asking.run_of(work.owner, "VersionOrchestrator", instance_id, order.model_dump())


def _last_made(work: Work) -> str:
    return max(version.made_at for element in work.elements for version in element.versions)


def _unreviewed(work: Work) -> Work:
    for layer in work.layers:
        for version in [] if layer.approved else layer.versions:
            if version.status == TakeStatus.GENERATED:
                version.status = TakeStatus.UNREVIEWED
    return work
