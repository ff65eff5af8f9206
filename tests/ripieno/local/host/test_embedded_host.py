"""The embedded host with an app of its own: every trigger, and the durable management API as curl would use it."""

from __future__ import annotations

import json
import time
from pathlib import Path

import azure.functions as func
import httpx
import pytest
from azure.storage.blob import BlobServiceClient
from azure.storage.queue import QueueServiceClient

from ripieno.local.host import functions
from ripieno.local.processes import Child, python_module
from tests.stacks import free_ports

APP = Path(__file__).parent / "small_app.py"


class Host:
    def __init__(self, folder: Path, stack):
        (port,) = free_ports(1)
        self.log = folder / "log.jsonl"
        self.log.touch()
        self.url = f"http://127.0.0.1:{port}"
        env = stack.environment() | {
            "AzureWebJobsStorage": stack.connection_string,
            "TEST_LOG": str(self.log),
            "FUNCTIONS_REQUEST_BODY_SIZE_LIMIT": "1000",
        }
        command = python_module(
            "ripieno.local.host", "--app", str(APP), "--port", str(port), "--state", str(folder / "state")
        )
        self.child = Child("small", command, env, folder / "host.log", f"{self.url}/admin/host/status", Path.cwd())
        self.child.start()
        self.child.wait_healthy(60)

    def noted(self, is_so, seconds: float = 30) -> list[dict]:
        """The lines that the app has written, once they are as wanted."""
        deadline = time.monotonic() + seconds
        while not is_so(lines := [json.loads(line) for line in self.log.read_text().splitlines()]):
            assert time.monotonic() < deadline, lines
            time.sleep(0.1)
        return lines

    def start(self, name: str, order=None) -> dict:
        answer = httpx.post(f"{self.url}/api/start/{name}", json=order)
        assert answer.status_code == 202
        return answer.json()

    def ended(self, links: dict, seconds: float = 30) -> dict:
        deadline = time.monotonic() + seconds
        while (answer := httpx.get(links["statusQueryGetUri"])).status_code == 202:
            assert time.monotonic() < deadline, answer.json()
            time.sleep(0.05)
        return answer.json()


@pytest.fixture(scope="module")
def host(stack, tmp_path_factory):
    host = Host(tmp_path_factory.mktemp("small"), stack)
    yield host
    host.child.stop()


def test_http_functions_get_routes_queries_and_bodies(host):
    answer = httpx.post(f"{host.url}/api/things/blue/a/b.txt?q=1", content=b"body")
    assert answer.status_code == 201 and answer.headers["x-made"] == "here"
    assert answer.json() == {"kind": "blue", "rest": "a/b.txt", "q": "1", "body": "body", "method": "POST"}
    assert httpx.put(f"{host.url}/api/things/blue/x").status_code == 405
    assert httpx.post(f"{host.url}/api/things/blue/x", content=bytes(1001)).status_code == 413


def test_only_the_loopback_names_are_answered(host):
    assert httpx.get(f"{host.url}/admin/host/status", headers={"host": "evil.example"}).status_code == 400


def test_queue_messages_are_handled_once_and_poisoned_when_they_keep_failing(host, stack):
    service = QueueServiceClient.from_connection_string(stack.connection_string)
    queue = service.create_queue("orders")
    for text in ("one", "poison", "two"):
        queue.send_message(text)
    lines = host.noted(lambda lines: sum(line.get("queue") == "poison" for line in lines) == 2)
    assert sorted(line["queue"] for line in lines if "queue" in line) == ["one", "poison", "poison", "two"]
    poison = service.get_queue_client("orders-poison")
    deadline = time.monotonic() + 20
    while not (left := [message.content for message in _peek(poison)]):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert left == ["poison"] and not list(queue.peek_messages())


def _peek(queue) -> list:
    try:
        return queue.peek_messages()
    except Exception:  # not made yet
        return []


def test_each_version_of_a_blob_is_handled_once(host, stack):
    container = BlobServiceClient.from_connection_string(stack.connection_string).create_container("inbox")
    container.upload_blob("a", b"first version")
    host.noted(lambda lines: {"blob": "inbox/a", "length": 13, "head": "first"} in lines)
    container.upload_blob("a", b"second", overwrite=True)
    container.upload_blob("bad", b"....")
    lines = host.noted(lambda lines: sum(line.get("blob") == "inbox/bad" for line in lines) == 2)
    assert [line["head"] for line in lines if line.get("blob") == "inbox/a"] == ["first", "secon"]


