"""What was said of places, of feel and of what is not to be stands in the plans, for requests as for comments."""

from __future__ import annotations

import pytest

from ripieno.contracts.generation import GenerationOrder, GenerationParameters, StemPlan
from ripieno.contracts.understanding import Place
from ripieno.services.planner import rules


def planned(prompt: str, *stems: str, **parameters) -> dict[str, StemPlan]:
    order = GenerationOrder(
        audio_file_id="song", target_stems=list(stems), parameters=GenerationParameters(prompt=prompt, **parameters)
    )
    return {str(one.stem_type): one for one in rules.plan(order, time_signature=None, seed=0)}


def again(comment: str, stem: str = "bass", **before) -> StemPlan:
    return rules.again(StemPlan(stem_type=stem, **before), comment, seed=1)


def test_no_drums_in_the_intro_makes_drums_everywhere_else():
    drums = planned("no drums in the intro", "drums", "bass")["drums"]
    assert drums.silent == [Place(section="intro")] and drums.section is None
    assert planned("no drums in the intro", "drums", "bass")["bass"].silent == []
    assert planned("a rock song with bass, and no drums in the intro").keys() == {"bass"}


def test_a_named_section_is_where_it_is_busier_and_crops_nothing():
    bass = planned("make the bass busier in the chorus", "bass")["bass"]
    assert (bass.section, bass.bars, bass.density) == (None, None, 0.0)
    ((where, density),) = [(one.places, one.density) for one in bass.at_places]
    assert where == [Place(section="chorus")] and density == pytest.approx(0.6)


@pytest.mark.parametrize("prompt", ["a bass line for the chorus", "bass only in the chorus", "bass under the chorus"])
def test_a_part_for_a_section_is_that_section(prompt):
    bass = planned(prompt)["bass"]
    assert (bass.section, bass.at_places, bass.silent) == ("chorus", [], [])


def test_a_part_for_several_places_sounds_there_alone():
    bass = planned("a bass line for the intro and the bridge")["bass"]
    assert bass.section is None and bass.sounding == [Place(section="intro"), Place(section="bridge")]


def test_what_is_left_out_is_not_planned():
    assert planned("no synth, but a piano and a bass").keys() == {"piano", "bass"}
    assert planned("ohne Schlagzeug, mit Klavier").keys() == {"piano"}


def test_busier_but_not_louder_is_no_softer():
    bass = again("busier but not louder", dynamics=0.2)
    assert (bass.density, bass.dynamics) == (pytest.approx(0.6), 0.2)


@pytest.mark.parametrize(
    ("comment", "expected"),
    [
        ("play only root notes on the one", {"notes": "roots", "onsets": "downbeats"}),
        ("nur Grundtöne auf der Eins", {"notes": "roots", "onsets": "downbeats"}),
        ("leave out bars 9 to 16", {"silent": [Place(bars=(9, 16))]}),
        ("quita los compases 9 a 16", {"silent": [Place(bars=(9, 16))]}),
        ("swing more", {"swing": 0.6}),
        ("straight", {"swing": -1.0}),
        ("an octave lower", {"pitch_register": -1.0}),
        ("une octave plus haut", {"pitch_register": 1.0}),
        ("more laid back", {"timing": 0.6}),
        ("half-time", {"pulse": "half"}),
        ("only in the chorus", {"sounding": [Place(section="chorus")], "section": None}),
        ("the drums are too loud", {"dynamics": 0.0}),
        ("3 dB louder", {"dynamics": 0.25}),
        ("everything but the bass softer", {"dynamics": 0.0}),
        ("schneller, in a-Moll", {"density": 0.0, "dynamics": 0.0}),
    ],
)
def test_a_comment_is_obeyed(comment, expected):
    found = again(comment)
    for name, value in expected.items():
        assert getattr(found, name) == (pytest.approx(value) if isinstance(value, float) else value), name


def test_a_change_that_is_only_somewhere_leaves_nobody_silent_elsewhere():
    assert again("more reverb, but only in the bridge").sounding == []
    assert again("busier, only in the chorus").sounding == []


def test_several_places_that_something_is_said_of_leave_nobody_silent_elsewhere():
    drums = planned("Verses and choruses. Drums busier there.", "drums")["drums"]
    assert drums.sounding == [] and drums.section is None
    assert [(one.places, one.density) for one in drums.at_places] == [
        ([Place(section="verse"), Place(section="chorus")], pytest.approx(0.6))
    ]


def test_what_was_silent_can_be_played_again():
    before = {"silent": [Place(section="intro"), Place(bars=(9, 16))]}
    assert again("bass in the intro, please", **before).silent == [Place(bars=(9, 16))]


def test_what_is_said_of_the_same_place_twice_adds_up():
    first = again("busier in the chorus")
    second = rules.again(first, "still busier in the chorus, and softer in the verse", seed=2)
    assert [(one.places[0].section, one.density, one.dynamics) for one in second.at_places] == [
        ("chorus", 1.0, 0.0),
        ("verse", 0.0, -0.6),
    ]


def test_a_lead_guitar_is_one():
    assert planned("lead guitar")["guitar"].instrument == "lead guitar"


def test_a_plan_says_what_was_understood_and_what_was_not(monkeypatch):
    from ripieno.services.planner import plan

    monkeypatch.setenv("AzureWebJobsStorage", "UseDevelopmentStorage=true")
    monkeypatch.delenv("RIPIENO_LLM_URL", raising=False)
    order = GenerationOrder(parameters=GenerationParameters(prompt="a bass line, darker, with zorblax"))
    understood = plan.first("id", order, None, None).understood
    assert understood is not None and [one.text for one in understood.not_understood] == ["zorblax"]
    assert {one.kind for one in understood.statements} == {"part", "brightness"}
