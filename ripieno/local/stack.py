"""The whole stack on one machine: storage, the endpoints and the host, started in order and kept alive."""

from __future__ import annotations

import base64
import contextlib
import ipaddress
import json
import os
import secrets
import shutil
import signal
import socket
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from types import FrameType

import psutil

from ripieno.local import azurite, nursery
from ripieno.local.processes import Child, DidNotStart, python_module, started_at, stop_tree

PROJECT = Path(__file__).resolve().parents[2]
FOLDER_OF_SEGNO = ".segno"
HOSTS_MEMORY = {"MALLOC_ARENA_MAX": "2"}
"""Of glibc, which else keeps what each of many threads has ever held: megabytes for every song that went through."""
HEALTHY_SECONDS = 60.0
_OWN = "local"  # the token of this user's commands under Core Tools, in a file that nobody else reads
WATCH_SECONDS = 0.5

Say = Callable[[str], None]


class AlreadyRunning(RuntimeError):
    """A stack of this folder is up."""


class OldLibrary(DidNotStart):
    """Beside the stack's folder lies that of version 0.1, whose songs would seem to be lost."""


class PortTaken(RuntimeError):
    """Somebody else listens where the stack wants to."""


@dataclass(frozen=True)
class Ports:
    """Where everything listens, on 127.0.0.1."""

    host: int = 7071
    analysis: int = 8001
    generation: int = 8002
    blob: int = 10000
    queue: int = 10001
    table: int = 10002

    @classmethod
    def from_environment(cls) -> Ports:
        """`RIPIENO_PORTS="host=7171,blob=11000"` moves some of them."""
        pairs = [pair.split("=") for pair in os.environ.get("RIPIENO_PORTS", "").split(",") if pair]
        return cls(**{name.strip(): int(port) for name, port in pairs})


