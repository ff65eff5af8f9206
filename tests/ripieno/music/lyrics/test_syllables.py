"""Syllables and stress by rule: what people type, in four languages."""

from __future__ import annotations

import pytest

from gpu_endpoints.generation.singing import lyrics as singing
from ripieno.music.lyrics import handwritten, syllables

WORDS = {
    "en": "the lighthouse is waiting for sailors who never came home across the ocean with electric guitars playing "
    "radio music in September when leaving every memory behind creation being again people loved wanted faces little "
    "bottles dancing something lonely tomorrow beautiful river table piano nation seeing goodbye believe moved played "
    "desire flower wishes changes horizon crying rolled hundred maybe barefoot hopelessly naked government tenderness",
    "de": "die Nacht ist vorbei und ich gehe allein durch den Regen Laternen Musik Melodie Familie Nation studieren "
    "Sehnsucht Freiheit Erinnerung beginnen verloren Augenblick Himmel träumen Häuser neue Feuer Horizont Radio Träne "
    "Sommernacht Straßen leise leuchtet Theater Universität Geheimnis Glück zurück Schlüssel Rhythmus quer",
    "es": "la ciudad duerme y yo camino bajo la luna corazón libertad río caminaré memoria silencio cielo guitarra "
    "quiero aquí siempre país reír muy hoy rey fuego oscuridad poesía adiós océano luz días siguiente huir agua",
    "fr": "la nuit est une ville qui danse maintenant seulement doucement souvenir chemin petite lumière océan étoile "
    "voyage oublier soleil famille fille yeux mieux rien bien nation pays paysage nuage bruit pluie liberté samedi rêve "
    "vie amie avenue prière rouage dansent vent moment hiver revenir oiseau feuille seuil aujourd'hui jouer rivière "
    "l'amour qu'elle lentement maison cheveux bientôt loin point boivent souvent quelque",
}


@pytest.mark.parametrize("language", WORDS)
def test_words_have_the_syllables_that_the_voice_sings(language):
    words = WORDS[language].split()
    other = [
        word
        for word in words
        if sum(map(len, singing.syllables(word, language)))
        != sum(len(x.syllables) for x in syllables.of_line(word, language))
    ]
    assert len(other) <= 0.04 * len(words), other


@pytest.mark.parametrize(
    ("language", "text", "written"),
    [
        ("en", "Remember the rolling river, somebody's", "Re-MEM-ber the ROL-ling RIV-er SOME-bod-y's"),
        ("en", "a beautiful afternoon away", "a BEAU-ti-ful AF-ter-NOON a-WAY"),
        ("de", "Die Erinnerung beginnt im Augenblick", "die Er-IN-ne-rung be-GINNT im AU-gen-blick"),
        ("es", "El corazón canción árbol lejos", "el CO-ra-ZÓN can-CIÓN ÁR-bol LE-jos"),
        ("fr", "L'amour est une étoile qu'elle", "L'a-MOUR est une é-TOILE qu'elle"),
    ],
)
def test_where_words_are_stressed(language, text, written):
    found = " ".join(
        "-".join(part.upper() if mark else part for part, mark in zip(word.syllables, word.stress, strict=True))
        for word in syllables.of_line(text, language)
    )
    assert found.lower() == written.lower()
    marks = [part.isupper() for word in written.split() for part in word.split("-")]
    assert [bool(mark) for word in syllables.of_line(text, language) for mark in word.stress] == marks


@pytest.mark.parametrize("text", ["", " ", "🌊", "— …", "\n", "'", "’’", "\x00"])
@pytest.mark.parametrize("language", syllables.LANGUAGES)
def test_what_has_no_letters_has_no_syllables(text, language):
    assert syllables.of_line(text, language) == []


@pytest.mark.parametrize("language", syllables.LANGUAGES)
@pytest.mark.parametrize(
    "text", ["الليل", "夜の街", "Ünïcödé", "hmm", "24", "x" * 500, "rock'n'roll", "e\u0301te\u0301", "DON'T"]
)
def test_letters_of_any_kind_are_kept(text, language):
    words = syllables.of_line(text, language)
    assert words and all(
        "".join(word.syllables) == word.text and len(word.stress) == len(word.syllables) for word in words
    )


def test_a_language_without_rules_says_which_there_are():
    with pytest.raises(ValueError, match="use en, de, es, fr"):
        syllables.of_line("ciao", "it")


def test_lyrics_by_hand_have_sections_and_lines():
    found = handwritten.read("Under the river\r\n\n[Chorus]\nOh, 🌊\n🌊\nriver\n\nlast", "en", title="River")
    assert [(one.label, [line.text for line in one.lines]) for one in found.sections] == [
        ("verse", ["Under the river"]),
        ("Chorus", ["Oh, 🌊", "river"]),
        ("Chorus", ["last"]),
    ]
    assert [one.text for one in found.sections[0].lines[0].syllables] == ["Un-", "der", "the", "riv-", "er"]
    assert "[Chorus]\nOh, 🌊" in found.text


@pytest.mark.parametrize("text", ["", "\n\n", "[verse]", "🌊\n🎷"])
def test_lyrics_without_words_say_so(text):
    with pytest.raises(ValueError, match="nothing to sing"):
        handwritten.read(text, "en")


def test_lyrics_without_end_are_refused():
    with pytest.raises(ValueError, match="20000 are the most"):
        handwritten.read("la " * 20_000, "en")
