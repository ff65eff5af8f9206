"""Versions that end together, verdicts that come together: the work is what follows from all of them."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Barrier

import makers
import pytest

from ripieno.contracts import names
from ripieno.contracts.generation import GenerationOrder, GenerationParameters, MixOrder
from ripieno.contracts.workflow import VersionOrder, WorkOrder
from ripieno.contracts.works import Version, Work
from ripieno.records import runs, works
from ripieno.services import blobs
from ripieno.work import generating, mixing, review, showing

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
        makers.stem(work.work_id, "bass"), None,
    )  # fmt: skip
    work, run = review.give(owner, work.work_id, "bass", 1, approved=False, comment="warmer", reviewer=owner)
    assert run is not None
    _, _, its = mixing.begin(owner, work.work_id, MixOrder(master="streaming"), names.seed(datetime.now(UTC)))
    assert its is not None
    shown = showing.whole(works.get(owner, work.work_id))
    takes = [take.instance_id for take in shown.stems[0].takes]
    assert takes == [names.version_instance(work.work_id, "bass", 1), run.instance_id]
    assert [(one.kind, one.instance_id) for one in shown.mixes] == [
        ("mix", its.instance_id), ("master", its.instance_id),
    ]  # fmt: skip
