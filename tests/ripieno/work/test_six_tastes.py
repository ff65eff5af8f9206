"""Six people of different taste, each with thirty verdicts, through the functions that the app uses: a request is planned
with what is known of their taste, they hear it and say something, and that teaches.

What they like is a figure from 0 to 1 of what was planned, which nobody but they themselves know.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from statistics import mean, pstdev

import makers
import pytest

from ripieno.contracts.enums import TakeStatus
from ripieno.contracts.feedback import Feedback
from ripieno.contracts.generation import GeneratedStem, GenerationOrder, StemPlan
from ripieno.contracts.preferences import Lesson
from ripieno.contracts.works import Element, ElementKind, Review, Version, Work
from ripieno.music.taste import drawing, lessons
from ripieno.music.taste.learning import Taste, learned
from ripieno.services.planner import plan as planner
from ripieno.work import tasting, teaching

VERDICTS, LAST, PEOPLE_OF_A_KIND = 30, 10, 4
ENGINES = ("symbolic", "musicgen-melody", "stable-audio-open")


@dataclass(frozen=True)
class Person:
    """`stem` is what they ask for. `likes` is how much they like a plan; `says` what they say of it: a verdict, a
    rating, a skip, with a comment."""

    stem: str
    likes: Callable[[StemPlan], float]
    says: Callable[[StemPlan, float], dict]


def nearness(value: float, best: float, near: float = 0.35) -> float:
    return max(0.0, 1 - (abs(value - best) / near) ** 2)


def comment(less: str, more: str, shade: str, best: float) -> Callable[[StemPlan, float], dict]:
    def says(plan: StemPlan, liked: float) -> dict:
        away = getattr(plan, shade) - best
        if abs(away) < 0.2:
            return {"approved": True}
        return {"approved": False, "comment": less if away > 0 else more}

    return says


def bare(plan: StemPlan, liked: float) -> dict:
    return {"approved": liked > 0.5}


def rated(plan: StemPlan, liked: float) -> dict:
    return {"rating": 1 + round(4 * liked)}


def skipping(plan: StemPlan, liked: float) -> dict:
    return {"rating": 5} if liked > 0.5 else {"skip": True}


def style_of(*liked: str) -> Callable[[StemPlan], float]:
    return lambda plan: float(plan.style in liked)


PEOPLE = {
    "sparse drums, said in English": Person(
        "drums", lambda plan: nearness(plan.density, -0.5), comment("sparser", "a bit busier", "density", -0.5)
    ),
    "a low bass, said in German": Person(
        "bass",
        lambda plan: nearness(plan.pitch_register, -0.5),
        comment("etwas tiefer", "etwas höher", "pitch_register", -0.5),
    ),
    "a swinging piano, said in Spanish": Person(
        "piano", lambda plan: nearness(plan.swing, 0.6), comment("menos swing", "más swing", "swing", 0.6)
    ),
    "jazz and bossa, by bare verdicts": Person("piano", style_of("jazz", "bossa"), bare),
    "reggae and funk, by skips": Person("guitar", style_of("reggae", "funk"), skipping),
    "one engine, by ratings": Person("synth", lambda plan: float(plan.engine == "stable-audio-open"), rated),
}


@pytest.fixture(autouse=True)
def three_engines(monkeypatch: pytest.MonkeyPatch) -> None:
    """The operator lets the planner choose among these."""
    monkeypatch.setenv("RIPIENO_PLANNER_ENGINES", ",".join(ENGINES))


def planned(stem: str, taste: Taste | None, seed: int) -> StemPlan:
    """A request for one stem that says nothing of how it is to be, as `generating.plan` plans it."""
    order = GenerationOrder.model_validate({"target_stems": [stem], "parameters": {"random_seed": seed}})
    with_style, why = tasting.styled(taste, order, None, seed)
    made = planner.first("request", with_style, None, None)
    return tasting.planned(taste, made, seed, why).stems[0]


def heard(plan: StemPlan, number: int) -> Work:
    """The work of that request, once it can be heard."""
    work_id, name = f"{number:013d}abc", str(plan.stem_type)
    by = "symbolic" if plan.engine == "auto" else plan.engine
    made = {
        "work_id": work_id, "stem_type": name, "blob_name": "x", "file_size_bytes": 9, "sha256": "0" * 64,
        "format": "wav", "sample_rate": 44100, "channels": 2, "start_seconds": 0, "duration_seconds": 4,
        "random_seed": 1, "plan": plan, "score": {"overall": 1.0},
        "engine": makers.MAKER.model_copy(update={"engine": by}),
    }  # fmt: skip
    take = Version(
        number=1, status=TakeStatus.GENERATED, made_at="now", plan=plan, stem=GeneratedStem.model_validate(made)
    )
    layer = Element(name=name, kind=ElementKind.LAYER, stem_type=plan.stem_type, versions=[take])
    return Work(work_id=work_id, owner="somebody", created_at="now", order=GenerationOrder(), elements=[layer])


def taught(work: Work, said: dict, number: int) -> list[Lesson]:
    """What the app learns of what somebody says of a work."""
    when = (makers.NOON + timedelta(minutes=number)).isoformat()
    if "approved" in said:
        review = Review.model_validate({"reviewer": "somebody", "reviewed_at": when} | said)
        return teaching.of_review(work, work.layers[0].name, 1, review)
    its = Feedback(feedback_id=str(number), target=work.work_id, kind="stems", created_at=when, **said)
    return teaching.of_feedback(work, its)


def thirty_verdicts(person: Person, which: int) -> tuple[list[float], list[Lesson]]:
    """How much each of thirty requests was liked, and what was learned by then."""
    known: list[Lesson] = []
    liked = []
    for number in range(VERDICTS):
        plan = planned(person.stem, learned(known) if known else None, 1000 * which + number)
        liked.append(person.likes(plan))
        work = heard(plan, number)
        known = lessons.together(known, taught(work, person.says(plan, liked[-1]), number))
    return liked, known


@pytest.mark.parametrize("name", PEOPLE)
def test_each_gets_more_of_what_they_like_within_thirty_verdicts_and_none_loses_variety(name):
    person = PEOPLE[name]
    before = person.likes(planned(person.stem, None, 1))
    after, tried, engines, spread = [], [], [], []
    for which in range(PEOPLE_OF_A_KIND):
        liked, known = thirty_verdicts(person, which)
        after.append(mean(liked[-LAST:]))
        taste = learned(known)
        coming = [planned(person.stem, taste, 10**6 + seed) for seed in range(60)]
        tried.append(Counter(plan.style for plan in coming))
        engines.append(Counter(plan.engine for plan in coming))
        spread.append(min(pstdev(getattr(one, shade) for one in coming) for shade in ("density", "brightness")))
    assert mean(after) >= before + 0.55, "more of what they like"
    assert min(after) >= before + 0.2, "each of them"
    assert all(len(styles) >= 3 and max(styles.values()) <= 58 for styles in tried), "several styles still"
    assert all(len(by) >= 2 and max(by.values()) <= 59 for by in engines), "several engines still"
    assert min(spread) >= 0.05, "and nothing is ever quite the same"


def test_who_says_nothing_gets_what_they_got_before():
    for seed in range(20):
        order = GenerationOrder.model_validate({"target_stems": ["bass"], "parameters": {"random_seed": seed}})
        plan = planner.first("request", order, None, None)
        assert tasting.styled(None, order, None, seed) == (order, [])
        assert tasting.planned(None, plan, seed) is plan


def test_what_is_said_wins_over_what_is_liked():
    _, known = thirty_verdicts(PEOPLE["sparse drums, said in English"], 1)
    taste = learned(known)
    for seed in range(20):
        asked = {"target_stems": ["drums"], "parameters": {"random_seed": seed, "prompt": "busy drums, in a waltz"}}
        order = GenerationOrder.model_validate(asked)
        assert tasting.styled(taste, order, None, seed) == (order, [])
        plain = planner.first("request", order, None, None)
        (plan,) = tasting.planned(taste, plain, seed).stems
        assert (plan.density, plan.style) == (plain.stems[0].density, "waltz") and plan.density > 0
        named = planner.first("request", order.model_copy(update={"engine": "symbolic"}), None, None)
        assert tasting.planned(taste, named, seed).stems[0].engine == "symbolic"


def test_a_set_of_shades_is_said_to_be_drawn():
    _, known = thirty_verdicts(PEOPLE["sparse drums, said in English"], 2)
    order = GenerationOrder.model_validate({"target_stems": ["drums"], "parameters": {"random_seed": 3}})
    plan = tasting.planned(learned(known), planner.first("request", order, None, None), 3)
    assert any(line.startswith("drums: ") and "because you like it so" in line for line in plan.taste)
    assert drawing.shades(learned(known), plan.stems[0].stem_type, 3)["density"].value == plan.stems[0].density
