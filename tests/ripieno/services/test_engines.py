"""The declaration of engines is what the code has, and the table in docs/ is what it says."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

from ripieno.contracts.generation import GenerationOrder
from ripieno.services import engines
from ripieno.services.engines import UnknownEngine
from ripieno.services.models import catalogue
from ripieno.work import generating

ROOT = Path(__file__).parents[3]


def test_the_table_is_written_from_the_declaration():
    assert (ROOT / "docs" / "engines.md").read_text() == engines.table()


def test_engines_with_weights_say_of_them_what_the_catalogue_says():
    with_weights = {one.model: one for one in engines.declared().values() if one.model}
    of_catalogue = {name: one for name, one in catalogue.catalogue().items() if one.task in ("generate", "transcribe")}
    assert set(with_weights) == set(of_catalogue)
    for name, one in with_weights.items():
        assert one.commercial == of_catalogue[name].commercial
        assert one.weights.split(" (")[0] in of_catalogue[name].license
        assert one.requirements and (ROOT / "gpu_endpoints" / "generation" / one.requirements).is_file()


def test_who_comes_next_is_declared_and_the_last_needs_nothing():
    for one in engines.declared().values():
        assert set(one.next) <= set(engines.declared()) - {one.name}
        if {"generate", "sing"} & set(one.tasks) and one.name != engines.SYMBOLIC:
            assert one.next[-1] == engines.SYMBOLIC and not engines.find(engines.SYMBOLIC).needs


def test_every_task_has_an_engine_that_may_always_be_used():
    for task in (
        "generate",
        "sing",
        "lyrics",
        "plan",
        "understand",
        "compose",
        "mix",
        "master",
        "convert",
        "measure",
        "speak",
    ):
        assert any(one.commercial and not one.model for one in engines.of_task(task)), task


def test_what_signs_is_declared():
    from gpu_endpoints.generation import choice, symbolic
    from gpu_endpoints.production import engines as production
    from gpu_endpoints.production import mastering, mixing
    from ripieno.services import lyricist, rules

    mixers = {mixing.NAME, mixing.CONSOLE}
    assert {one.name for one in engines.of_task("mix")} == mixers == set(production.describe()["mix"])
    assert {one.name for one in engines.of_task("master")} == {mastering.NAME} == set(production.describe()["master"])
    assert {one.name for one in engines.of_task("convert")} == {engines.VOICE_MODEL, engines.VOICE_PROFILE}
    assert {engines.VOICE_MODEL, engines.VOICE_PROFILE, engines.VOICE_MEASURES} < set(choice.voices())
    signed = {symbolic.NAME, rules.signature().engine, lyricist.phrases().engine}
    assert signed <= set(engines.declared())


def test_there_is_no_engine_of_another_name():
    for name in ("kazoo", "diffsinger@", "diffsinger", "sum", "phrases", "", "symbolic\n"):
        with pytest.raises(UnknownEngine, match="use auto, symbolic"):
            engines.check_playing(name)
    for name in ("auto", "symbolic", "voice", "musicgen-small", "diffsinger@anna"):
        engines.check_playing(name)
    with pytest.raises(generating.CannotGenerate, match="use auto, symbolic"):
        generating.check(GenerationOrder(target_stems=["bass"], engine="kazoo"))


@pytest.mark.parametrize("allowed", ["any", "commercial"])
def test_licences_hold_for_every_engine(monkeypatch, tmp_path, allowed):
    monkeypatch.setenv("RIPIENO_MODELS", str(tmp_path))
    monkeypatch.setenv("RIPIENO_LICENSES", allowed)
    for one in engines.declared().values():
        said = engines.why_not(one.name) or ""
        is_barred = "RIPIENO_LICENSES=commercial" in said
        assert is_barred == (allowed == "commercial" and bool(one.model) and not one.commercial), one.name
        if allowed == "any" and one.model:
            assert said, "its weights are not there"
            assert "ripieno models pull" in said or not all(find_spec(package) for package in one.needs)
