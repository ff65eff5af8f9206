"""Parts that are forked: each is as a started process would be, and none needs the nursery to live or to come back."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from ripieno.local import nursery
from ripieno.local.nursery import Nursery
from ripieno.local.processes import Child, DidNotStart, python_module
from tests.stacks import free_ports

pytestmark = pytest.mark.skipif(not nursery.is_possible(), reason="this system does not fork")
SERVER = '''"""Serves, and says first who it is."""
import http.server, json, os, signal, sys
import azure.core.exceptions
about = {"arguments": sys.argv[1:], "name": __name__, "colour": os.environ.get("COLOUR"), "cwd": os.getcwd(),
         "session": os.getsid(0), "nursery": os.getppid(), "home": os.environ.get("HOME"),
         "sigchld": signal.getsignal(signal.SIGCHLD) == signal.SIG_DFL, "stdin": sys.stdin.read()}
with open(sys.argv[2], "w") as file:
    json.dump(about, file)
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), http.server.SimpleHTTPRequestHandler).serve_forever()
'''


@pytest.fixture(scope="module")
def modules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("modules")
    (folder / "small_server.py").write_text(SERVER)
    (folder / "broken_server.py").write_text("raise RuntimeError('there is no piano here')")
    return folder


@pytest.fixture(scope="module")
def born_in(modules: Path) -> Iterator[Nursery]:
    env = dict(os.environ) | {"PYTHONPATH": os.pathsep.join([str(modules), str(Path.cwd())])}
    made = Nursery(env, modules / "nursery.log", Path.cwd())
    yield made
    made.close()


def _child(modules: Path, born_in: Nursery, module: str = "small_server") -> Child:
    (port,) = free_ports(1)
    env = {"COLOUR": "blue", "PYTHONPATH": str(modules), "PATH": os.environ["PATH"]}
    command = python_module(module, str(port), str(modules / "about.json"))
    return Child("small", command, env, modules / "logs" / "small.log", f"http://127.0.0.1:{port}/", modules, born_in)


def test_a_fork_is_what_a_started_process_would_be(modules: Path, born_in: Nursery) -> None:
    child = _child(modules, born_in)
    child.start()
    child.wait_healthy(30)
    about = json.loads((modules / "about.json").read_text())
    assert about["name"] == "__main__"
    assert about["arguments"] == child.command[-2:]
    assert (about["colour"], about["home"], about["cwd"]) == ("blue", None, str(modules))
    assert about["session"] == child.pid
    assert about["sigchld"]
    assert about["stdin"] == ""
    assert psutil.Process(about["nursery"]).cmdline()[0] == "ripieno: nursery"
    assert psutil.Process(child.pid).cmdline()[0] == "ripieno: small"
    assert "GET / HTTP" in child.log.read_text()
    child.stop()
    assert not child.is_running()


def test_one_that_breaks_says_why_in_its_log(modules: Path, born_in: Nursery) -> None:
    child = _child(modules, born_in, "broken_server")
    child.start()
    with pytest.raises(DidNotStart, match="there is no piano here"):
        child.wait_healthy(30)


def test_what_was_killed_is_seen_and_born_again(modules: Path, born_in: Nursery) -> None:
    child = _child(modules, born_in)
    child.start()
    child.wait_healthy(30)
    first = child.pid
    psutil.Process(first).kill()
    child.process.wait(10)
    assert not child.is_running()
    assert child.revive()
    child.wait_healthy(30)
    assert child.pid != first
    child.stop()


def test_parts_outlive_the_nursery_and_start_without_it(modules: Path, born_in: Nursery) -> None:
    child = _child(modules, born_in)
    child.start()
    child.wait_healthy(30)
    mother = psutil.Process(child.pid).parent()
    assert mother is not None
    born_in._process.stdin.close()  # as when whom it works for was killed
    mother.wait(30)
    assert child.is_running()
    child.stop()
    child.start()
    child.wait_healthy(30)
    assert psutil.Process(child.pid).cmdline()[0] == sys.executable
    child.stop()
