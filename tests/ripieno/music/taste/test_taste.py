"""Lessons as a taste, and what is drawn from it: each lesson once, the newest most, the same seed the same."""

from __future__ import annotations

import random
from statistics import mean, pstdev

import pytest

from ripieno.contracts.enums import StemType
from ripieno.contracts.generation import Playing
from ripieno.contracts.preferences import MOST_LESSONS, Lesson
from ripieno.music.taste import drawing, fitting, lessons, wording
from ripieno.music.taste.learning import HALF_LIFE, Taste, learned
from ripieno.music.taste.lessons import Heard

DRUMS, BASS, PIANO = StemType.DRUMS, StemType.BASS, StemType.PIANO
STYLES = ["pop", "jazz", "bossa", "house", "metal"]


def at(number: int) -> str:
    return f"2026-03-{1 + number // 1440:02d}T{number // 60 % 24:02d}:{number % 60:02d}:00+00:00"


def verdict(number: int, liked: float, *, style: str = "pop", stem: StemType = DRUMS, wanted=None, **shades) -> Lesson:
    heard = [Heard(stem, Playing(**shades), style, "symbolic")]
    return lessons.of_verdict(f"work{number} {stem} 1", at(number), heard, liked=liked, wanted=wanted)


def test_the_same_told_twice_counts_once_and_a_change_of_mind_takes_its_place():
    first = verdict(1, 1.0)
    told = lessons.together([first], [first.model_copy(update={"told_at": at(7)})])
    assert told == [first]
    changed = lessons.together(told, [verdict(1, -1.0).model_copy(update={"told_at": at(9)})])
    assert [one.liked for one in changed] == [-1.0]
    assert lessons.together(changed, [first]) == changed, "what came late does not undo what was said after it"


def test_in_whatever_order_they_come_they_teach_the_same():
    told = [verdict(number, (-1.0) ** number, density=number / 50, style=STYLES[number % 5]) for number in range(40)]
    shuffled = random.Random(1).sample(told, len(told))
    one_by_one: list[Lesson] = []
    for lesson in shuffled:
        one_by_one = lessons.together(one_by_one, [lesson])
    assert one_by_one == lessons.together([], told) and learned(one_by_one) == learned(told)


def test_ten_thousand_verdicts_stay_bounded():
    kept: list[Lesson] = []
    for start in range(0, 10_000, 100):
        kept = lessons.together(kept, [verdict(number, 1.0) for number in range(start, start + 100)])
    assert len(kept) == MOST_LESSONS and kept[-1].lesson_id == "work9999 drums 1"
    known = learned(kept)
    assert known.choices["styles"]["pop"].liked < 2 * HALF_LIFE, "never surer than that"


def test_what_was_told_lately_counts_most_so_that_a_taste_may_change():
    told = [verdict(number, 1.0 if number < 40 else -1.0, style="house") for number in range(80)]
    told += [verdict(100 + number, -1.0 if number < 40 else 1.0, style="jazz") for number in range(80)]
    known = learned(told).choices["styles"]
    assert known["house"].mean < 0.5 < known["jazz"].mean


def test_who_says_what_was_wrong_blames_that_alone():
    blamed = verdict(1, -1.0, density=0.4, wanted={DRUMS: {"density": -0.2}})
    assert blamed.played == {} and blamed.wanted == {"drums": {"density": -0.2}}
    assert -0.5 < blamed.liked < 0 and verdict(1, -1.0, density=0.4).played["drums"]["density"] == 0.4


def test_the_feel_is_learned_only_where_it_was_meant():
    assert "swing" not in verdict(1, 1.0).played["drums"]
    assert verdict(1, 1.0, swing=0.5).played["drums"]["swing"] == 0.5
    assert learned([verdict(1, 1.0)]).shade("swing", DRUMS) is None


def test_what_is_said_of_one_player_says_less_of_the_others_and_nothing_by_a_voice():
    known = learned([verdict(1, -1.0, wanted={DRUMS: {"density": -0.6}})])
    drums, bass = known.shade("density", DRUMS), known.shade("density", BASS)
    assert drums and bass and drums.mean < bass.mean < 0
    sung = learned([verdict(1, -1.0, stem=StemType.VOCALS, wanted={StemType.VOCALS: {"dynamics": -0.6}})])
    assert sung.shade("dynamics", DRUMS) is None and sung.shade("dynamics", StemType.VOCALS)


def test_what_is_forgotten_leaves_nothing_of_itself():
    told = [verdict(1, 1.0, density=0.3), verdict(2, -1.0, wanted={DRUMS: {"density": -0.6}})]
    left = lessons.without(told, ["density"])
    assert "density" not in "".join(one.model_dump_json() for one in left)
    assert learned(left).shade("density", DRUMS) is None and learned(left).shade("dynamics", DRUMS) is not None
    every = ["engines", "styles", *lessons.SHADES]
    assert lessons.without(told, every) == []
    without_styles = learned(lessons.without(told, ["styles"]))
    assert set(without_styles.choices) == {"engines"}


