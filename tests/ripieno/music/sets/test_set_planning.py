"""A set follows its journey, in keys, tempi and phrases that go together, and says why."""

from __future__ import annotations

from itertools import pairwise

import pytest

from benchmarks.sets.songs import FORM, library, made
from ripieno.contracts.enums import Mode
from ripieno.contracts.sets import Persona, SetOrder, SetPlan, SetSong
from ripieno.music.sets import camelot, grid, pairs, planning, pulses
from ripieno.music.sets.pairs import Candidate
from ripieno.music.sets.personas import UnknownPersona, all_personas, persona
from ripieno.music.sets.phrases import Shape

LIBRARY = library(120, seed=3)
NIGHT = SetOrder(brief="an hour from my library, from dusk to peak to home", random_seed=1)


@pytest.fixture(scope="module")
def night() -> SetPlan:
    return planning.plan(NIGHT, LIBRARY)


def test_a_set_is_as_long_as_it_was_asked_to_be_and_has_no_song_twice(night: SetPlan) -> None:
    assert night.duration_seconds == pytest.approx(3600, rel=0.1)
    assert len({one.song for one in night.songs}) == len(night.songs) > 8
    assert night.songs[-1].end_seconds == pytest.approx(night.duration_seconds, abs=0.01)


def test_its_energy_is_where_the_journey_wants_it(night: SetPlan) -> None:
    off = [abs(one.energy_got - one.energy_asked) for one in night.got]
    assert sum(off) / len(off) < 0.15
    peak = max(night.got, key=lambda one: one.energy_got)
    assert 0.4 < peak.at_seconds / night.duration_seconds < 0.85
    assert night.got[0].energy_got < 0.55 and night.got[-1].energy_got < 0.6 and peak.energy_got > 0.8


def test_keys_are_near_more_often_than_by_chance(night: SetPlan) -> None:
    near = [step.harmony for step in night.transitions if step.harmony.startswith(("the same", "the rel", "a fifth"))]
    assert len(near) / len(night.transitions) > 0.5  # by chance it would be one in six


def test_no_artist_comes_twice_in_a_row(night: SetPlan) -> None:
    assert all(a.artist != b.artist for a, b in pairwise(night.songs))


def test_the_same_order_and_seed_give_the_same_plan(night: SetPlan) -> None:
    assert planning.plan(NIGHT, LIBRARY) == night


def test_transitions_begin_and_end_at_phrases_and_never_with_two_voices(night: SetPlan) -> None:
    known = {one.song: one for one in LIBRARY}
    for step in night.transitions:
        a, b = Shape(known[step.from_song]), Shape(known[step.to_song])
        assert min(abs(a.starts_of(bar) - step.from_seconds) for bar in a.phrases) < 0.001
        assert min(abs(b.starts_of(bar) - step.to_seconds) for bar in b.phrases) < 0.001
        if step.kind == "blend":
            length = step.end_seconds - step.start_seconds
            assert not _both_sing(a.song, step.from_seconds, b.song, step.to_seconds, length)
        if step.kind in ("blend", "stems"):
            most = persona(night.persona).pace.most_stretch
            assert abs(step.stretch_from - 1) <= most + 0.001 and abs(step.stretch_to - 1) <= most + 0.001


def test_the_clock_of_the_set_is_that_of_its_songs(night: SetPlan) -> None:
    for song, step, after in zip(night.songs, night.transitions, night.songs[1:], strict=False):
        assert song.out_seconds > song.in_seconds
        assert step.start_seconds <= step.end_seconds
        assert after.start_seconds == pytest.approx(
            step.end_seconds if step.kind == "loop" else step.start_seconds, abs=0.001
        )


def test_everything_is_said_why(night: SetPlan) -> None:
    assert night.why
    assert all(song.why for song in night.songs) and all(step.why for step in night.transitions)
    for step in night.transitions:
        assert step.why[0].startswith("From ") and all(sentence.endswith(".") for sentence in step.why)


def test_two_personas_play_the_same_songs_in_other_orders_and_with_other_transitions() -> None:
    """The figures: Marlene and Rico share less than a third of their pairs, and use other kinds by far."""
    songs = library(24, seed=5)
    order = SetOrder(songs=[one.song for one in songs], all_of_them=True)
    plans = {name: planning.plan(order.model_copy(update={"persona": name}), songs) for name in all_personas()}
    assert len(plans) >= 3
    follows = {name: {(s.from_song, s.to_song) for s in plan.transitions} for name, plan in plans.items()}
    names = sorted(plans)
    shared = {(a, b): len(follows[a] & follows[b]) / 23 for n, a in enumerate(names) for b in names[n + 1 :]}
    assert max(shared.values()) < 0.7, shared
    assert shared["marlene", "rico"] < 0.34, shared
    smooth = {name: _share(plan, "blend") for name, plan in plans.items()}
    assert smooth["marlene"] > smooth["rico"] + 0.2, smooth
    assert plans["marlene"].duration_seconds > 1.5 * plans["rico"].duration_seconds


def test_songs_without_trusted_beats_are_cut_at_sections_and_not_blended() -> None:
    songs = [made(f"rubato-{n}", 90 + n, beat_confidence=0.2) for n in range(3)]
    plan = planning.plan(SetOrder(songs=[one.song for one in songs]), songs)
    assert [step.kind for step in plan.transitions] == ["cut", "cut"]
    assert "nobody knows the beats" in " ".join(plan.transitions[0].why)


