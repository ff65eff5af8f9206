"""Refinements: what is asked for changes, in words, and nothing else does."""

from __future__ import annotations

import pytest
from pieces import composed

from ripieno.contracts.composition import LayerEdit, Refinement, SectionEdit, StyleShare
from ripieno.music.chord import parse
from ripieno.music.composing import harmonies
from ripieno.music.composing.refining import refined


@pytest.fixture
def piece():
    return composed("a pop song with vocals, three minutes")


def test_a_tempo_is_all_that_changes(piece):
    made, changes = refined(piece, Refinement(tempo=90))
    assert changes == [f"tempo: {piece.tempo} → 90.0"]
    assert made.model_copy(update={"tempo": piece.tempo, "settled": piece.settled}) == piece
    assert made.settled["tempo"] == "you"


def test_a_key_of_the_same_mode_transposes_every_chord(piece):
    tonic, mode = harmonies.key_of(piece.key)
    made, _ = refined(piece, Refinement(key=harmonies.key_name((tonic + 3) % 12, mode)))
    for before, after in zip(piece.sections, made.sections, strict=True):
        for old, new in zip(before.chords, after.chords, strict=True):
            for a, b in zip(old, new, strict=True):
                one, other = parse(a), parse(b)
                assert one and other and other.root == (one.root + 3) % 12 and one.tones == other.tones
    back, _ = refined(made, Refinement(key=piece.key))
    assert [one.chords for one in back.sections] == [one.chords for one in piece.sections]


def test_another_mode_is_harmonised_anew(piece):
    tonic, mode = harmonies.key_of(piece.key)
    other = "minor" if mode == "major" else "major"
    made, _ = refined(piece, Refinement(key=harmonies.key_name(tonic, other)))
    assert made.key.endswith(other)
    assert [one.chords for one in made.sections] != [one.chords for one in piece.sections]
    assert [(one.label, one.bars, one.energy, one.parts) for one in made.sections] == [
        (one.label, one.bars, one.energy, one.parts) for one in piece.sections
    ]


def test_a_section_by_its_number_changes_alone_and_by_its_name_each_of_them(piece):
    choruses = [number for number, one in enumerate(piece.sections) if one.label == "chorus"]
    for name, expected in (("chorus 2", choruses[1:2]), ("last chorus", choruses[-1:]), ("chorus", choruses)):
        made, changes = refined(piece, Refinement(sections=[SectionEdit(section=name, energy=-0.2)]))
        changed = [n for n, (a, b) in enumerate(zip(piece.sections, made.sections, strict=True)) if a != b]
        assert changed == expected and changes == [f"{name}: smaller"]


def test_chords_and_players_of_a_section(piece):
    wanted = SectionEdit(section="bridge", chords=["Dm", "G7"], remove=["drums"])
    made, _ = refined(piece, Refinement(sections=[wanted]))
    bridge = next(one for one in made.sections if one.label == "bridge")
    assert bridge.chords[:3] == [["Dm"], ["G7"], ["Dm"]] and "drums" not in bridge.parts


def test_layers_come_go_and_play_otherwise(piece):
    edits = [
        LayerEdit(layer="guitar", remove=True),
        LayerEdit(layer="other", instrument="flute"),
        LayerEdit(layer="piano", density=0.5),
    ]
    made, changes = refined(piece, Refinement(layers=edits))
    names = {one.name: one for one in made.layers}
    assert "guitar" not in names and not any("guitar" in one.parts for one in made.sections)
    assert names["other"].instrument == "flute" and names["piano"].density == 0.5
    assert changes == ["guitar: left out", "other: added", "other: instrument flute", "piano: density +0.5"]


def test_another_blend_of_styles_has_its_weights(piece):
    shares = [StyleShare(name="house", weight=7), StyleShare(name="bossa", weight=3)]
    made, changes = refined(piece, Refinement(styles=shares))
    assert changes == ["style: house 70%, bossa 30%"]
    assert [(one.name, one.weight) for one in made.styles] == [("house", 0.7), ("bossa", 0.3)]


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        (Refinement(), "nothing of that changes"),
        (Refinement(sections=[SectionEdit(section="solo 4", energy=0.1)]), "there is no 'solo 4'"),
        (Refinement(sections=[SectionEdit(section="chorus", chords=["H"])]), "'H' is no chord"),
        (Refinement(sections=[SectionEdit(section="chorus", add=["kazoo"])]), "no layer 'kazoo'"),
        (Refinement(layers=[LayerEdit(layer="other", remove=True)]), "no other to leave out"),
        (Refinement(layers=[LayerEdit(layer="bass", instrument="flute")]), "a flute is no bass"),
        (Refinement(styles=[StyleShare(name="polka")]), "no style 'polka'"),
        (Refinement(draft=3), "there is no draft 3"),
        (Refinement(lyrics="!!!"), "nothing to sing"),
    ],
)
def test_what_cannot_be_is_refused_with_what_there_is(piece, wanted, message):
    with pytest.raises(ValueError, match=message):
        refined(piece, wanted)
