"""What is sung: words that fit the melody, sections that return word for word, and when each word is sung."""

from __future__ import annotations

import pytest
from pieces import composed

from ripieno.music.composing import contexts, singing
from ripieno.music.genres.blending import blend


@pytest.fixture(scope="module")
def piece():
    return composed("a pop song about the sea at night, two minutes")


@pytest.fixture(scope="module")
def drafts(piece):
    return singing.drafts(piece, blend("pop"))


def test_there_are_drafts_to_choose_from(piece, drafts):
    assert len({one.text for one in drafts}) == singing.DRAFTS
    assert len({one.title for one in drafts}) == singing.DRAFTS


def test_choruses_return_and_verses_differ(drafts):
    for draft in drafts:
        texts = {}
        for section in draft.sections:
            words = [line.text for line in section.lines]
            assert texts.setdefault(section.label, words) == words
        assert texts["verse 1"] != texts["verse 2"] != texts["chorus"]


def test_every_word_is_sung_in_its_section_and_none_after_another_out_of_order(piece, drafts):
    sung = piece.model_copy(update={"lyrics": drafts[0]})
    lines = singing.timed(sung, blend("pop"))
    whole = contexts.conditioning_of(sung)
    assert [line.text for line in lines] == [line.text for one in drafts[0].sections for line in one.lines]
    starts = [word.start for line in lines for word in line.words]
    assert starts == sorted(starts) and starts[-1] < whole.end_seconds
    sections = [one for one in whole.sections if "vocals" in piece.sections[whole.sections.index(one)].parts]
    for start in starts:
        assert any(whole.timeline.at(one.start) - 0.01 <= start < whole.timeline.at(one.end) for one in sections)


def test_notes_carry_every_syllable_of_the_words(piece, drafts):
    sung = piece.model_copy(update={"lyrics": drafts[0]})
    notes = singing.notes(sung, blend("pop"))
    spoken = "".join(one.syllable.strip("-") for one in notes)
    written = "".join(s.text.strip("-") for one in drafts[0].sections for line in one.lines for s in line.syllables)
    assert spoken == written
    assert all(one.end > one.start for one in notes)


def test_a_persons_own_words_are_sung_where_their_sections_are(piece):
    own = singing.by_hand(
        piece, "[verse 1]\nOne two three four\n\n[chorus]\nSing it again\n\n[verse 2]\nFive six seven eight"
    )
    sung = piece.model_copy(update={"lyrics": own})
    texts = [line.text for line in singing.timed(sung, blend("pop"))]
    assert texts[0] == "One two three four" and texts.count("Sing it again") >= 2 and "Five six seven eight" in texts


def test_where_nobody_sings_there_are_no_words():
    piece = composed("an instrumental pop piece")
    assert singing.drafts(piece, blend("pop")) == [] == singing.melody(piece, blend("pop"))
