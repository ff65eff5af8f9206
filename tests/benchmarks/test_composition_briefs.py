"""A slice of `benchmarks.composition`: one short sung brief composed by the real functions and jobs, and heard again."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import pytest

from benchmarks.composition import run

BRIEF = {
    "brief": "a hopeful pop song in G major about the harbour, 112 bpm",
    "order": {
        "form": [{"label": "verse", "bars": 4}, {"label": "chorus", "bars": 4}],
        "layers": ["piano", "bass", "drums", "vocals"],
    },
    "holds": {"tempo": 112, "key": "G major", "sung": True, "style": "pop", "language": "en"},
}


@pytest.fixture(scope="module")
def row(azurite_alone, tmp_path_factory):
    folder = tmp_path_factory.mktemp("brief")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AzureWebJobsStorage", azurite_alone)
        patch.setattr(run, "PICTURED", (7,))
        return run.one(7, BRIEF, folder, azurite_alone, folder / "pictures"), folder


def test_what_the_brief_says_holds_in_the_audio(row):
    found, _ = row
    assert found["as asked"] == [] and found["key right"]
    assert found["tempo error %"] <= 0.5 and found["loudness error LU"] <= 0.5 and found["true peak dBTP"] <= -1.0
    assert found["energy"] >= 0.8 and found["least chords"] >= 0.9
    assert found["in tune"] >= 0.85 and found["words ms"] <= 30 and found["words in bar"] >= 0.8
    assert found["check"]["piece"]["words_ms"] == pytest.approx(found["words ms"], abs=2)


def test_its_pictures_show_every_layer_section_and_line(row):
    found, folder = row
    roll = ElementTree.parse(folder / "pictures" / "composition-7-roll.svg").getroot()
    words = " ".join(one.text or "" for one in roll.iter("{http://www.w3.org/2000/svg}text"))
    assert all(name in words for name in ("vocals", "drums", "bass", "piano", "verse 4", "chorus 4"))
    ElementTree.parse(folder / "pictures" / "composition-7-form.svg")
    assert "as asked" in found


def test_the_table_has_a_line_a_brief_and_says_which_goals_are_reached(row):
    found, _ = row
    assert len(run.table([found, found]).splitlines()) == 5
    assert "| tempo within .5 % in all |" in run.goals([found]) and "| vocals |" in run.stages([found])
