"""Whatever a step answers, and whoever is cancelled: every workflow comes to an end that its record shows.

The orchestrators are the app's, on the real engine; the activities are scripted, time is the test's.
"""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from orchestrators import mix, pipeline, version, work
from ripieno.contracts import names
from ripieno.contracts.workflow import SongOrder, VersionOrder, WorkOrder
from ripieno.local.durable.engine import Engine
from ripieno.local.durable.store import Store

NOW = "2026-01-01T00:00:00+00:00"
WORK = WorkOrder(owner="me", work_id="w1", arrived_at=NOW)
SONG = SongOrder(
    owner="me", audio_file_id="song", born="b", run=1, instance_id="song-song-b-1", arrived_at=NOW, work_id="w1"
)
VERSIONS = [
    VersionOrder(**WORK.model_dump(), element=element, version=1, is_alone=False).model_dump()
    for element in ("bass", "drums")
]
WAY = {"name": "dsp", "endpoint": "analysis", "engine": "dsp", "stem_format": "flac"}
MADE = {"result": {"stems": [], "engine": {"reason": None}}, "error": None}


class Faulty(Exception):
    """An outage."""


class Scripted:
    """Activities and jobs: what each answers, by name; the rest answers None."""

    def __init__(self, **answers):
        self.answers = {"BeginAnalysis": [WAY], "PlanWork": VERSIONS, "PrepareVersion": True, "SaveAnalysis": True,
                        "PrepareMix": ["mix-1", "mix-1-master"], "job": MADE, **answers}  # fmt: skip
        self.calls: list[tuple[str, dict]] = []
        parts = {"PipelineOrchestrator": pipeline, "WorkOrchestrator": work, "VersionOrchestrator": version,
                 "MixOrchestrator": mix}  # fmt: skip
        self._own = {
            name: next(
                one._function.get_user_function()
                for one in part.blueprint._function_builders
                if one._function.get_function_name() == name
            )
            for name, part in parts.items()
        }

    def orchestrator(self, name: str):
        return self._own.get(name) or (self._job if name == "EndpointJobOrchestrator" else None)

    def _job(self, context: str) -> str:
        return json.dumps({"isDone": True, "actions": [], "schemaVersion": 0, "output": self.answers["job"]})

    def call_activity(self, name: str, input_json: str | None) -> str:
        order = json.loads(input_json or "{}")
        self.calls.append((name, order))
        answer = self.answers.get(name)
        if callable(answer):
            answer = answer(order)
        if isinstance(answer, Exception):
            raise answer
        return json.dumps(answer if isinstance(answer, dict) and "fault" in answer else {"value": answer})

    def called(self, name: str) -> list[dict]:
        return [order for one, order in self.calls if one == name]


def fault(code: str = "not_possible") -> dict:
    return {"fault": {"code": code, "message": f"it is {code}"}}


class Host:
    def __init__(self, script: Scripted):
        self.time = datetime(2026, 1, 1, tzinfo=UTC)
        self.script = script
        self.engine = Engine(Store(":memory:"), script, clock=lambda: self.time)

    def idle(self) -> None:
        while True:
            ready, waiting = self.engine.store.ready_instances(), self.engine.store.claim_activity()
            if waiting is not None:
                self.engine.run_activity(waiting)
            elif ready:
                self.engine.run_episode(ready[0])
            else:
                return

    def run(self, orchestrator: str, order: dict, instance_id: str) -> dict:
        """The instance when it has ended; an hour passes in steps."""
        self.engine.start(orchestrator, json.dumps(order), instance_id)
        for _ in range(1200):
            self.idle()
            instance = self.engine.store.instance(instance_id)
            if instance["status"] not in ("Running", "Pending"):
                return dict(instance)
            self.time += timedelta(seconds=3)
            self.engine.fire_due_timers()
        raise AssertionError(f"{instance_id} never ends")


def make_song(**answers) -> tuple[Scripted, dict]:
    script = Scripted(**answers)
    return script, Host(script).run("PipelineOrchestrator", SONG.model_dump(), SONG.instance_id)


def test_a_song_whose_steps_work_is_analysed_and_its_stems_are_made():
    script, ended = make_song()
    assert ended["status"] == "Completed" and json.loads(ended["output"])["status"] == "analyzed"
    assert Counter(name for name, _ in script.calls)["SaveVersion"] == 2
    assert not script.called("FailSong") and not script.called("FailWork")


