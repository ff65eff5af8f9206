"""Versions that end together, verdicts that come together: the work is what follows from all of them."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Barrier

import makers
import pytest

from ripieno.contracts import names
from ripieno.contracts.enums import TakeStatus
from ripieno.contracts.generation import GenerationOrder, GenerationParameters, MixOrder
from ripieno.contracts.workflow import VersionOrder, WorkOrder
from ripieno.contracts.works import Element, ElementKind, Version, Work
from ripieno.records import runs, works
from ripieno.services import blobs
from ripieno.work import generating, mixing, review, showing

ROUNDS = 30
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
def test_of_two_quick_verdicts_the_later_one_counts_and_both_are_kept(storage, owner, comment):
    """And a take that a comment asked for is made once, whichever came first."""
    for _ in range(ROUNDS // 3):
        work = heard(owner)
        told = together(verdict(work, True, ""), verdict(work, False, comment))
        assert not any(isinstance(one, review.NotReviewable) for one in told)
        after = works.get(owner, work.work_id).elements[0]
        first = after.versions[0]
        assert sorted(one.approved for one in first.reviews) == [False, True]
        assert first.status == ("approved" if first.reviews[-1].approved else "rejected")
        assert len(after.versions) == 1 + bool(comment)
        noted = runs.beginning_with(owner, names.version_instances(work.work_id))
        assert [run.instance_id[-2:] for run in noted] == ["-2"] * bool(comment)
        works.delete(owner, work.work_id)


def next_take(work: Work, number: int) -> Work:
    generating.save_version(order(work, "bass", number), makers.stem(work.work_id, "bass", number), None)
    return works.get(work.owner, work.work_id)


def statuses(work: Work) -> list[str]:
    return [str(version.status) for version in work.elements[0].versions]


def give(work: Work, number: int | None, *, approved: bool, comment: str = "") -> Work:
    return review.give(work.owner, work.work_id, "bass", number, approved=approved, comment=comment, reviewer="me")[0]


def test_an_earlier_take_can_be_approved_also_one_that_was_rejected(storage, owner):
    work = heard(owner)
    give(work, None, approved=False, comment="busier")
    work = next_take(work, 2)
    assert work.status == "awaiting_review"
    work = give(work, 1, approved=True)
    assert statuses(work) == ["approved", "generated"] and work.status == "completed"
    assert [one.approved for one in work.elements[0].versions[0].reviews] == [False, True]
    assert mixing._chosen(work.elements[0], None).number == 1


def test_one_take_of_an_element_is_approved(storage, owner):
    work = heard(owner)
    give(work, None, approved=True)
    with pytest.raises(review.NotReviewable, match="approved already"):
        give(work, 1, approved=True)
    give(work, 1, approved=False, comment="busier")
    work = next_take(work, 2)
    give(work, 1, approved=True)
    work = give(work, 2, approved=True)
    assert statuses(work) == ["generated", "approved"] and work.status == "completed"
    assert work.message == "1 of 1 stems approved"
    assert mixing._chosen(work.elements[0], None).number == 2
    work = give(work, 2, approved=False)
    assert statuses(work) == ["generated", "rejected"] and work.status == "completed"
    assert work.message == "0 of 1 stems approved"


def test_a_take_that_is_being_made_goes_on_when_the_rejected_one_is_approved_after_all(storage, owner):
    work = heard(owner)
    give(work, None, approved=False, comment="busier")
    work = give(work, 1, approved=True)
    assert statuses(work) == ["approved", "generating"] and work.status == "generating"
    with pytest.raises(review.NotReviewable, match="cannot be heard"):
        give(work, 2, approved=True)
    work = next_take(work, 2)
    assert statuses(work) == ["approved", "generated"] and work.status == "completed"


def test_an_earlier_take_that_is_rejected_anew_has_the_next_number_and_its_own_plan(storage, owner):
    work = heard(owner)
    give(work, None, approved=False, comment="busier")
    work = next_take(work, 2)
    give(work, 1, approved=True)
    work = give(work, 1, approved=False, comment="an octave lower")
    third = work.elements[0].versions[2]
    assert (third.number, third.after, third.heeds) == (3, 1, "an octave lower")
    works.change(owner, work.work_id, lambda known: _with_density(known, 0.5))
    assert generating.prepare_version(order(work, "bass", 3))
    plan = works.version(works.get(owner, work.work_id), "bass", 3).plan
    assert plan.pitch_register < 0 and plan.density == 0, "it follows the first take, not the second"


def _with_density(work: Work, density: float) -> Work:
    second = work.elements[0].versions[1]
    second.plan = second.plan.model_copy(update={"density": density})
    return work


def test_a_new_take_that_fails_leaves_the_earlier_one_to_be_approved(storage, owner):
    work = heard(owner)
    give(work, None, approved=False, comment="busier")
    generating.save_version(order(work, "bass", 2), None, BROKEN)
    work = works.get(owner, work.work_id)
    assert statuses(work) == ["rejected", "failed"] and work.status == "completed"
    assert give(work, 1, approved=True).message == "1 of 1 stems approved"


def test_many_rejections_of_different_takes_at_once_make_a_take_each(storage, owner):
    work = heard(owner)
    for number in range(2, 6):
        give(work, number - 1, approved=False, comment="again")
        work = next_take(work, number)
    for number in range(1, 5):
        give(work, number, approved=True)
        works.change(owner, work.work_id, lambda known, n=number: _generated(known, n))
    told = together(*[lambda n=number: give(work, n, approved=False, comment=f"like {n}") for number in range(1, 6)])
    assert not any(isinstance(one, review.NotReviewable) for one in told)
    after = works.get(owner, work.work_id).elements[0]
    assert [version.number for version in after.versions] == list(range(1, 11))
    assert sorted(version.after for version in after.versions[5:]) == [1, 2, 3, 4, 5]


def _generated(work: Work, number: int) -> Work:
    works.version(work, "bass", number).status = TakeStatus.GENERATED
    return work


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


# -- what is made, from what, by which workflow -------------------------------------------------------------------


def planned(owner: str, **parameters) -> Work:
    given = {"target_bpm": 100, "duration_seconds": 4, "chord_progression": ["C"], **parameters}
    order = GenerationOrder(target_stems=["bass"], parameters=GenerationParameters(**given))
    work, run = generating.begin(owner, order, names.seed(datetime.now(UTC)))
    wanted = WorkOrder.model_validate(run.order)
    generating.plan(wanted)
    generating.condition(wanted)
    return works.get(owner, work.work_id)


def test_equal_inputs_have_equal_hashes_in_any_work_and_others_have_others(storage, owner):
    """What a layer has to fit is known by its document, not by the name of the work that keeps it."""
    one, again, faster, sung = (
        planned(owner), planned(owner), planned(owner, target_bpm=101), planned(owner, chord_progression=["F"]),
    )  # fmt: skip
    first = [work.elements[0].latest.inputs for work in (one, again, faster, sung)]
    same = [{**inputs, "plan": {**inputs["plan"], "random_seed": 0}} for inputs in first]
    assert same[0] == same[1] and one.work_id != again.work_id
    assert all(len(inputs["conditioning"]) == 64 for inputs in same)
    assert len({inputs["conditioning"] for inputs in same}) == 3
    assert one.elements[0].latest.inputs_hash == generating.hash_of(first[0])
    document = blobs.read(names.GENERATED, names.conditioning_blob(one.work_id))
    assert hashlib.sha256(document).hexdigest() == same[0]["conditioning"]


def test_every_take_and_mix_shows_the_workflow_that_makes_it(storage, owner):
    work = planned(owner)
    generating.save_version(
        VersionOrder(owner=owner, work_id=work.work_id, arrived_at=work.created_at, element="bass", version=1),
        makers.stem(work.work_id, "bass"),
        None,
    )
    work, run = review.give(owner, work.work_id, "bass", 1, approved=False, comment="warmer", reviewer=owner)
    assert run is not None
    _, _, its = mixing.begin(owner, work.work_id, MixOrder(master="streaming"), names.seed(datetime.now(UTC)))
    assert its is not None
    shown = showing.whole(works.get(owner, work.work_id))
    takes = [take.instance_id for take in shown.stems[0].takes]
    assert takes == [names.version_instance(work.work_id, "bass", 1), run.instance_id]
    assert [(one.kind, one.instance_id) for one in shown.mixes] == [
        ("mix", its.instance_id),
        ("master", its.instance_id),
    ]
