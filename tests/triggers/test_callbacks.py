"""The route that endpoints call: nothing is believed that is not signed, and nothing is heard twice."""

from __future__ import annotations

import asyncio
import json
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import azure.functions as func
import pytest
from azure.durable_functions import OrchestrationRuntimeStatus as Status
from standardwebhooks.webhooks import Webhook

from ripieno.contracts import names
from ripieno.contracts.enums import Role
from ripieno.records import heard
from ripieno.services.storage import table
from ripieno.services.webhooks import MOST_BYTES
from ripieno.work import housekeeping
from triggers import callbacks
from triggers.problems import of
from triggers.routing import Call

OLD, NEW = "whsec_c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0", "whsec_bmV4dHNlY3JldG5leHRzZWNyZXRuZXh0c2VjcmV0"


class Workflows:
    """A durable client in which every instance runs, and which keeps the events that were raised."""

    def __init__(self) -> None:
        self.raised: list[tuple] = []
        self.asked: list[str] = []
        self.is_away = False

    async def get_status(self, instance_id: str):
        self.asked.append(instance_id)
        if self.is_away:
            raise ConnectionError("the host is being stopped")
        return SimpleNamespace(runtime_status=Status.Running)

    async def raise_event(self, *event) -> None:
        self.raised.append(event)


@pytest.fixture
def workflows(storage, monkeypatch):
    monkeypatch.setenv("RIPIENO_CALLBACK_SECRETS", f"{NEW},{OLD}")
    return Workflows()


def event(**more) -> str:
    return json.dumps({"type": "job.ended", "job_id": "song-1-b-1:mir", "state": "succeeded"} | more)


def signed(
    body: str, *, secret: str = OLD, message_id: str | None = None, at: datetime | None = None
) -> dict[str, str]:
    now, message_id = at or datetime.now(UTC), message_id or uuid.uuid4().hex
    headers = {"webhook-id": message_id, "webhook-timestamp": str(int(now.timestamp()))}
    return headers | {"webhook-signature": Webhook(secret).sign(message_id, now, body)}


def called(workflows: Workflows, body: str | bytes, headers: dict[str, str]) -> tuple[int, str]:
    """The status, and what was answered: whether somebody was woken, or the code of the problem."""
    data = body.encode() if isinstance(body, str) else body
    request = func.HttpRequest("POST", "http://127.0.0.1/api/callbacks/jobs", headers=headers, body=data)
    caller = SimpleNamespace(owner="nobody", roles=frozenset(Role))
    call = Call(request, caller, {}, None, None, "seed", workflows)
    try:
        answer = asyncio.run(callbacks.job_callback(call))
    except Exception as fault:
        problem = of(fault)
        return problem.status, problem.code
    return answer.status, "woken" if answer.body.woken else "nobody"


def test_a_callback_wakes_its_workflow_once_and_its_replay_nobody(workflows):
    body = event()
    headers = signed(body)
    assert called(workflows, body, headers) == (200, "woken")
    for _ in range(3):
        assert called(workflows, body, headers) == (409, "replayed")
    later = signed(body, message_id=headers["webhook-id"], secret=NEW)  # signed anew, as a retry is
    assert called(workflows, body, later) == (409, "replayed")
    assert len(workflows.raised) == 1


def test_of_a_storm_of_one_callback_at_many_hosts_one_is_heard(workflows):
    body, together = event(), threading.Barrier(8)
    headers = signed(body)

    def send(_: int) -> tuple[int, str]:
        together.wait()
        return called(workflows, body, headers)

    with ThreadPoolExecutor(8) as hosts:
        answers = sorted(hosts.map(send, range(8)))
    assert answers == [(200, "woken"), *[(409, "replayed")] * 7] and len(workflows.raised) == 1


def test_what_came_to_nothing_is_heard_the_next_time(workflows):
    """The host is stopped while it wakes the workflow: the endpoint sends the same once more."""
    body = event()
    headers = signed(body)
    workflows.is_away = True
    assert called(workflows, body, headers)[0] == 500
    workflows.is_away = False
    assert called(workflows, body, headers) == (200, "woken")


def test_what_is_not_signed_reaches_no_workflow_and_leaves_no_trace(workflows):
    body = event()
    message_id = uuid.uuid4().hex
    good = signed(body, message_id=message_id)
    wrong = [
        {}, {name: value for name, value in good.items() if name != "webhook-id"}, good | {"webhook-id": "2"},
        good | {"webhook-timestamp": "1"}, good | {"webhook-timestamp": "x"}, good | {"webhook-signature": "v1,x,y"},
        signed(body, message_id=message_id, secret="whsec_b3RoZXJvdGhlcm90aGVyb3RoZXJvdGhlcm90"),
        signed(body, message_id=message_id, at=datetime.now(UTC) - timedelta(minutes=6)),
        signed(body, message_id=message_id, at=datetime.now(UTC) + timedelta(minutes=6)),
        good | {"webhook-signature": "ж" * 50}, good | {"webhook-id": "\U0001f511"},
    ]  # fmt: skip
    for headers in wrong:
        assert called(workflows, body, headers) == (401, "bad_signature"), headers
    assert called(workflows, body.replace("song-1", "song-2"), good) == (401, "bad_signature")
    assert workflows.asked == []
    assert called(workflows, body, good) == (200, "woken"), "a forgery uses up no id"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("", (400, "invalid_request")), ("{", (400, "invalid_request")), ("[]", (400, "invalid_request")),
        ("null", (400, "invalid_request")), ("{}", (400, "invalid_request")), ("[" * 50_000, (400, "invalid_request")),
        (event(state="exploded"), (400, "invalid_request")), (event(job_id=""), (400, "invalid_request")),
        (event(job_id="../../x"), (400, "invalid_request")), (event(job_id="a?b=c"), (400, "invalid_request")),
        (event(job_id="a/raiseEvent/b"), (400, "invalid_request")), (event(job_id="ж"), (400, "invalid_request")),
        (event(job_id=7), (400, "invalid_request")), (event(job_id="x" * 500), (400, "invalid_request")),
        ("x" * (MOST_BYTES + 1), (413, "file_too_large")),
    ],
)  # fmt: skip
def test_what_an_endpoint_would_never_send_is_told_so_and_asks_no_workflow(workflows, body, expected):
    assert called(workflows, body, signed(body)) == expected
    assert workflows.asked == []


def test_bytes_that_are_no_text_are_no_callback(workflows):
    assert called(workflows, b"\xff\xfe", signed("x"))[0] == 401


def test_ids_that_were_heard_are_forgotten_once_their_signature_holds_no_more(workflows):
    body = event()
    headers = signed(body)
    called(workflows, body, headers)
    housekeeping.expire(datetime.now(UTC) + timedelta(minutes=50))
    assert called(workflows, body, headers) == (409, "replayed")
    assert housekeeping.expire(datetime.now(UTC) + timedelta(minutes=70))["callbacks"] >= 1
    assert list(table(names.HEARD).list_entities()) == []
    assert heard.first_time("another") and not heard.first_time("another")
