"""Everything that goes wrong in `make chaos`, by name.

kill ...      SIGKILL of the host, an endpoint or a worker of one. Storage is ended by SIGTERM, and is away for a while:
              the emulator writes its tables to disk every five seconds, so that SIGKILL loses what it had acknowledged,
              which no storage that anybody pays for does.
freeze ...    SIGSTOP, and SIGCONT a moment later: whoever holds something holds it still.
storage ...   what the host and the endpoints hear of storage is spoilt on its way (`faulty.Spoiling`). That writes
              were done and their answer lost brings 409 and 412 of the second try.
endpoint ...  what the host hears of an endpoint is spoilt.
clock ...     a process begins anew, and its clock jumps by up to four minutes while it runs; it begins once more, and is right.
callbacks     hundreds of callbacks: true, false and repeated ones, out of order.
events        messages of Event Grid: repeated, out of order, of what is taken in already and of what never was.
two hosts     two further processes with the app's code take the same bytes in at once, while somebody uploads them.
"""

from __future__ import annotations

import base64
import json
import os
import random
import signal
import tempfile
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import psutil
from azure.core.exceptions import AzureError, ResourceExistsError
from azure.storage.queue import QueueClient
from standardwebhooks.webhooks import Webhook

from ripieno.contracts import names
from ripieno.contracts.enums import JobState
from tests import host_process
from tests.chaos.faulty import Spoiling

if TYPE_CHECKING:
    from tests.chaos.world import Chaos

HEALTHY_SECONDS = 120.0
SPOILT_SECONDS = (0.5, 3.0)
AWAY_SECONDS = (0.2, 3.0)
SHIFT_SECONDS = 240.0  # what was to happen by a clock that was ahead happens as much later: less than a round waits
CALLBACKS = 200
CLOCK = Path(__file__).with_name("clock")
ENDPOINTS = ("analysis", "generation")
_WRITES = ("PUT", "POST", "PATCH", "MERGE", "DELETE")


def _error(code: str) -> bytes:
    return f'<?xml version="1.0" encoding="utf-8"?><Error><Code>{code}</Code><Message>{code}</Message></Error>'.encode()


_XML = ("content-type: application/xml",)
SPOILINGS = {
    "storage slow": Spoiling("slow", 0.3),
    "storage fails": Spoiling("status", 0.3, 500, _XML, _error("InternalError")),
    "storage busy": Spoiling("status", 0.5, 503, (*_XML, "retry-after: 1"), _error("ServerBusy")),
    "storage full": Spoiling("status", 1.0, 507, _XML, _error("InsufficientStorage"), _WRITES),
    "storage breaks": Spoiling("reset", 0.3),
    "storage half": Spoiling("half", 0.3),
    "storage loses": Spoiling("lost", 0.3),
    "endpoint 500": Spoiling("status", 1.0, 500, (), b"Internal Server Error"),
    "endpoint 503": Spoiling("status", 1.0, 503, ("retry-after: 2",), b"busy"),
    "endpoint garbage": Spoiling("garbage", 0.7),
    "endpoint never": Spoiling("never", 0.7),
    "endpoint loses": Spoiling("lost", 0.5),
}


def spoil(chaos: Chaos, name: str, rng: random.Random) -> None:
    """Spoil what passes for a moment."""
    stack = chaos.stack
    where = stack.storage if name.startswith("storage") else [rng.choice(stack.endpoints)]
    for proxy in where:
        proxy.spoiling = SPOILINGS[name]
    time.sleep(rng.uniform(*SPOILT_SECONDS))
    for proxy in where:
        proxy.spoiling = None


def kill(chaos: Chaos, name: str, rng: random.Random) -> None:
    """SIGKILL one process, and start it again; sometimes the next fault comes before it serves."""
    child = chaos.child(name)
    assert child.process is not None
    os.kill(child.process.pid, signal.SIGTERM if name == "storage" else signal.SIGKILL)
    child.process.wait()
    if name == "storage":
        time.sleep(rng.uniform(*AWAY_SECONDS))
    child.start()
    if name == "storage" or rng.random() < 0.7:
        child.wait_healthy(HEALTHY_SECONDS)


def kill_worker(chaos: Chaos, rng: random.Random) -> None:
    """One that is there: an endpoint which has just been started has none yet."""
    deadline = time.monotonic() + HEALTHY_SECONDS
    while time.monotonic() < deadline:
        parent = chaos.child(rng.choice(ENDPOINTS))
        try:
            family = psutil.Process(parent.pid).children(recursive=True)
            workers = [one for one in family if one.cmdline()[:1] == ["ripieno: worker"]]
            if workers:
                rng.choice(workers).kill()
                return
        except psutil.NoSuchProcess:
            pass
        time.sleep(0.1)
    raise TimeoutError("no endpoint has a worker")


def freeze(chaos: Chaos, name: str, rng: random.Random) -> None:
    pid = chaos.child(name).pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    time.sleep(rng.uniform(*SPOILT_SECONDS))
    os.kill(pid, signal.SIGCONT)


