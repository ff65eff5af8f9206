"""A set is planned again around what a person moved, swapped, pinned or banned."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from benchmarks.sets.songs import library
from ripieno.contracts.sets import SetEdit, SetOrder, SetPlan, TransitionPlace
from ripieno.music.sets import editing, explaining, planning

LIBRARY = library(60, seed=7)
ORDER = SetOrder(count=10, random_seed=4)


@pytest.fixture(scope="module")
def plan() -> SetPlan:
    return planning.plan(ORDER, LIBRARY)


def edited(plan: SetPlan, *edits: SetEdit) -> SetPlan:
    return editing.replanned(ORDER, LIBRARY, plan, edits)


def ids(plan: SetPlan) -> list[str]:
    return [one.song for one in plan.songs]


def test_a_song_is_moved_and_the_rest_goes_around_it(plan: SetPlan) -> None:
    song = ids(plan)[1]
    after = edited(plan, SetEdit(do="move", song=song, to=7))
    assert after.songs[6].song == song and after.songs[6].pinned
    assert "You wanted it here." in after.songs[6].why
    assert len(ids(after)) == len(set(ids(after))) == 10
    assert len(set(ids(after)) & set(ids(plan))) >= 7


def test_a_banned_song_is_gone_and_stays_gone(plan: SetPlan) -> None:
    song = ids(plan)[4]
    after = edited(plan, SetEdit(do="ban", song=song))
    assert song not in ids(after) and len(ids(after)) == 10
    again = edited(after, SetEdit(do="move", song=ids(after)[0], to=2))
    assert song not in ids(again)
    assert song not in again.wishes.songs


def test_two_songs_change_places_and_a_song_gives_way_to_another(plan: SetPlan) -> None:
    a, b = ids(plan)[2], ids(plan)[6]
    after = edited(plan, SetEdit(do="swap", song=a, other=b))
    assert (after.songs[2].song, after.songs[6].song) == (b, a)
    outside = next(one.song for one in LIBRARY if one.song not in ids(plan))
    after = edited(plan, SetEdit(do="swap", song=a, other=outside))
    assert after.songs[2].song == outside and a not in ids(after)
    after = edited(plan, SetEdit(do="swap", song=a))
    assert a not in ids(after) and len(ids(after)) == 10


def test_a_pinned_song_stays_through_other_edits(plan: SetPlan) -> None:
    song = ids(plan)[3]
    after = edited(
        plan, SetEdit(do="pin", song=song), SetEdit(do="ban", song=ids(plan)[2]), SetEdit(do="ban", song=ids(plan)[5])
    )
    assert after.songs[3].song == song
    free = edited(after, SetEdit(do="free", song=song))
    assert not free.wishes.songs


def test_a_transition_is_another_kind_or_never_that_one(plan: SetPlan) -> None:
    step = plan.transitions[3]
    place = TransitionPlace(from_song=step.from_song, to_song=step.to_song)
    other = "cut" if step.kind != "cut" else "echo"
    after = edited(plan, SetEdit(do="swap", transition=place, kind=other))
    found = next(one for one in after.transitions if one.from_song == step.from_song)
    assert (found.to_song, found.kind, found.pinned) == (step.to_song, other, True)
    after = edited(plan, SetEdit(do="ban", transition=place, kind=step.kind))
    found = next(one for one in after.transitions if one.from_song == step.from_song)
    assert found.to_song == step.to_song and found.kind != step.kind


def test_two_songs_are_never_one_after_the_other(plan: SetPlan) -> None:
    step = plan.transitions[2]
    place = TransitionPlace(from_song=step.from_song, to_song=step.to_song)
    after = edited(plan, SetEdit(do="ban", transition=place))
    assert (step.from_song, step.to_song) not in [(one.from_song, one.to_song) for one in after.transitions]


def test_a_transition_is_moved_by_bars(plan: SetPlan) -> None:
    step = plan.transitions[1]
    place = TransitionPlace(from_song=step.from_song, to_song=step.to_song)
    after = edited(plan, SetEdit(do="move", transition=place, by_bars=-4))
    found = next(one for one in after.transitions if one.from_song == step.from_song)
    song = next(one for one in LIBRARY if one.song == step.from_song)
    bar = 240 / (song.bpm or 1)
    assert found.to_song == step.to_song
    assert found.from_seconds == pytest.approx(step.from_seconds - 4 * bar, abs=0.05) or after.remarks


def test_a_kind_is_banned_from_the_whole_set(plan: SetPlan) -> None:
    kind = plan.transitions[0].kind
    after = edited(plan, SetEdit(do="ban", kind=kind))
    assert kind not in [one.kind for one in after.transitions]
    assert kind not in edited(after, SetEdit(do="free", kind=kind)).wishes.banned_kinds


def test_what_cannot_be_is_told(plan: SetPlan) -> None:
    with pytest.raises(editing.CannotEdit, match="not in this set"):
        edited(plan, SetEdit(do="move", song="nowhere", to=2))
    with pytest.raises(editing.CannotEdit, match="no position 40"):
        edited(plan, SetEdit(do="move", song=ids(plan)[0], to=40))
    with pytest.raises(editing.CannotEdit, match="no such transition"):
        edited(plan, SetEdit(do="ban", transition=TransitionPlace(from_song="nowhere")))
    with pytest.raises(ValidationError, match="say what to change"):
        SetEdit(do="pin")


def test_it_answers_why(plan: SetPlan) -> None:
    assert any("energy" in sentence for sentence in explaining.asked(plan, song=ids(plan)[2]))
    assert explaining.asked(plan, transition=1)[0].startswith("From ")
    assert "Transitions:" in " ".join(explaining.asked(plan))
    with pytest.raises(LookupError):
        explaining.asked(plan, transition=99)