def test_who_said_nothing_gets_what_is_played_anyway():
    for seed in range(50):
        assert drawing.choice(Taste(), "styles", "pop", STYLES, seed) == drawing.Drawn("pop")
        assert drawing.shades(Taste(), DRUMS, seed) == {}
    about_engines = learned([lessons.of_styles("a", at(1), {"jazz": 1.0}, liked=1.0)])
    assert drawing.choice(about_engines, "engines", "symbolic", ["musicgen-melody"], 1) == drawing.Drawn("symbolic")


def test_the_same_seed_and_taste_draw_the_same_and_other_seeds_something_else():
    known = learned([verdict(n, -1.0, style="pop", wanted={DRUMS: {"density": -0.5}}) for n in range(5)])
    assert drawing.shades(known, DRUMS, 7) == drawing.shades(known, DRUMS, 7)
    values = [drawing.shades(known, DRUMS, seed)["density"].value for seed in range(60)]
    assert len(set(values)) > 40 and pstdev(values) > 0.05 and max(values) < 0.2 and mean(values) < -0.3
    assert "density" not in drawing.shades(known, DRUMS, 7, but={"density"})
    with_swing = learned([verdict(n, -1.0, wanted={DRUMS: {"swing": 0.8}}) for n in range(5)])
    feels = {stem: drawing.shades(with_swing, stem, 7)["swing"].value for stem in (DRUMS, BASS, PIANO)}
    assert len(set(feels.values())) == 1, "one feel for all players"


def test_one_liked_take_does_not_turn_everything_upside_down():
    known = learned([verdict(1, 1.0)])
    drawn = [drawing.choice(known, "styles", "pop", STYLES, seed).value for seed in range(200)]
    assert drawn.count("pop") > 160
    disliked = learned([verdict(n, -1.0) for n in range(6)])
    drawn = [drawing.choice(disliked, "styles", "pop", STYLES, seed).value for seed in range(200)]
    assert drawn.count("pop") < 80 and len(set(drawn)) == len(STYLES)


def test_what_was_drawn_says_why():
    liked = learned([verdict(n, 1.0, style="jazz") for n in range(8)])
    why = {drawing.choice(liked, "styles", "pop", ["jazz", "metal"], seed).why for seed in range(800)}
    assert why == {"", "jazz, because you liked it", "metal, to hear whether you like it"}
    sparse = learned([verdict(n, -1.0, wanted={DRUMS: {"density": -0.5}}) for n in range(6)])
    said = {drawing.shades(sparse, DRUMS, seed)["density"].why for seed in range(20)}
    assert any("sparser, because you like it so" in one for one in said)


def test_a_taste_is_told_in_words():
    told = [verdict(n, -1.0, style="metal", wanted={DRUMS: {"density": -0.5}}) for n in range(6)]
    told += [verdict(10 + n, 1.0, style="bossa", stem=PIANO, density=-0.3) for n in range(6)]
    said = wording.sentences(learned(told))
    assert "You like bossa." in said and "You do not care for metal." in said
    assert any(one.startswith("You like it") and one.endswith("sparser than I do.") for one in said)
    apart = [verdict(n, -1.0, stem=BASS, wanted={BASS: {"pitch_register": -0.8}}) for n in range(4)]
    assert any("the bass" in one and "lower" in one for one in wording.sentences(learned(apart)))
    assert wording.sentences(Taste()) == []


@pytest.mark.parametrize(
    ("own", "bpm", "meter", "mood", "there", "missing"),
    [
        ("pop", None, None, None, "jazz", "waltz"),
        ("waltz", None, "3/4", None, "waltz", "pop"),
        ("pop", 172.0, "4/4", None, "drum and bass", "house"),
        ("pop", None, None, (0.2, -0.8), "ambient", "metal"),
    ],
)
def test_styles_are_tried_that_fit(own, bpm, meter, mood, there, missing):
    found = fitting.styles(own, bpm=bpm, meter=meter, mood=mood)
    assert there in found and missing not in found
    assert there not in fitting.styles(own, bpm=bpm, meter=meter, mood=mood, but=[there])


def test_songs_of_a_set_are_weighed_by_what_is_liked():
    known = learned([verdict(n, 1.0, style="house") for n in range(5)] + [verdict(9, -1.0, style="metal")])
    weights = drawing.liking(known)
    assert weights["house"] > 0.5 > 0 > weights["metal"] and "jazz" not in weights
