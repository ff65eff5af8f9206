"""What is said of the voices behind a lead, in four languages; what is said of the lead is not said of them."""

from __future__ import annotations

import pytest

from ripieno.contracts.composition import BACKING
from ripieno.contracts.understanding import Kind
from ripieno.music.language import understand


@pytest.mark.parametrize(
    ("text", "value", "places", "more", "negated"),
    [
        ("more backing vocals in the last chorus", None, ["chorus last"], 0.6, False),
        ("fewer background singers", None, [], -0.6, False),
        ("no backing vocals", None, [], None, True),
        ("take the backing vocals out of the bridge", None, ["bridge"], None, True),
        ("harmonies a third below", "third below", [], None, False),
        ("backing vocals a sixth above in the chorus", "sixth above", ["chorus"], None, False),
        ("call and response in the second verse", "answer", ["verse 2"], None, False),
        ("no ad-libs in the chorus", "ad-libs", ["chorus"], None, True),
        ("mehr Backing Vocals im letzten Refrain", None, ["chorus last"], 0.6, False),
        ("kein Backgroundgesang", None, [], None, True),
        ("Backgroundgesang eine Terz tiefer", "third below", [], None, False),
        ("más voces de apoyo en el último estribillo", None, ["chorus last"], 0.6, False),
        ("sin coristas", None, [], None, True),
        ("plus de voix de fond dans le refrain", None, ["chorus"], 0.6, False),
        ("sans choristes", None, [], None, True),
    ],
)
def test_they_are_wanted_left_out_or_more_of(text, value, places, more, negated):
    (one,) = [one for one in understand(text, about="refinement").statements if one.kind == Kind.BACKING]
    assert (one.value, [place.words for place in one.places], one.negated) == (value, places, negated)
    assert one.amount == more and one.parts == ["vocals"]


def test_how_they_sound_is_not_said_of_the_lead():
    said = understand("the vocals are great but the backing vocals are too loud", about="comment").statements
    assert {(one.kind, one.value) for one in said} == {(Kind.KEEP, None), (Kind.DYNAMICS, BACKING)}


def test_beside_others_everybody_has_what_was_said_of_them():
    said = understand("no backing vocals and no piano", about="refinement").statements
    assert [(one.kind, one.parts, one.negated) for one in said] == [
        (Kind.BACKING, ["vocals"], True),
        (Kind.PART, ["piano"], True),
    ]


def test_words_of_harmony_that_are_of_chords_stay_so():
    assert not [one for one in understand("change the harmonies in the chorus").statements if one.kind == Kind.BACKING]
    assert not [one for one in understand("a third lower, please").statements if one.kind == Kind.BACKING]
