"""What is said anew, in place of something said before, and what is only set against what is wanted."""

from __future__ import annotations

import pytest

from ripieno.contracts.understanding import Kind
from ripieno.music.language import understand


@pytest.mark.parametrize(
    ("text", "kind", "parts", "amount", "where"),
    [
        ("drums louder in the verse. Sorry, I meant the chorus", Kind.DYNAMICS, ["drums"], 0.6, ["chorus"]),
        ("Das Schlagzeug lauter in der Strophe. Sorry, ich meinte im Refrain.", Kind.DYNAMICS, ["drums"], 0.6, ["chorus"]),
        ("la batería más fuerte en la estrofa, perdón, quise decir en el estribillo",
         Kind.DYNAMICS, ["drums"], 0.6, ["chorus"]),
        ("la batterie plus fort dans le couplet, pardon, je voulais dire dans le refrain",
         Kind.DYNAMICS, ["drums"], 0.6, ["chorus"]),
        ("make the bass louder. no wait, i meant the guitar", Kind.DYNAMICS, ["guitar"], 0.6, []),
        ("Bass leiser. Nee, ich meinte die Gitarre.", Kind.DYNAMICS, ["guitar"], -0.6, []),
        ("make it 120 bpm. sorry, I meant 112", Kind.TEMPO, [], 112.0, []),
        ("make it 128, no wait, 124 bpm", Kind.TEMPO, [], 124.0, []),
        ("faster, sorry, slower", Kind.TEMPO, [], -0.5, []),
        ("Die Orgel eine Oktave höher, ach nee, ich meinte tiefer", Kind.REGISTER, ["synth"], -1.0, []),
        ("le violoncelle une octave plus bas dans le pont, enfin non, plus haut", Kind.REGISTER, ["other"], 1.0, ["bridge"]),
    ],
)  # fmt: skip
def test_a_correction_takes_the_place_of_the_like(text, kind, parts, amount, where):
    (one,) = understand(text, about="refinement").statements
    assert (one.kind, one.parts, one.amount, one.negated) == (kind, parts, amount, False)
    assert [place.words for place in one.places] == where


@pytest.mark.parametrize(
    "text",
    [
        "not the organ, i meant strings in the last chorus",
        "I said strings, not organ, strings in the last chorus",
        "Not the organ. I meant strings in the last chorus.",
        "ich meinte nicht die Orgel, sondern Streicher im letzten Refrain",
        "keine Orgel, ich meinte Streicher im letzten Refrain",
        "no el órgano, quería decir cuerdas en el último estribillo",
        "pas l'orgue, je voulais dire des cordes dans le dernier refrain",
    ],
)
def test_what_was_meant_is_wanted_and_nothing_is_left_out(text):
    one = understand(text, about="refinement").statements[-1]
    assert (one.value, one.negated, [place.section for place in one.places]) == ("strings", False, ["chorus last"])


def test_what_is_set_against_another_is_out_where_that_one_plays():
    out, wanted = understand(
        "nicht das Klavier, sondern die Gitarre soll im Intro spielen", about="refinement"
    ).statements
    assert (out.parts, out.negated, wanted.parts, wanted.negated) == (["piano"], True, ["guitar"], False)
    assert out.places == wanted.places


def test_a_change_of_another_part_is_no_order_to_leave_out():
    (one,) = understand("no la guitarra, el piano es el que tiene que sonar más fuerte", about="refinement").statements
    assert (one.kind, one.parts) == (Kind.DYNAMICS, ["piano"])


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("swap the distorted guitar for a clean one", "clean guitar"),
        ("change the guitar to an acoustic one", "acoustic guitar"),
        ("tausch die verzerrte Gitarre gegen eine cleane", "clean guitar"),
        ("ersetze die E-Gitarre durch eine akustische", "acoustic guitar"),
        ("cambia la guitarra distorsionada por una limpia", "clean guitar"),
        ("remplace la guitare saturée par une acoustique", "acoustic guitar"),
    ],
)
def test_one_word_tells_the_instrument(text, value):
    (one,) = understand(text, about="refinement").statements
    assert (one.kind, one.parts, one.value, one.negated) == (Kind.INSTRUMENT, ["guitar"], value, False)


@pytest.mark.parametrize(
    "text",
    [
        "drums quieter, leave everybody else as they are",
        "drums quieter and don't touch anything else",
        "Schlagzeug leiser, den Rest bitte so lassen",
        "la batería más suave, el resto como está",
        "la batterie moins fort, ne touche pas au reste",
    ],
)
def test_the_rest_is_kept(text):
    softer, kept = understand(text, about="refinement").statements
    assert softer.parts == ["drums"]
    assert (kept.kind, kept.parts, kept.but_parts) == (Kind.KEEP, [], ["drums"])


@pytest.mark.parametrize(
    "text",
    [
        "Bitte einen Halbton tiefer. Der Chor schafft das sonst nicht.",
        "Bitte einen Halbton tiefer, die Sängerin kommt sonst nicht hoch",
        "on peut baisser d'un demi-ton ? Le chœur n'y arrive pas sinon.",
        "¿podéis bajarlo un semitono? El coro no llega si no.",
        "take it down a semitone, the choir can't reach it otherwise",
    ],
)
def test_a_reason_is_no_wish(text):
    (one,) = understand(text, about="refinement").statements
    assert (one.kind, one.amount) == (Kind.KEY, -1.0)


