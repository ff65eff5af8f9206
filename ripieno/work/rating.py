"""What people think of what was made: kept with it, and gone with it. What it taught of their taste stays."""

from __future__ import annotations

from datetime import UTC, datetime

from ripieno.contracts.feedback import Feedback, FeedbackOrder
from ripieno.contracts.works import WorkKind
from ripieno.records import feedback, works
from ripieno.work import teaching
from ripieno.work.revising import NoSuchVersion


def give(owner: str, order: FeedbackOrder, seed: str, *, kind: WorkKind | None = None) -> Feedback:
    """Keep what somebody thinks; the same `seed` again is the same.

    Raises
    ------
    WorkMissing
        Also for a work of another kind than is asked for.
    NoSuchVersion
    """
    work = (
        works.get_composition(owner, order.target) if kind == WorkKind.COMPOSITION else works.get(owner, order.target)
    )
    version = order.version
    if work.composition is not None:
        try:
            version = work.composition.revision(order.version).number
        except LookupError as fault:
            raise NoSuchVersion(str(fault)) from None
    if work.dj_set is not None:
        try:
            version = work.dj_set.version(order.version).number
        except LookupError as fault:
            raise NoSuchVersion(str(fault)) from None
    said = Feedback(
        feedback_id=seed,
        target=work.work_id,
        kind=str(work.kind),
        version=version,
        rating=order.rating,
        skip=order.skip,
        comment=order.comment,
        created_at=datetime.now(UTC).isoformat(),
    )
    feedback.add(owner, said)
    if works.find(owner, work.work_id) is None:  # removed meanwhile: its removal may have looked before this was there
        feedback.delete_of(owner, work.work_id)
        works.get(owner, work.work_id)
    teaching.teach(owner, teaching.of_feedback(work, said))
    return said
