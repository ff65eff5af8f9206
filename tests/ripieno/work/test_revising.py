"""Versions of a composition at rest: one is made at a time, each is kept, none is lost."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from types import SimpleNamespace

import pytest
from azure.durable_functions import OrchestrationRuntimeStatus as Status

from ripieno.contracts import names
from ripieno.contracts.composition import CompositionOrder, Refinement, Stage
from ripieno.contracts.enums import GenerationStatus
from ripieno.contracts.workflow import RemovalOrder, RevisionOrder
from ripieno.contracts.works import Work, WorkKind
from ripieno.records import runs, works
from ripieno.work import asking, composing, endings, removal, revising

AT_ONCE = 8


@pytest.fixture
def piece(storage, owner) -> Work:
    """A composition whose first version was made, but for its sound."""
    order = CompositionOrder(brief="a calm bossa, 20 seconds", layers=["piano"])
    work, run = composing.begin(owner, order, "0123456789abcdef")
    its = RevisionOrder.model_validate(run.order)
    for stage in list(composing._STAGES):
        assert composing.settle(its, stage)
    return ended(work)


def ended(work: Work) -> Work:
    def made(known: Work) -> Work:
        known.composition.revisions[-1].status = "made"
        known.composition.current = known.composition.revisions[-1].number
        return known

    return works.change(work.owner, work.work_id, made)


def test_of_many_changes_at_once_one_is_made_and_the_others_are_told(piece):
    together = Barrier(AT_ONCE)

    def refine(number: int) -> str:
        together.wait()
        try:
            _, revision, run = revising.refine(piece.owner, piece.work_id, Refinement(tempo=100 + number))
        except revising.StillMaking:
            return "told"
        return f"{revision.number} {run.instance_id}"

    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(refine, range(AT_ONCE)))
    assert sorted(answers) == sorted([f"2 work-{piece.work_id}-2", *["told"] * (AT_ONCE - 1)])
    work = works.get(piece.owner, piece.work_id)
    assert [one.number for one in work.composition.revisions] == [1, 2]
    assert work.status == GenerationStatus.GENERATING
    assert len(list(runs.beginning_with(piece.owner, f"work-{piece.work_id}"))) <= 2


def test_a_version_that_failed_leaves_the_one_before(piece):
    *_, run = revising.refine(piece.owner, piece.work_id, Refinement(tempo=100))
    composing.fail(RevisionOrder.model_validate(run.order), "no piano here")
    work = works.get(piece.owner, piece.work_id)
    assert (work.status, work.composition.current) == (GenerationStatus.AWAITING_REVIEW, 1)
    assert "no piano here" in work.message and work.composition.revisions[1].status == "failed"
    with pytest.raises(revising.NoSuchVersion):
        revising.refine(piece.owner, piece.work_id, Refinement(from_version=2, tempo=90))
    assert revising.refine(piece.owner, piece.work_id, Refinement(tempo=90))[1].parent == 1


def waiting(owner: str, stage: str, **fields) -> Work:
    """A composition that waits after a stage."""
    order = CompositionOrder.model_validate({"brief": "a calm bossa", "layers": ["piano", "drums"], "stop_at": stage,
                                             "form": [{"label": "verse", "bars": 2}], **fields})  # fmt: skip
    work, run = composing.begin(owner, order, "0123456789abcdef")
    its = RevisionOrder.model_validate(run.order)
    for one in list(composing._STAGES):
        if not composing.settle(its, one):
            break
    return works.get(owner, work.work_id)


def settled_to_the_end(work: Work, run) -> Work:
    its = RevisionOrder.model_validate(run.order)
    assert all(composing.settle(its, stage) for stage in list(composing._STAGES))
    return works.get(work.owner, work.work_id)


@pytest.mark.parametrize("stage", ["context", "harmony", "arrangement", "melody", "lyrics"])
def test_what_waits_after_a_stage_can_be_changed_and_goes_on_from_there(storage, owner, stage):
    work = waiting(owner, stage)
    work, revision, run = revising.refine(owner, work.work_id, Refinement(key="E minor", text="no drums"))
    assert [one.status for one in work.composition.revisions] == ["waiting", "making"] and revision.parent == 1
    made = settled_to_the_end(work, run).composition.revisions[1].context
    assert made.key == "E minor" and [one.name for one in made.layers] == ["piano"]
    assert made.sections[0].chords and made.sections[0].parts == ["piano"]


def test_what_the_brief_says_is_heeded_once_and_what_a_person_changed_since_wins(storage, owner):
    work = waiting(owner, "context", brief="a bossa with drums, no drums in the verse, sparse piano", layers=[])
    _, _, run = revising.refine(owner, work.work_id, Refinement(layers=[{"layer": "drums", "remove": True}]))
    made = settled_to_the_end(work, run).composition.revisions[1].context
    assert "drums" not in {one.name for one in made.layers}
    assert next(one for one in made.layers if one.name == "piano").density < 0, "the rest of the brief holds"


def test_own_words_of_the_order_are_sung_after_a_change_before_the_lyrics(storage, owner):
    work = waiting(owner, "harmony", layers=["vocals"], lyrics="rain on the roof\nand nobody home", instrumental=False)
    _, _, run = revising.refine(owner, work.work_id, Refinement(tempo=90))
    made = settled_to_the_end(work, run).composition.revisions[1].context
    assert "rain on the roof" in made.lyrics.text


def test_what_is_not_settled_yet_cannot_be_changed(storage, owner):
    work = waiting(owner, "context")
    for edit in ({"chords": ["C"]}, {"energy": 0.2}, {"remove": ["drums"]}):
        with pytest.raises(composing.CannotCompose, match="waits before its"):
            revising.refine(owner, work.work_id, Refinement(sections=[{"section": "verse", **edit}]))
    assert len(works.get(owner, work.work_id).composition.revisions) == 1


def test_a_change_that_failed_leaves_what_waits_waiting(storage, owner):
    work = waiting(owner, "harmony")
    *_, run = revising.refine(owner, work.work_id, Refinement(tempo=100))
    with pytest.raises(composing.StillMaking):
        revising.approve(owner, work.work_id, 1)
    composing.fail(RevisionOrder.model_validate(run.order), "it broke")
    found = works.get(owner, work.work_id)
    assert found.status == GenerationStatus.AWAITING_REVIEW and "version 1 waits" in found.message
    gone_on, run = revising.approve(owner, work.work_id, 1)
    assert gone_on.status == GenerationStatus.GENERATING and run.instance_id == f"work-{work.work_id}-1-2"
    cancelled, ending = removal.cancelled(owner, work.work_id, revising.cancel)
    assert cancelled.composition.revisions[0].status == "cancelled"
    assert RemovalOrder.model_validate(ending.order).revision == 1


def test_two_versions_are_compared_by_what_is_another_and_by_what_changes(piece):
    revising.refine(piece.owner, piece.work_id, Refinement(tempo=100))
    ended(piece)
    revising.refine(
        piece.owner, piece.work_id, Refinement(from_version=1, sections=[{"section": "verse", "energy": 0.1}])
    )
    work = ended(piece)
    second = work.composition.revisions[1].context
    there = revising.compare(piece.owner, piece.work_id, 1, 2)
    assert [(one.field, one.b) for one in there.fields] == [("tempo", second.tempo)]
    assert there.changes == work.composition.revisions[1].changes and there.undone == []
    across = revising.compare(piece.owner, piece.work_id, 2, 3)
    assert {one.field.rpartition(".")[2] for one in across.fields} == {"tempo", "energy"}
    assert across.changes == ["verse: bigger"] and across.undone == there.changes
    assert revising.compare(piece.owner, piece.work_id, 3, 3).fields == []
    with pytest.raises(revising.NoSuchVersion):
        revising.compare(piece.owner, piece.work_id, 1, 4)


def test_layers_are_compared_by_their_takes(piece):
    def noted(known: Work) -> Work:
        first, second = known.composition.revisions
        first.elements, second.elements = {"piano": 1, "drums": 1, "bass": 1}, {"piano": 2, "drums": 1, "synth": 1}
        return known

    revising.refine(piece.owner, piece.work_id, Refinement(tempo=100))
    works.change(piece.owner, piece.work_id, noted)
    found = revising.compare(piece.owner, piece.work_id, 1, 2).layers
    assert {one.name: one.change for one in found} == {
        "piano": "made anew",
        "drums": "same",
        "bass": "left out",
        "synth": "added",
    }


def test_a_rejected_version_is_marked_and_a_comment_makes_another(piece):
    revising.approve(piece.owner, piece.work_id, None)
    work, revision, run = revising.reject(piece.owner, piece.work_id, None, " ")
    assert run is None and revision.number == 1 and work.composition.revisions[0].rejected
    assert work.composition.approved is None and "is rejected" in work.message
    assert not revising.approve(piece.owner, piece.work_id, 1)[0].composition.revisions[0].rejected
    work, revision, run = revising.reject(piece.owner, piece.work_id, 1, "slower, and 🎹🎹")
    assert run and revision.number == 2 and revision.parent == 1 and revision.asked == "slower, and 🎹🎹"
    assert revision.context.tempo < work.composition.revisions[0].context.tempo
    assert work.composition.revisions[0].rejected and work.composition.approved is None
    with pytest.raises(composing.StillMaking):
        revising.reject(piece.owner, piece.work_id, 1, "")
    with pytest.raises(revising.NoSuchVersion):
        ended(piece)
        revising.reject(piece.owner, piece.work_id, 7, "")


def test_a_comment_of_which_nothing_is_understood_rejects_nothing(piece):
    with pytest.raises(composing.CannotCompose):
        revising.reject(piece.owner, piece.work_id, 1, "flimflam")
    assert not works.get(piece.owner, piece.work_id).composition.revisions[0].rejected


def test_compositions_are_listed_by_status(piece):
    def listed(status: GenerationStatus) -> list[str]:
        found, _ = works.listed(piece.owner, limit=9, kind=WorkKind.COMPOSITION, status=status)
        return [one.work_id for one in found]

    assert listed(GenerationStatus.AWAITING_REVIEW) == [piece.work_id]
    revising.approve(piece.owner, piece.work_id, 1)
    assert listed(GenerationStatus.AWAITING_REVIEW) == [] and listed(GenerationStatus.COMPLETED) == [piece.work_id]


def test_a_first_version_that_failed_fails_the_piece(storage, owner):
    work, run = composing.begin(owner, CompositionOrder(brief="a waltz"), "fedcba9876543210")
    composing.fail(RevisionOrder.model_validate(run.order), "it broke")
    found = works.get(owner, work.work_id)
    assert (found.status, found.error) == (GenerationStatus.FAILED, "it broke")


def test_each_version_can_be_cancelled(piece):
    asked, before = set(), set()
    for tempo in (100, 101):
        revising.refine(piece.owner, piece.work_id, Refinement(tempo=tempo))
        work, run = removal.cancelled(piece.owner, piece.work_id, revising.cancel)
        assert work.composition.revisions[-1].status == "cancelled"
        asked.add(run.instance_id)
        order = RemovalOrder.model_validate(run.order)
        ended = set(removal._instances_of_revision(work, order.revision))
        assert f"work-{work.work_id}-{order.revision}" in ended and not ended & before, "the one before has ended"
        before |= ended
    assert len(asked) == 2


def test_a_version_whose_canceller_died_is_cancelled_before_its_workflows_are_ended(piece, monkeypatch):
    """Between the note and the change: what ends the workflows knows that nothing failed."""
    _, revision, _ = revising.refine(piece.owner, piece.work_id, Refinement(tempo=100))

    def die(*_: object) -> Work:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        removal.cancelled(piece.owner, piece.work_id, die)
    instance_id = names.cancel_instance(piece.work_id, revision.number)
    (noted,) = list(runs.beginning_with(piece.owner, instance_id))
    asyncio.run(removal.stop(Workflows("none", datetime.now(UTC)), RemovalOrder.model_validate(noted.order)))
    after = works.get(piece.owner, piece.work_id).composition
    assert [one.status for one in after.revisions] == ["made", "cancelled"] and after.current == 1
    _, another, _ = revising.refine(piece.owner, piece.work_id, Refinement(tempo=90))
    asyncio.run(removal.stop(Workflows("none", datetime.now(UTC)), RemovalOrder.model_validate(noted.order)))
    assert works.get(piece.owner, piece.work_id).composition.revision(another.number).status == "making", "not the next"


def test_rolling_back_loses_nothing(piece):
    revising.refine(piece.owner, piece.work_id, Refinement(tempo=100))
    ended(piece)
    assert revising.roll_back(piece.owner, piece.work_id, None).composition.current == 1
    assert revising.roll_back(piece.owner, piece.work_id, 2).composition.current == 2
    with pytest.raises(revising.NoSuchVersion):
        revising.roll_back(piece.owner, piece.work_id, 9)
    approved, run = revising.approve(piece.owner, piece.work_id, 1)
    assert run is None and approved.status == GenerationStatus.COMPLETED and approved.composition.current == 1


def test_a_stage_is_settled_once_however_often_it_is_asked_for(piece):
    order = RevisionOrder(owner=piece.owner, work_id=piece.work_id, arrived_at="now", revision=1)
    before = works.get(piece.owner, piece.work_id)
    assert composing.settle(order, composing.Stage.HARMONY) is False, "the version is made: the run does not go on"
    assert works.get(piece.owner, piece.work_id) == before


@pytest.mark.parametrize("order", [CompositionOrder(), CompositionOrder(styles=[{"name": "polka"}])])
def test_what_cannot_be_a_piece_is_refused_before_anything_is_noted(storage, owner, order):
    with pytest.raises(composing.CannotCompose):
        composing.begin(owner, order, "00112233445566")
    assert not list(runs.beginning_with(owner, "work-"))


@pytest.fixture
def after_its_harmony(storage, owner) -> tuple[Work, RevisionOrder]:
    """A composition that waits after its harmony, and the run that ended there."""
    order = CompositionOrder(brief="a calm bossa, 20 seconds", layers=["piano"], stop_at="harmony")
    work, run = composing.begin(owner, order, "00112233445566778899aabb")
    its = RevisionOrder.model_validate(run.order)
    assert composing.settle(its, Stage.CONTEXT) and not composing.settle(its, Stage.HARMONY)
    return works.get(owner, work.work_id), its


def test_a_run_that_ended_before_somebody_looked_has_no_more_to_say(after_its_harmony):
    work, before = after_its_harmony
    _, run = revising.approve(work.owner, work.work_id, None)
    composing.fail(before, "its workflow ended without a result")  # it is looked after when the next is at work
    assert not composing.settle(before, Stage.ARRANGEMENT)
    after = works.get(work.owner, work.work_id).composition.revisions[0]
    assert (after.status, after.leg) == ("making", 2) and after.stages[2].status == "waiting"
    its = RevisionOrder.model_validate(run.order)
    assert all(composing.settle(its, stage) for stage in list(composing._STAGES))


def test_an_approval_whose_writer_died_is_carried_out_by_its_run(after_its_harmony):
    work, before = after_its_harmony
    its = before.model_copy(update={"leg": 2})  # its run was noted, and begun by who looks after those
    assert composing.settle(its, Stage.HARMONY)
    after = works.get(work.owner, work.work_id).composition.revisions[0]
    assert (after.status, after.leg, after.stop_at) == ("making", 2, None)


def test_a_further_leg_changes_nothing_of_what_was_cancelled(after_its_harmony):
    work, before = after_its_harmony
    revising.cancel(work.owner, work.work_id)
    assert not composing.settle(before.model_copy(update={"leg": 2}), Stage.HARMONY)
    assert works.get(work.owner, work.work_id).composition.revisions[0].status == "cancelled"


class Workflows:
    """A host that has one instance, which ended when it was told to."""

    def __init__(self, instance_id: str, ended_at: datetime):
        self.instance_id, self.ended_at = instance_id, ended_at
        self.started: list[str] = []

    async def get_status(self, instance_id: str) -> object:
        if instance_id != self.instance_id:
            return None
        return SimpleNamespace(runtime_status=Status.Completed, last_updated_time=self.ended_at, output={})

    async def start_new(self, orchestrator: str, instance_id: str, order: dict) -> None:
        self.started.append(instance_id)
        self.ended_at = datetime.now(UTC) + timedelta(seconds=1)


def test_a_version_whose_first_writer_died_before_it_was_written_is_made_when_it_is_asked_for_again(piece, monkeypatch):
    """The run was noted, and begun by who looks after those: it found nothing, and ended."""
    client = Workflows(f"work-{piece.work_id}-2", datetime.now(UTC))
    _, revision, run = revising.refine(piece.owner, piece.work_id, Refinement(tempo=100))
    assert (revision.number, run.instance_id) == (2, client.instance_id)
    assert asyncio.run(asking.start(client, run)) and client.started == [run.instance_id]
    assert not asyncio.run(asking.start(client, run)), "once"

    client = Workflows(run.instance_id, datetime.now(UTC) - timedelta(hours=1))  # whoever asked has died as well
    monkeypatch.setenv("RIPIENO_REST_SECONDS", "0")
    monkeypatch.setattr(runs, "open_since", lambda _: [run])
    asyncio.run(asking.look_after(client, endings.give))
    assert client.started == [run.instance_id]
    assert works.get(piece.owner, piece.work_id).composition.revisions[1].status == "making"
    asyncio.run(asking.look_after(client, endings.give))
    assert client.started == [run.instance_id], "then it has its end"
    assert works.get(piece.owner, piece.work_id).composition.revisions[1].status == "failed"
