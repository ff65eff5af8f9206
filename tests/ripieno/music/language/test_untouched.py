"""Lists of what is not to be touched keep each of it; what only looks like one is read as before."""

from __future__ import annotations

import pytest

from ripieno.contracts.understanding import Kind
from ripieno.music.language import understand


def heard(text, about="refinement"):
    return [
        (str(one.kind), list(map(str, one.parts)), [place.words for place in one.places], one.negated)
        for one in understand(text, about=about).statements
    ]


@pytest.mark.parametrize(
    "text",
    [
        "don't touch the chorus or the drums",
        "touch neither the chorus nor the drums",
        "the chorus and the drums mustn't be touched",
        "without altering the chorus or the drums",
        "Fass weder den Refrain noch das Schlagzeug an",
        "weder den Refrain noch das Schlagzeug verändern",
        "Weder am Refrain noch am Schlagzeug etwas ändern",
        "ohne den Refrain oder das Schlagzeug anzufassen",
        "no toques ni el estribillo ni la batería",
        "sin tocar ni el estribillo ni la batería",
        "ni el estribillo ni la batería se tocan",
        "ne touche ni au refrain ni à la batterie",
        "sans toucher ni au refrain ni à la batterie",
        "il ne faut rien changer au refrain ni à la batterie",
    ],
)
def test_what_is_not_to_be_touched_is_kept_each_for_itself(text):
    assert sorted(heard(text)) == [("keep", [], ["chorus"], False), ("keep", ["drums"], [], False)]


@pytest.mark.parametrize(
    "text",
    ["no drums or bass", "ni batería ni bajo", "weder Schlagzeug noch Bass", "ni batterie ni basse"],
)
def test_who_is_not_wanted_is_left_out_all_the_same(text):
    assert {kind for kind, *_ in heard(text)} == {"part"} and all(negated for *_, negated in heard(text))


@pytest.mark.parametrize(
    "text",
    [
        "don't touch the piano and drop the drums",
        "Das Klavier nicht anfassen und das Schlagzeug raus",
        "no toques el piano y quita la batería",
        "ne touche pas au piano et enlève la batterie",
    ],
)
def test_an_order_behind_it_is_one_of_its_own(text):
    assert heard(text) == [("keep", ["piano"], [], False), ("part", ["drums"], [], True)]


def test_a_place_of_a_part_is_no_item_of_the_list():
    assert heard("Don't touch the drums in the chorus") == [("keep", ["drums"], ["chorus"], False)]


@pytest.mark.parametrize(
    "text",
    [
        "A piano track, legato in the verses and no piano in the bridge",
        "Eine Klavierspur, legato in den Strophen und in der Bridge kein Klavier",
        "Una pista de piano, legato en las estrofas y nada de piano en el puente",
        "Une piste de piano, legato dans les couplets et pas de piano dans le pont",
    ],
)
def test_how_a_part_plays_here_is_no_reason_to_leave_it_out_there(text):
    said = understand(text, about="request").statements
    (how,) = [one for one in said if one.kind == Kind.ARTICULATION]
    (out,) = [one for one in said if one.negated]
    assert [place.words for place in how.places] == ["verse"]
    assert [place.words for place in out.places] == ["bridge"]
