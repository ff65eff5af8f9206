"""What words of negation are for: never more than they are said of, and nothing where that cannot be told."""

from __future__ import annotations

import pytest

from ripieno.contracts.understanding import About, Kind, Statement
from ripieno.music.language import understand


def left_out(text: str, about: About = "refinement") -> list[Statement]:
    return [one for one in understand(text, about=about).statements if one.kind == Kind.PART and one.negated]


@pytest.mark.parametrize(
    "text",
    [
        "I don't think the drums are good in the verse",
        "not sure about the guitar",
        "the drums don't work for me",
        "don't let the bass drown out the vocals",
        "The bassline doesn't follow the kick",
        "no crappy synths please",
        "Could you not play drums in the intro?",
        "the flute doesn't have to play all the time",
        "I wouldn't mind a cello in the bridge",
        "Why is there no bass?",
        "witout drums",
        "the sax should not play over the vocals in verse 2",
        "no bass between the two",
        "die Drums dürfen nicht so pumpen",
        "muss die Gitarre nicht spielen",
        "Das Klavier hört nicht auf",
        "la guitarra no pega nada",
        "el bajo no tiene que tocar siempre",
        "que la batería no pare en el puente",
        "la basse ne colle pas avec la batterie",
        "Le piano n'a pas besoin de jouer dans le pont",
        "qu'elle ne joue pas entre les deux",
        "Faut pas que la guitare couvre la voix",
    ],
)
def test_a_negator_in_doubt_leaves_nothing_out_and_is_said_not_to_be_understood(text):
    understood = understand(text, about="refinement")
    assert not left_out(text)
    assert understood.not_understood


@pytest.mark.parametrize(
    "text",
    [
        "I can't hear the violin in the bridge",
        "you can hardly hear the violin in the bridge",
        "the violin gets lost in the bridge",
        "die Geige geht in der Bridge unter",
        "Ich höre die Geige in der Bridge kaum",
        "no se oye el violín en el puente",
        "on n'entend presque pas le violon dans le pont",
    ],
)
def test_what_is_not_heard_is_to_be_more(text):
    (one,) = understand(text, about="comment").statements
    assert one.kind == Kind.PRESENCE and one.amount and one.amount > 0 and not one.negated
    assert [place.section for place in one.places] == ["bridge"]


@pytest.mark.parametrize(
    "text",
    [
        "couldn't you add a flute in the bridge?",
        "why don't we add a flute in the bridge?",
        "könntet ihr nicht eine Flöte in der Bridge dazu?",
        "t'aurais pas une flûte pour le pont ?",
        "vous pourriez pas ajouter une flûte dans le pont ?",
        "¿No podrías poner una flauta en el puente?",
    ],
)
def test_a_question_with_a_negator_asks_for_what_it_names(text):
    (one,) = understand(text).statements
    assert (one.kind, one.value, one.negated) == (Kind.PART, "flute", False)


@pytest.mark.parametrize(
    ("text", "parts", "where"),
    [
        ("no drums in the intro", ["drums"], ["intro"]),
        ("take the guitar out of the bridge", ["guitar"], ["bridge"]),
        ("the bass should not play in the bridge", ["bass"], ["bridge"]),
        ("drums out in the bridge", ["drums"], ["bridge"]),
        ("Das Schlagzeug spielt im Refrain nicht", ["drums"], ["chorus"]),
        ("weder Bass noch Schlagzeug", ["bass", "drums"], []),
        ("Könnten die Drums im Intro nicht spielen?", ["drums"], ["intro"]),
        ("bass out in the bridge, drums out too", ["bass"], ["bridge"]),
        ("que no suene la batería en la intro", ["drums"], ["intro"]),
        ("la batterie ne joue pas dans le pont", ["drums"], ["bridge"]),
    ],
)
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
        ("104 instead of 98 bpm", Kind.TEMPO, 104.0),
        ("so 104 statt 98 bpm", Kind.TEMPO, 104.0),
        ("104 au lieu de 98 bpm", Kind.TEMPO, 104.0),
        ("104 en vez de 98 bpm", Kind.TEMPO, 104.0),
        ("no more than 100 bpm", Kind.TEMPO, 100.0),
        ("brighter instead of louder", Kind.BRIGHTNESS, 0.6),
    ],
)
def test_what_stands_behind_instead_of_is_not_wanted(text, kind, value):
    (one,) = understand(text, about="refinement").statements
    assert (one.kind, one.amount) == (kind, value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("the drums are too loud, not the bass", Kind.DYNAMICS),
        ("take the reverb off the vocals, but not the delay", Kind.EFFECT),
    ],
)
def test_a_contrast_leaves_nothing_out(text, said):
    (one,) = understand(text, about="comment").statements
    assert one.kind == said


@pytest.mark.parametrize(
    "text",
    [
        "You don't need to drop the bass",
        "Who turned the drums down?",
        "There's no bass in the bridge, is that on purpose?",
        "Everything's great except the drums are too loud",
        "it shouldn't be in the way of the singer",
        "I miss the bass",
        "the strings never come back after the bridge",
        "the bass doesn't play in the bridge",
        "I wanted a cello, not a violin",
        "not only the drums but also the bass should be louder",
        "put the vocals further back, not the guitar",
        "no more changes to the drums",
        "vocals up 2 dB please, rest is spot on",
        "I can't wait to hear the drums",
        "Das Schlagzeug darf im Intro nicht fehlen",
        "Ich hätte nichts gegen Streicher",
        "Nicht die Gitarre ist zu laut",
        "Ich finde die Orgel nicht schlecht",
        "Ohne Bass geht's nicht",
        "Der Gesang kommt nicht durch",
        "la batería no puede faltar en el estribillo",
        "no está mal el piano",
        "no me molesta la guitarra",
        "j'ai rien contre les cordes mais pas dans l'intro",
        "la batterie ne sert à rien dans le couplet",
        "Change rien à la batterie",
        "la basse ne doit surtout pas disparaître dans le pont",
    ],
)
def test_nobody_is_left_out_whom_nobody_wanted_out(text):
    assert not left_out(text, about="comment")


@pytest.mark.parametrize(
    ("text", "instrument"),
    [
        ("no keyboard but a real piano", "piano"),
        ("Streicher weg, dafür Orgel", "organ"),
        ("pas de nappe mais un orgue", "organ"),
    ],
)
def test_an_instrument_for_another_of_its_stem_leaves_the_stem(text, instrument):
    assert not left_out(text)
    assert instrument in [one.value or str(one.parts[0]) for one in understand(text).statements]


def test_two_ways_at_once_are_no_way():
    understood = understand("slower, faster", about="comment")
    assert not understood.statements and [one.text for one in understood.not_understood] == ["slower", "faster"]


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("no drums except in the chorus", "chorus"),
        ("remove the drums everywhere but the chorus", "chorus"),
        ("Ne mets la batterie qu'à partir de la mesure 9", "bars 9 to 9999"),
        ("das Schlagzeug nicht vor Takt 5", "bars 5 to 9999"),
    ],
)
def test_left_out_but_somewhere_is_there_only(text, where):
    (one,) = understand(text, about="refinement").statements
    assert (one.negated, one.only, [place.words for place in one.places]) == (False, True, [where])


def test_what_contradicts_itself_is_not_believed():
    understood = understand("percussion, but no drums")
    assert [(one.parts, one.negated) for one in understood.statements] == [(["drums"], True)]
    assert [one.text for one in understood.not_understood] == ["percussion"]
