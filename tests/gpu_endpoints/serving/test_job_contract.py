"""The job contract, over HTTP, with real worker processes and job documents in Azurite."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest
from standardwebhooks.webhooks import Webhook

from gpu_endpoints.serving import documents
from gpu_endpoints.serving.documents import Documents, JobDocument, fingerprint
from ripieno.contracts import names
from ripieno.contracts.jobs import JobRequest
from ripieno.local.processes import Child, python_module
from ripieno.services import blobs, endpoints
from tests.stacks import free_ports

SECRET = "whsec_c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0"  # to direct callers
TO_THE_APP = "whsec_b3RoZXJvdGhlcm90aGVyb3RoZXJvdGhlcm90"
OLD, NEW = "old-key-of-twenty-characters", "new-key-of-twenty-characters"
HERE = Path(__file__).parent


class Server:
    """One replica of the echo endpoint."""

    def __init__(self, folder: Path, stack, **settings: str):
        (port,) = free_ports(1)
        env = stack.environment() | {
            "AzureWebJobsStorage": stack.connection_string,
            "RIPIENO_CALLBACK_SECRETS": TO_THE_APP,
            "RIPIENO_DIRECT_SECRETS": SECRET,
            "RIPIENO_WORKERS": "1",
            "PYTHONPATH": f"{Path.cwd()}{os.pathsep}{HERE}",
            **settings,
        }
        command = python_module("uvicorn", "echo_endpoint:app", "--port", str(port), "--log-level", "warning")
        self.url = f"http://127.0.0.1:{port}"
        self.child = Child("echo", command, env, folder / f"echo-{port}.log", f"{self.url}/health", Path.cwd())
        self.child.start()
        self.child.wait_healthy(60)

    def put(self, job_id: str, kind: str, job_input: dict, **more) -> httpx.Response:
        return httpx.put(f"{self.url}/jobs/{job_id}", json={"kind": kind, "input": job_input, **more}, timeout=30)

    def get(self, job_id: str) -> dict:
        return httpx.get(f"{self.url}/jobs/{job_id}", timeout=30).json()

    def cancel(self, job_id: str) -> httpx.Response:
        return httpx.post(f"{self.url}/jobs/{job_id}/cancel", timeout=30)

    def until(self, job_id: str, is_so, seconds: float = 60) -> dict:
        deadline = time.monotonic() + seconds
        while not is_so(job := self.get(job_id)):
            assert time.monotonic() < deadline, job
            time.sleep(0.05)
        return job

    def ended(self, job_id: str) -> dict:
        return self.until(job_id, lambda job: job["state"] in ("succeeded", "failed", "cancelled"))


@pytest.fixture(scope="module")
def server(stack, tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("echo"), stack, RIPIENO_QUEUE_LIMIT="5")
    yield server
    server.child.stop()


@pytest.fixture
def job_id() -> str:
    return f"test-{uuid.uuid4().hex}:step"


@pytest.fixture
def held(server, tmp_path):
    """A job that occupies the only worker until the test lets it go."""
    job_input = {"go": str(tmp_path / "go"), "log": str(tmp_path / "log")}
    blocker = f"blocker-{uuid.uuid4().hex}"
    server.put(blocker, "wait", job_input)
    server.until(blocker, lambda job: job["state"] == "running")
    yield blocker, job_input
    Path(job_input["go"]).touch()
    server.ended(blocker)


def test_a_job_runs_and_its_result_can_be_read(server, job_id):
    answer = server.put(job_id, "echo", {"a": 1})
    assert answer.status_code == 202 and answer.headers["location"] == f"/jobs/{job_id}"
    job = server.ended(job_id)
    assert (job["state"], job["result"]["echo"], job["progress"], job["lost"]) == ("succeeded", {"a": 1}, 1.0, False)
    assert job["created_at"] <= job["started_at"] <= job["ended_at"]


def test_the_same_job_twice_is_one_job_and_a_different_one_is_refused(server, job_id):
    server.put(job_id, "echo", {"a": 1})
    first = server.ended(job_id)
    assert (
        server.put(job_id, "echo", {"a": 1}, callback_url="http://127.0.0.1:9/").json()["started_at"]
        == first["started_at"]
    )
    refused = server.put(job_id, "echo", {"a": 2})
    assert (refused.status_code, refused.json()["code"]) == (409, "different_job")


def test_failures_carry_a_code_and_whether_to_try_again(server, job_id):
    server.put(job_id, "fail", {})
    assert server.ended(job_id)["error"] == {"code": "no_good", "message": "this input is no good", "retryable": False}
    server.put(job_id + "2", "die", {})
    job = server.ended(job_id + "2")
    assert (job["error"]["code"], job["error"]["retryable"]) == ("worker_died", True)


@pytest.mark.parametrize("then", ["fail", "die", "wait"])
def test_what_comes_to_nothing_says_by_which_engine_and_where_it_was_at_work(server, job_id, tmp_path, then):
    server.put(job_id, "play", {"then": then, "go": str(tmp_path / "go"), "log": str(tmp_path / "log")})
    if then == "wait":
        server.until(job_id, lambda job: job["engine"])
        assert server.cancel(job_id).json()["engine"]["device"] == "cuda", "it counts from now on"
    ended = server.ended(job_id)
    assert ended["state"] == ("cancelled" if then == "wait" else "failed") and ended["result"] is None
    assert (ended["engine"]["engine"], ended["engine"]["device"]) == ("musicgen", "cuda")


def test_a_full_gpu_fails_the_job_for_now_and_its_worker_gives_way(server, job_id, tmp_path):
    server.put(job_id, "fill", {"log": str(tmp_path / "log")})
    error = server.ended(job_id)["error"]
    assert (error["code"], error["retryable"]) == ("gpu_out_of_memory", True)
    filled = int((tmp_path / "log").read_text())
    server.put(job_id + "2", "echo", {})
    assert server.ended(job_id + "2")["state"] == "succeeded"
    with pytest.raises(ProcessLookupError):
        os.kill(filled, 0)
    server.put(job_id + "3", "echo", {})
    assert server.ended(job_id + "3")["state"] == "succeeded", "the dead worker is replaced"


def test_a_running_job_is_cancelled_between_chunks_and_a_waiting_one_at_once(server, held, job_id):
    blocker, _ = held
    server.put(job_id, "echo", {})
    assert server.cancel(job_id).json()["state"] == "cancelled"
    assert server.cancel(blocker).status_code == 202
    job = server.ended(blocker)
    assert (job["state"], job["error"]) == ("cancelled", None)


def test_a_full_queue_says_when_to_come_back(server, held, job_id):
    answers = [server.put(f"{job_id}{number}", "echo", {}, owner="heavy") for number in range(5)]
    assert [answer.status_code for answer in answers] == [202] * 3 + [503] * 2, "nobody alone fills it"
    assert int(answers[-1].headers["retry-after"]) > 0 and answers[-1].json()["code"] == "queue_full"
    assert httpx.get(f"{server.url}/ready").status_code == 200, "others are welcome"
    others = [server.put(f"{job_id}-{owner}", "echo", {}, owner=owner) for owner in ("light", "late", "last")]
    assert [answer.status_code for answer in others] == [202, 202, 503]
    assert httpx.get(f"{server.url}/ready").status_code == 503
    metrics = httpx.get(f"{server.url}/metrics").text
    assert "ripieno_jobs_queued 5.0" in metrics and "ripieno_jobs_running 1.0" in metrics
    for name in (*range(3), "-light", "-late"):
        server.cancel(f"{job_id}{name}")


def test_an_older_job_takes_the_place_of_its_owners_youngest_which_comes_again(server, held, job_id):
    for day in (4, 5, 6):
        server.put(f"{job_id}{day}", "echo", {}, owner="heavy", arrived_at=f"2026-01-0{day}")
    assert server.put(f"{job_id}7", "echo", {}, owner="heavy", arrived_at="2026-01-07").status_code == 503
    assert server.put(f"{job_id}1", "echo", {}, owner="heavy", arrived_at="2026-01-01").status_code == 202
    server.until(f"{job_id}6", lambda job: job["lost"])
    assert server.put(f"{job_id}6", "echo", {}, owner="heavy", arrived_at="2026-01-06").status_code == 503
    Path(held[1]["go"]).touch()
    started = [server.ended(f"{job_id}{day}")["started_at"] for day in (1, 4, 5)]
    assert started == sorted(started)
    again = server.put(f"{job_id}6", "echo", {}, owner="heavy", arrived_at="2026-01-06")
    assert again.status_code == 202
    assert server.ended(f"{job_id}6")["attempt"] == 1, "it was never at work"


def test_the_job_of_a_second_owner_is_next_however_many_wait_of_the_first(server, held, job_id):
    for number in range(3):
        server.put(f"{job_id}{number}", "echo", {}, owner="heavy", arrived_at=f"2026-01-0{number + 1}")
    server.put(f"{job_id}-light", "echo", {}, owner="light", arrived_at="2026-12-31")
    Path(held[1]["go"]).touch()
    heavy = [server.ended(f"{job_id}{number}")["started_at"] for number in range(3)]
    assert server.ended(f"{job_id}-light")["started_at"] < heavy[1]


def test_work_for_the_song_that_came_first_goes_first(server, held, job_id):
    for number, arrived in enumerate(["2026-01-03", "2026-01-01", "2026-01-02"]):
        server.put(f"{job_id}{number}", "echo", {}, arrived_at=arrived)
    Path(held[1]["go"]).touch()
    started = [server.ended(f"{job_id}{number}")["started_at"] for number in range(3)]
    assert started[1] < started[2] < started[0]


def test_bad_requests_are_told_what_is_wrong(server, job_id):
    unknown = server.put(job_id, "dance", {})
    assert (unknown.status_code, unknown.json()["code"]) == (400, "unknown_kind")
    assert httpx.put(f"{server.url}/jobs/{job_id}", json={"kind": "echo"}).json()["code"] == "invalid_request"
    assert httpx.get(f"{server.url}/jobs/nobody").status_code == 404
    assert server.cancel("nobody").status_code == 404
    assert server.put("replicas/x", "echo", {}).status_code == 400


def test_the_score_envelope_is_the_same_four_calls(server, job_id):
    def score(**call) -> dict:
        return httpx.post(f"{server.url}/score", json=call).json()

    assert score(operation="submit", job_id=job_id, job={"kind": "echo", "input": {}})["job_id"] == job_id
    server.ended(job_id)
    assert score(operation="status", job_id=job_id)["state"] == "succeeded"
    assert score(operation="health")["engines"] == {"echo": {"available": True}}
    health = httpx.get(f"{server.url}/health").json()
    assert health["status"] == "ok" and health["services"]["storage"]["ok"] and health["gpu_available"] in (True, False)
    assert datetime.fromisoformat(health["timestamp"]).tzinfo is not None
    assert httpx.post(f"{server.url}/score", json={"operation": "status"}).status_code == 400


@pytest.mark.parametrize("path", ["", "/score"])
def test_the_app_asks_by_every_path_or_by_the_one_that_azure_ml_has(server, job_id, path):
    address = f"{server.url}{path}"
    request = JobRequest(kind="echo", input={}, owner="ann")
    assert endpoints.submit(address, job_id, request).job_id == job_id
    server.ended(job_id)
    told = endpoints.status(address, job_id)
    assert told is not None and told.state == "succeeded"
    assert endpoints.submit(address, job_id, request).state == "succeeded"
    with pytest.raises(endpoints.JobRefused) as refused:
        endpoints.submit(address, job_id, JobRequest(kind="echo", input={"other": 1}, owner="ann"))
    assert refused.value.error.code == "different_job"
    assert endpoints.status(address, "nobody") is None and endpoints.cancel(address, "nobody") is None
    assert endpoints.health(address)["engines"] == {"echo": {"available": True}}


def test_a_callback_is_signed_and_repeated_until_it_is_heard(server, job_id):
    heard: list[tuple[dict, bytes]] = []
    (port,) = free_ports(1)

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self):
            heard.append((dict(self.headers.items()), self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(500 if len(heard) == 1 else 204)
            self.end_headers()

        def log_message(self, *_):
            pass

    receiver = HTTPServer(("127.0.0.1", port), Receiver)
    thread = threading.Thread(target=lambda: [receiver.handle_request() for _ in range(2)])
    thread.start()
    server.put(job_id, "echo", {}, callback_url=f"http://127.0.0.1:{port}/")
    thread.join(30)
    receiver.server_close()
    assert len(heard) == 2 and heard[0][1] == heard[1][1]
    headers = {name.lower(): value for name, value in heard[1][0].items()}
    event = Webhook(SECRET).verify(heard[1][1], headers)
    assert event == {"type": "job.ended", "job_id": job_id, "state": "succeeded"}
    assert heard[0][0]["webhook-id"] == heard[1][0]["webhook-id"]


def test_nobody_is_called_back_whom_the_operator_does_not_know(stack, tmp_path, job_id):
    server = Server(tmp_path, stack, RIPIENO_ALLOW_PRIVATE_WEBHOOKS="0", RIPIENO_CALLBACK_HOSTS="http://127.0.0.1:9")
    try:
        refused = server.put(job_id, "echo", {}, callback_url="http://169.254.169.254/latest")
        assert (refused.status_code, refused.json()["code"]) == (400, "bad_callback_url")
        assert server.put(job_id, "echo", {}, callback_url="http://127.0.0.1:9/told").status_code == 202
    finally:
        server.child.stop()


def test_a_cancel_while_the_worker_starts_is_heard_and_ends_no_other_job(stack, tmp_path, job_id):
    """The first job of a replica: its worker process is being started when the cancel comes."""
    server = Server(tmp_path, stack)
    job_input = {"go": str(tmp_path / "go"), "log": str(tmp_path / "log")}
    try:
        server.put(job_id, "wait", job_input)
        server.until(job_id, lambda job: job["state"] == "running")
        server.cancel(job_id)
        assert server.ended(job_id)["state"] == "cancelled"
        server.put(job_id + "2", "echo", {"a": 1})
        assert server.ended(job_id + "2")["state"] == "succeeded"
    finally:
        server.child.stop()


def test_a_job_whose_document_was_deleted_ends_and_leaves_none_behind(server, job_id, tmp_path):
    job_input = {"go": str(tmp_path / "go"), "log": str(tmp_path / "log")}
    server.put(job_id, "wait", job_input)
    server.until(job_id, lambda job: job["state"] == "running")
    blobs.delete(names.JOBS, names.job_blob(job_id))
    deadline = time.monotonic() + 60
    while httpx.get(f"{server.url}/health").json()["running"]:
        assert time.monotonic() < deadline, "nobody stopped it"
        time.sleep(0.1)
    assert not [name for name in blobs.list_names(names.JOBS) if name.startswith(job_id)]


@pytest.mark.parametrize("dies", [False, True])
def test_what_is_written_after_the_document_was_deleted_is_taken_back(server, job_id, tmp_path, dies):
    """As by a replica that stood still while the song was removed, and goes on."""
    job_input = {"log": str(tmp_path / "log"), "go": str(tmp_path / "go"), "name": f"{job_id}/drums.flac", "die": dies}
    server.put(job_id, "write", job_input)
    server.until(job_id, lambda job: (tmp_path / "log").exists())
    blobs.delete(names.JOBS, names.job_blob(job_id))
    (tmp_path / "go").touch()
    deadline = time.monotonic() + 60
    while httpx.get(f"{server.url}/health").json()["running"]:
        assert time.monotonic() < deadline, "it never ended"
        time.sleep(0.1)
    assert not blobs.list_names(names.GENERATED, job_id)


@pytest.mark.parametrize("dies", [False, True])
def test_what_a_job_wrote_stays_while_somebody_knows_of_it(server, job_id, tmp_path, dies):
    job_input = {"log": str(tmp_path / "log"), "go": str(tmp_path / "go"), "name": f"{job_id}/drums.flac", "die": dies}
    (tmp_path / "go").touch()
    server.put(job_id, "write", job_input)
    server.ended(job_id)
    assert blobs.list_names(names.GENERATED, job_id) == [f"{job_id}/drums.flac"]


def running_elsewhere(job_id: str, replica_id: str) -> None:
    """A job document of another replica."""
    request = JobRequest(kind="echo", input={"a": 1})
    document = JobDocument(
        job_id=job_id,
        request=request,
        fingerprint=fingerprint(request),
        replica_id=replica_id,
        state="running",
        created_at="2026-01-01T00:00:00+00:00",
    )
    blobs.upload_json(names.JOBS, names.job_blob(job_id), document.model_dump(mode="json", exclude={"etag", "gone"}))


def test_a_replica_whose_clock_is_wrong_is_judged_by_storages_clock(server, job_id, monkeypatch):
    """What it says of the time plays no part; what it holds does."""
    other = Documents()
    monkeypatch.setattr(documents, "utc_now", lambda: "1999-01-01T00:00:00+00:00")
    running_elsewhere(job_id, other.replica_id)
    other.beat([job_id])
    assert not server.get(job_id)["lost"]
    other.stop_beating()
    assert server.get(job_id)["lost"]


def test_a_job_that_a_living_replica_has_dropped_is_lost(server, job_id, monkeypatch):
    other = Documents()
    running_elsewhere(job_id, other.replica_id)
    other.beat([])
    ours = Documents()
    document = ours.read(job_id)
    assert not ours.status(document, held=False).lost, "it may have taken it up since it last said what it holds"
    monkeypatch.setattr(Documents, "age", lambda self, job: documents.STALE_AFTER * 2)
    assert ours.status(document, held=False).lost
    other.beat([job_id])
    assert not ours.status(document, held=False).lost


def test_a_key_is_asked_for_where_one_is_set_and_the_app_has_it(stack, tmp_path, job_id, monkeypatch):
    """App and endpoint are given a new key in whichever order: at no moment is the app refused."""
    server = Server(tmp_path, stack, RIPIENO_ENDPOINT_KEYS=OLD)
    request = JobRequest(kind="echo", input={})
    try:
        assert server.put(job_id, "echo", {}).status_code == 401
        assert httpx.get(f"{server.url}/health").json() == {"status": "ok"}
        for number, keys in enumerate((OLD, f"{OLD},{NEW}", f"{NEW},{OLD}")):
            monkeypatch.setenv("RIPIENO_ENDPOINT_KEYS", keys)
            assert endpoints.submit(server.url, f"{job_id}{number}", request).state == "queued", keys
            assert endpoints.health(server.url)["engines"] == {"echo": {"available": True}}
        monkeypatch.setenv("RIPIENO_ENDPOINT_KEYS", NEW)
        with pytest.raises(endpoints.EndpointDown, match="401"):
            endpoints.submit(server.url, job_id, request)
        with pytest.raises(endpoints.EndpointDown, match="401"):
            endpoints.health(server.url)
        monkeypatch.delenv("RIPIENO_ENDPOINT_KEYS")
        with pytest.raises(endpoints.EndpointDown, match="RIPIENO_ENDPOINT_KEYS"):
            endpoints.health(server.url)
    finally:
        server.child.stop()


def test_an_endpoint_that_others_could_reach_without_a_key_does_not_start(stack, tmp_path):
    """As whoever starts it sees it: one sentence, and nothing listens."""
    (port,) = free_ports(1)
    env = stack.environment() | {"PYTHONPATH": f"{Path.cwd()}{os.pathsep}{HERE}"}
    command = python_module("uvicorn", "echo_endpoint:app", "--host", "0.0.0.0", "--port", str(port))
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode != 0 and "set RIPIENO_ENDPOINT_KEYS" in done.stderr and "Traceback" not in done.stderr


def test_the_app_sends_its_identitys_token_where_endpoints_have_an_audience(monkeypatch):
    class Identity:
        def get_token(self, scope: str):
            assert scope == "api://ripieno-endpoints/.default"
            return SimpleNamespace(token="a.token.of-the-identity")

    monkeypatch.setenv("RIPIENO_ENDPOINT_AUDIENCE", "api://ripieno-endpoints")
    monkeypatch.setattr(endpoints, "identity", Identity)
    sent = []

    def asked(request: httpx.Request) -> httpx.Response:
        sent.append(request.headers["authorization"])
        return httpx.Response(404)

    monkeypatch.setattr(endpoints, "_client", lambda: httpx.Client(transport=httpx.MockTransport(asked)))
    assert endpoints.status("https://endpoint.example", "job") is None
    assert sent == ["Bearer a.token.of-the-identity"]


@pytest.mark.parametrize(
    ("said", "seconds"),
    [("7", 7), ("", 10), ("soon", 10), ("-1", 10), ("nan", 10), ("٣", 10), ("Wed, 21 Oct 2026 07:28:00 GMT", 10),
     ("9" * 30, 3600)],
)  # fmt: skip
def test_an_endpoint_that_is_busy_is_asked_again_whatever_it_says_of_when(monkeypatch, said, seconds):
    """A gateway before it may say it in another way, and no way makes a job fail."""
    headers = httpx.Headers([(b"retry-after", said.encode())])
    answer = httpx.MockTransport(lambda _: httpx.Response(503, headers=headers))
    monkeypatch.setattr(endpoints, "_client", lambda: httpx.Client(transport=answer))
    with pytest.raises(endpoints.EndpointBusy) as busy:
        endpoints.submit("http://endpoint", "job", JobRequest(kind="echo", input={}))
    assert busy.value.retry_after == seconds


def test_another_replica_answers_cancels_and_takes_over_when_the_first_dies(server, stack, tmp_path, job_id):
    job_input = {"go": str(tmp_path / "go"), "log": str(tmp_path / "log")}
    other = Server(tmp_path, stack)
    try:
        other.put(job_id, "wait", job_input)
        other.until(job_id, lambda job: job["progress"] > 0)  # its handler has begun
        assert server.get(job_id)["state"] == "running", "any replica answers"
        other.put(job_id + "2", "echo", {})
        server.cancel(job_id + "2")
        os.kill(other.child.pid, signal.SIGKILL)
        other.child.process.wait()
        server.until(job_id, lambda job: job["lost"])
        assert server.put(job_id, "wait", job_input).status_code == 202
        Path(job_input["go"]).touch()
        job = server.ended(job_id)
        assert (job["state"], job["attempt"]) == ("succeeded", 2)
        assert Path(job_input["log"]).read_text().splitlines() == [job_id, job_id]
        assert server.put(job_id + "2", "echo", {}).json()["state"] == "cancelled", "a cancel outlives its replica"
    finally:
        other.child.stop()


def test_the_same_job_at_two_replicas_at_once_runs_once(server, stack, tmp_path, job_id):
    """Whichever writes its document first has it; the other answers for it, also where it is told to cancel."""
    other = Server(tmp_path, stack)
    both = [server, other] * 3
    try:
        for turn in range(5):
            job_input = {"go": str(tmp_path / f"go {turn}"), "log": str(tmp_path / f"log {turn}")}
            Path(job_input["go"]).touch()
            together = threading.Barrier(len(both))

            def put(one: Server, number: int = turn, body: dict = job_input, together=together) -> tuple[int, str]:
                together.wait()
                told = one.put(f"{job_id}{number}", "wait", body)
                return told.status_code, told.json()["created_at"]

            with ThreadPoolExecutor(len(both)) as pool:
                answers = set(pool.map(put, both))
            assert len(answers) == 1 and {status for status, _ in answers} == {202}
            assert other.ended(f"{job_id}{turn}")["state"] == "succeeded"
            assert server.get(f"{job_id}{turn}")["attempt"] == 1
            assert Path(job_input["log"]).read_text().splitlines() == [f"{job_id}{turn}"]
    finally:
        other.child.stop()


def test_a_cancel_ends_what_no_replica_has_any_more(server, job_id):
    """Whoever asked for it does not ask again, so nobody would take it up to find that it is not wanted."""
    request = JobRequest(kind="echo", input={})
    for state, number in (("queued", 1), ("running", 2)):
        document = JobDocument(
            job_id=f"{job_id}{number}",
            request=request,
            fingerprint=fingerprint(request),
            replica_id="long-gone",
            state=state,
            created_at="2026-01-01T00:00:00+00:00",
        )
        blobs.upload_json("jobs", f"{job_id}{number}.json", document.model_dump(mode="json", exclude={"etag", "gone"}))
        assert server.cancel(document.job_id).json()["state"] == "cancelled"
        assert server.get(document.job_id)["ended_at"] is not None
        assert server.put(document.job_id, "echo", {}).json()["state"] == "cancelled"


def test_a_job_that_breaks_its_replica_again_and_again_is_given_up(server, stack, job_id):
    request = JobRequest(kind="echo", input={"poison": True})
    document = JobDocument(
        job_id=job_id,
        request=request,
        fingerprint=fingerprint(request),
        replica_id="long-gone",
        state="running",
        attempt=10,
        created_at="2026-01-01T00:00:00+00:00",
    )
    blobs.upload_json("jobs", f"{job_id}.json", json.loads(document.model_dump_json(exclude={"etag", "gone"})))
    assert server.get(job_id)["lost"]
    job = server.put(job_id, "echo", {"poison": True}).json()
    assert (job["state"], job["error"]["code"], job["error"]["retryable"]) == ("failed", "lost_too_often", False)
