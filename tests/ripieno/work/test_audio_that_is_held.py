"""While new audio is made, what was asked for is held against its owner's quota, whichever way it was asked for."""

from __future__ import annotations

import asyncio
import json
from contextlib import contextmanager
from datetime import UTC, datetime

import makers
import pytest

from ripieno.contracts import names
from ripieno.contracts.composition import CompositionOrder, Refinement
from ripieno.contracts.enums import Role
from ripieno.contracts.generation import GenerationOrder
from ripieno.contracts.workflow import RevisionOrder, Run, VersionOrder, WorkOrder
from ripieno.contracts.works import Work
from ripieno.music.composing import contexts
from ripieno.records import failures, quotas, runs, works
from ripieno.records.quotas import OverQuota
from ripieno.services import behalf
from ripieno.services import quotas as limits
from ripieno.work import composing, failing, generating, ingest, redriving, review, revising
from tests.durable_client import DurableClient

EVERYTHING = dict.fromkeys(limits.Quotas.model_fields, "unlimited")


@pytest.fixture
def let(monkeypatch):
    def let(seconds: int) -> None:
        table = {"roles": {"*": EVERYTHING | {"generation_seconds_a_day": seconds}}, "visitors": EVERYTHING}
        monkeypatch.setenv("RIPIENO_QUOTAS", json.dumps(table))
        monkeypatch.setattr(quotas, "_SWEEP_SECONDS", 0.0)

    let(100_000)
    return let


def held(owner: str) -> int:
    return next(one.used for one in quotas.states(owner) if one.quota == "generation_seconds_a_day")


@contextmanager
def holding(owner: str, seconds: float):
    """What is asked for in this holds so many seconds more."""
    before = held(owner)
    with behalf.of(owner, frozenset(Role)):
        yield
    assert held(owner) - before == pytest.approx(seconds, abs=1.01)


# -- with a song --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("duration", "seconds"), [(20, 60), (None, 3)])
def test_stems_that_are_asked_for_with_a_song_are_held_each_for_its_length(
    storage, owner, let, tmp_path, duration, seconds
):
    path = tmp_path / "clip.wav"
    path.write_bytes(makers.tone())
    order = GenerationOrder.model_validate(
        {"target_stems": ["bass", "drums", "piano"], "parameters": {"duration_seconds": duration}}
    )
    with holding(owner, seconds):
        ingest.take_in(owner, path, "clip.wav", work_id="w", makes=order)


# -- takes --------------------------------------------------------------------------------------------------------


def heard(owner: str, **fields) -> Work:
    work = makers.work(owner, "bass", **fields)
    works.create(work)
    its = {"owner": owner, "work_id": work.work_id, "element": "bass", "version": 1, "arrived_at": work.created_at}
    generating.save_version(VersionOrder.model_validate(its), makers.stem(work.work_id, "bass"), None)
    return works.get(owner, work.work_id)


def rejected(work: Work) -> Run:
    _, run = review.give(work.owner, work.work_id, "bass", None, approved=False, comment="busier", reviewer="me")
    assert run is not None
    return run


def test_a_retake_holds_its_length_and_of_two_at_once_the_second_is_turned_away(storage, owner, let):
    let(100)
    first, second = heard(owner, duration_seconds=60), heard(owner, duration_seconds=60)
    with holding(owner, 60):
        rejected(first)
        with pytest.raises(OverQuota):
            rejected(second)
    assert len(works.get(owner, second.work_id).elements[0].versions) == 1


def test_a_work_and_a_take_that_an_operator_begins_again_are_held(storage, owner, let):
    work = makers.work(owner)
    works.create(work)
    order = WorkOrder(owner=owner, work_id=work.work_id, arrived_at=work.created_at)
    generating.fail(order, "the planner was away")
    failing.of_work(order)
    run = rejected(heard(owner, duration_seconds=60))
    its = VersionOrder.model_validate(run.order)
    runs.forget(run)
    generating.save_version(its, None, {"code": "worker_died", "message": "it died"})
    failing.of_version(its)
    before = held(owner)
    for failure in failures.of_owner(owner):
        with behalf.of("an operator", frozenset(Role)):
            asyncio.run(redriving.one(DurableClient(), failure.failure_id, "an operator"))
    assert held(owner) - before == 4 + 60


# -- compositions -------------------------------------------------------------------------------------------------


def stages(order: RevisionOrder) -> None:
    for stage in list(composing._STAGES):
        assert composing.settle(order, stage)


def made(order: RevisionOrder) -> Work:
    """Its layers and its mix, and its run forgotten as if it had ended."""
    stages(order)
    makers.made_layers(order)
    work = works.get(order.owner, order.work_id)
    for run in runs.beginning_with(order.owner, f"work-{work.work_id}"):
        runs.forget(run)
    assert not composing.save_check(order, None, {"code": "x", "message": "nobody heard it"})
    return works.get(order.owner, order.work_id)


@pytest.fixture
def piece(storage, owner, let) -> Work:
    order = CompositionOrder(brief="a calm bossa", layers=["piano", "bass", "drums"], duration_seconds=40)
    with holding(owner, 6 * 40):
        _, run = composing.begin(owner, order, names.seed(datetime.now(UTC)))
    return made(RevisionOrder.model_validate(run.order))


def test_a_further_version_of_a_piece_holds_the_layers_that_it_makes_anew(piece):
    owner, length = piece.owner, piece.duration_seconds
    with holding(owner, 3 * length * piece.composition.revision().context.tempo / 100):
        _, _, run = revising.refine(owner, piece.work_id, Refinement(tempo=100))
    made(RevisionOrder.model_validate(run.order))
    with holding(owner, 0):
        _, _, run = revising.refine(owner, piece.work_id, Refinement(from_version=1, loudness_lufs=-20))


def test_a_piece_that_goes_on_after_a_stage_holds_what_it_will_make(storage, owner, let):
    order = CompositionOrder(brief="a calm bossa", layers=["piano"], duration_seconds=40, stop_at="harmony")
    with behalf.of(owner, frozenset(Role)):
        work, run = composing.begin(owner, order, names.seed(datetime.now(UTC)))
    its = RevisionOrder.model_validate(run.order)
    for stage in list(composing._STAGES)[:2]:
        composing.settle(its, stage)
    runs.forget(run)
    context = works.get(owner, work.work_id).composition.revisions[0].context
    length = contexts.conditioning_of(context).end_seconds
    with holding(owner, length * (len(context.layers) or 6)):
        revising.approve(owner, work.work_id, None)


def test_a_composition_that_is_begun_again_is_held(storage, owner, let):
    _, run = composing.begin(
        owner, CompositionOrder(brief="a waltz", duration_seconds=30), names.seed(datetime.now(UTC))
    )
    order = RevisionOrder.model_validate(run.order)
    runs.forget(run)
    composing.fail(order, "the model was away")
    failing.of_revision(order)
    (failure,) = failures.of_owner(owner)
    asyncio.run(redriving.one(DurableClient(), failure.failure_id, "ola"))
    assert held(owner) == 6 * 30
