"""An engine that is lost gives way to the next one that can, where it may, and the provenance names it."""

from __future__ import annotations

import pytest

from gpu_endpoints.generation import choice, stems_job
from gpu_endpoints.serving.work import JobCancelled, JobContext, JobFailed
from ripieno.contracts.generation import GenerateInput, GenerationParameters, StemPlan, SungNote
from ripieno.contracts.provenance import Provenance
from ripieno.services import engines, falling

GIVEN = GenerationParameters(target_bpm=120, duration_seconds=2, chord_progression=["C"])


class Breaking:
    """A learned engine that loads, begins, and breaks."""

    is_exact = True

    def __init__(self, problem: BaseException):
        self._problem = problem

    def provenance(self) -> Provenance:
        return Provenance(engine="musicgen-melody", version="1", license="made in the test")

    def generate(self, wishes, on_progress):
        on_progress(0.5)
        raise self._problem


def order(**fields) -> GenerateInput:
    plan = StemPlan(stem_type="bass", engine=fields.pop("planned", "auto"))
    return GenerateInput(
        **{"generation_request_id": "falling", "target_stems": ["bass"], "plans": [plan], "parameters": GIVEN} | fields
    )


@pytest.fixture
def context(tmp_path) -> JobContext:
    return JobContext("job", tmp_path, lambda fraction, stage: None, lambda: False)


@pytest.fixture
def broken(monkeypatch):
    """Every learned engine is there and breaks so."""
    real = choice.choose

    def breaking(problem: BaseException) -> None:
        def choose(name: str):
            return Breaking(problem) if name.startswith("musicgen") else real(name)

        monkeypatch.setattr(choice, "choose", choose)

    return breaking


@pytest.mark.parametrize("problem", [RuntimeError("CUDA out of memory"), MemoryError(), KeyError("weights")])
@pytest.mark.parametrize(
    "fields", [{"planned": "musicgen-melody"}, {"engine": "musicgen-melody", "allow_fallback": True}]
)
def test_an_engine_that_breaks_midway_gives_way(storage, context, broken, problem, fields):
    broken(problem)
    (stem,) = stems_job.run(order(**fields).model_dump(), context)["stems"]
    engine = stem["engine"]
    assert engine["engine"] == "symbolic" and engine["fallback"]
    assert "musicgen-melody: " in engine["reason"] and type(problem).__name__ in engine["reason"]


def test_one_that_is_not_there_gives_way_too(storage, context, monkeypatch, tmp_path):
    monkeypatch.setenv("RIPIENO_MODELS", str(tmp_path / "none"))
    (stem,) = stems_job.run(order(planned="musicgen-small").model_dump(), context)["stems"]
    assert stem["engine"]["engine"] == "symbolic" and "ripieno models pull musicgen-small" in stem["engine"]["reason"]


def test_one_that_may_not_be_sold_gives_way_where_that_is_asked_for(storage, context, monkeypatch):
    monkeypatch.setenv("RIPIENO_LICENSES", "commercial")
    (stem,) = stems_job.run(order(planned="musicgen-small").model_dump(), context)["stems"]
    assert stem["engine"]["engine"] == "symbolic" and "RIPIENO_LICENSES=commercial" in stem["engine"]["reason"]


def test_a_named_engine_fails_clearly(storage, context, broken, monkeypatch, tmp_path):
    monkeypatch.setenv("RIPIENO_MODELS", str(tmp_path / "none"))
    with pytest.raises(JobFailed, match="ripieno models pull musicgen-small"):
        stems_job.run(order(engine="musicgen-small").model_dump(), context)
    broken(RuntimeError("CUDA out of memory"))
    with pytest.raises(RuntimeError, match="CUDA"):
        stems_job.run(order(engine="musicgen-small").model_dump(), context)


@pytest.mark.parametrize("problem", [JobCancelled(), ValueError("there is no style 'x'")])
def test_what_is_not_the_engines_fault_is_no_loss(storage, context, broken, problem):
    broken(problem)
    with pytest.raises((JobCancelled, JobFailed)):
        stems_job.run(order(planned="musicgen-melody").model_dump(), context)


