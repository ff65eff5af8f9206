"""Versions that end together, verdicts that come together: the work is what follows from all of them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import makers
import pytest

from ripieno.contracts import names
from ripieno.contracts.generation import MixOrder
from ripieno.contracts.workflow import VersionOrder, WorkOrder
from ripieno.contracts.works import Element, ElementKind, Version, Work
from ripieno.records import runs, works
from ripieno.work import generating, review

ROUNDS = 80
BROKEN = {"code": "broken", "message": "it broke", "retryable": False}


def order(work: Work, element: str, version: int = 1) -> VersionOrder:
    return VersionOrder(
        owner=work.owner, work_id=work.work_id, arrived_at=work.created_at, element=element, version=version
    )


def together(*deeds):
    """What came of each of some things that are done at once."""
    start = Barrier(len(deeds))

    def do(deed):
        start.wait()
        try:
            return deed()
        except review.NotReviewable as refusal:
            return refusal

    with ThreadPoolExecutor(len(deeds)) as pool:
        return list(pool.map(do, deeds))


@pytest.mark.parametrize(
    ("ends", "status"),
    [(("made", "made"), "awaiting_review"), (("made", "broken"), "awaiting_review"), (("broken", "broken"), "failed")],
)
def test_two_versions_that_end_together_end_their_work(storage, owner, ends, status):
    for _ in range(ROUNDS):
        work = makers.work(owner, "bass", "drums")
        works.create(work)

        def end(element: str, how: str, work: Work = work) -> None:
            result, error = (makers.stem(work.work_id, element), None) if how == "made" else (None, BROKEN)
            generating.save_version(order(work, element), result, error)

        together(
            *(
                lambda element=element, how=how: end(element, how)
                for element, how in zip(("bass", "drums"), ends, strict=True)
            )
        )
        ended = works.get(owner, work.work_id)
        assert ended.status == status
        assert [one.latest.status for one in ended.elements] == [
            "generated" if how == "made" else "failed" for how in ends
        ]
        works.delete(owner, work.work_id)


def heard(owner: str) -> Work:
    work = makers.work(owner, "bass")
    works.create(work)
    generating.save_version(order(work, "bass"), makers.stem(work.work_id, "bass"), None)
    return works.get(owner, work.work_id)


def verdict(work: Work, approved: bool, comment: str):
    return lambda: review.give(
        work.owner, work.work_id, "bass", None, approved=approved, comment=comment, reviewer="me"
    )


@pytest.mark.parametrize("comment", ["", "busier"])
def test_of_two_quick_verdicts_one_counts_and_the_other_is_refused(storage, owner, comment):
    """And no take is asked for that nobody wants."""
    for _ in range(ROUNDS // 3):
        work = heard(owner)
        told = together(verdict(work, True, ""), verdict(work, False, comment))
        refused = [isinstance(one, review.NotReviewable) for one in told]
        assert sorted(refused) == [False, True]
        after = works.get(owner, work.work_id).elements[0]
        assert len(after.versions[0].reviews) == 1
        rejected_with_comment = refused[0] and bool(comment)
        assert len(after.versions) == 1 + rejected_with_comment
        noted = runs.beginning_with(owner, names.version_instances(work.work_id))
        assert [run.instance_id[-2:] for run in noted] == ["-2"] * rejected_with_comment
        works.delete(owner, work.work_id)


def test_of_eight_equal_rejections_one_makes_a_take(storage, owner):
    work = heard(owner)
    told = together(*[verdict(work, False, "busier")] * 8)
    assert sum(isinstance(one, review.NotReviewable) for one in told) == 7
    after = works.get(owner, work.work_id)
    assert [one.status for one in after.elements[0].versions] == ["rejected", "generating"]
    (noted,) = runs.beginning_with(owner, names.version_instances(work.work_id))
    assert noted.order["version"] == 2 and after.status == "generating"


def test_the_last_take_that_there_may_be_is_rejected_without_another(storage, owner):
    work = heard(owner)
    last = Version(number=20, status="generated", made_at=work.created_at)
    works.change(owner, work.work_id, lambda known: known.elements[0].versions.append(last) or known)
    after, run = review.give(owner, work.work_id, "bass", None, approved=False, comment="more", reviewer="me")
    assert run is None and after.status == "completed"


def test_what_ends_after_it_was_cancelled_or_removed_changes_nothing(storage, owner):
    work = makers.work(owner, "bass", "drums")
    works.create(work)
    generating.save_version(order(work, "bass"), makers.stem(work.work_id, "bass"), None)
    generating.cancel(owner, work.work_id)
    generating.save_version(order(work, "drums"), makers.stem(work.work_id, "drums"), None)
    after = works.get(owner, work.work_id)
    assert [one.latest.status for one in after.elements] == ["generated", "cancelled"] and after.status == "cancelled"
    with pytest.raises(review.NotReviewable, match="no longer waits"):
        verdict(after, True, "")()
    works.delete(owner, work.work_id)
    generating.save_version(order(work, "drums"), makers.stem(work.work_id, "drums"), None)
    generating.fail(WorkOrder(owner=owner, work_id=work.work_id, arrived_at=work.created_at), "it broke")
    assert works.find(owner, work.work_id) is None


def test_a_work_that_breaks_off_ends_what_is_open_and_keeps_what_is_there(storage, owner):
    work = makers.work(owner, "bass", "drums")
    works.create(work)
    generating.save_version(order(work, "bass"), makers.stem(work.work_id, "bass"), None)
    generating.fail(WorkOrder(owner=owner, work_id=work.work_id, arrived_at=work.created_at), "it broke off")
    after = works.get(owner, work.work_id)
    assert [one.latest.status for one in after.elements] == ["generated", "failed"]
    assert after.status == "awaiting_review" and after.elements[1].latest.error == "it broke off"


def test_a_work_whose_workflow_ended_well_leaves_alone_what_is_made_after_it(storage, owner):
    """The run of a work is looked after seconds later, when a mix, a master or a new take may be in the making."""
    work = makers.work(owner, "bass")
    works.create(work)
    generating.save_version(order(work, "bass"), makers.stem(work.work_id, "bass"), None)
    making = {"status": "generating", "made_at": work.created_at}

    def going_on(known: Work) -> Work:
        known.elements[0].versions.append(Version(number=2, **making))
        known.elements += [
            Element(name=kind, kind=kind, mix=MixOrder(), versions=[Version(number=1, **making)])
            for kind in (ElementKind.MIX, ElementKind.MASTER)
        ]
        return known

    works.change(owner, work.work_id, going_on)
    generating.fail(WorkOrder(owner=owner, work_id=work.work_id, arrived_at=work.created_at), "it ended")
    after = works.get(owner, work.work_id)
    assert [one.latest.status for one in after.elements] == ["generating"] * 3
    assert after.elements[0].versions[0].status == "generated" and after.error is None
