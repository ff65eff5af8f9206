"""Voices behind the lead: in the chord and the key, never across the lead, placed by the form; and as somebody asks."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import pairwise, product

import pytest
from pieces import composed

from ripieno.contracts.composition import BACKING, BackingEdit, Context, FormPart, LayerEdit, Refinement, SectionEdit
from ripieno.music.composing import contexts, refining, singing
from ripieno.music.composing.backing import placing, tones
from ripieno.music.composing.backing.voices import parts, voices
from ripieno.music.genres import all_genres
from ripieno.music.genres.blending import blend
from ripieno.music.lyrics import lyricist, setting

FORM = [FormPart(label=label, bars=bars) for label, bars in (
    ("verse", 8), ("chorus", 8), ("verse", 8), ("bridge", 4), ("chorus", 8))]  # fmt: skip
STYLES = ("pop", "funk", "ballad", "bossa", "metal", "reggae", "hip hop", "waltz", "jazz")
SETTINGS = [("C major", "4/4"), ("A minor", "4/4"), ("F# minor", "3/4"), ("Eb major", "6/8"), ("G minor", "12/8")]
CASES = [(style, *SETTINGS[(number + turn) % 5]) for number, style in enumerate(STYLES) for turn in (0, 2)]


def sung(style: str = "pop", **fields) -> Context:
    return _sung(style, tuple((name, tuple(one) if isinstance(one, list) else one) for name, one in fields.items()))


@cache
def _sung(style: str, fields: tuple[tuple[str, object], ...]) -> Context:
    given = {"brief": "a song about the sea", "form": FORM, "instrumental": False} | dict(fields)
    made = composed(style=style, **given)
    brief = singing.brief_of(made, blend(style))
    return made.model_copy(update={"lyrics": lyricist.drafts(brief, count=1)[0]}) if brief else made


def lead_of(context: Context, style: str) -> list[setting.SungBeat]:
    return singing.sung(context, blend(style)).notes


def together(a: list[setting.SungBeat], b: list[setting.SungBeat]) -> Iterator[tuple[int, int]]:
    """Pitches of two voices wherever both sing."""
    for one in a:
        for other in b:
            if one.start < other.start + other.length - 1e-6 and other.start < one.start + one.length - 1e-6:
                yield round(one.pitch), round(other.pitch)


@pytest.mark.parametrize(("style", "key", "meter"), CASES)
def test_every_note_is_in_its_chord_or_key_and_of_the_chord_where_it_is_heard_as_such(style, key, meter):
    piece = sung(style, key=key, meter=meter)
    music = contexts.conditioning_of(piece)
    found = voices(piece, blend(style))
    assert found, "there is a chorus"
    for voice in found:
        for note in voice.notes:
            classes = tones.of_chord(music, note.start) | set(music.key_at(note.start).scale)
            assert note.pitch % 12 in classes, (voice.way, note)
            if tones.is_strong(note.start, note.length, music):
                assert note.pitch % 12 in tones.of_chord(music, note.start), (voice.way, note)
            assert tones.LOWEST - 5 <= note.pitch <= tones.HIGHEST and note.length > 0


@pytest.mark.parametrize(("style", "key", "meter"), CASES)
def test_no_voice_crosses_the_lead_nor_doubles_it(style, key, meter):
    piece = sung(style, key=key, meter=meter)
    lead = lead_of(piece, style)
    for voice in voices(piece, blend(style)):
        for own, leads in together(voice.notes, lead):
            if voice.way in placing.WITH_THE_WORDS:
                assert (own > leads) is voice.way.endswith("above") and 3 <= abs(own - leads) < 12
            else:
                assert own <= leads - 3, voice.way


@pytest.mark.parametrize("style", ["funk", "reggae", "pop"])
def test_two_lines_with_the_words_never_move_in_octaves(style):
    piece = sung(style)
    lines = [one for one in voices(piece, blend(style)) if one.way in placing.WITH_THE_WORDS]
    for a, b in product(lines, lines):
        at = {note.start: note.pitch for note in b.notes}
        both = [(note.pitch, at[note.start]) for note in a.notes if note.start in at]
        if a is b:
            continue
        for (a1, b1), (a2, b2) in pairwise(both):
            assert not (a1 != a2 and b1 != b2 and (a1 - b1) % 12 == 0 and (a2 - b2) % 12 == 0)


def test_lines_with_the_words_sing_them_when_the_lead_does_and_mostly_in_thirds():
    piece = sung("pop", key="D major")
    lead = {note.start: note for note in lead_of(piece, "pop")}
    (below,) = [one for one in voices(piece, blend("pop")) if one.way == "third below"]
    assert all(lead[note.start].syllable == note.syllable for note in below.notes)
    apart = [lead[note.start].pitch - note.pitch for note in below.notes]
    assert sum(one in (3, 4) for one in apart) >= 0.6 * len(apart)


def test_answers_are_the_last_words_of_a_line_after_it():
    piece = sung("funk")
    lines = singing.sung(piece, blend("funk")).lines
    (upper, lower) = [one for one in voices(piece, blend("funk")) if one.way == "answer"]
    assert [note.syllable for note in upper.notes] == [note.syllable for note in lower.notes]
    said = "".join(note.syllable for note in upper.notes)
    assert said and all(note.syllable in {n.syllable for line in lines for n in line.notes} for note in upper.notes)
    first = upper.notes[0]
    before = max((line for line in lines if line.notes[0].start < first.start), key=lambda line: line.notes[0].start)
    endings = [line.notes[-1].syllable for line in lines if line.notes[-1].start < first.start]
    assert before.notes and first.start > before.notes[0].start and endings


def test_words_stay_in_the_bar_they_are_written_for_and_nobody_sings_beyond_the_piece():
    piece = sung("reggae", meter="6/8")
    music = contexts.conditioning_of(piece)
    timed = parts(piece, blend("reggae"))
    for part, voice in zip(timed, voices(piece, blend("reggae")), strict=True):
        for note, beat in zip(part.notes, voice.notes, strict=True):
            assert note.start == pytest.approx(music.timeline.at(beat.start))
            assert note.end <= music.end_seconds + 1e-6


def test_pads_move_little_and_each_holds_its_place():
    piece = sung("ballad", key="C major")
    pads = [one for one in voices(piece, blend("ballad")) if one.way == "pad"]
    assert 2 <= len(pads) <= 3
    for pad in pads:
        steps = [abs(b.pitch - a.pitch) for a, b in pairwise(pad.notes)]
        assert sum(steps) / len(steps) < 5
    for a, b in pairwise(pads):
        assert all(lower < upper for lower, upper in together(a.notes, b.notes))
    assert {note.syllable for pad in pads for note in pad.notes} <= {"ooh", "aah", "-"}


@pytest.mark.parametrize("style", all_genres())
def test_what_returns_grows(style):
    piece = sung(style)
    ways = [section.backing for section in piece.sections]
    assert len(ways[4]) >= len(ways[1]) and len(ways[2]) >= len(ways[0])
    assert bool(any(ways)) is placing.has_backing(style)
    assert all((BACKING in section.parts) is bool(section.backing) for section in piece.sections)


def test_ad_libs_are_where_the_style_has_them():
    assert any(one.way == "ad-libs" for one in voices(sung("house"), blend("house")))
    for style in ("waltz", "bossa", "ballad"):
        assert not any(one.way == "ad-libs" for one in voices(sung(style), blend(style)))


@pytest.mark.parametrize(
    ("fields", "is_there"),
    [
        ({}, True),
        ({"layers": ["piano", "vocals"]}, False),
        ({"layers": ["piano", "vocals"], "backing": True}, True),
        ({"backing": False}, False),
        ({"brief": "a song about the sea without backing vocals"}, False),
        ({"brief": "a song about the sea with backing vocals", "layers": ["piano", "vocals"]}, True),
        ({"brief": "a piece", "instrumental": True}, False),
        ({"brief": "a piece", "instrumental": True, "backing": True}, False),
    ],
)
def test_who_wants_them_has_them(fields, is_there):
    piece = sung(**fields)
    assert any(one.is_backing for one in piece.layers) is is_there
    assert bool(voices(piece, blend("pop"))) is is_there


def test_a_style_without_them_has_them_where_somebody_asks():
    assert not any(one.is_backing for one in sung("techno").layers)
    assert voices(sung("techno", backing=True), blend("techno"))


def test_the_lead_and_its_words_are_the_same_with_or_without_them():
    assert lead_of(sung(), "pop") == lead_of(sung(backing=False), "pop")


# -- refined ------------------------------------------------------------------------------------------------------


def backing_of(context: Context) -> list[list[str]]:
    return [list(section.backing) for section in context.sections]


def refined(context: Context, *edits: BackingEdit, **fields) -> Context:
    return refining.refined(context, Refinement(backing=list(edits), **fields))[0]


def test_more_and_fewer_in_one_section_change_no_other():
    piece = sung()
    made = refined(piece, BackingEdit(sections=["chorus 1"], more=1))
    assert len(made.sections[1].backing) == len(piece.sections[1].backing) + 1
    assert backing_of(made)[2:] == backing_of(piece)[2:]
    back = refined(made, BackingEdit(sections=["chorus 1"], more=-1))
    assert backing_of(back) == backing_of(piece)
    assert parts(back, blend("pop")) == parts(piece, blend("pop")), "equal inputs are not sung twice"


def test_another_interval_takes_the_place_of_the_one_that_was():
    piece = sung()
    made = refined(piece, BackingEdit(sections=["chorus"], ways=["sixth above"]))
    for section in (made.sections[1], made.sections[4]):
        assert "sixth above" in section.backing and "third below" not in section.backing


def test_none_at_all_and_back_again():
    piece = sung()
    bare = refined(piece, BackingEdit(remove=True))
    assert (
        not any(one.is_backing for one in bare.layers) and not any(backing_of(bare)) and not voices(bare, blend("pop"))
    )
    with pytest.raises(ValueError, match="there are no backing vocals to leave out"):
        refined(bare, BackingEdit(remove=True))
    again = refined(bare, BackingEdit())
    assert backing_of(again) == backing_of(piece)


def test_they_need_a_lead_and_go_with_it():
    piece = sung()
    alone = refining.refined(piece, Refinement(layers=[LayerEdit(layer="vocals", remove=True)]))[0]
    assert not any(one.stem_type == "vocals" for one in alone.layers) and not any(backing_of(alone))
    with pytest.raises(ValueError, match="need a voice that leads"):
        refined(alone, BackingEdit())


def test_a_section_that_they_are_added_to_as_a_layer_has_what_the_style_has():
    piece = sung()
    bare = refining.refined(piece, Refinement(sections=[SectionEdit(section="chorus 2", remove=[BACKING])]))[0]
    assert bare.sections[4].backing == []
    back = refining.refined(bare, Refinement(sections=[SectionEdit(section="chorus 2", add=[BACKING])]))[0]
    assert contexts.arranged(back).sections[4].backing == piece.sections[4].backing


def test_what_was_made_before_there_were_any_stays_as_it_is():
    old = sung(backing=False)
    assert contexts.arranged(contexts.harmonised(old)) == old.model_copy(
        update={"settled": contexts.arranged(contexts.harmonised(old)).settled}
    )