class Stack:
    """One stack and its folder: data, logs, and who runs. `lan` is an address that the host serves the network at."""

    def __init__(self, home: Path, ports: Ports | None = None, *, lan: str | None = None):
        self.home = home.resolve()
        self.ports = ports or Ports.from_environment()
        self.lan = lan
        self._children: list[Child] = []
        self._nursery: nursery.Nursery | None = None
        self._stopping = False

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.ports.host}"

    @property
    def lan_url(self) -> str | None:
        return f"http://{self.lan}:{self.ports.host}" if self.lan else None

    @property
    def connection_string(self) -> str:
        ports = self.ports
        return azurite.connection_string(
            self.storage_key, blob_port=ports.blob, queue_port=ports.queue, table_port=ports.table
        )

    @property
    def storage_key(self) -> str:
        """Of this stack's storage, which takes no other."""
        return self._kept("storage", azurite.new_key)

    # -- up and down ----------------------------------------------------------------------------------------------

    def start(self, say: Say) -> None:
        """Start every part and wait until it serves.

        Raises
        ------
        AlreadyRunning, PortTaken, OldLibrary, DidNotStart, ripieno.local.azurite.AzuriteMissing
            After stopping what was started.
        """
        self._check_old_library()
        self._clear_leftovers(say)
        self._check_ports()
        tools = Path(os.environ.get("RIPIENO_TOOLS", PROJECT / ".ripieno" / "tools"))
        if not azurite.is_installed(tools):
            say(f"installing Azurite {azurite.VERSION} (once)")
            azurite.install(tools)
        if nursery.is_possible():
            self._nursery = nursery.Nursery(
                HOSTS_MEMORY | self.environment(), self.home / "logs" / "nursery.log", PROJECT
            )
        self._children = self._plan(tools)
        try:
            for child in self._children:
                say(f"starting {child.name}")
                child.start()  # all at once: storage is there long before the others have read their modules
                self._write_state()
            for child in self._children:
                child.wait_healthy(HEALTHY_SECONDS)
        except BaseException:
            self.stop()
            raise

    def run(self, say: Say) -> None:
        """Keep the parts alive until SIGINT, SIGTERM or `down`."""

        def leave(signum: int, frame: FrameType | None) -> None:
            self._stopping = True

        signal.signal(signal.SIGINT, leave)
        signal.signal(signal.SIGTERM, leave)
        while not self._stopping:
            for child in self._children:
                if not child.is_running():
                    went_on = child.revive()
                    if went_on and child.is_running():
                        say(f"{child.name} has died; it was started again")
                    if not went_on:
                        say(f"{child.name} dies again and again; its log: {child.log}")
                        self._stopping = True
                    self._write_state()
            time.sleep(WATCH_SECONDS)
        self.stop()

    def stop(self) -> None:
        """Stop every part, storage last so that the others can still write."""
        for child in reversed(self._children):
            child.stop()
        if self._nursery is not None:
            self._nursery.close()
            self._nursery = None
        self._state_file.unlink(missing_ok=True)

    def pid(self, name: str) -> int:
        """The process id of a part that runs."""
        (found,) = [child.pid for child in self._children if child.name == name and child.pid is not None]
        return found

    # -- who runs -------------------------------------------------------------------------------------------------

    @property
    def _state_file(self) -> Path:
        return self.home / "stack.json"

    def state(self) -> dict | None:
        """What was last written of a stack in this folder; its processes may be gone."""
        with contextlib.suppress(OSError, ValueError):
            return json.loads(self._state_file.read_text())
        return None

    def supervisor(self) -> int | None:
        """The process id of the running supervisor, None when there is none."""
        state = self.state()
        if state and started_at(state["supervisor"]["pid"]) == state["supervisor"]["started_at"]:
            return state["supervisor"]["pid"]
        return None

    def down(self) -> bool:
        """Stop a stack that runs elsewhere, leftovers included; False when there was none."""
        supervisor = self.supervisor()
        if supervisor is not None:
            stop_tree(supervisor)
        found = supervisor is not None or self.state() is not None
        self._clear_leftovers(lambda text: None)
        return found

    def _write_state(self) -> None:
        def named(pid: int) -> dict:
            return {"pid": pid, "started_at": started_at(pid)}

        state = {
            "url": self.url, "lan_url": self.lan_url, "ports": asdict(self.ports), "supervisor": named(os.getpid()),
            "token_file": self._secret_file(_OWN).name if self._core_tools() else None,
            "children": {child.name: named(child.pid) for child in self._children if child.pid},
        }  # fmt: skip
        part = self._state_file.with_suffix(".part")
        part.write_text(json.dumps(state, indent=1))
        part.replace(self._state_file)

    def _clear_leftovers(self, say: Say) -> None:
        """After a supervisor was killed its children may live on: end them, they are ours by id and start time."""
        self.home.mkdir(parents=True, exist_ok=True)
        state = self.state()
        if state is None:
            return
        if self.supervisor() is not None:
            raise AlreadyRunning(f"the stack is running at {state['url']} (ripieno down stops it)")
        for name, child in reversed(state["children"].items()):
            if started_at(child["pid"]) == child["started_at"]:
                say(f"ending {name} that an earlier stack left behind")
                stop_tree(child["pid"])
        self._state_file.unlink(missing_ok=True)

    def _check_old_library(self) -> None:
        old = self.home.with_name(FOLDER_OF_SEGNO)
        if (old / "azurite").exists():
            raise OldLibrary(
                f"{old} holds a library of version 0.1, which this version cannot read: move that folder elsewhere or"
                " delete it, then upload its songs again (their ids stay)"
            )

    def _check_ports(self) -> None:
        for name, port in asdict(self.ports).items():
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind(("127.0.0.1", port))
                except OSError:
                    raise PortTaken(
                        f"port {port} ({name}) is taken{_by_whom(port)}:"
                        f' end that program, or choose another port with RIPIENO_PORTS="{name}=PORT"'
                    ) from None

    # -- the parts ------------------------------------------------------------------------------------------------

    def _plan(self, tools: Path) -> list[Child]:
        ports = self.ports
        data = self.home / "azurite"
        data.mkdir(parents=True, exist_ok=True)
        storage_command = azurite.command(
            tools, data, blob_port=ports.blob, queue_port=ports.queue, table_port=ports.table
        )
        return [
            self._child("storage", storage_command, f"http://127.0.0.1:{ports.table}/"),
            self._endpoint("analysis", ports.analysis),
            self._endpoint("generation", ports.generation),
            self._child("host", self._host_command(), f"{self.url}/api/openapi.json", **HOSTS_MEMORY),
        ]

    def _endpoint(self, name: str, port: int) -> Child:
        server = ["uvicorn", f"gpu_endpoints.{name}.server:app", "--port", str(port), "--log-level", "warning"]
        return self._child(name, python_module(*server), f"http://127.0.0.1:{port}/health")

    def _host_command(self) -> list[str]:
        """Core Tools where they are installed, else the embedded host."""
        core_tools = self._core_tools()
        if core_tools:
            return [core_tools, "start", "--port", str(self.ports.host)]
        arguments = ["--port", str(self.ports.host), "--state", str(self.home / "host")]
        return python_module("ripieno.local.host", *arguments, *(["--lan", self.lan] if self.lan else []))

    def _core_tools(self) -> str | None:
        """Where they are, if they are the host. They listen on every interface (0.0.0.0), and check neither `Host` nor
        `Origin`: nobody is `local` there, and the network is served by the embedded host alone."""
        return None if self.lan or os.environ.get("RIPIENO_HOST", "") == "embedded" else shutil.which("func")

    def _child(self, name: str, command: list[str], health_url: str, **further: str) -> Child:
        return Child(
            name,
            command,
            further | self.environment(),
            self.home / "logs" / f"{name}.log",
            health_url,
            PROJECT,
            nursery=self._nursery,
        )

    def environment(self) -> dict[str, str]:
        """The settings of every part; what the caller has set already wins, but for what `fixed` says.

        With `lan` no webhook goes to private addresses: others than whoever sits here may name them."""
        chosen = {
            "AzureWebJobsStorage": self.connection_string,
            "TASK_HUB": "ripieno",
            "FUNCTIONS_WORKER_RUNTIME": "python",
            "RIPIENO_AUTH": "local",
            "RIPIENO_PUBLIC_URL": self.url,
            "RIPIENO_ANALYSIS_ENDPOINTS": f"http://127.0.0.1:{self.ports.analysis}",
            "RIPIENO_GENERATION_ENDPOINTS": f"http://127.0.0.1:{self.ports.generation}",
            "RIPIENO_CALLBACK_SECRETS": self._secret("callback"),
            "RIPIENO_WEBHOOK_SECRETS": self._secret("webhook"),
            "RIPIENO_DIRECT_SECRETS": self._secret("direct"),
            "RIPIENO_ALLOW_PRIVATE_WEBHOOKS": "" if self.lan else "1",
            "NUMBA_CACHE_DIR": str(PROJECT / ".ripieno" / "numba"),
            "SPT_NOENV": "1",  # of setproctitle: names leave /proc/PID/environ as it is
        }
        if self._core_tools():
            own = self._secret(_OWN)
            chosen |= {"RIPIENO_AUTH": "token", "RIPIENO_TOKENS": f"local:Admin={own}"}
        fixed = {
            "RIPIENO_OWN_ADDRESSES": ",".join(f"http://127.0.0.1:{port}" for port in asdict(self.ports).values()),
            "PYTHONPATH": str(PROJECT),
            "PYTHONUNBUFFERED": "1",
            **azurite.environment(self.storage_key),
        }
        return chosen | os.environ | fixed

    def _secret(self, name: str) -> str:
        """A secret of this stack to sign with, made once."""
        return self._kept(name, lambda: "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode())

    def _kept(self, name: str, make: Callable[[], str]) -> str:
        """What nobody else reads, made once."""
        path = self._secret_file(name)
        if not path.exists():
            self.home.mkdir(parents=True, exist_ok=True)
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
                file.write(make())
        return path.read_text().strip()

    def _secret_file(self, name: str) -> Path:
        return self.home / f"{name}.secret"


def lan_address() -> str:
    """The address by which others in the network reach this machine.

    Raises
    ------
    DidNotStart
    """
    up = {name for name, state in psutil.net_if_stats().items() if state.isup}
    for name, addresses in sorted(psutil.net_if_addrs().items()):
        for one in addresses:
            if name not in up or one.family != socket.AF_INET:
                continue
            address = ipaddress.ip_address(one.address)
            if address.is_private and not address.is_loopback and not address.is_link_local:
                return one.address
    raise DidNotStart("this machine has no address in a private network: name one, `ripieno up --lan ADDRESS`")


def _by_whom(port: int) -> str:
    with contextlib.suppress(psutil.Error):
        for connection in psutil.net_connections("tcp"):
            if connection.laddr and connection.laddr.port == port and connection.status == psutil.CONN_LISTEN:
                return (
                    f" by process {connection.pid} ({psutil.Process(connection.pid).name()})" if connection.pid else ""
                )
    return ""


__all__ = ["AlreadyRunning", "DidNotStart", "OldLibrary", "PortTaken", "Ports", "Stack", "lan_address"]
