"""What is said of a piece in words, in four languages, and what becomes of its context; never the opposite."""

from __future__ import annotations

import pytest

from ripieno.contracts.composition import CompositionOrder, Context, Refinement
from ripieno.music.composing import briefs, contexts, refining
from ripieno.music.genres.blending import blend
from ripieno.music.language import understand
from ripieno.work import heeding


@pytest.fixture(scope="module")
def piece() -> Context:
    brief = "a pop song with vocals, three minutes"
    order, said = CompositionOrder(brief=brief, tempo=120, key="C major"), briefs.read(brief)
    return contexts.arranged(contexts.harmonised(contexts.begin(order, said, blend("pop"), 7)))


def heeded(piece: Context, text: str) -> Context:
    said = understand(text, about="refinement").statements
    played, _ = heeding.players(piece, said)
    wanted = heeding.refinement(played, Refinement(text=text), said)
    try:
        return refining.refined(played, wanted)[0]
    except ValueError:
        assert played != piece, "nothing was understood"
        return played


def energy(context: Context, label: str) -> list[float]:
    return [sum(one.energy) / one.bars for one in context.sections if one.label == label]


@pytest.mark.parametrize(
    "text", ["make the second chorus bigger", "mach den zweiten Refrain größer", "more energy in the second chorus"]
)
def test_a_section_becomes_bigger_and_no_other(piece, text):
    made = heeded(piece, text)
    assert energy(made, "verse") == energy(piece, "verse")
    assert [a > b for a, b in zip(energy(made, "chorus"), energy(piece, "chorus"), strict=True)][:3] == [
        False, True, False,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "is_slower"), [("slower", True), ("a bit faster", False), ("langsamer", True), ("más rápido", False)]
)
def test_the_tempo_goes_where_it_is_asked_to(piece, text, is_slower):
    assert (heeded(piece, text).tempo < piece.tempo) is is_slower


def test_a_key_and_a_tempo_in_one_sentence(piece):
    made = heeded(piece, "slower, in A minor")
    assert made.key == "A minor" and made.tempo < 120


@pytest.mark.parametrize(
    "text", ["no drums in the verse", "kein Schlagzeug in der Strophe", "sans batterie dans le couplet"]
)
def test_a_player_is_silent_where_it_is_left_out_and_plays_elsewhere(piece, text):
    made = heeded(piece, text)
    assert any("drums" in one.parts for one in made.sections if one.label == "chorus")
    bars = contexts.silent_bars(made, "drums")
    start = 1
    layer = next(one for one in made.layers if one.name == "drums")
    named = {place.section for place in layer.silent}
    for section in made.sections:
        if section.label == "verse":
            is_silent = any(a <= start and start + section.bars - 1 <= b for a, b in bars)
            assert is_silent or "verse" in named
        start += section.bars


def test_a_player_that_is_left_out_everywhere_is_gone(piece):
    assert "guitar" not in {one.name for one in heeded(piece, "no guitar").layers}


def test_an_instrument_that_is_new_joins(piece):
    made = heeded(piece, "add a flute")
    assert next(one for one in made.layers if one.stem_type == "other").instrument == "flute"


def test_busier_but_not_louder_is_just_that(piece):
    made = heeded(piece, "bass busier but not louder")
    bass, before = (next(one for one in each.layers if one.name == "bass") for each in (made, piece))
    assert bass.density > before.density and bass.dynamics <= before.dynamics
    others = [one for one in made.layers if one.name != "bass"]
    assert others == [one for one in piece.layers if one.name != "bass"]


def test_what_a_brief_says_of_players_holds_in_the_piece(piece):
    said = briefs.read("a pop song with strings, no drums in the intro, softer piano").understood.statements
    made = heeding.of_brief(piece, said)
    assert next(one for one in made.layers if one.stem_type == "synth").instrument == "strings"
    assert next(one for one in made.layers if one.name == "piano").dynamics < 0
