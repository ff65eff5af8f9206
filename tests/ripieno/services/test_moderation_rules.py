"""What the rules refuse and what they let pass: a table of sentences, and what people say to Ripieno."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from ripieno.local.stack import PROJECT
from ripieno.services.moderation import rules
from ripieno.services.moderation.finding import artists, data

SENTENCES = json.loads(Path(__file__).with_name("moderation_sentences.json").read_text())


def test_the_table_has_sentences_of_every_kind():
    assert len(SENTENCES) >= 140
    kinds = [kind for _, kind in SENTENCES]
    assert all(kinds.count(kind) >= 10 for kind in ("imitation", "hate", "minors")) and kinds.count(None) >= 70


@pytest.mark.parametrize(("text", "kind"), SENTENCES, ids=lambda one: str(one)[:60])
def test_a_sentence_is_refused_or_passes(text, kind):
    found = rules.refused(text)
    assert (found.kind if found else None) == kind, found
    if found is not None:
        assert found.words and found.message and (found.suggestion is not None) == (kind == "imitation")


def test_nothing_is_refused_of_what_people_say_to_it_nor_of_what_its_own_lyrics_are_made_of():
    said = list(strings(json.loads((PROJECT / "tests/ripieno/music/language/sentences.json").read_text())))
    said += list(strings(json.loads((PROJECT / "benchmarks/composition/briefs.json").read_text())))
    for phrases in (PROJECT / "ripieno/music/lyrics").glob("phrases.*.txt"):
        said += phrases.read_text().splitlines()
    refused = {text: found.rule for text in said if (found := rules.refused(text)) is not None}
    assert len(said) > 1500 and refused == {}


def strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from strings(one)


def test_what_can_be_asked_for_instead_names_nobody():
    for group in artists()["groups"]:
        assert rules.refused(group["instead"]) is None, group["instead"]
        assert not any(name.lower() in group["instead"].lower() for name in group["names"])


def test_every_listed_artist_is_refused_by_name():
    for group in artists()["groups"]:
        for name in group["names"]:
            found = rules.refused(f"a song in the style of {name}, please")
            assert found is not None and found.suggestion == group["instead"], name
        for name in group["also_words"]:
            assert rules.refused(f"it should sound like {name}.") is not None, name


@pytest.mark.parametrize(
    ("text", "asks", "is_name", "rule"),
    [
        ("it sounds like Coldplay to me", True, False, "imitation.artist"),
        ("it sounds like Coldplay to me", False, False, None),
        ("kill all jews", False, False, "hate.violence"),
        ("The Beatles", True, True, "imitation.name"),
        ("Prince", True, True, "imitation.name"),
        ("The Beatles", True, False, None),
        ("Me and the Beatles fans", True, True, None),
        ("Anna Schmidt", True, True, None),
    ],
)
def test_an_opinion_may_compare_and_a_name_may_be_nobody_elses(text, asks, is_name, rule):
    found = rules.refused(text, asks=asks, is_name=is_name)
    assert (found.rule if found else None) == rule


@pytest.mark.parametrize(
    "hidden",
    [
        "n\u200bi\u200bg\u200bg\u200be\u200br",
        "k i l l all j e w s",
        "kіll all jеws",
        "N1GG3R",
        "in the style of T\u200baylor Swift",
    ],
)
def test_a_disguise_is_seen_through(hidden):
    assert rules.refused(hidden) is not None


@pytest.mark.parametrize("empty", ["", " \n", "🎵", "\ud800", "½ ﬁ ⅷ", "ß" * 50])
def test_odd_characters_are_words_like_others(empty):
    assert rules.refused(empty) is None
    assert rules.refused(f"{empty} in the style of Taylor Swift {empty}") is not None


@pytest.mark.parametrize(
    "piece",
    ["a ", "a", "the, ", "in the style of John ", "13 year old ", "naked child, ", "kill ", "adele ", "\n", "'s "],
)
def test_what_repeats_itself_is_read_to_its_end(piece):
    """A pattern whose time grew with the square of the length would not be back before the suite's patience ends."""
    rules.refused(piece * (100_000 // len(piece)))


def test_every_word_of_a_rule_is_as_it_is_compared():
    for part in ("hate", "minors"):
        for terms in data(part).values():
            assert all(term == term.lower() for term in terms)
