"""What is said of works teaches, once, for its owner alone; it is forgotten in part or whole, and learned again."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import makers
import pytest
from azure.core.exceptions import ServiceRequestError

from ripieno.contracts import names
from ripieno.contracts.composition import CompositionOrder, LayerEdit, Refinement
from ripieno.contracts.enums import StemType
from ripieno.contracts.feedback import FeedbackOrder
from ripieno.contracts.generation import GenerationOrder, StemPlan
from ripieno.contracts.preferences import MOST_LESSONS, Lesson
from ripieno.contracts.workflow import RevisionOrder, WorkOrder
from ripieno.contracts.works import Element, ElementKind, Version, Work
from ripieno.records import preferences, works
from ripieno.services import blobs
from ripieno.services.storage import table
from ripieno.work import composing, generating, preferring, rating, removal, review, revising

AT_ONCE = 8


def heard(owner: str, *stems: str, **shades) -> Work:
    """A work of stems that can be heard, each played by the symbolic engine in the style of pop."""
    work = makers.work(owner, *stems)
    for element in work.elements:
        made = makers.stem(work.work_id, element.name)["stems"][0]
        made["engine"] |= {"engine": "symbolic"}
        plan = StemPlan(stem_type=element.stem_type, name=element.name, **shades)
        element.versions = [
            element.versions[0].model_validate(
                element.versions[0].model_dump() | {"status": "generated", "stem": made, "plan": plan.model_dump()}
            )
        ]
    works.create(work)
    return work


def say(work: Work, stem: str, *, approved: bool, comment: str = "") -> None:
    review.give(work.owner, work.work_id, stem, None, approved=approved, comment=comment, reviewer=work.owner)


def kept(owner: str) -> list[Lesson]:
    known = preferences.find(owner)
    return known.lessons if known else []


def rows(owner: str) -> list[str]:
    found = table(names.PREFERENCES).query_entities("PartitionKey eq @owner", parameters={"owner": owner})
    return [row["RowKey"] for row in found]


# -- what teaches -------------------------------------------------------------------------------------------------


def test_a_verdict_with_a_comment_teaches_what_was_wanted(storage, owner):
    say(heard(owner, "drums", density=0.2), "drums", approved=False, comment="sparser, and darker")
    (lesson,) = kept(owner)
    assert lesson.wanted["drums"]["density"] < 0.2 and lesson.wanted["drums"]["brightness"] < 0
    assert preferring.shown(owner).verdicts == 1 and lesson.chose["engines"] == {"symbolic": 1.0}
    assert lesson.chose["styles"] == {"pop": 1.0}


def test_a_verdict_that_is_refused_teaches_nothing_more(storage, owner):
    work = heard(owner, "drums")
    say(work, "drums", approved=True)
    with pytest.raises(review.NotReviewable):
        say(work, "drums", approved=True)
    assert [one.liked for one in kept(owner)] == [1.0]
    say(work, "drums", approved=False)
    assert [one.liked for one in kept(owner)] == [-1.0], "a change of mind takes its place"


@pytest.mark.parametrize(("said", "liked"), [({"rating": 5}, 1.0), ({"rating": 2}, -0.5), ({"skip": True}, -0.4)])
def test_ratings_and_skips_teach(storage, owner, said, liked):
    work = heard(owner, "drums", "bass")
    rating.give(owner, FeedbackOrder(target=work.work_id, **said), "00000001")
    (lesson,) = kept(owner)
    assert lesson.liked == liked and set(lesson.played) == {"drums", "bass"}
    rating.give(owner, FeedbackOrder(target=work.work_id, **said), "00000000")
    assert len(kept(owner)) == 1, "the same rating again"


def test_of_two_ratings_the_later_one_counts_also_when_it_is_learned_again(storage, owner):
    work = heard(owner, "drums")
    for number, stars in enumerate((5, 2, 3, 1)):
        rating.give(owner, FeedbackOrder(target=work.work_id, rating=stars), f"{9 - number:08d}")
    assert [one.liked for one in kept(owner)] == [-1.0]
    preferring.forgotten(owner, None)
    preferring.rebuilt(owner)
    assert [one.liked for one in kept(owner)] == [-1.0]


def test_words_alone_teach_where_they_are_understood(storage, owner):
    work = heard(owner, "drums", "bass")
    rating.give(owner, FeedbackOrder(target=work.work_id, comment="der Bass bitte leiser 🎸"), "00000002")
    rating.give(owner, FeedbackOrder(target=work.work_id, comment="hm"), "00000001")
    (lesson,) = kept(owner)
    assert set(lesson.wanted) == {"bass"} and lesson.wanted["bass"]["dynamics"] < 0


def test_a_style_that_is_asked_for_instead_is_liked(storage, owner):
    say(heard(owner, "piano"), "piano", approved=False, comment="more like bossa")
    styles = {one.name: one.liked for one in preferring.shown(owner).styles}
    assert styles["bossa"] > 0.5 > styles["pop"]


def _played(work_id: str, name: str) -> Element:
    stem = makers.stem(work_id, name)["stems"][0]
    stem["engine"] |= {"engine": "symbolic"}
    take = Version.model_validate({"number": 1, "status": "generated", "made_at": "now", "stem": stem})
    return Element(name=name, kind=ElementKind.LAYER, stem_type=StemType(name), versions=[take])


@pytest.fixture
def piece(storage, owner) -> Work:
    """A piece whose first version was made, but for its sound."""
    order = CompositionOrder(brief="a calm bossa, 20 seconds", layers=["piano", "bass"], random_seed=4)
    return made(composing.begin(owner, order, "0123456789abcdef"))


def made(begun) -> Work:
    work, run = begun[0], begun[-1]
    its = RevisionOrder.model_validate(run.order)
    for stage in list(composing._STAGES):
        assert composing.settle(its, stage)

    def ended(known: Work) -> Work:
        newest = known.composition.revisions[-1]
        newest.status, known.composition.current = "made", newest.number
        newest.elements = {one.name: 1 for one in newest.context.layers}
        known.elements = [_played(known.work_id, one.name) for one in newest.context.layers]
        return known

    return works.change(work.owner, work.work_id, ended)


def test_edits_of_a_piece_teach_in_words_and_by_hand(piece):
    asked = Refinement(text="softer piano", layers=[LayerEdit(layer=StemType.BASS, density=-0.4)])
    work, revision, _ = revising.refine(piece.owner, piece.work_id, asked)
    (lesson,) = kept(piece.owner)
    assert lesson.wanted["bass"]["density"] == -0.4 and lesson.wanted["piano"]["dynamics"] < 0
    assert revision.number == 2 and lesson.liked == 0
    assert preferring.rebuilt(work.owner).verdicts == 1, "learned again it is the same"


def test_verdicts_on_a_piece_teach_of_all_its_players(piece):
    revising.approve(piece.owner, piece.work_id, 1)
    (lesson,) = kept(piece.owner)
    assert lesson.liked == 1 and set(lesson.played) == {"piano", "bass"}
    assert lesson.chose == {"engines": {"symbolic": 1.0}, "styles": {"bossa": 1.0}}
    revising.reject(piece.owner, piece.work_id, 1, "")
    assert [one.liked for one in kept(piece.owner)] == [-1.0]
    rating.give(piece.owner, FeedbackOrder(target=piece.work_id, rating=4, comment="leiser das Klavier"), "00000001")
    assert kept(piece.owner)[-1].liked == 0.5 and kept(piece.owner)[-1].wanted["piano"]["dynamics"] < 0
    before = preferring.exported(piece.owner)
    assert preferring.rebuilt(piece.owner).verdicts == before.verdicts == 2
    assert preferring.exported(piece.owner) == before, "learned again it is the same"


def test_a_piece_that_is_rejected_with_a_comment_teaches_what_was_wrong(piece):
    revising.reject(piece.owner, piece.work_id, 1, "much busier bass")
    (lesson,) = kept(piece.owner)
    assert lesson.liked == -0.3 and set(lesson.wanted) == {"bass"} and lesson.wanted["bass"]["density"] > 0.5
    before = preferring.exported(piece.owner)
    preferring.forgotten(piece.owner, None)
    preferring.rebuilt(piece.owner)
    assert preferring.shown(piece.owner).shades == before.shades


def test_another_style_for_a_piece_teaches(piece):
    revising.refine(piece.owner, piece.work_id, Refinement(text="make it jazz"))
    assert [one.name for one in preferring.shown(piece.owner).styles] == ["jazz"]


# -- how it is kept -----------------------------------------------------------------------------------------------


def test_what_is_said_at_once_all_teaches(storage, owner):
    done = [heard(owner, "drums") for _ in range(AT_ONCE)]
    together = Barrier(AT_ONCE)

    def verdict(work: Work) -> None:
        together.wait()
        say(work, "drums", approved=True)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(verdict, done))
    assert len(kept(owner)) == AT_ONCE and len(rows(owner)) == 1


def test_where_storage_fails_the_verdict_stands(storage, owner, monkeypatch):
    work = heard(owner, "drums")

    def away(*_):
        raise ServiceRequestError("storage is away")

    monkeypatch.setattr(preferences, "learn", away)
    say(work, "drums", approved=True)
    monkeypatch.undo()
    monkeypatch.setenv("AzureWebJobsStorage", storage)
    assert works.get(owner, work.work_id).layers[0].approved and kept(owner) == []
    assert preferring.rebuilt(owner).verdicts == 1, "it is learned from what is kept"


def test_it_is_nobody_elses_and_outlives_what_it_was_said_of(storage, owner):
    work = heard(owner, "drums")
    say(work, "drums", approved=False)
    removal.delete_work(owner, work.work_id)
    assert preferring.shown(owner).verdicts == 1
    assert preferring.shown("somebody else") == preferring.shown("nobody") and kept("somebody else") == []


def test_forgotten_it_leaves_nothing(storage, owner):
    for approved in (True, False):
        say(heard(owner, "drums", density=0.3), "drums", approved=approved)
    left = preferring.forgotten(owner, "styles")
    assert left.styles == [] and left.engines and left.verdicts == 2
    assert "pop" not in preferring.exported(owner).model_dump_json()
    assert preferring.forgotten(owner, None) == preferring.shown("nobody")
    assert rows(owner) == [] and not list(blobs.list_names(names.RECORDS, f"{names.PREFERENCES}/{owner}"))
    assert preferring.forgotten(owner, None).verdicts == 0, "again is the same"


def test_part_by_part_forgotten_it_leaves_nothing_either(storage, owner):
    say(heard(owner, "drums"), "drums", approved=False, comment="more swing, and sparser")
    for aspect in ("engines", "styles", "density", "pitch_register", "brightness", "dynamics", "swing", "timing"):
        preferring.forgotten(owner, aspect)
    assert rows(owner) == []


def test_ten_thousand_lessons_are_one_bounded_row(storage, owner):
    shades = dict.fromkeys(("density", "pitch_register", "brightness", "dynamics"), -0.123)
    for start in range(0, 10_000, 2500):
        preferences.learn(
            owner,
            [
                Lesson(
                    lesson_id=f"0123456789012abcdefabcdef {number}",
                    told_at=f"2026-03-01T{number // 3600:02d}:{number // 60 % 60:02d}:{number % 60:02d}+00:00",
                    liked=1.0,
                    chose={"styles": {"drum and bass": 0.5, "bossa": 0.5}, "engines": {"symbolic": 1.0}},
                    played=dict.fromkeys(StemType, shades),
                )
                for number in range(start, start + 2500)
            ],
        )
    assert len(kept(owner)) == MOST_LESSONS and kept(owner)[-1].lesson_id.endswith(" 9999")
    assert len(rows(owner)) == 1
    preferences.forget(owner)
    assert rows(owner) == [] and not list(blobs.list_names(names.RECORDS, f"{names.PREFERENCES}/{owner}"))


# -- what it does -------------------------------------------------------------------------------------------------


def plan_of(owner: str, seed: int = 7, **parameters):
    order = GenerationOrder.model_validate(
        {"target_stems": ["drums", "drums"], "parameters": {"random_seed": seed, **parameters}}
    )
    work, run = generating.begin(owner, order, names.seed(makers.NOON))
    generating.plan(WorkOrder.model_validate(run.order))
    return works.get(owner, work.work_id).plan


def test_stems_are_played_as_is_liked_and_say_so(storage, owner):
    plain = plan_of(owner)
    assert plain.taste == [] and plain == plan_of("somebody else")
    for _ in range(5):
        say(heard(owner, "drums"), "drums", approved=False, comment="much sparser")
    liked = plan_of(owner, style="pop")
    assert all(one.density < -0.1 for one in liked.stems) and liked == plan_of(owner, style="pop")
    assert "drums 2: " in " ".join(liked.taste) and "sparser, because you like it so" in " ".join(liked.taste)
    assert preferring.shown(owner).sentences[-1] == "You like the drums much sparser than I do."
    said = plan_of(owner, style="pop", prompt="dense, busy drums")
    assert all(one.density > 0 for one in said.stems)
    preferring.forgotten(owner, None)
    assert plan_of(owner) == plain, "forgotten it is as it was"


def test_pieces_are_arranged_as_is_liked_and_say_so(storage, owner):
    order = CompositionOrder(brief="a piece of 20 seconds", layers=["piano", "bass", "drums"], random_seed=4)
    plain = made(composing.begin(owner, order, "0123456789abcde1")).composition.revisions[0].context
    for number in range(5):
        preferences.learn(
            owner,
            [
                Lesson(
                    lesson_id=str(number),
                    told_at=f"2026-03-01T00:00:0{number}+00:00",
                    liked=1.0,
                    chose={"styles": {"reggae": 1.0}},
                    wanted={StemType.PIANO: {"density": -0.6}},
                ),
                Lesson(
                    lesson_id=f"pop {number}",
                    told_at=f"2026-03-01T00:00:0{number}+00:00",
                    liked=-1.0,
                    chose={"styles": {"pop": 1.0}},
                ),
            ],
        )
    made_of = [
        made(composing.begin(owner, order.model_copy(update={"random_seed": seed}), f"0123456789abc{seed:03d}"))
        for seed in range(4, 10)
    ]
    liked = [work.composition.revisions[0].context for work in made_of]
    reggae = [one for one in liked if one.styles[0].name == "reggae"]
    assert plain.taste == [] and plain.styles[0].name == "pop" and len(reggae) >= 3
    for context in reggae:
        assert context.settled["styles"] == "your taste" and "reggae, because you liked it" in context.taste
    pianos = [next(one for one in context.layers if one.name == "piano") for context in liked]
    assert all(one.density < 0 for one in pianos)
    asked = order.model_copy(update={"brief": "a house piece of 20 seconds with a busy piano"})
    said = made(composing.begin(owner, asked, "0123456789abcde3")).composition.revisions[0].context
    assert said.styles[0].name == "house" and said.settled["styles"] == "you"
    assert next(one for one in said.layers if one.name == "piano").density > 0


def test_what_is_changed_of_a_piece_is_no_longer_said_to_be_liked(piece):
    owner = piece.owner
    preferences.learn(
        owner,
        [
            Lesson(lesson_id=str(n), told_at=f"2026-03-01T00:00:0{n}+00:00", wanted={StemType.PIANO: {"density": -0.6}})
            for n in range(5)
        ],
    )
    order = CompositionOrder(brief="a calm bossa, 20 seconds", layers=["piano", "bass"], random_seed=4)
    liked = made(composing.begin(owner, order, "0123456789abcde9"))
    before = liked.composition.revisions[0].context
    assert any(line.startswith("piano: ") for line in before.taste)
    _, revision, _ = revising.refine(owner, liked.work_id, Refinement(text="much busier piano"))
    assert not any(line.startswith("piano: ") for line in revision.context.taste)


def test_what_an_admin_says_of_anothers_take_teaches_nothing(storage, owner):
    work = heard(owner, "bass")
    review.give(owner, work.work_id, "bass", None, approved=True, comment="", reviewer="admin")
    assert kept(owner) == []
    review.give(owner, work.work_id, "bass", None, approved=False, comment="", reviewer=owner)
    assert kept(owner) != []