def test_timers_tick(host):
    host.noted(lambda lines: sum("timer" in line for line in lines) >= 2)


def test_an_orchestration_is_steered_by_the_links_it_was_started_with(host):
    links = host.start("greet")
    deadline = time.monotonic() + 20
    while (status := httpx.get(links["statusQueryGetUri"]).json())["customStatus"] is None:
        assert time.monotonic() < deadline
    assert (status["runtimeStatus"], status["customStatus"]) == ("Running", {"waiting": "for a name"})

    assert httpx.post(links["suspendPostUri"].replace("{text}", "why")).status_code == 202
    assert httpx.get(links["statusQueryGetUri"]).json()["runtimeStatus"] == "Suspended"
    event = links["sendEventPostUri"].replace("{eventName}", "name")
    assert httpx.post(event, json="Ada").status_code == 202
    assert httpx.post(links["resumePostUri"].replace("{text}", "why")).status_code == 202
    done = host.ended(links)
    assert (done["runtimeStatus"], done["output"]) == ("Completed", ["Hello Ada0", "Hello Ada1", "Hello Ada2"])
    assert httpx.post(event, json="late").status_code == 410

    again = httpx.post(links["restartPostUri"]).json()["id"]
    assert again != links["id"]
    restarted = links["statusQueryGetUri"].replace(links["id"], again)
    assert httpx.get(restarted).json()["runtimeStatus"] in ("Pending", "Running")
    assert (
        httpx.post(links["terminatePostUri"].replace(links["id"], again).replace("{text}", "enough")).status_code == 202
    )
    ended = httpx.get(restarted).json()
    assert (ended["runtimeStatus"], ended["output"]) == ("Terminated", "enough")

    assert httpx.delete(links["purgeHistoryDeleteUri"]).json() == {"instancesDeleted": 1}
    assert httpx.get(links["statusQueryGetUri"]).status_code == 404


def test_instances_are_listed_by_filter_and_page(host):
    links = [host.start("greet") for _ in range(3)]
    address = links[0]["statusQueryGetUri"]
    base, _, query = address.partition(f"/{links[0]['id']}?")
    found = httpx.get(f"{base}?{query}&runtimeStatus=Running,Pending&top=2")
    rest = httpx.get(
        f"{base}?{query}&runtimeStatus=Running,Pending&top=2",
        headers={"x-ms-continuation-token": found.headers["x-ms-continuation-token"]},
    )
    assert {link["id"] for link in links} <= {one["instanceId"] for one in found.json() + rest.json()}
    one = httpx.get(f"{base}?{query}&instanceIdPrefix={links[1]['id']}").json()
    assert [instance["instanceId"] for instance in one] == [links[1]["id"]]


def test_an_orchestrator_that_changes_its_mind_fails_loudly(host):
    done = host.ended(host.start("astray"))
    assert done["runtimeStatus"] == "Failed"
    assert "Non-deterministic" in done["output"] and "CALL_ACTIVITY:hello" in done["output"]


def test_what_is_not_implemented_is_refused_by_name(host):
    assert "call_entity" in host.ended(host.start("entity_user"))["output"]
    links = host.start("greet")
    rewind = httpx.post(links["rewindPostUri"].replace("{text}", "x"))
    assert rewind.status_code == 501 and "rewind" in rewind.json()["message"]
    entities = httpx.get(links["statusQueryGetUri"].replace(f"instances/{links['id']}", "entities/Counter/one"))
    assert entities.status_code == 501


def test_bindings_the_host_does_not_know_are_refused_by_name():
    app = func.FunctionApp()

    @app.event_hub_message_trigger(arg_name="event", event_hub_name="hub", connection="X")
    def on_event(event) -> None: ...

    with pytest.raises(functions.Unsupported, match=r"on_event.*eventHubTrigger.*func start"):
        functions.index(app)


def test_state_survives_being_killed(host):
    links = host.start("greet")
    host.child.process.kill()
    host.child.process.wait()
    host.child.start()
    host.child.wait_healthy(60)
    httpx.post(links["sendEventPostUri"].replace("{eventName}", "name"), json="Bob")
    assert host.ended(links)["output"] == ["Hello Bob0", "Hello Bob1", "Hello Bob2"]
