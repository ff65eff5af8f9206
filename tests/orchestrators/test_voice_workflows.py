"""Whatever a step answers: a sample, a version and a vocal come to an end that their records show."""

from __future__ import annotations

import json

import pytest
from test_every_end import NOW, Faulty, Host, Scripted, fault

from orchestrators import voices
from ripieno.contracts import names
from ripieno.contracts.workflow import SampleOrder, VersionOrder, VoiceVersionOrder

ITS = names.voice_instance("v1", "sample-s1-1")
SAMPLE = SampleOrder(owner="me", voice_id="v1", sample_id="s1", instance_id=ITS, arrived_at=NOW)
VERSION = VoiceVersionOrder(owner="me", voice_id="v1", instance_id="voice-v1-version-first", arrived_at=NOW)
VOCAL = VersionOrder(owner="me", work_id="w1", element="vocals", version=1, arrived_at=NOW)
LOST = {"result": None, "error": {"code": "worker_died", "message": "it died", "retryable": False}}
LEARNS = {"version": 2, "learns": True}


class Voices(Scripted):
    """The app's orchestrators of voices; jobs are answered one after another."""

    def __init__(self, *jobs: dict, **answers):
        wanted = {"BeginVoiceSample": True, "SaveVoiceSample": False, "BeginVoiceVersion": LEARNS,
                  "SaveVoiceProfile": True, "PrepareVoiced": True}  # fmt: skip
        super().__init__(**wanted | answers)
        self.jobs = list(jobs)
        self._own = {
            one._function.get_function_name(): one._function.get_user_function()
            for one in voices.blueprint._function_builders
        }

    def _job(self, context: str) -> str:
        self.answers["job"] = self.jobs.pop(0) if self.jobs else {"result": {}, "error": None}
        return super()._job(context)


def run(name: str, order, script: Voices) -> dict:
    ended = Host(script).run(name, order.model_dump(), "voice-v1-x")
    assert ended["status"] == "Completed", ended
    return json.loads(ended["output"])


def test_a_sample_is_heard_once_and_twice_where_others_were_taken_meanwhile():
    script = Voices()
    assert run("VoiceSampleOrchestrator", SAMPLE, script) == {"outcome": "made"}
    assert len(script.called("SaveVoiceSample")) == 1
    script = Voices(SaveVoiceSample=True)
    run("VoiceSampleOrchestrator", SAMPLE, script)
    assert len(script.called("SaveVoiceSample")) == len(names.VOICE_CHECKS), "and no more than that"


@pytest.mark.parametrize("begin", [False, fault(), Faulty()])
def test_a_sample_that_nobody_waits_for_is_left_alone_and_one_that_cannot_be_heard_fails(begin):
    script = Voices(BeginVoiceSample=begin)
    told = run("VoiceSampleOrchestrator", SAMPLE, script)
    if begin is False:
        assert told == {"outcome": "unwanted"} and not script.called("SaveVoiceSample")
    else:
        assert told == {"outcome": "failed"} and script.called("SaveVoiceSample")[0]["error"]["message"]


def test_a_version_is_measured_then_trained_and_kept_without_a_model_where_that_failed():
    script = Voices({"result": {"lowest": 1}, "error": None}, LOST)
    assert run("VoiceVersionOrchestrator", VERSION, script) == {"outcome": "failed"}
    assert script.called("SaveVoiceProfile")[0]["profile"] == {"lowest": 1}
    assert script.called("SaveVoiceVersion")[0]["error"]["code"] == "worker_died"


@pytest.mark.parametrize(
    ("answers", "jobs"),
    [
        ({"BeginVoiceVersion": fault("consent")}, 0),
        ({"BeginVoiceVersion": {"version": 2, "learns": False}}, 1),
        ({"SaveVoiceProfile": False}, 1),
        ({}, 2),
    ],
)
def test_no_job_is_asked_for_that_is_not_wanted(answers, jobs):
    many = [{"result": {"number": number}, "error": None} for number in range(5)]
    script = Voices(*many, **answers)
    run("VoiceVersionOrchestrator", VERSION, script)
    assert len(script.jobs) == 5 - jobs and len(script.called("SaveVoiceVersion")) == 1


@pytest.mark.parametrize(("job", "outcome"), [({"result": {}, "error": None}, "made"), (LOST, "failed")])
def test_a_vocal_has_its_end_either_way(job, outcome):
    script = Voices(job)
    assert run("VoiceApplyOrchestrator", VOCAL, script) == {"outcome": outcome}
    assert len(script.called("SaveVoiced")) == 1


def test_what_cannot_be_kept_is_told_once_more():
    script = Voices(SaveVoiced=fault("invalid_data"))
    assert run("VoiceApplyOrchestrator", VOCAL, script) == {"outcome": "failed"}
    assert [one["error"] is None for one in script.called("SaveVoiced")] == [True, False]