def test_what_was_lost_with_its_process_is_not_tried_again_and_is_named(storage, context, broken):
    broken(AssertionError("it would die again"))
    lost = [f"{name}: the worker process died" for name in ("musicgen-melody", "musicgen-medium", "musicgen-small")]
    asked = order(planned="musicgen-melody", lost=lost)
    (stem,) = stems_job.run(asked.model_dump(), context)["stems"]
    assert stem["engine"]["engine"] == "symbolic"
    assert stem["engine"]["reason"].startswith("musicgen-melody: the worker process died; musicgen-medium")


def test_words_without_a_voice_are_hummed_and_that_is_said(storage, context, monkeypatch):
    from gpu_endpoints.generation.singing import voice

    def silent(*_, **__):
        raise OSError("espeak-ng cannot be loaded")

    monkeypatch.setattr(voice, "sung", silent)
    notes = [SungNote(start=0, end=1, pitch=60, syllable="la")]
    asked = order(target_stems=["vocals"], plans=[StemPlan(stem_type="vocals")], notes=notes)
    (stem,) = stems_job.run(asked.model_dump(), context)["stems"]
    assert stem["engine"]["engine"] == "symbolic" and "voice: OSError: espeak-ng" in stem["engine"]["reason"]


# -- which are tried ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "tried"),
    [
        ({}, ["symbolic"]),
        ({"engine": "musicgen-small"}, ["musicgen-small"]),
        ({"engine": "musicgen-small", "allow_fallback": True}, ["musicgen-small", "symbolic"]),
        ({"planned": "musicgen-small"}, ["musicgen-small", "symbolic"]),
        ({"planned": "musicgen-small", "engine": "symbolic"}, ["symbolic"]),
        ({"stem": "vocals", "words": True}, ["voice", "symbolic"]),
        ({"stem": "vocals", "words": True, "planned": "symbolic"}, ["voice", "symbolic"]),
        ({"stem": "vocals", "words": True, "voice": "anna"}, ["diffsinger@anna"]),
        (
            {"stem": "vocals", "words": True, "voice": "anna", "allow_fallback": True},
            ["diffsinger@anna", "voice", "symbolic"],
        ),
        ({"stem": "bass", "voice": "anna"}, ["symbolic"]),
        ({"lost": ["symbolic: died"]}, ["symbolic"]),
        ({"midi": "w/given/a.mid", "engine": "musicgen-small", "planned": "musicgen-small"}, ["symbolic"]),
    ],
)
def test_the_order_of_engines(fields, tried):
    stem = fields.pop("stem", "bass")
    plan = StemPlan(stem_type=stem, engine=fields.pop("planned", "auto"), midi=fields.pop("midi", None))
    given = GIVEN.model_copy(update={"lyrics": "la la"}) if fields.pop("words", False) else GIVEN
    asked = GenerateInput(generation_request_id="x", target_stems=[stem], plans=[plan], parameters=given, **fields)
    assert falling.candidates(asked, plan) == tried


def test_no_voice_of_unknown_terms_sings_where_only_what_may_be_sold_is_used(monkeypatch, tmp_path):
    (tmp_path / "voices" / "anna").mkdir(parents=True)
    (tmp_path / "voices" / "anna" / "dsconfig.yaml").write_text("{}")
    monkeypatch.setenv("RIPIENO_MODELS", str(tmp_path))
    assert engines.why_not("diffsinger@anna") is None
    monkeypatch.setenv("RIPIENO_LICENSES", "commercial")
    assert "RIPIENO_LICENSES=commercial" in (engines.why_not("diffsinger@anna") or "")
    assert not choice.singing()["diffsinger@anna"]["available"]
    with pytest.raises(JobFailed, match="may not be used commercially"):
        choice.choose("diffsinger@anna")
    monkeypatch.setenv("RIPIENO_ALLOW_WEIGHTS", "anna")
    assert engines.why_not("diffsinger@anna") is None
