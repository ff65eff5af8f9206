"""The dance with an endpoint, on the real engine: the endpoint's answers are scripted, time is the test's."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from orchestrators import endpoint_job
from ripieno.contracts.names import first_address
from ripieno.contracts.workflow import JobOrder
from ripieno.local.durable.engine import Engine
from ripieno.local.durable.store import Store

JOB = JobOrder(
    job_id="song:mir",
    owner="me",
    endpoint="analysis",
    kind="mir",
    subject={"audio_file_id": "song", "born": "b"},
    arrived_at="2026-01-01T00:00:00+00:00",
    deadline_seconds=600,
)
HOME = first_address(JOB.job_id)
ACCEPTED = {"outcome": "accepted", "progress": 0.2, "stage": "listening", "message": "listening"}
DONE = {"outcome": "succeeded", "result": {"found": 1}, "error": None, "progress": 1, "stage": "", "message": "done"}
DOWN = {"outcome": "down", "message": "nobody there"}
LOST = {"outcome": "lost", "message": "lost"}


def failed(*, retryable: bool) -> dict:
    error = {"code": "broken", "message": "it broke", "retryable": retryable}
    return {"outcome": "failed", "result": None, "error": error, "message": "it broke"}


class Script:
    """The activities: each call takes the next answer of its kind, the last one again and again."""

    def __init__(self, submit: list[dict], read: list[dict]):
        self.answers = {"SubmitJob": submit, "ReadJob": read, "CancelJob": [{}]}
        self.calls: list[tuple[str, int, int]] = []
        self.orders: list[tuple[str, set[str]]] = []
        handle = endpoint_job.blueprint._function_builders[0]._function.get_user_function()
        self._orchestrator = handle

    def orchestrator(self, name: str):
        return self._orchestrator if name == "EndpointJobOrchestrator" else None

    def call_activity(self, name: str, input_json: str | None) -> str:
        order = json.loads(input_json or "{}")
        self.calls.append((name, order["address"] - HOME, order["attempt"]))
        self.orders.append((name, set(order)))
        answers = self.answers[name]
        return json.dumps({"value": answers.pop(0) if len(answers) > 1 else answers[0]})

    def names(self) -> list[str]:
        return [name for name, _, _ in self.calls]


class Run:
    def __init__(self, submit: list[dict], read: list[dict], deadline: float = 600):
        self.time = datetime(2026, 1, 1, tzinfo=UTC)
        self.script = Script(submit, read)
        self.engine = Engine(Store(":memory:"), self.script, clock=lambda: self.time)
        job = JOB.model_copy(update={"deadline_seconds": deadline})
        self.engine.start("EndpointJobOrchestrator", job.model_dump_json(), JOB.job_id)

    def idle(self) -> None:
        """Do everything that can be done without time passing."""
        while True:
            ready, work = self.engine.store.ready_instances(), self.engine.store.claim_activity()
            if work is not None:
                self.engine.run_activity(work)
            elif ready:
                self.engine.run_episode(ready[0])
            else:
                return

    def to_the_end(self) -> dict:
        self.idle()
        for _ in range(2000):
            instance = self.engine.store.instance(JOB.job_id)
            if instance["status"] != "Running":
                assert instance["status"] == "Completed", instance["output"]
                return json.loads(instance["output"])
            timer = self.engine.store.next_timer()
            assert timer is not None, "it waits for nothing"
            self.time = max(self.time, datetime.fromisoformat(timer))
            self.engine.fire_due_timers()
            self.idle()
        raise AssertionError("it never ends")

    @property
    def elapsed(self) -> timedelta:
        return self.time - datetime(2026, 1, 1, tzinfo=UTC)


def test_a_job_is_submitted_once_and_read_until_it_ends():
    run = Run([ACCEPTED], [ACCEPTED, ACCEPTED, DONE])
    assert run.to_the_end() == {"result": {"found": 1}, "error": None}
    assert run.script.names() == ["SubmitJob", "ReadJob", "ReadJob", "ReadJob"]


def test_a_callback_makes_it_read_at_once():
    run = Run([ACCEPTED], [DONE])
    run.idle()
    run.engine.raise_event(JOB.job_id, "job-done:song:mir", json.dumps({"state": "succeeded"}))
    run.idle()
    assert run.to_the_end()["result"] == {"found": 1}
    assert run.elapsed == timedelta(0)


def test_a_lost_job_is_submitted_again():
    run = Run([ACCEPTED], [LOST, DONE])
    assert run.to_the_end()["result"] == {"found": 1}
    assert run.script.names() == ["SubmitJob", "ReadJob", "SubmitJob", "ReadJob"]


def test_the_next_address_is_tried_when_one_is_down():
    run = Run([DOWN, ACCEPTED], [DONE])
    assert run.to_the_end()["result"] == {"found": 1}
    assert run.script.calls == [("SubmitJob", 0, 1), ("SubmitJob", 1, 1), ("ReadJob", 1, 1)]


def test_an_endpoint_that_goes_down_while_it_works_is_given_time_then_left():
    run = Run([ACCEPTED], [DOWN, DOWN, DOWN, DOWN, DONE])
    assert run.to_the_end()["result"] == {"found": 1}
    assert run.script.calls[-2:] == [("SubmitJob", 1, 1), ("ReadJob", 1, 1)]


def busy(addresses: int) -> dict:
    return {"outcome": "busy", "retry_after": 40.0, "addresses": addresses, "message": "full"}


def test_a_full_queue_is_respected():
    run = Run([busy(1), ACCEPTED], [DONE])
    assert run.to_the_end()["result"] == {"found": 1}
    assert run.elapsed >= timedelta(seconds=40)


def test_a_busy_address_sends_the_job_to_the_next_at_once():
    run = Run([busy(2), ACCEPTED], [DONE])
    assert run.to_the_end()["result"] == {"found": 1}
    assert run.script.calls == [("SubmitJob", 0, 1), ("SubmitJob", 1, 1), ("ReadJob", 1, 1)]
    assert run.elapsed < timedelta(seconds=3)


def test_when_every_address_is_busy_it_waits_as_it_is_told():
    run = Run([busy(2), busy(2), ACCEPTED], [DONE])
    assert run.to_the_end()["result"] == {"found": 1}
    assert timedelta(seconds=40) <= run.elapsed < timedelta(seconds=60)


def without_engine(addresses: int) -> dict:
    error = {"code": "engine_unavailable", "message": "no weights here", "retryable": False}
    return {"outcome": "failed", "result": None, "error": error, "message": "no weights", "addresses": addresses}


def test_an_engine_that_is_not_at_one_address_is_looked_for_at_the_others():
    run = Run([ACCEPTED], [without_engine(3), without_engine(3), DONE])
    assert run.to_the_end()["result"] == {"found": 1}
    assert [call for call in run.script.calls if call[0] == "SubmitJob"] == [
        ("SubmitJob", 0, 1),
        ("SubmitJob", 1, 2),
        ("SubmitJob", 2, 3),
    ]
    assert run.elapsed < timedelta(seconds=10)


def test_an_engine_that_is_nowhere_is_an_error_once_every_address_was_asked():
    run = Run([ACCEPTED], [without_engine(2), without_engine(2), DONE])
    assert run.to_the_end()["error"]["code"] == "engine_unavailable"
    run = Run([ACCEPTED], [without_engine(1), DONE])
    assert run.to_the_end()["error"]["code"] == "engine_unavailable"


def test_polls_carry_ids_alone():
    run = Run([ACCEPTED], [ACCEPTED, DONE])
    run.to_the_end()
    ids = {"job_id", "owner", "endpoint", "kind", "arrived_at", "address", "attempt"}
    assert all(fields == ids for name, fields in run.script.orders if name == "ReadJob")


def test_a_final_fault_of_a_step_ends_the_job_at_once():
    run = Run([ACCEPTED], [DONE])
    run.script.call_activity = lambda name, text: json.dumps({"fault": {"code": "not_possible", "message": "never"}})
    assert run.to_the_end()["error"] == {"code": "not_possible", "message": "never", "retryable": False}
    assert run.elapsed == timedelta(0)


def test_what_may_work_another_time_is_tried_five_times_and_the_rest_once():
    run = Run([ACCEPTED], [failed(retryable=True)])
    assert run.to_the_end()["error"]["code"] == "broken"
    assert [attempt for name, _, attempt in run.script.calls if name == "SubmitJob"] == [1, 2, 3, 4, 5]
    run = Run([ACCEPTED], [failed(retryable=False)])
    assert run.to_the_end()["error"]["code"] == "broken"
    assert run.script.names().count("SubmitJob") == 1


@pytest.mark.parametrize("endpoint", [[ACCEPTED], [DOWN]])
def test_every_wait_ends_at_the_deadline_and_the_job_is_cancelled(endpoint):
    run = Run(endpoint, endpoint)
    assert run.to_the_end()["error"]["code"] == "deadline"
    assert run.script.names()[-1] == "CancelJob"
    assert timedelta(seconds=600) <= run.elapsed < timedelta(seconds=660)


def test_the_user_can_cancel():
    run = Run([ACCEPTED], [ACCEPTED])
    run.idle()
    run.engine.raise_event(JOB.job_id, "cancel", "null")
    run.idle()
    assert run.to_the_end()["error"]["code"] == "cancelled"
    assert run.script.names()[-1] == "CancelJob"


def test_a_long_job_keeps_its_history_short():
    run = Run([ACCEPTED], [*[ACCEPTED] * 35, *[LOST], *[ACCEPTED] * 35, DONE], deadline=10**6)
    assert run.to_the_end()["result"] == {"found": 1}
    assert len(run.engine.store.history(JOB.job_id)) < 61 * 8
    assert run.engine.store.instance(JOB.job_id)["generation"] == 1


@pytest.mark.parametrize("letter", ["x", "ж", "\U0001f511", "\n"])
@pytest.mark.parametrize("said", ["stage", "message"])
def test_whatever_an_endpoint_says_of_its_progress_is_shown_as_far_as_there_is_room(said, letter):
    """A custom status of more than 16 KB as UTF-16 would fail the job, in Azure as here."""
    run = Run([ACCEPTED], [ACCEPTED | {said: letter * 20_000}])
    run.idle()
    for _ in range(2):
        run.time = datetime.fromisoformat(run.engine.store.next_timer())
        run.engine.fire_due_timers()
        run.idle()
    instance = run.engine.store.instance(JOB.job_id)
    assert instance["status"] == "Running", instance["output"]
    shown = json.loads(instance["custom_status"])
    assert shown[said] and set(shown[said]) == {letter}
