"""The lyricist that works offline: what is sung, to which syllables, and that it is worth singing."""

from __future__ import annotations

import re
from itertools import combinations

import pytest
from lyric_briefs import METERS, brief, form
from pydantic import ValidationError

from gpu_endpoints.generation.singing import lyrics as singing
from gpu_endpoints.generation.singing.spoken import speak
from ripieno.contracts.lyrics import LinePattern, Lyrics, LyricsBrief, LyricSectionForm
from ripieno.music.lyrics import lyricist, meter, phrases, syllables, themes

LANGUAGES = ("en", "de", "es", "fr")
SEEDS = range(40)


@pytest.fixture(scope="module")
def written() -> dict[tuple[str, int], tuple[LyricsBrief, list[Lyrics]]]:
    """Forty briefs in each language, with three drafts of every fourth."""
    return {
        (language, seed): (given, lyricist.drafts(given, count=1 if seed % 4 else 3))
        for language in LANGUAGES
        for seed in SEEDS
        for given in [brief(language, seed)]
    }


def sections(written):
    for given, drafts in written.values():
        for draft in drafts:
            yield from ((given, draft, *pair) for pair in zip(draft.sections, given.form, strict=True))


def lines(written):
    for given, _, section, wanted in sections(written):
        assert len(section.lines) == len(wanted.lines)
        yield from ((given, line, pattern) for line, pattern in zip(section.lines, wanted.lines, strict=True))


def last_word(text: str) -> str:
    return re.findall(r"[^\W_]+(?:['’][^\W_]+)*", text)[-1].lower()


def test_every_line_has_the_syllables_asked_for_give_or_take_one(written):
    for _, line, pattern in lines(written):
        assert abs(len(line.syllables) - pattern.syllables) <= 1, line.text
        letters = "".join(one.text.removesuffix("-") for one in line.syllables)
        assert letters == "".join(re.findall(r"[^\W_]+|['’]", line.text)) or "-" in line.text, line.text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("meter_number", range(len(METERS)))
def test_strong_beats_fall_on_stress_in_every_meter(written, language, meter_number):
    hit = asked = 0
    for given, line, pattern in lines(written):
        if given.language == language and given.seed % len(METERS) == meter_number:
            one, of = meter.agreement(line.syllables, pattern)
            hit, asked = hit + one, asked + of
    assert asked > 300
    assert hit / asked >= 0.85


@pytest.mark.parametrize("language", LANGUAGES)
def test_nine_strong_beats_of_ten_fall_on_stress(written, language):
    found = [
        meter.agreement(line.syllables, pattern)
        for given, line, pattern in lines(written)
        if given.language == language
    ]
    assert sum(hit for hit, _ in found) / sum(asked for _, asked in found) >= 0.9


def sounds(word: str, language: str) -> tuple[str, ...]:
    """From the last stressed vowel onward, as espeak says it; what is sung on the rhyme."""
    spoken = [one.name.strip("-").replace("ː", "") for one in speak(word, language).phonemes]
    vowels = [n for n, one in enumerate(speak(word, language).phonemes) if one.is_vowel]
    words = syllables.of_line(word, language)
    stress = [mark for one in words for mark in one.stress] or [1]
    from_end = len(stress) - max((n for n, mark in enumerate(stress) if mark), default=len(stress) - 1)
    return tuple(spoken[vowels[max(-from_end, -len(vowels))] :]) if vowels else tuple(spoken)


@pytest.mark.parametrize("language", LANGUAGES)
def test_endings_of_a_family_sound_alike_and_are_different_words(language):
    """Heard by espeak, which knows nothing of the families. Accents of vowels that differ in its ears alone are few."""
    alike = pairs = 0
    for family, sources in phrases.of(language).endings.items():
        words = sorted({way.last for source in sources for ways in source.ways.values() for way in ways})
        assert len(words) >= 3, family
        for a, b in combinations(words, 2):
            pairs += 1
            alike += sounds(a, language) == sounds(b, language)
    assert alike / pairs >= 0.9


