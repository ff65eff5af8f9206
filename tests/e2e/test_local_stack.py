"""The local stack as a user starts, breaks and stops it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from dataclasses import fields

import httpx
import psutil
import pytest

from ripieno.local import stack as stack_module
from ripieno.local.stack import Ports, Stack
from tests.stacks import free_ports


@pytest.fixture
def command(tmp_path):
    """Run `ripieno` on a stack of its own."""
    names = [field.name for field in fields(Ports)]  # every one: the user's own stack may be up
    ports = ",".join(f"{name}={port}" for name, port in zip(names, free_ports(len(names)), strict=True))
    env = os.environ | {"RIPIENO_HOME": str(tmp_path / "home"), "RIPIENO_PORTS": ports}
    for name in ("AzureWebJobsStorage", "RIPIENO_URL"):
        env.pop(name, None)

    def run(*arguments: str, expect: int = 0) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "ripieno.cli", *arguments],
            env=env,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == expect, (done.stdout, done.stderr)
        return done.stdout + done.stderr

    yield run
    run("down")


def test_up_down_and_what_is_left_after_a_killed_supervisor(command, tmp_path):
    assert "nothing was running" in command("down")
    assert "start one with `ripieno up`" in command("list", expect=3)
    assert "ready in" in command("up", "--detach", "--no-demo")
    assert "running at" in command("up", "--detach", "--no-demo")
    said = command("doctor")
    assert "ok      storage" in said
    assert re.search(r"^ok +separate/dsp: ", said, re.M) and re.search(r"^ok +generate/symbolic: ", said, re.M)
    assert re.search(r"^missing +generate/musicgen-melody: .*ripieno models pull", said, re.M)
    assert "library is empty" in command("list")

    stack = Stack(tmp_path / "home")
    state = stack.state()
    assert httpx.get(state["url"] + "/api/health", timeout=30).json()["status"] == "ok"
    os.kill(state["supervisor"]["pid"], signal.SIGKILL)
    psutil.wait_procs(
        [psutil.Process(state["supervisor"]["pid"])] if psutil.pid_exists(state["supervisor"]["pid"]) else []
    )
    orphans = [child["pid"] for child in state["children"].values()]
    assert all(psutil.pid_exists(pid) for pid in orphans)
    assert "ready in" in command("up", "--detach", "--no-demo")
    assert not any(psutil.pid_exists(pid) for pid in orphans)
    assert "stopped" in command("down")
    assert "start one with `ripieno up`" in command("list", expect=3)


def test_a_taken_port_is_named_with_what_to_do(stack, tmp_path):
    other = Stack(tmp_path, Ports(**(stack.ports.__dict__)))
    with pytest.raises(stack_module.PortTaken, match=r"port \d+ \(host\) is taken.*RIPIENO_PORTS"):
        other.start(print)


def test_core_tools_are_used_where_they_are_installed(tmp_path, monkeypatch):
    monkeypatch.setattr(stack_module.shutil, "which", lambda name: "/opt/func" if name == "func" else None)
    assert Stack(tmp_path, Ports(host=7171))._host_command() == ["/opt/func", "start", "--port", "7171"]
    monkeypatch.setenv("RIPIENO_HOST", "embedded")
    assert "ripieno.local.host" in Stack(tmp_path)._host_command()
