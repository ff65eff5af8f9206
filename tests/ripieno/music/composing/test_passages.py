"""Some bars changed in place: their chords or their words, and nothing around them."""

from __future__ import annotations

import pytest
from pieces import composed

from ripieno.contracts.composition import PassageEdit, Refinement, SectionEdit
from ripieno.music.composing import contexts, passages, refining, singing
from ripieno.music.genres.blending import blend

FORM = [{"label": label, "bars": 8} for label in ("verse", "chorus", "verse", "chorus")]


@pytest.fixture(scope="module")
def piece():
    context = composed("a pop song about rain", form=FORM, tempo=120.0, instrumental=False)
    return context.model_copy(update={"lyrics": singing.drafts(context, blend("pop"))[0]})


def sung(context) -> list[tuple[float, float, str]]:
    return [(one.start, one.end, one.text) for one in singing.timed(context, contexts.blended(context.styles))]


def test_other_words_are_sung_in_their_bars_and_everything_else_is_as_it_was(piece):
    wanted = Refinement(passages=[PassageEdit(bars=(25, 28), words="hold the lantern high\nwe are going home tonight")])
    made, changes = refining.refined(piece, wanted)
    assert changes == ["bars 25–28: sung “hold the lantern high / we are going home tonight”"]
    assert made.settled["lyrics"] == "you"
    before, after = sung(piece), sung(made)
    bar = 4 * 0.5
    inside = [one for one in after if 24 * bar <= (one[0] + one[1]) / 2 < 28 * bar]
    assert "lantern" in " ".join(text for *_, text in inside) and "tonight" in " ".join(text for *_, text in inside)
    assert [one for one in before if one not in after] and [one for one in after if one not in inside] == [
        one for one in before if not 24 * bar <= (one[0] + one[1]) / 2 < 28 * bar
    ]
    notes = [singing.notes(one, contexts.blended(one.styles)) for one in (piece, made)]
    assert {(one.pitch, one.start) for one in notes[0] if one.start < 23 * bar} == {
        (one.pitch, one.start) for one in notes[1] if one.start < 23 * bar
    }


def test_a_section_can_have_words_of_its_own_and_later_changes_find_them(piece):
    last = Refinement(sections=[SectionEdit(section="last chorus", words="now it is morning and nobody calls")])
    made, _ = refining.refined(piece, last)
    first = " ".join(text for start, _, text in sung(made) if start < 32.0)
    assert "morning" not in first and "morning" in " ".join(text for start, _, text in sung(made) if start > 46.0)
    both, _ = refining.refined(
        made, Refinement(sections=[SectionEdit(section="verse", words="one two three four five six")])
    )
    texts = " ".join(text for *_, text in sung(both))
    assert texts.count("three") == 2 and "morning" in texts
    assert len(sung(both)) == len(sung(piece)), "a line a phrase, as before"


def test_as_many_lines_as_there_are_phrases(piece):
    for words in ("a", "\n".join(["so many lines of words to sing"] * 30), "één twee drie 🎹 vier vijf zes"):
        try:
            made, _ = refining.refined(piece, Refinement(passages=[PassageEdit(bars=(1, 8), words=words)]))
        except ValueError as fault:
            assert "phrases to sing" in str(fault) and words == "a"
            continue
        assert len(sung(made)) == len(sung(piece))


def test_chords_of_bars_are_another_and_the_others_stay(piece):
    wanted = Refinement(passages=[PassageEdit(bars=(8, 10), chords=["Ebmaj7", "F#m7b5"])])
    made, changes = refining.refined(piece, wanted)
    assert changes == ["bars 8–10: chords Ebmaj7 F#m7b5"] and made.settled["chords.8-10"] == "you"

    def by_bar(context) -> list[list[str]]:
        return [one.chords[n % len(one.chords)] for one in context.sections for n in range(one.bars)]

    before, after = by_bar(piece), by_bar(made)
    assert after[7:10] == [["Ebmaj7"], ["F#m7b5"], ["Ebmaj7"]]
    assert after[:7] == before[:7] and after[10:] == before[10:]
    assert contexts.harmonised(made).sections == made.sections, "no stage writes over what a person settled"


@pytest.mark.parametrize(
    ("edit", "why"),
    [
        ({"bars": (30, 33), "chords": ["C"]}, "the piece has 32"),
        ({"bars": (1, 2), "chords": ["H7"]}, "no chord name"),
        ({"bars": (1, 2)}, "give chords or words"),
        ({"bars": (1, 2), "words": "..."}, "nothing to sing"),
    ],
)
def test_what_cannot_be_in_some_bars_is_refused(piece, edit, why):
    with pytest.raises(ValueError, match=why):
        refining.refined(piece, Refinement(passages=[PassageEdit.model_validate(edit)]))


def test_where_nobody_sings_no_words_can_be(piece):
    silent = piece.model_copy(
        update={"sections": [one.model_copy(update={"parts": ["piano"]}) for one in piece.sections]}
    )
    with pytest.raises(ValueError, match="nobody sings in bars 1 to 4"):
        passages.reworded(silent, blend("pop"), (1, 4), "anything")
    with pytest.raises(ValueError, match="no words are written"):
        passages.reworded(piece.model_copy(update={"lyrics": None}), blend("pop"), (1, 4), "anything")