def shift(chaos: Chaos, name: str, rng: random.Random) -> None:
    """A process whose clock jumps while it runs; then it is killed, and begins with the true one."""
    child = chaos.child(name)
    env, nursery = child.env, child.nursery
    wrong = {
        "RIPIENO_CHAOS_SHIFT": str(rng.uniform(-SHIFT_SECONDS, SHIFT_SECONDS)),
        "RIPIENO_CHAOS_AFTER": "3",
        "PYTHONPATH": os.pathsep.join([str(CLOCK), env["PYTHONPATH"]]),
    }
    child.env, child.nursery = env | wrong, None
    assert child.process is not None
    child.process.kill()
    child.process.wait()
    child.start()
    child.wait_healthy(HEALTHY_SECONDS)
    time.sleep(rng.uniform(3.0, 6.0))
    child.env, child.nursery = env, nursery
    kill(chaos, name, rng)


def callbacks(chaos: Chaos, rng: random.Random) -> None:
    """Of jobs that run, have ended and never were; a third of them twice or more, in any order."""
    known = [name.removesuffix(".json") for name in chaos.blobs(names.JOBS) if ":" in name and "/" not in name]
    told = []
    for _ in range(CALLBACKS // 2):
        job = rng.choice(known) if known and rng.random() < 0.9 else f"nobody-{rng.random()}:separate"
        event = {"type": "job.ended", "job_id": job, "state": rng.choice(list(JobState)).value}
        told += [(f"msg_{uuid.UUID(int=rng.getrandbits(128))}", json.dumps(event))] * rng.choice((1, 1, 2, 4))
    rng.shuffle(told)
    webhook = Webhook(chaos.stack.environment()["RIPIENO_CALLBACK_SECRETS"].split(",")[0])
    with httpx.Client(base_url=chaos.stack.url, timeout=30) as http, ThreadPoolExecutor(8) as pool:

        def send(message: tuple[str, str]) -> None:
            now = datetime.now(UTC)
            headers = {
                "webhook-id": message[0], "webhook-timestamp": str(int(now.timestamp())),
                "webhook-signature": webhook.sign(message[0], now, message[1]), "content-type": "application/json",
            }  # fmt: skip
            try:
                status = http.post("/api/callbacks/jobs", content=message[1], headers=headers).status_code
            except httpx.TransportError:
                return  # the host was killed just before
            if status not in (200, 409, 503):
                chaos.wrong.append(f"a callback was answered {status}: {message[1]}")

        list(pool.map(send, told))


def events(chaos: Chaos, rng: random.Random) -> None:
    told = [rng.choice(chaos.drops) for _ in range(4)] if chaos.drops else []
    told = [*told, f"never-{rng.random()}.wav"] * rng.choice((1, 2, 3))
    rng.shuffle(told)
    queue = QueueClient.from_connection_string(chaos.stack.connection_string, names.DROPS_QUEUE)
    try:
        with queue:
            try:
                queue.create_queue()
            except ResourceExistsError:
                pass
            for name in told:
                url = f"http://127.0.0.1/devstoreaccount1/{names.RAW_AUDIO}/{name}"
                event = {"id": str(rng.random()), "eventType": "Microsoft.Storage.BlobCreated", "data": {"url": url}}
                queue.send_message(base64.b64encode(json.dumps(event).encode()).decode())
    except AzureError as fault:
        chaos.tell(f"events: {type(fault).__name__}")


def two_hosts(chaos: Chaos, rng: random.Random) -> None:
    """The same bytes in two processes at once, and the same key: one song, one answer, one message heard."""
    owner, key = "local", str(rng.random())
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "twin.wav"
        path.write_bytes(rng.choice(chaos.clips) if chaos.clips and rng.random() < 0.5 else chaos.new_clip(rng))
        with ThreadPoolExecutor(1) as pool:
            third = pool.submit(chaos.upload_once, path)
            taken = host_process.at_once(chaos.twins(), "upload", owner, str(path))
            third.result()
    if len({song for song, *_ in taken}) != 1:
        chaos.wrong.append(f"two hosts took the same bytes in as {taken}")
    chaos.songs.append(taken[0][0])
    if sorted(host_process.at_once(chaos.twins(), "hear", key)) != [False, True]:
        chaos.wrong.append("two hosts heard one message twice, or never")


Cause = Callable[["Chaos", random.Random], None]


def _named(cause: Callable[[Chaos, str, random.Random], None], name: str) -> Cause:
    return lambda chaos, rng: cause(chaos, name, rng)


FAULTS: dict[str, Cause] = {
    **{f"kill {name}": _named(kill, name) for name in ("host", *ENDPOINTS, "storage")},
    "kill worker": kill_worker,
    **{f"freeze {name}": _named(freeze, name) for name in ("host", *ENDPOINTS, "storage")},
    **{name: _named(spoil, name) for name in SPOILINGS},
    **{f"clock of {name}": _named(shift, name) for name in ("host", *ENDPOINTS)},
    "callbacks": callbacks,
    "events": events,
    "two hosts": two_hosts,
}
OFTEN = ("kill host", "kill analysis", "kill generation", "kill worker", "kill worker", "kill host")
"""Those that come as often again."""


def drawn(rng: random.Random, count: int) -> list[str]:
    """So many faults; each kind once before any comes twice, where there are enough."""
    kinds = [*FAULTS, *OFTEN]
    found: list[str] = []
    while len(found) < count:
        found += rng.sample(kinds, len(kinds))
    return found[:count]
