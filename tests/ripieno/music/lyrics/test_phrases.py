"""How phrases are written, unfolded and measured."""

from __future__ import annotations

import pytest

from ripieno.music.lyrics import phrases, themes


def test_what_may_be_left_out_and_chosen_is_unfolded():
    assert phrases.unfolded("the (old) [sea|[bright|wide] city]") == [
        "the old sea",
        "the old bright city",
        "the old wide city",
        "the sea",
        "the bright city",
        "the wide city",
    ]


def test_a_bracket_that_stays_open_says_so():
    with pytest.raises(ValueError, match="stays open"):
        phrases.unfolded("the [sea|city")


def test_german_verbs_go_before_their_subject_after_an_opener():
    said = {way.text for source in phrases.of("de").after["aus"] for ways in source.ways.values() for way in ways}
    assert "ist es noch Licht im Haus" in said and "es ist noch Licht im Haus" not in said
    assert "treibt uns der Wind hinaus" in said


@pytest.mark.parametrize("language", ["en", "de", "es", "fr"])
def test_every_field_has_openers_titles_and_endings(language):
    stock = phrases.of(language)
    for field in themes.field_names():
        assert sum(field in one.fields for one in stock.openers) >= 4, field
        assert sum(field in one.fields for one in stock.titles) >= 1, field
        assert sum(field in one.fields for family in stock.endings.values() for one in family) >= 9, field
