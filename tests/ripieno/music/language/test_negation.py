"""What words of negation are for: never more than they are said of, and nothing where that cannot be told."""

from __future__ import annotations

import pytest

from ripieno.contracts.understanding import Kind, Statement
from ripieno.music.language import understand


def left_out(text: str, about="refinement") -> list[Statement]:
    return [one for one in understand(text, about=about).statements if one.kind == Kind.PART and one.negated]


@pytest.mark.parametrize(
    "text",
    [
        "I don't think the drums are good in the verse", "not sure about the guitar", "the drums don't work for me",
        "don't let the bass drown out the vocals", "The bassline doesn't follow the kick", "no cheesy synths please",
        "Could you not play drums in the intro?", "the flute doesn't have to play all the time",
        "I wouldn't mind a cello in the bridge", "Why is there no bass?", "witout drums",
        "the sax should not play over the vocals in verse 2", "no bass between the two",
        "die Drums dürfen nicht so pumpen", "muss die Gitarre nicht spielen", "Das Klavier hört nicht auf",
        "la guitarra no pega nada", "el bajo no tiene que tocar siempre", "que la batería no pare en el puente",
        "la basse ne colle pas avec la batterie", "Le piano n'a pas besoin de jouer dans le pont",
        "qu'elle ne joue pas entre les deux", "Faut pas que la guitare couvre la voix",
    ],
)  # fmt: skip
def test_a_negator_in_doubt_leaves_nothing_out_and_is_said_not_to_be_understood(text):
    understood = understand(text, about="refinement")
    assert not left_out(text)
    assert understood.not_understood


@pytest.mark.parametrize(
    "text",
    [
        "I can't hear the violin in the bridge", "you can hardly hear the violin in the bridge",
        "the violin gets lost in the bridge", "die Geige geht in der Bridge unter", "Ich höre die Geige in der Bridge kaum",
        "no se oye el violín en el puente", "on n'entend presque pas le violon dans le pont",
    ],
)  # fmt: skip
def test_what_is_not_heard_is_to_be_more(text):
    (one,) = understand(text, about="comment").statements
    assert one.kind == Kind.PRESENCE and one.amount and one.amount > 0 and not one.negated
    assert [place.section for place in one.places] == ["bridge"]


@pytest.mark.parametrize(
    "text",
    [
        "couldn't you add a flute in the bridge?", "why don't we add a flute in the bridge?",
        "könntet ihr nicht eine Flöte in der Bridge dazu?", "t'aurais pas une flûte pour le pont ?",
        "vous pourriez pas ajouter une flûte dans le pont ?", "¿No podrías poner una flauta en el puente?",
    ],
)  # fmt: skip
def test_a_question_with_a_negator_asks_for_what_it_names(text):
    (one,) = understand(text).statements
    assert (one.kind, one.value, one.negated) == (Kind.PART, "flute", False)


@pytest.mark.parametrize(
    ("text", "parts", "where"),
    [
        ("no drums in the intro", ["drums"], ["intro"]), ("take the guitar out of the bridge", ["guitar"], ["bridge"]),
        ("the bass should not play in the bridge", ["bass"], ["bridge"]), ("drums out in the bridge", ["drums"], ["bridge"]),
        ("Das Schlagzeug spielt im Refrain nicht", ["drums"], ["chorus"]), ("weder Bass noch Schlagzeug", ["bass", "drums"], []),
        ("Könnten die Drums im Intro nicht spielen?", ["drums"], ["intro"]), ("bass out in the bridge, drums out too", ["bass"], ["bridge"]),
        ("que no suene la batería en la intro", ["drums"], ["intro"]), ("la batterie ne joue pas dans le pont", ["drums"], ["bridge"]),
    ],
)  # fmt: skip
def test_a_negator_that_is_placed_leaves_out_just_what_it_is_for(text, parts, where):
    found = left_out(text)[0]
    assert (found.parts, [place.section for place in found.places]) == (parts, where)


@pytest.mark.parametrize(
    ("text", "kept", "where"),
    [
        ("take out everything except the piano in the outro", ["piano"], ["outro"]),
        ("enlève tout sauf la voix dans le pont", ["vocals"], ["bridge"]),
        ("im Outro nur noch Klavier", ["piano"], ["outro"]),
        ("en el outro sin batería, solo piano y cuerdas", ["piano", "synth"], ["outro"]),
    ],
)
def test_those_who_are_excepted_play(text, kept, where):
    found = left_out(text)[-1]
    assert (found.parts, found.but_parts, [place.section for place in found.places]) == ([], kept, where)
    assert not any(set(kept) & set(one.parts) for one in left_out(text))


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("104 instead of 98 bpm", Kind.TEMPO, 104.0), ("so 104 statt 98 bpm", Kind.TEMPO, 104.0),
        ("104 au lieu de 98 bpm", Kind.TEMPO, 104.0), ("104 en vez de 98 bpm", Kind.TEMPO, 104.0),
        ("no more than 100 bpm", Kind.TEMPO, 100.0), ("brighter instead of louder", Kind.BRIGHTNESS, 0.6),
    ],
)  # fmt: skip
def test_what_stands_behind_instead_of_is_not_wanted(text, kind, value):
    (one,) = understand(text, about="refinement").statements
    assert (one.kind, one.amount) == (kind, value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("the drums are too loud, not the bass", Kind.DYNAMICS), ("take the reverb off the vocals, but not the delay", Kind.EFFECT),
    ],
)  # fmt: skip
def test_a_contrast_leaves_nothing_out(text, said):
    (one,) = understand(text, about="comment").statements
    assert one.kind == said


def test_what_contradicts_itself_is_not_believed():
    understood = understand("percussion, but no drums")
    assert [(one.parts, one.negated) for one in understood.statements] == [(["drums"], True)]
    assert [one.text for one in understood.not_understood] == ["percussion"]