def test_lines_that_share_a_letter_rhyme_on_different_words(written):
    stock = {language: _families(language) for language in LANGUAGES}
    rhyming = 0
    for given, _, section, _ in sections(written):
        for letter in {line.rhyme for line in section.lines} - {""}:
            ends = [last_word(line.text) for line in section.lines if line.rhyme == letter]
            assert len(ends) >= 2 and len(set(ends)) == len(ends), ends
            families = [stock[given.language].get(end, set()) for end in ends]
            assert set.intersection(*families), (given.language, ends)
            rhyming += 1
    assert rhyming > 1500


def _families(language: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for family, sources in phrases.of(language).endings.items():
        for source in sources:
            for ways in source.ways.values():
                for way in ways:
                    found.setdefault(way.last, set()).add(family)
    return found


def test_choruses_return_word_for_word_and_verses_do_not(written):
    for _, drafts in written.values():
        for draft in drafts:
            named = {section.label: [line.text for line in section.lines] for section in draft.sections}
            assert named["chorus 1"] == named["chorus 2"] == named["last chorus"]
            assert not set(named["verse 1"]) & set(named["verse 2"])


def test_no_line_comes_twice_in_a_verse(written):
    for _, _, section, _ in sections(written):
        if "verse" in section.label or section.label == "bridge":
            texts = [line.text for line in section.lines]
            assert len(set(texts)) == len(texts)


def test_the_drafts_of_a_brief_really_differ(written):
    for _, drafts in written.values():
        assert len({draft.title for draft in drafts}) == len(drafts)
        for a, b in combinations(drafts, 2):
            first, second = ({line.text for section in one.sections for line in section.lines} for one in (a, b))
            assert len(first & second) <= 0.25 * len(first)


def test_the_title_is_in_most_choruses(written):
    named = total = 0
    for _, drafts in written.values():
        for draft in drafts:
            chorus = next(section for section in draft.sections if section.label == "chorus 1")
            total += 1
            named += any(draft.title.lower() in line.text.lower() for line in chorus.lines)
    assert named / total >= 0.7


def test_each_section_has_a_theme_of_its_own(written):
    for _, drafts in written.values():
        for draft in drafts:
            about = {section.label: section.theme for section in draft.sections}
            assert len({about[label] for label in ("verse 1", "chorus 1", "verse 2", "bridge")}) == 4


def test_nothing_of_the_grammar_is_left_in_the_words(written):
    for _, line, _ in lines(written):
        assert not re.search(r"[\[\](){}<>|:*_=]|  |,,|\s,", line.text.replace("viento: ", "")), line.text
        assert line.text == line.text.strip() and line.text[0].isupper()


@pytest.mark.parametrize("language", LANGUAGES)
def test_syllables_are_those_that_the_voice_sings(written, language):
    texts = {line.text: len(line.syllables) for given, line, _ in lines(written) if given.language == language}
    assert len(texts) > 400
    some = sorted(texts)[:: max(1, len(texts) // 400)]
    equal = sum(sum(map(len, singing.syllables(text, language))) == texts[text] for text in some)
    assert equal / len(some) >= 0.95


def test_the_same_brief_is_the_same_text_and_another_seed_another():
    first, again = (lyricist.drafts(brief("en", 3)) for _ in range(2))
    assert [one.model_dump() for one in first] == [one.model_dump() for one in again]
    other = lyricist.drafts(brief("en", 3, seed=4))
    assert first[0].text != other[0].text


def test_phrases_of_the_theme_are_sung():
    given = brief("en", 0, theme="my grandmother's kitchen", form=form(*METERS[3]))
    assert any("my grandmother's kitchen" in draft.text.lower() for draft in lyricist.drafts(given))
    assert themes.read("leaving the old city at night", "en").places == ("at night",)
    assert themes.read("der alte Leuchtturm am Meer", "de").things == ("der alte Leuchtturm",)
    assert set(themes.read("la nuit, la mer", "fr").fields) == {"night", "sea"}


def test_a_title_that_is_given_is_the_hook():
    given = brief("de", 0, title="Morgen sind wir fort", form=form((8, (0, 4)), (8, (0, 4))))
    for draft in lyricist.drafts(given):
        assert draft.title == "Morgen sind wir fort"
        assert "Morgen sind wir fort" in draft.text


@pytest.mark.parametrize("count", [1, 2, 8])
def test_as_many_drafts_as_are_asked_for(count):
    assert len(lyricist.drafts(brief("fr", 1), count=count)) == count


@pytest.mark.parametrize("count", [0, 9, -1])
def test_a_number_of_drafts_that_cannot_be_says_so(count):
    with pytest.raises(ValueError, match="ask for 1 to 8"):
        lyricist.drafts(brief("en", 1), count=count)


@pytest.mark.parametrize(
    "theme",
    [
        "",
        " ",
        "🌊🎷",
        "الليل في المدينة",
        "夜の街",
        "night\ncity\n\nsea",
        "\u202eevoli\u202c",
        "a" * 1000,
        "the " * 250,
        "{0} [x] <b> | %s",
        "the 🌊 sea",
        "ﬁre in the ‘city’",
        "\x00night",
        "e\u0301te\u0301",
    ],
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_any_theme_gives_lyrics(theme, language):
    drafts = lyricist.drafts(brief(language, 1, theme=theme))
    for draft in drafts:
        assert draft.title.strip()
        for section, wanted in zip(draft.sections, brief(language, 1).form, strict=True):
            for line, pattern in zip(section.lines, wanted.lines, strict=True):
                assert abs(len(line.syllables) - pattern.syllables) <= 1
                assert not re.search(r"[{}<>|\x00\n\u202e]", line.text)


@pytest.mark.parametrize(
    "wrong",
    [
        {"theme": "x" * 5000},
        {"language": "it"},
        {"language": ""},
        {"form": []},
        {"valence": 2},
        {"seed": -1},
        {"words": "none"},
    ],
)
def test_a_brief_that_cannot_be_is_refused(wrong):
    with pytest.raises(ValidationError):
        brief("en", 1, **wrong)


def test_a_strong_beat_beyond_the_line_is_refused():
    with pytest.raises(ValidationError, match="no strong beat beyond 3"):
        LinePattern(syllables=4, strong=[4])


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 11, 12, 13, 14, 17, 24])
def test_lines_of_any_length_can_be_written(language, size):
    pattern = LinePattern(syllables=size, strong=list(range(0, size, 2)))
    wanted = [LyricSectionForm(label=label, lines=[pattern] * 4) for label in ("verse", "chorus")]
    for draft in lyricist.drafts(brief(language, size, form=wanted), count=1):
        for section in draft.sections:
            assert all(abs(len(line.syllables) - size) <= 1 for line in section.lines), [x.text for x in section.lines]


def test_a_verse_of_thirty_two_lines_does_not_repeat_itself():
    wanted = [LyricSectionForm(label="verse", lines=[LinePattern(syllables=8, strong=[1, 3, 5, 7])] * 32)]
    (draft,) = lyricist.drafts(brief("en", 1, form=wanted), count=1)
    texts = [line.text for line in draft.sections[0].lines]
    assert len(set(texts)) == 32


def test_a_chorus_of_another_meter_is_written_anew():
    short = [LinePattern(syllables=5, strong=[0, 4])] * 2
    wanted = form()[:5] + [LyricSectionForm(label="chorus 3", lines=short)]
    (draft,) = lyricist.drafts(brief("es", 1, form=wanted), count=1)
    assert [len(line.syllables) for line in draft.sections[-1].lines] == pytest.approx([5, 5], abs=1)


def test_a_section_without_lines_stays_silent():
    (draft,) = lyricist.drafts(brief("en", 1), count=1)
    assert draft.sections[0].label == "intro" and draft.sections[0].lines == []
