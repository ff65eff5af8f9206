"""Words made of others, numbers in words, and what follows from them."""

from __future__ import annotations

import pytest

from ripieno.contracts.understanding import Kind
from ripieno.music.language import understand
from ripieno.music.language.counting import numbers


@pytest.mark.parametrize(
    ("language", "word", "number"),
    [
        ("en", "twenty one", 21),
        ("de", "einundzwanzig", 21),
        ("de", "hundertachtzehn", 118),
        ("es", "veintidós", 22),
        ("es", "treinta y cinco", 35),
        ("es", "ciento veinte", 120),
        ("fr", "vingt et une", 21),
        ("fr", "soixante et onze", 71),
        ("fr", "quatre-vingt-dix dix-sept", None),
        ("fr", "cent dix", 110),
    ],
)
def test_numbers_are_read_in_words(language, word, number):
    assert numbers(language).get(word) == number


@pytest.mark.parametrize("language", ["en", "de", "es", "fr"])
def test_every_number_to_199_has_a_word(language):
    assert set(numbers(language).values()) >= {float(number) for number in range(1, 200)}


@pytest.mark.parametrize(
    ("text", "language", "kind", "way"),
    [
        ("la guitarra más suavecita", "es", Kind.DYNAMICS, -1),
        ("alárgame el puente", "es", Kind.LENGTH, 1),
        ("the piano should be moodier and lusher", "en", Kind.DENSITY, 1),
        ("die Gitarre kitschiger", "de", Kind.MOOD, 1),
    ],
)
def test_a_word_that_is_made_of_a_known_one_is_read_as_that(text, language, kind, way):
    found = [one for one in understand(text, language=language, about="refinement").statements if one.kind == kind]
    assert [(one.amount or 0) * way > 0 for one in found] == [True]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("musique de fond, piano et nappes, pas de rythme", "fr"),
        ("algo de jazz, sin voz, piano, contrabajo y batería", "es"),
        ("zehn Minuten Ambient, ohne Beat, Klavier und eine Flöte", "de"),
    ],
)
def test_what_is_listed_behind_a_without_is_not_left_out(text, language):
    out = [one for one in understand(text, language=language).statements if one.kind == Kind.PART and one.negated]
    assert not any("piano" in one.parts for one in out)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("¿Y el bajo? No lo oigo en todo el puente.", "es"),
        ("En los compases 9 a 12 que no toque nadie más que el saxo.", "es"),
        ("Lass die Drums in den Strophen weg und im Refrain richtig knallen.", "de"),
        ("Statt Staccato hätte ich die Streicher lieber gebunden.", "de"),
    ],
)
def test_nobody_is_silenced_who_is_wanted(text, language):
    out = [one for one in understand(text, language=language, about="refinement").statements if one.negated]
    wanted = {"bass", "other", "synth"}
    assert not any(set(one.parts) & wanted or (not one.parts and not one.but_parts) for one in out)
    assert not any(place.section == "chorus" for one in out for place in one.places)


def test_what_is_to_go_goes_with_what_is_named_behind_it():
    said = understand(
        "get rid of the delay on the guitar and the distortion on the bass", about="refinement"
    ).statements
    assert [(one.value, one.parts, one.amount) for one in said] == [
        ("delay", ["guitar"], -1.0),
        ("distortion", ["bass"], -1.0),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "except in the verse any chance of a techno track, 132 in F minor, where the intro is",
        "voulais dire le refrain, pas le couplet : c'est là voulais dire le refrain, pas le couplet",
        "Sauf dans le pont, je veux la batterie plus en avant.",
    ],
)
@pytest.mark.parametrize("about", ["request", "refinement", "comment"])
def test_whatever_is_said_something_is_answered(text, about):
    understood = understand(text, about=about)
    assert understood.statements or understood.not_understood
