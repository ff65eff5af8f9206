"""The ways to separate, tried in order on the real engine: endpoints' answers are scripted, time is the test's."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from orchestrators import endpoint_job, pipeline
from ripieno.contracts.workflow import SongOrder
from ripieno.local.durable.engine import Engine
from ripieno.local.durable.store import Store
from ripieno.work import analysing

SONG = SongOrder(
    instance_id="song", owner="me", audio_file_id="id", born="b", run=1, arrived_at="2026-01-01T00:00:00+00:00"
)


def step(name: str, endpoint: str, engine: str) -> dict:
    return {"name": name, "endpoint": endpoint, "engine": engine, "stem_format": "flac"}


GPU, DIRECTML, DSP = (
    step("gpu", "analysis", "auto@cuda"),
    step("directml", "directml", "auto"),
    step("dsp", "analysis", "dsp"),
)


def done(engine: str) -> dict:
    result = {"stems": [], "engine": {"engine": engine, "fallback": False, "reason": None}}
    return {"outcome": "succeeded", "result": result, "error": None, "progress": 1, "stage": "", "message": "done"}


def failed(code: str, message: str) -> dict:
    error = {"code": code, "message": message, "retryable": False}
    return {"outcome": "failed", "result": None, "error": error, "message": message}


class Script:
    """The activities; `answers` maps an engine to what its endpoint says to every call."""

    def __init__(self, plan: list[dict], answers: dict[str, dict]):
        self.plan, self.answers = plan, answers
        self.jobs: list[tuple[str, str]] = []
        self.saved: dict | None = None
        self.fault: dict | None = None
        self._orchestrators = {
            "PipelineOrchestrator": pipeline.blueprint,
            "EndpointJobOrchestrator": endpoint_job.blueprint,
        }

    def orchestrator(self, name: str):
        return self._orchestrators[name]._function_builders[0]._function.get_user_function()

    def call_activity(self, name: str, input_json: str | None) -> str:
        return json.dumps({"value": self._answer(name, json.loads(input_json or "{}"))})

    def _answer(self, name: str, order: dict) -> object:
        match name:
            case "BeginAnalysis":
                return self.plan
            case "SaveAnalysis":
                self.saved = order["separated"]
                return True
            case "FailSong":
                self.fault = order["fault"]
                return None
            case "NotifyOwner":
                return {"delivered": False, "reason": "nobody asked"}
        if not order["job_id"].startswith("song:separate"):
            return done("listening")
        way = order["job_id"].partition("song:separate")[2].removeprefix("-") or self.plan[0]["name"]
        engine = next(step["engine"] for step in self.plan if step["name"] == way)
        if name == "SubmitJob" and (order["job_id"], engine) not in self.jobs:
            self.jobs.append((order["job_id"], engine))
        return self.answers[engine]


def run(plan: list[dict], answers: dict[str, dict]) -> Script:
    now = [datetime(2026, 1, 1, tzinfo=UTC)]
    script = Script(plan, answers)
    engine = Engine(Store(":memory:"), script, clock=lambda: now[0])
    engine.start("PipelineOrchestrator", SONG.model_dump_json(), "song")
    for _ in range(2000):
        ready, work = engine.store.ready_instances(), engine.store.claim_activity()
        if work is not None:
            engine.run_activity(work)
        elif ready:
            engine.run_episode(ready[0])
        elif engine.store.instance("song")["status"] != "Running":
            break
        else:
            now[0] = max(now[0], datetime.fromisoformat(engine.store.next_timer()))
            engine.fire_due_timers()
    instance = engine.store.instance("song")
    assert instance["status"] == "Completed", instance["output"]
    return script


def test_the_first_way_that_works_is_taken_and_is_no_fallback():
    script = run([GPU, DIRECTML, DSP], {"auto@cuda": done("htdemucs")})
    assert script.saved["engine"] == {"engine": "htdemucs", "fallback": False, "reason": None}
    assert script.jobs == [("song:separate", "auto@cuda")]


def test_a_result_says_which_better_ways_failed_and_why():
    answers = {
        "auto@cuda": failed("engine_unavailable", "there is no CUDA device here"),
        "auto": {"outcome": "down", "message": "connection refused"},
        "dsp": done("dsp"),
    }
    script = run([GPU, DIRECTML, DSP], answers)
    engine = script.saved["engine"]
    assert engine["engine"] == "dsp" and engine["fallback"]
    assert "gpu: there is no CUDA device here" in engine["reason"]
    assert "directml: the directml endpoint cannot be reached" in engine["reason"]
    assert [job for job, _ in script.jobs] == ["song:separate", "song:separate-directml", "song:separate-dsp"]


def test_a_song_that_cannot_be_decoded_is_not_tried_again_elsewhere():
    script = run([GPU, DSP], {"auto@cuda": failed("unreadable_audio", "no audio"), "dsp": done("dsp")})
    assert script.fault["code"] == "unreadable_audio" and script.saved is None
    assert len(script.jobs) == 1


def test_when_the_last_way_fails_its_error_is_the_songs():
    script = run(
        [GPU, DSP],
        {
            "auto@cuda": failed("engine_unavailable", "none"),
            "dsp": failed("internal_error", "it broke"),
        },
    )
    assert script.fault["message"] == "it broke"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("auto", [("auto", "analysis", "auto")]),
        (
            "gpu, directml, cpu, dsp",
            [
                ("gpu", "analysis", "auto@cuda"),
                ("directml", "directml", "auto"),
                ("cpu", "analysis", "auto@cpu"),
                ("dsp", "analysis", "dsp"),
            ],
        ),
        ("gpu,tpu", None),
    ],
)
def test_the_order_is_a_setting(monkeypatch, value, expected):
    monkeypatch.setenv("AzureWebJobsStorage", "UseDevelopmentStorage=true")
    monkeypatch.setenv("RIPIENO_SEPARATION", value)
    if expected is None:
        with pytest.raises(ValueError, match="not tpu"):
            analysing.ways_to_separate()
    else:
        assert [(s.name, s.endpoint, s.engine) for s in analysing.ways_to_separate()] == expected
