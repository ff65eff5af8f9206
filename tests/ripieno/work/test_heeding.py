"""What is said of a piece in words, in four languages, and what becomes of its context; never the opposite."""

from __future__ import annotations

import pytest

from ripieno.contracts.composition import CompositionOrder, Context, Refinement
from ripieno.contracts.enums import StemType
from ripieno.contracts.understanding import Kind, Place, Statement, Stretch
from ripieno.music.composing import briefs, contexts, refining
from ripieno.music.genres.blending import blend
from ripieno.music.language import understand
from ripieno.work import heeding


@pytest.fixture(scope="module")
def piece() -> Context:
    brief = "a pop song with vocals, two and a half minutes"
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
        False,
        True,
        False,
    ]


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


def middle(context: Context) -> list[bool]:
    """Of each section, whether its middle lies in the second half."""
    starts = [sum(one.bars for one in context.sections[:n]) for n in range(len(context.sections))]
    return [start + one.bars / 2 >= context.bars / 2 for start, one in zip(starts, context.sections, strict=True)]


@pytest.mark.parametrize("text", ["more energy in the second half", "in der zweiten Hälfte mehr Energie"])
def test_a_half_of_the_piece_is_its_sections_there(piece, text):
    made = heeded(piece, text)
    risen = [sum(a.energy) > sum(b.energy) for a, b in zip(made.sections, piece.sections, strict=True)]
    assert True in risen and not any(up and not late for up, late in zip(risen, middle(piece), strict=True))


def test_from_a_section_on_is_that_section_and_all_that_comes(piece):
    made = heeded(piece, "less energy from the second verse on")
    labels = [one.label for one in piece.sections]
    second = [n for n, label in enumerate(labels) if label == "verse"][1]
    fallen = [sum(a.energy) < sum(b.energy) for a, b in zip(made.sections, piece.sections, strict=True)]
    assert not any(fallen[:second]) and all(fallen[second:])


def test_before_a_section_is_not_that_section(piece):
    made = heeded(piece, "no drums before the second chorus")
    chorus = [n for n, one in enumerate(made.sections) if one.label == "chorus"][1]
    assert "drums" in made.sections[chorus].parts
    layer = next(one for one in made.layers if one.name == "drums")
    assert [(place.section, place.side) for place in layer.silent] == [("chorus 2", "before")]


@pytest.mark.parametrize(
    "text", ["I don't like the drums", "das Schlagzeug gefällt mir nicht", "je n'aime pas la batterie"]
)
def test_of_a_player_that_is_not_liked_something_else_is_played(piece, text):
    made = heeded(piece, text)
    assert {one.name for one in made.layers} == {one.name for one in piece.layers}
    assert {one.name: one.variant for one in made.layers if one.variant} == {"drums": 1}
    assert {one.name: one.variant for one in heeded(made, text).layers if one.variant} == {"drums": 2}


def test_a_swap_is_of_the_whole_piece_whatever_was_said_of_a_section_before(piece):
    made = heeded(piece, "make the second chorus bigger, swap the piano for a pad")
    assert "piano" not in {one.name for one in made.layers}
    assert [one.instrument for one in made.layers if one.stem_type == "synth"] == ["pad"]
    played = [("synth" in a.parts) >= ("piano" in b.parts) for a, b in zip(made.sections, piece.sections, strict=True)]
    assert all(played) and energy(made, "chorus")[1] > energy(piece, "chorus")[1]


def test_a_swap_in_a_section_leaves_the_others_as_they_are(piece):
    made = heeded(piece, "swap the piano for a flute in the second chorus")
    where = ["other" in one.parts for one in made.sections]
    chorus = [n for n, one in enumerate(made.sections) if one.label == "chorus"][1]
    assert where == [n == chorus for n in range(len(where))]
    assert "piano" not in made.sections[chorus].parts and "piano" in made.sections[-2].parts


def test_a_new_player_for_a_section_plays_there_alone(piece):
    made = heeded(piece, "add a flute in the verse")
    assert {one.label for one in made.sections if "other" in one.parts} == {"verse"}


@pytest.mark.parametrize("text", ["bigger everywhere but in the verses", "größer, außer in der Strophe"])
def test_bigger_but_not_there_leaves_that_as_it_is(piece, text):
    made = heeded(piece, text)
    assert energy(made, "verse") == energy(piece, "verse") and energy(made, "chorus") > energy(piece, "chorus")


def test_who_is_left_out_but_in_a_section_plays_there(piece):
    """As a language model may say it."""
    words = Stretch(start=0, end=5, text="drums")
    said = Statement(
        kind=Kind.PART, parts=[StemType.DRUMS], negated=True, but_places=[Place(section="chorus")], words=words
    )
    wanted = heeding.refinement(piece, Refinement(), [said])
    assert not wanted.layers
    out = {one.section for one in wanted.sections if "drums" in one.remove}
    assert out and not any(name.startswith("chorus") for name in out)


def test_who_alone_is_left_plays_alone(piece):
    assert {one.name for one in heeded(piece, "keep only the drums and the bass").layers} == {"drums", "bass"}


# -- voices behind the lead -----------------------------------------------------------------------------------------


def backing_of(context: Context) -> list[list[str]]:
    return [list(section.backing) for section in context.sections]


def test_more_backing_vocals_in_one_section_leave_the_lead_and_the_others_alone(piece):
    made = heeded(piece, "more backing vocals in the last chorus")
    last = max(n for n, one in enumerate(piece.sections) if one.label == "chorus")
    grown = [len(after) - len(before) for before, after in zip(backing_of(piece), backing_of(made), strict=True)]
    assert grown == [1 if n == last else 0 for n in range(len(grown))]
    assert made.layers == piece.layers


@pytest.mark.parametrize("text", ["no backing vocals", "keine Backing Vocals", "sin coristas", "sans choristes"])
def test_without_backing_vocals_the_lead_still_sings(piece, text):
    made = heeded(piece, text)
    assert [one.name for one in made.layers] == [one.name for one in piece.layers if not one.is_backing]
    assert "vocals" in {part for one in made.sections for part in one.parts}


def test_harmonies_have_the_interval_that_is_asked_for(piece):
    made = heeded(piece, "harmonies a sixth below in the chorus")
    assert all("sixth below" in one.backing for one in made.sections if one.label == "chorus")
    assert not any("sixth below" in one.backing for one in made.sections if one.label != "chorus")


def test_how_the_backing_sounds_is_not_how_the_lead_does(piece):
    made = heeded(piece, "the backing vocals quieter")
    assert {one.name: one.dynamics < 0 for one in made.layers if one.stem_type == StemType.VOCALS} == {
        "vocals": False,
        "backing vocals": True,
    }
    louder = heeded(piece, "the vocals louder")
    assert {one.name: one.dynamics > 0 for one in louder.layers if one.stem_type == StemType.VOCALS} == {
        "vocals": True,
        "backing vocals": False,
    }


def test_a_choir_sings_pads_behind_the_lead_and_none_leaves_the_lead_there(piece):
    made = heeded(piece, "add a choir in the second verse")
    assert [one.backing for one in made.sections if one.label == "verse"][1][-1] == "pad"
    assert next(one for one in made.layers if one.name == "vocals").instrument is None
    assert any(one.name == "vocals" for one in heeded(piece, "no choir").layers)


def test_without_the_lead_nobody_sings_behind_it(piece):
    assert not any(one.stem_type == StemType.VOCALS for one in heeded(piece, "no vocals").layers)