@pytest.mark.parametrize(
    "text",
    [
        "bring the drums in at the chorus, not before",
        "das Schlagzeug erst im Refrain, nicht vorher",
        "la batería en el estribillo, no antes",
        "la batterie au refrain, pas avant",
    ],
)
def test_not_before_is_from_there_on(text):
    (one,) = understand(text, about="refinement").statements
    assert (one.parts, one.negated, one.only) == (["drums"], False, True)
    assert [place.words for place in one.places] == ["from chorus on"]


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("no drums in verse 1, sorry, verse 2", "verse 2"),
        ("sin batería en la primera estrofa, perdón, en la segunda", "verse 2"),
        ("pas de batterie au couplet 1, pardon, au couplet 2", "verse 2"),
        ("bars 9 to 12 without drums, sorry, 9 to 16", "bars 9 to 16"),
    ],
)
def test_the_place_that_was_meant(text, where):
    (one,) = understand(text, about="refinement").statements
    assert (one.parts, one.negated, [place.words for place in one.places]) == (["drums"], True, [where])


@pytest.mark.parametrize(
    "text",
    [
        "el reverb de la voz es demasiado",
        "la réverb sur la voix c'est trop",
        "the reverb on the voice is a bit much for a spoken song",
    ],
)
def test_too_much_behind_its_noun_is_less(text):
    (one,) = understand(text, about="comment").statements
    assert (one.parts, one.value, (one.amount or 0) < 0) == (["vocals"], "reverb", True)


@pytest.mark.parametrize(
    "text", ["not up an octave, down an octave for the bass", "take it down an octave, no, a tone"]
)
def test_a_number_that_is_not_meant_is_never_done(text):
    assert all(one.negated or (one.amount or 0) < 0 for one in understand(text, about="refinement").statements)


@pytest.mark.parametrize(
    "text",
    [
        "drums softer in verse 2. Same for verse 3",
        "Schlagzeug in Strophe 2 leiser, in Strophe 3 auch",
        "la batería más suave en la estrofa 2. Lo mismo en la estrofa 3",
        "la batterie moins fort au couplet 2. Pareil au couplet 3",
    ],
)
def test_the_same_at_another_place(text):
    (one,) = understand(text, about="refinement").statements
    assert (one.parts, (one.amount or 0) < 0) == (["drums"], True)
    assert [place.words for place in one.places] == ["verse 2", "verse 3"]


@pytest.mark.parametrize("text", ["Drums in the intro? No thanks.", "Schlagzeug im Intro? Nein danke."])
def test_a_no_to_a_question_leaves_out(text):
    (one,) = understand(text, about="refinement").statements
    assert (one.parts, one.negated, [place.words for place in one.places]) == (["drums"], True, ["intro"])


@pytest.mark.parametrize(
    ("text", "about"),
    [
        ("the bass is fine, the guitar isn't", "comment"),
        ("the piano plays fewer notes and stays out of the singer's way", "refinement"),
        ("ne joue pas plus fort, joue plus court", "refinement"),
        ("not verse 1, verse 2 needs more drums", "refinement"),
        ("todo bien salvo la guitarra, que suena muy oscura", "comment"),
        ("only drums and bass in verse 1, then everybody from the chorus", "refinement"),
    ],
)
def test_nothing_is_made_the_contrary(text, about):
    """Each of these once left out, or raised, what was to stay."""
    for one in understand(text, about=about).statements:
        assert not (one.negated and one.kind in (Kind.PART, Kind.SECTION) and (one.parts or not one.but_parts))
        assert not (one.kind == Kind.DYNAMICS and (one.amount or 0) > 0 and not one.negated)
        assert not (one.kind == Kind.BRIGHTNESS and not one.parts)
        assert "chorus" not in [place.section for place in one.places if one.negated]


@pytest.mark.parametrize(
    ("text", "kind", "parts", "amount"),
    [
        ("Gitarre raus? Nein, nur leiser", Kind.DYNAMICS, ["guitar"], -0.6),
        ("slower? no, faster", Kind.TEMPO, [], 0.5),
        ("louder? no way, softer", Kind.DYNAMICS, [], -0.6),
        ("more drums? no. more bass!", Kind.PRESENCE, ["bass"], 0.6),
        ("the vocals are buried by the guitar", Kind.PRESENCE, ["vocals"], 0.5),
        ("the problem is not the tempo, the bass should be softer", Kind.DYNAMICS, ["bass"], -0.6),
    ],
)
def test_only_what_is_wanted_comes_out(text, kind, parts, amount):
    (one,) = understand(text, about="refinement").statements
    assert (one.kind, one.parts, one.amount, one.negated) == (kind, parts, amount, False)


@pytest.mark.parametrize("text", ["no drums, bass and guitar", "ohne Schlagzeug, Bass und Gitarre"])
def test_a_row_that_is_not_wanted_is_left_out_as_a_whole(text):
    (one,) = understand(text, about="refinement").statements
    assert (one.parts, one.negated) == (["drums", "bass", "guitar"], True)


def test_a_row_ends_where_something_is_said_of_its_last():
    statements = understand("ohne Schlagzeug, Cello und tiefe Streicher").statements
    assert [one.parts for one in statements if one.negated] == [["drums"]]


def test_on_this_not_that_is_this():
    wanted = understand("the solo should be on trumpet not sax", about="refinement").statements[0]
    assert (wanted.value, wanted.negated, [place.section for place in wanted.places]) == ("trumpet", False, ["solo"])


def test_a_polite_wish_to_lose_a_part_is_no_wish_for_it():
    out, back = understand(
        "can we lose the drums in verse 1? they come back in at the chorus", about="refinement"
    ).statements
    assert (out.parts, out.negated, back.parts, back.negated) == (["drums"], True, ["drums"], False)


def test_what_was_asked_and_is_fine_stays():
    assert [one.kind for one in understand("bass too loud? no it's fine", about="comment").statements] == [Kind.KEEP]
