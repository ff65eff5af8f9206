"""An engine that takes its process with it, again and again: the next one makes the version, where it may."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from orchestrators import endpoint_job, version
from ripieno.contracts.workflow import VersionOrder
from ripieno.local.durable.engine import Engine
from ripieno.local.durable.store import Store

ORDER = VersionOrder(owner="me", work_id="1", element="bass", version=1, arrived_at="2026-01-01T00:00:00+00:00")
INSTANCE = "take-1-bass-1"
DONE = {"outcome": "succeeded", "result": {"stems": ["made"]}, "error": None, "progress": 1, "stage": "", "message": ""}


def failed(code: str) -> dict:
    error = {"code": code, "message": f"it was {code}", "retryable": False}
    return {"outcome": "failed", "result": None, "error": error, "message": code}


class Script:
    """The activities: each job gets the next answer; `may_fall` is how many engines come after the first."""

    def __init__(self, answers: list[dict], may_fall: int):
        self.answers, self.may_fall = answers, may_fall
        self.submitted: list[tuple[str, list[str]]] = []
        self.saved: dict | None = None
        self._orchestrators = {
            "VersionOrchestrator": version.blueprint,
            "EndpointJobOrchestrator": endpoint_job.blueprint,
        }

    def orchestrator(self, name: str):
        return self._orchestrators[name]._function_builders[0]._function.get_user_function()

    def call_activity(self, name: str, input_json: str | None) -> str:
        return json.dumps({"value": self._answer(name, json.loads(input_json or "{}"))})

    def _answer(self, name: str, order: dict) -> object:
        match name:
            case "PrepareVersion":
                return True
            case "SubmitJob":
                self.submitted.append((order["job_id"], order["subject"].get("lost", [])))
                return self.answers.pop(0)
            case "LoseEngine":
                lost = [*order["lost"], f"engine {len(order['lost'])}: {order['error']['message']}"]
                return lost if len(lost) <= self.may_fall else []
            case "SaveVersion":
                self.saved = order
        return None


def run(*answers: dict, may_fall: int) -> Script:
    script = Script(list(answers), may_fall)
    now = datetime(2026, 1, 1, tzinfo=UTC)
    engine = Engine(Store(":memory:"), script, clock=lambda: now)
    engine.start("VersionOrchestrator", ORDER.model_dump_json(), INSTANCE)
    while True:
        ready, work = engine.store.ready_instances(), engine.store.claim_activity()
        if work is not None:
            engine.run_activity(work)
        elif ready:
            engine.run_episode(ready[0])
        else:
            break
    assert engine.store.instance(INSTANCE)["status"] == "Completed", engine.store.instance(INSTANCE)["output"]
    return script


@pytest.mark.parametrize("code", ["worker_died", "gpu_out_of_memory", "timeout", "lost_too_often"])
def test_what_dies_with_its_engine_is_made_by_the_next(code):
    script = run(failed(code), failed(code), DONE, may_fall=3)
    assert script.submitted == [
        (f"{INSTANCE}:generate", []),
        (f"{INSTANCE}:generate-1", [f"engine 0: it was {code}"]),
        (f"{INSTANCE}:generate-2", [f"engine 0: it was {code}", f"engine 1: it was {code}"]),
    ]
    assert script.saved["error"] is None and script.saved["result"] == {"stems": ["made"]}


def test_where_no_other_may_take_its_place_it_fails():
    script = run(failed("worker_died"), DONE, may_fall=0)
    assert len(script.submitted) == 1 and script.saved["error"]["code"] == "worker_died"


@pytest.mark.parametrize("code", ["cannot_generate", "cancelled", "unknown_engine", "engine_unavailable"])
def test_what_is_not_the_engines_end_is_told(code):
    script = run(failed(code), DONE, may_fall=3)
    assert len(script.submitted) == 1 and script.saved["error"]["code"] == code