@pytest.mark.parametrize("step", ["BeginAnalysis", "SaveAnalysis"])
def test_a_step_that_cannot_be_done_fails_the_song_once_and_its_work_with_it(step):
    script, ended = make_song(**{step: fault()})
    assert ended["status"] == "Completed" and json.loads(ended["output"])["status"] == "failed"
    assert len(script.called(step)) == 1, "what cannot be is not tried for a minute"
    (failed,) = script.called("FailSong")
    assert failed["fault"]["message"] == "it is not_possible"
    (work_failed,) = script.called("FailWork")
    assert "could not be analysed" in work_failed["message"]


def test_an_outage_is_waited_out_and_one_without_end_fails_the_song():
    tries = []

    def down_for_ten(_: dict) -> object:
        tries.append(1)
        return True if len(tries) > 10 else Faulty("storage is down")

    script, ended = make_song(SaveAnalysis=down_for_ten)
    assert json.loads(ended["output"])["status"] == "analyzed" and len(script.called("SaveAnalysis")) == 11
    script, ended = make_song(SaveAnalysis=Faulty("storage is down"))
    assert json.loads(ended["output"])["status"] == "failed" and len(script.called("SaveAnalysis")) == 20
    assert "storage is down" in script.called("FailSong")[0]["fault"]["message"]


@pytest.mark.parametrize("answer", [fault(), Faulty("the webhook's host is gone")])
def test_who_cannot_be_told_fails_nothing(answer):
    script, ended = make_song(NotifyOwner=answer, NotifyWork=answer)
    assert ended["status"] == "Completed" and json.loads(ended["output"])["status"] == "analyzed"
    assert not script.called("FailSong") and not script.called("FailWork")


@pytest.mark.parametrize("step", ["PlanWork", "ConditionWork"])
def test_a_work_that_cannot_be_planned_ends_and_its_song_is_analysed(step):
    script, ended = make_song(**{step: fault()})
    assert json.loads(ended["output"])["status"] == "analyzed"
    assert [one["message"] for one in script.called("FailWork")] == ["it is not_possible"]


def test_a_work_that_is_cancelled_while_it_is_made_leaves_its_song_analysed():
    script = Scripted()
    host = Host(script)

    def terminated(order: dict) -> object:
        host.engine.terminate(names.work_instance("w1"), "cancelled")
        return VERSIONS

    script.answers["PlanWork"] = terminated
    ended = host.run("PipelineOrchestrator", SONG.model_dump(), SONG.instance_id)
    assert ended["status"] == "Completed" and json.loads(ended["output"])["status"] == "analyzed"
    assert len(script.called("FailWork")) == 1, "which changes nothing of a work that has ended"


def test_a_version_that_cannot_be_kept_fails_alone():
    def save(order: dict) -> object:
        return fault() if order["element"] == "bass" and order["result"] else None

    script = Scripted(SaveVersion=save)
    ended = Host(script).run("WorkOrchestrator", WORK.model_dump(), names.work_instance("w1"))
    assert ended["status"] == "Completed" and not script.called("FailWork")
    ends = {(one["element"], one["result"] is not None) for one in script.called("SaveVersion")}
    assert ends == {("bass", True), ("bass", False), ("drums", True)}


def test_a_version_whose_job_fails_says_so_and_its_sibling_is_made():
    broken = {"result": None, "error": {"code": "cannot_generate", "message": "no such voice"}}
    script = Scripted(job=broken)
    ended = Host(script).run("WorkOrchestrator", WORK.model_dump(), names.work_instance("w1"))
    assert ended["status"] == "Completed"
    assert {one["error"]["message"] for one in script.called("SaveVersion")} == {"no such voice"}


def test_a_mix_that_cannot_be_kept_fails_and_so_does_its_master():
    script = Scripted(SaveMix=lambda order: fault() if order["result"] else None)
    order = VersionOrder(**WORK.model_dump(), element="mix-1", version=1)
    ended = Host(script).run("MixOrchestrator", order.model_dump(), "mix-w1")
    assert ended["status"] == "Completed" and json.loads(ended["output"])["outcome"] == "failed"
    assert [one["error"] is None for one in script.called("SaveMix")] == [True, False]


def test_what_a_workflow_says_of_itself_stays_small_whatever_it_is_asked():
    long = [
        VersionOrder(**WORK.model_dump(), element="Ж" * 60 + f" {number}", version=1, is_alone=False).model_dump()
        for number in range(12)
    ]
    script = Scripted(PlanWork=long, SaveVersion=fault("x" * 5000))
    host = Host(script)
    host.run("WorkOrchestrator", WORK.model_dump(), names.work_instance("w1"))
    for instance in host.engine.store.rows("SELECT * FROM instances"):
        assert len((instance["custom_status"] or "").encode()) < 16 * 1024