def test_half_time_is_one_beat_with_double_time() -> None:
    slow, fast = made("slow", 87, key="A", mode="minor"), made("fast", 174, key="A", mode="minor", sung=False)
    plan = planning.plan(SetOrder(songs=["slow", "fast"], persona="vesper"), [slow, fast])
    (step,) = plan.transitions
    assert step.kind == "blend"
    first = plan.songs[0].song
    assert step.pulse == ("half" if first == "slow" else "double")
    assert step.stretch_from == pytest.approx(1, abs=0.01) and step.stretch_to == pytest.approx(1, abs=0.01)


def test_two_songs_that_both_sing_where_they_would_meet_are_not_blended_in_full() -> None:
    always = [("verse", 16), ("chorus", 16), ("verse", 16), ("chorus", 16)]
    songs = [made(f"sung-{n}", 120, form=always) for n in range(2)]
    plan = planning.plan(SetOrder(songs=["sung-0", "sung-1"], persona="marlene"), songs)
    assert plan.transitions[0].kind in ("cut", "loop")
    with_stems = [one.model_copy(update={"stems": dict.fromkeys(("vocals", "drums"), one.audio)}) for one in songs]
    plan = planning.plan(SetOrder(songs=["sung-0", "sung-1"], persona="rico"), with_stems)
    assert plan.transitions[0].kind == "stems" and plan.transitions[0].keeps in ("from", "to")


def test_a_missing_bridge_is_named_with_a_brief_for_it() -> None:
    songs = [made("low", 70, key="C", energy=0.1), made("high", 128, key="F#", energy=0.95)]
    plan = planning.plan(SetOrder(songs=["low", "high"]), songs)
    (bridge,) = plan.bridges
    assert "a song is missing" in bridge.why and "bpm" in bridge.brief
    assert 70 < (bridge.bpm or 0) < 128 and bridge.energy == pytest.approx(0.525, abs=0.01)


def test_what_a_listener_likes_is_played_more() -> None:
    liking = {one.song: (1.0 if "house" in one.styles else -1.0) for one in LIBRARY}
    order = SetOrder(count=10, random_seed=2)
    known = {one.song: one for one in LIBRARY}

    def houses(plan: SetPlan) -> int:
        return sum("house" in known[one.song].styles for one in plan.songs)

    assert houses(planning.plan(order, LIBRARY, liking=liking)) > houses(planning.plan(order, LIBRARY))


def test_a_set_of_one_song_and_of_none() -> None:
    one = planning.plan(SetOrder(songs=["alone"]), [made("alone", 100)])
    assert len(one.songs) == 1 and not one.transitions
    with pytest.raises(planning.CannotPlan, match="analyse songs first"):
        planning.plan(SetOrder(), [])


def test_an_unknown_persona_is_told_with_those_there_are() -> None:
    with pytest.raises(UnknownPersona, match="jules"):
        planning.plan(SetOrder(persona="nobody"), LIBRARY)


@pytest.mark.parametrize(("key", "mode", "code"), [("C", "major", "8B"), ("A", "minor", "8A"), ("F#", "minor", "11A"),
                                                   ("Db", "major", "3B"), ("B", "major", "1B")])  # fmt: skip
def test_keys_have_their_place_on_the_wheel(key: str, mode: str, code: str) -> None:
    place = camelot.code(key, Mode(mode))
    assert place is not None and str(place) == code
    assert camelot.key_of(place)[1] == mode


def test_neighbours_on_the_wheel_cost_little_and_a_tritone_much() -> None:
    def cost(second: tuple[str, str]) -> float:
        return camelot.relation(camelot.code("A", "minor"), camelot.code(*second)).cost

    assert cost(("A", "minor")) < cost(("C", "major")) < 0.1 > cost(("E", "minor"))
    assert cost(("D#", "minor")) > 0.9 > camelot.CLASH


def test_tempi_match_at_half_and_double_time() -> None:
    assert pulses.match(87, 174).pulse == "half"
    assert pulses.match(174, 87).pulse == "double"
    assert pulses.match(120, 124).pulse == "normal"
    assert pulses.match(120, None) is None


def test_a_grid_begins_with_the_first_and_ends_with_the_second_tempo() -> None:
    first, second = [n * 0.5 for n in range(33)], [n * 0.48 for n in range(33)]
    times = grid.together(first, second)
    assert times[1] == pytest.approx(0.5, abs=0.001) and times[-1] - times[-2] == pytest.approx(0.48, abs=0.001)
    assert max(abs(one - 1) for one in grid.stretches(first, times)) < 0.05


def test_daring_makes_leaps_cheaper() -> None:
    far = pairs.pair(Candidate(made("a", 90, key="C")), Candidate(made("b", 128, key="F#", energy=0.95)))
    shy, bold = (Persona(name="p", title="P", about="", daring=daring) for daring in (0.0, 1.0))
    assert pairs.cost(far, bold) < 0.6 * pairs.cost(far, shy)


def test_sections_make_phrases() -> None:
    shape = Shape(made("a", 120))
    assert shape.bars == sum(length for _, length in FORM)
    assert shape.phrases[:4] == [0, 8, 16, 24]
    assert not any(shape.sung[:8]) and all(shape.sung[9:23])


def _both_sing(a: SetSong, at_a: float, b: SetSong, at_b: float, length: float) -> bool:
    """Whether the voices of both sound at one time of a transition, to a beat."""
    spans_a = [(one.start_seconds - at_a, one.end_seconds - at_a) for one in a.vocals or []]
    spans_b = [(one.start_seconds - at_b, one.end_seconds - at_b) for one in b.vocals or []]
    return any(min(x[1], y[1], length) - max(x[0], y[0], 0) > 1.0 for x in spans_a for y in spans_b)


def _share(plan: SetPlan, kind: str) -> float:
    return sum(one.kind == kind for one in plan.transitions) / len(plan.transitions)
