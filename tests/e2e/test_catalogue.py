"""The catalogue: what it names can be asked for, and what cannot be had here says so."""

from __future__ import annotations

import json

import pytest

from ripieno.contracts.composition import CompositionOrder
from ripieno.contracts.generation import MixOrder, StemPlan
from ripieno.music.genres import all_genres
from ripieno.music.instruments import all_instruments
from ripieno.services import endpoints
from ripieno.work import cataloguing


@pytest.fixture(scope="module")
def found(stack):
    from ripieno.client import Ripieno

    with Ripieno(stack.url) as ripieno:
        return ripieno.catalogue()


def test_it_names_the_very_data_that_pieces_are_planned_with(found):
    assert [one.name for one in found.styles] == list(all_genres())
    assert {one.name: str(one.stem_type) for one in found.instruments} == {
        name: str(one.stem) for name, one in all_instruments().items()
    }
    assert {one.form for one in found.styles} <= {one.name for one in found.forms}
    assert found.stages[0] == "context" and "stems.zip" in found.download_formats


def test_what_it_names_can_be_asked_for(found):
    for meter in found.meters:
        for language in found.languages:
            CompositionOrder(meter=meter, language=language, layers=found.layers)
    assert {one.name for one in found.mastering} >= {"streaming", "club"}
    assert all(one.loudness_lufs < 0 and one.about for one in found.mastering)
    assert StemPlan(stem_type=found.instruments[0].stem_type, instrument=found.instruments[0].name)
    assert MixOrder(master=found.mastering[0].name)


def test_every_engine_says_whether_it_is_here_and_under_which_licence(found):
    engines = {(one.task, one.name): one for one in found.engines}
    assert engines["generate", "symbolic"].available and engines["separate", "dsp"].available
    learned = engines["generate", "musicgen-small"]
    assert not learned.available and "pull musicgen-small" in learned.detail and "CC BY-NC" in learned.license
    assert engines["lyrics", "phrases"].available and not engines["lyrics", "language-model"].available
    assert all(one.license for one in found.engines)


def test_an_endpoint_that_does_not_answer_is_said(monkeypatch):
    def down(_: str) -> dict:
        raise endpoints.EndpointDown("away")

    monkeypatch.setattr(endpoints, "health_of_any", down)
    told = cataloguing.catalogue()
    assert told.styles and told.mastering == [] and "does not answer" in " ".join(told.remarks)
    assert {one.endpoint for one in told.engines} == {"app"}


def test_the_command_shows_it(command):
    assert "bossa" in command("catalogue") and "club" in command("catalogue", "mastering")
    assert "symbolic" in command("catalogue", "engines")
    assert json.loads(command("catalogue", "--json"))["languages"] == ["en", "de", "es", "fr"]
