"""Names of instruments in every language, those that cannot be had, pieces of the drum kit, and slips of the pen."""

from __future__ import annotations

import pytest

from ripieno.contracts.understanding import Kind
from ripieno.music.instruments import all_instruments
from ripieno.music.language import understand
from ripieno.music.language.lexicon import LANGUAGES, lexicon


@pytest.mark.parametrize(
    ("language", "word", "name"),
    [
        ("en", "a cello", "cello"),
        ("de", "ein Cello", "cello"),
        ("es", "un violonchelo", "cello"),
        ("fr", "un violoncelle", "cello"),
        ("en", "a horn section", "brass"),
        ("de", "einen Bläsersatz", "brass"),
        ("es", "una sección de metales", "brass"),
        ("fr", "des cuivres", "brass"),
        ("en", "a clav part", "clavinet"),
        ("de", "eine Querflöte", "flute"),
        ("es", "una flauta", "flute"),
        ("fr", "une flûte", "flute"),
        ("de", "eine Geige", "violin"),
        ("es", "un acordeón", "accordion"),
        ("fr", "un accordéon", "accordion"),
        ("en", "trumpets", "trumpet"),
    ],
)
def test_an_instrument_is_known_in_every_language(language, word, name):
    (one,) = understand(word, language=language).statements
    assert (one.kind, one.value, one.parts) == (Kind.PART, name, [all_instruments()[name].stem])


@pytest.mark.parametrize(
    ("text", "unread"),
    [
        ("add congas in the chorus", "congas"),
        ("ein Cajón für die Strophe", "Cajón"),
        ("unas palmas, por favor", "palmas"),
        ("un ukulélé dans le pont", "ukulélé"),
    ],
)
def test_an_instrument_that_cannot_be_had_is_said_and_nothing_else_is_played(text, unread):
    understood = understand(text)
    assert not [one for one in understood.statements if one.kind == Kind.PART]
    assert [one.text for one in understood.not_understood] == [unread]


@pytest.mark.parametrize(
    "text", ["make the congas louder", "congas, a bit louder", "the shaker should sit out the bridge"]
)
def test_what_is_said_of_it_is_said_of_nobody_else(text):
    understood = understand(text, about="refinement")
    assert not understood.statements and understood.not_understood


def test_that_it_is_not_to_be_is_heeded_as_it_is():
    understood = understand("una guitarra flamenca, nada de palmas ni cajón", language="es")
    assert [one.value for one in understood.statements] == ["nylon guitar"] and not understood.not_understood


@pytest.mark.parametrize(
    "text",
    [
        "take out the hi-hat in the intro",
        "Die Hihat im Intro nervt, weg damit!",
        "no crash on the last chorus",
        "the kick is too loud",
        "sin bombo",
    ],
)
def test_a_piece_of_the_kit_is_not_the_kit(text):
    understood = understand(text, about="comment")
    assert not understood.statements and understood.not_understood


def test_what_one_piece_does_to_the_groove_the_drums_do():
    (one,) = understand("could the hi-hats swing more in the verses?", about="refinement").statements
    assert (one.kind, one.parts) == (Kind.SWING, ["drums"])


@pytest.mark.parametrize(
    ("text", "language", "kind"),
    [
        ("take out everthing exept the piano", "en", Kind.PART),
        ("im zweiten Refrian voler", "de", Kind.DENSITY),
        ("la guitarra más brilante", "es", Kind.BRIGHTNESS),
        ("la baterie plus forte", "fr", Kind.DYNAMICS),
    ],
)
def test_a_slip_of_the_pen_is_read(text, language, kind):
    understood = understand(text, language=language, about="refinement")
    assert [one.kind for one in understood.statements] == [kind] and not understood.not_understood


@pytest.mark.parametrize("text", ["a sampler", "remote drums", "lihgt", "drumz", "versed in bossanova"])
def test_a_word_that_may_be_another_is_not_read_as_one(text):
    understood = understand(text, language="en", about="refinement")
    assert not [one for one in understood.statements if one.negated or one.amount is not None]


def test_every_instrument_has_a_name_in_every_language():
    for language in LANGUAGES:
        named = {one.value for found in lexicon(language).by_word.values() for one in found if one.role == "instrument"}
        assert set(all_instruments()) - {"piano"} <= named | {"piano"}


def test_a_german_compound_is_its_two_words():
    (one,) = [one for one in understand("ein Rocksong", language="de").statements if one.kind == Kind.STYLE]
    assert one.value == "rock"
    (one,) = understand("der Strophenbass ist zu laut", about="comment", language="de").statements
    assert one.parts == ["bass"]
    assert understand("Gletschermusik", language="de").not_understood


@pytest.mark.parametrize("text", ["dont add drums", "no drums w/o bass", "nich lauter", "pa rapear, sin voz"])
def test_another_spelling_never_makes_a_wish_of_a_negation(text):
    wanted = [one for one in understand(text, about="refinement").statements if not one.negated]
    assert not [one for one in wanted if one.kind == Kind.PART and set(one.parts) & {"drums", "vocals"}]
    assert not [one for one in wanted if (one.amount or 0) > 0]


@pytest.mark.parametrize(("text", "bpm"), [("rock at 110", 110), ("um die 100", 100), ("a 90", 90), ("genre 128", 128)])
def test_a_number_that_can_be_nothing_else_is_a_tempo(text, bpm):
    (one,) = [one for one in understand(text).statements if one.kind == Kind.TEMPO]
    assert (one.amount, one.unit, one.absolute) == (bpm, "bpm", True)
