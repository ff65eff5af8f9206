"""What a piece is heard to miss is made again once, with another seed; then the better try stays, and it is said."""

from __future__ import annotations

import pytest

from ripieno.contracts.composition import CompositionOrder, Refinement
from ripieno.contracts.production import Score
from ripieno.contracts.workflow import RevisionOrder
from ripieno.contracts.works import Work
from ripieno.records import works
from ripieno.work import composing, revising
from tests.makers import made_layers

MISSED = {"what": "chords", "layer": "piano", "message": "the piano agrees with the chords by 60% only"}
NOT_SO = {"what": "style", "message": "it sounds more like metal than like bossa"}


@pytest.fixture
def order(storage, owner) -> RevisionOrder:
    """A piece whose layers and mix were made for the first time."""
    _, run = composing.begin(
        owner, CompositionOrder(brief="a calm bossa", layers=["piano", "bass"]), "0123456789abcde0"
    )
    its = RevisionOrder.model_validate(run.order)
    for stage in list(composing._STAGES):
        assert composing.settle(its, stage)
    assert {one.element for one in made_layers(its)} == {"piano", "bass"}
    return its


def heard(overall: float, *misses: dict) -> dict:
    return Score.model_validate({"overall": overall, "piece": {"misses": list(misses)}}).model_dump()


def revision(order: RevisionOrder):
    work: Work = works.get(order.owner, order.work_id)
    return work.composition.revisions[-1]


def test_a_piece_without_a_miss_is_made_at_once(order):
    assert not composing.save_check(order, heard(0.9), None, 1)
    found = revision(order)
    assert (found.status, len(found.tries), found.again) == ("made", 1, [])
    assert found.stages[-1].message == "90 % as asked"


def test_the_layer_at_fault_is_made_again_with_another_seed_and_the_others_stay(order):
    before = dict(revision(order).elements)
    assert composing.save_check(order, heard(0.7, MISSED), None, 1)
    assert revision(order).stages[-1].message == "made again: piano"
    assert [one.element for one in made_layers(order)] == ["piano"]
    found = revision(order)
    assert found.elements["bass"] == before["bass"] and found.elements["piano"] != before["piano"]
    work = works.get(order.owner, order.work_id)
    seeds = {works.version(work, "piano", number).plan.random_seed for number in (1, 2)}
    assert len(seeds) == 2 and found.mix == "mix-01000001"
    assert not composing.save_check(order, heard(0.9), None, 2)
    assert (revision(order).status, revision(order).elements) == ("made", found.elements)


def test_a_miss_that_stays_is_said_and_the_better_try_is_kept(order):
    first = revision(order).model_copy(deep=True)
    assert composing.save_check(order, heard(0.8, MISSED), None, 1)
    made_layers(order)
    assert not composing.save_check(order, heard(0.7, MISSED, NOT_SO), None, 2)
    found = revision(order)
    assert (found.status, found.elements, found.mix, found.again) == ("made", first.elements, first.mix, [])
    assert found.score.overall == 0.8 and found.score.piece.misses[0].layer == "piano"
    assert "best of 2 tries" in found.stages[-1].message and MISSED["message"] in found.stages[-1].message


def test_a_miss_of_the_whole_makes_all_again_but_the_voice_and_one_that_no_seed_mends_is_only_said(order):
    mood = {"what": "mood", "message": "its valence is heard as -0.5, not +0.5"}
    assert composing.save_check(order, heard(0.8, NOT_SO), None, 1)
    assert revision(order).again == ["bass", "piano"]
    assert {one.element for one in made_layers(order)} == {"bass", "piano"}
    assert not composing.save_check(order, heard(0.85, mood), None, 2)
    assert mood["message"] in revision(order).stages[-1].message


def test_a_check_that_is_saved_twice_counts_once(order):
    """Killed after it was written and before anybody was told: the step comes again."""
    for _ in range(2):
        assert composing.save_check(order, heard(0.7, MISSED), None, 1)
    assert len(revision(order).tries) == 1
    made_layers(order)
    for _ in range(2):
        assert not composing.save_check(order, heard(0.9), None, 2)
    assert len(revision(order).tries) == 2 and revision(order).status == "made"


def test_a_refinement_takes_the_layers_that_were_made_again_as_they_are(order):
    assert composing.save_check(order, heard(0.7, MISSED), None, 1)
    made_layers(order)
    composing.save_check(order, heard(0.9), None, 2)
    kept = revision(order).elements
    _, _, run = revising.refine(order.owner, order.work_id, Refinement(title="Another"))
    its = RevisionOrder.model_validate(run.order)
    for stage in list(composing._STAGES):
        assert composing.settle(its, stage)
    assert composing.plan_layers(its) == [] and revision(its).elements == kept


def test_a_check_that_could_not_be_made_ends_the_piece_without_a_score(order):
    assert not composing.save_check(order, None, {"code": "lost", "message": "the endpoint is away"}, 1)
    found = revision(order)
    assert (found.status, found.score, found.stages[-1].status) == ("made", None, "failed")


def test_what_was_made_stays_where_making_it_again_fails(order):
    first = revision(order).model_copy(deep=True)
    assert composing.save_check(order, heard(0.8, MISSED), None, 1)
    composing.plan_layers(order)
    composing.fail(order, "the endpoint is away")
    found = revision(order)
    assert (found.status, found.elements, found.mix, found.error) == ("made", first.elements, first.mix, None)
    assert found.score.overall == 0.8 and all(one.status == "done" for one in found.stages)
    assert "not made again: the endpoint is away" in found.stages[-1].message
    assert works.get(order.owner, order.work_id).composition.current == 1


def test_a_second_check_that_could_not_be_made_leaves_the_first(order):
    assert composing.save_check(order, heard(0.8, MISSED), None, 1)
    made_layers(order)
    assert not composing.save_check(order, None, {"code": "lost", "message": "the endpoint is away"}, 2)
    assert revision(order).score.overall == 0.8 and "the endpoint is away" in revision(order).stages[-1].message


def test_what_a_refinement_left_as_it_was_is_not_made_again(order):
    assert not composing.save_check(order, heard(0.8, NOT_SO), None, composing.MOST_TRIES)
    before = dict(revision(order).elements)
    _, _, run = revising.refine(order.owner, order.work_id, Refinement(loudness_lufs=-11.0))
    louder = RevisionOrder.model_validate(run.order)
    assert made_layers(louder) == [], "no layer hears the loudness"
    assert not composing.save_check(louder, heard(0.8, NOT_SO), None, 1)
    assert (revision(louder).status, revision(louder).elements) == ("made", before)
