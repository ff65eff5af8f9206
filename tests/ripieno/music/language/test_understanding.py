"""How words are read: where they stand, what is not understood, languages, and text that is no sentence."""

from __future__ import annotations

import random

import pytest

from ripieno.contracts.understanding import Kind
from ripieno.music.instruments import all_instruments
from ripieno.music.language import understand
from ripieno.music.language.lexicon import LANGUAGES, lexicon


def test_a_statement_says_the_very_words_it_comes_from():
    text = "\U0001f3b7 Ok: busier, but NOT louder; Straße!"
    understood = understand(text)
    assert [one.words.text for one in understood.statements] == ["busier", "NOT louder"]
    for one in (*(statement.words for statement in understood.statements), *understood.not_understood):
        assert text[one.start : one.end] == one.text


def test_what_nobody_reads_is_said():
    understood = understand("a bass line like Jaco Pastorius, darker")
    assert [one.text for one in understood.not_understood] == ["Jaco Pastorius"]
    assert {one.kind for one in understood.statements} == {Kind.PART, Kind.BRIGHTNESS}


def test_accents_and_capitals_do_not_matter():
    with_them = understand("MÁS RÁPIDO EN LA INTRODUCCIÓN", language="es").statements
    without = understand("mas rapido en la introduccion", language="es").statements
    assert [(one.kind, one.amount, one.places) for one in with_them] == [
        (one.kind, one.amount, one.places) for one in without
    ]


def test_a_language_that_is_given_is_the_one():
    assert understand("piano", language="fr").language == "fr" and understand("piano").language == "en"


def test_a_hyphen_is_a_dash_between_numbers():
    for text in ("bars 17-24", "bars 17–24", "bars 17 to 24", "bars 17 - 24", "bars 17 through 24"):
        (one,) = understand(f"only {text}").statements
        assert one.places[0].bars == (17, 24), text


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("in A minor", "A minor"),
        ("F# major", "F# major"),
        ("b flat minor", "Bb minor"),
        ("in C", "C"),
        ("h-Moll", "B minor"),
        ("in fis-Moll", "F# minor"),
        ("en do mayor", "C major"),
        ("en si bemol mayor", "Bb major"),
        ("en ré mineur", "D minor"),
        ("en fa dièse mineur", "F# minor"),
    ],
)
def test_keys_are_read_in_every_language(text, value):
    (one,) = understand(text).statements
    assert (one.kind, one.value, one.absolute) == (Kind.KEY, value, True)


def test_every_instrument_is_known_by_its_names_in_every_language():
    for language in LANGUAGES:
        for name, one in all_instruments().items():
            for word in (name, *one.words):
                found = [statement for statement in understand(word, language=language).statements if statement.parts]
                assert found and found[0].parts == [one.stem], (language, word)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_vocabulary_has_words_for_every_concept_and_ordinals_for_the_last(language):
    words = lexicon(language)
    known = (entry for found in words.by_word.values() for entry in found if entry.role != "fill")
    named = {entry.value.partition("/")[0] for entry in known if entry.role != "meter"}
    assert set(words.concepts) - {"different"} <= named
    assert {1, 2, 3, -1} <= set(words.ordinals.values())


def test_a_language_that_is_not_there_is_named():
    with pytest.raises(ValueError, match="choose from en, de, es, fr"):
        lexicon("xx")


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        ",,,",
        "....",
        "bars",
        "bars 0",
        "bars 16 to 9",
        "bar 99999999",
        "no",
        "not not not",
        "but but",
        "leave",
        "leave leave leave out out",
        "swap",
        "swap the for the",
        "instead of",
        "10000000 dB",
        "-",
        "–",
        "9/7",
        "99:99",
        "\U0001f941\U0001f3b9",
        "\x00\x01",
        "no no drums no",
        "2.",
        "the the the",
        "about",
        "lyrics about",
        "1e9 bpm",
        "everything but",
        "only",
        "l'",
        "d'",
        "''",
        "#",
        "F#",
        "a" * 5000,
        "leave " * 800,
        "no drums and " * 300,
        "\n".join(["no drums"] * 500),
    ],
)
def test_text_that_is_no_sentence_is_read_without_harm(text):
    understood = understand(text)
    assert understood.text == text


def test_any_words_in_any_order_are_read_without_harm():
    rng = random.Random(7)
    for language in LANGUAGES:
        known = sorted(lexicon(language).by_word)
        for _ in range(150):
            marks = [*known, ",", ".", "9", "16", "-", "3 dB", "\U0001f600"]
            text = " ".join(rng.choices(marks, k=rng.randint(1, 25)))
            understood = understand(text, language=language)
            assert all(text[one.words.start : one.words.end] == one.words.text for one in understood.statements), text


@pytest.mark.parametrize(
    ("text", "theme"),
    [
        ("a birthday song, happy", "birthday"),
        ("ein Geburtstagslied, fröhlich", "Geburtstag"),
        ("una canción de cumpleaños, alegre", "cumpleaños"),
        ("une chanson d'anniversaire, joyeuse", "anniversaire"),
        ("pop song, theme: first love, with a bridge", "first love"),
        ("Popsong, Thema Sommer am See, mit Bridge", "Sommer am See"),
        ("canción pop, tema: el mar, con puente", "el mar"),
        ("chanson pop, thème l'été au lac, avec pont", "l'été au lac"),
    ],
)
def test_a_theme_may_be_named_by_a_label_or_by_the_song_itself(text, theme):
    said = {str(one.kind): one.value for one in understand(text).statements}
    assert said["theme"] == theme and said.get("section") == ("bridge" if "pop" in text.lower() else None)
