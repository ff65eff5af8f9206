"""Whatever a step of a set answers: its version comes to an end, and what was said is answered or says why not."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from test_every_end import Host, Scripted, fault

from orchestrators import dj_set, talk
from ripieno.contracts import names
from ripieno.contracts.workflow import RevisionOrder, TalkOrder

NOW = "2026-01-01T00:00:00+00:00"
SET = RevisionOrder(owner="me", work_id="s1", arrived_at=NOW, revision=2)
TALK = TalkOrder(owner="me", work_id="s1", arrived_at=NOW, talk_id="t1")
BRIDGE = RevisionOrder(owner="me", work_id="b1", arrived_at=NOW, revision=1).model_dump()
WELL = {"PlanSet": [], "IsSpeechWanted": True, "BeginSetMix": True, "job": {"result": {"x": 1}, "error": None}}


class OfSets(Scripted):
    def __init__(self, **answers):
        super().__init__(**(WELL | answers))
        for name, part in {"SetOrchestrator": dj_set, "TalkOrchestrator": talk}.items():
            self._own[name] = next(
                one._function.get_user_function()
                for one in part.blueprint._function_builders
                if one._function.get_function_name() == name
            )
        self.composed: list[str] = []

    def orchestrator(self, name: str):
        return self._composed if name == "CompositionOrchestrator" else super().orchestrator(name)

    def _composed(self, context: str) -> str:
        self.composed.append("b1")
        return json.dumps({"isDone": True, "actions": [], "schemaVersion": 0, "output": {"outcome": "can be heard"}})


def make(**answers) -> tuple[OfSets, dict]:
    script = OfSets(**answers)
    ended = Host(script).run("SetOrchestrator", SET.model_dump(), names.revision_instance("s1", 2))
    assert ended["status"] == "Completed"
    return script, json.loads(ended["output"])


def test_a_set_is_planned_spoken_rendered_and_told_of():
    script, told = make()
    assert told["outcome"] == "can be heard"
    counted = Counter(name for name, _ in script.calls)
    assert counted == {"PlanSet": 1, "IsSpeechWanted": 1, "SaveSpeech": 1, "BeginSetMix": 1, "SaveSetMix": 1,
                       "NotifyWork": 1}  # fmt: skip


def test_an_equal_mix_is_rendered_by_nobody():
    script, _ = make(BeginSetMix=False, IsSpeechWanted=False)
    assert not script.called("SaveSetMix") and not script.called("SaveSpeech")


@pytest.mark.parametrize("step", ["PlanSet", "BeginSetMix", "SaveSetMix", "IsSpeechWanted"])
def test_a_step_that_cannot_be_done_fails_the_version_once(step):
    script, told = make(**{step: fault()})
    assert told["outcome"] == "failed: it is not_possible"
    assert [one["message"] for one in script.called("FailSetVersion")] == ["it is not_possible"]


def test_a_mix_that_cannot_be_rendered_fails_the_version_with_its_reason():
    script, _ = make(job={"result": None, "error": {"code": "bad_plan", "message": "no beats"}})
    assert script.called("FailSetVersion")[0]["message"] == "no beats" and script.called("SaveSpeech")[0]["error"]


def test_bridges_are_composed_before_it_is_planned_once_more():
    plans = [[BRIDGE], []]
    script, told = make(PlanSet=lambda _: plans.pop(0), JoinBridges=True)
    assert told["outcome"] == "can be heard" and script.composed
    assert [one.get("may_bridge", True) for one in script.called("PlanSet")] == [True, False]
    script, _ = make(PlanSet=[BRIDGE], JoinBridges=False)
    assert len(script.called("PlanSet")) == 1, "what could not be composed is gone without"


def said(**answers) -> tuple[OfSets, dict]:
    script = OfSets(**{"IsRecording": False, "HeedTalk": {"version": SET.model_dump(), "speaks": True}, **answers})
    ended = Host(script).run("TalkOrchestrator", TALK.model_dump(), names.talk_instance("s1", "t1"))
    assert ended["status"] == "Completed"
    return script, json.loads(ended["output"])


def test_what_is_said_is_done_and_answered_and_waits_for_no_mix():
    script, told = said()
    assert told["outcome"] == "answered" and script.called("BeginSetVersion") and script.called("SaveAnswer")
    assert not script.called("PlanSet"), "the version is a run of its own"


def test_a_recording_that_nobody_hears_is_heeded_with_the_reason():
    unheard = {"result": None, "error": {"code": "engine_unavailable", "message": "only a transcript works"}}
    script, _ = said(IsRecording=True, job=unheard, HeedTalk={"version": None, "speaks": False})
    assert script.called("HeedTalk")[0]["error"]["message"] == "only a transcript works"
    assert not script.called("SaveAnswer") and not script.called("BeginSetVersion")


def test_what_cannot_be_understood_has_an_end():
    script, told = said(HeedTalk=fault())
    assert told["outcome"].startswith("failed") and script.called("FailTalk")[0]["message"] == "it is not_possible"
