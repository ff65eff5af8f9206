"""By what a stack's own commands are known to it, whichever host it has."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from ripieno.cli import options
from ripieno.client.address import local_token, network_url
from ripieno.local.processes import DidNotStart
from ripieno.local.stack import Ports, Stack, lan_address
from ripieno.services.identity import static_tokens


@pytest.fixture
def core_tools(tmp_path: Path, monkeypatch) -> Path:
    """A `func` on the PATH, as where Core Tools are installed."""
    there = tmp_path / "bin" / "func"
    there.parent.mkdir()
    there.write_text("#!/bin/sh\n")
    there.chmod(0o755)
    monkeypatch.setenv("PATH", str(there.parent), prepend=":")
    monkeypatch.delenv("RIPIENO_HOST", raising=False)
    monkeypatch.delenv("RIPIENO_AUTH", raising=False)
    monkeypatch.delenv("RIPIENO_URL", raising=False)
    return there


def test_under_core_tools_which_listen_everywhere_nobody_is_local(core_tools, tmp_path, monkeypatch):
    stack = Stack(tmp_path / "home")
    given = stack.environment()
    assert given["RIPIENO_AUTH"] == "token" and stack._host_command()[0] == str(core_tools)
    stack._write_state()
    token = local_token(stack.home)
    assert token is not None and given["RIPIENO_TOKENS"] == f"local:Admin={token}"
    known = static_tokens.caller_of(token, [given["RIPIENO_TOKENS"]])
    assert known is not None and known.owner == "local"
    assert stat.S_IMODE((stack.home / "local.secret").stat().st_mode) == 0o600
    monkeypatch.setenv("RIPIENO_HOME", str(stack.home))
    with options.connect() as ripieno:
        assert ripieno._tokens.current() == token
    monkeypatch.setenv("RIPIENO_URL", "https://ripieno.example")
    assert local_token(stack.home) is None, "it is this stack's alone"


def test_the_embedded_host_needs_none(core_tools, tmp_path, monkeypatch):
    monkeypatch.setenv("RIPIENO_HOST", "embedded")
    stack = Stack(tmp_path / "home")
    stack.home.mkdir()
    stack._write_state()
    assert stack.environment()["RIPIENO_AUTH"] == "local" and local_token(stack.home) is None
    assert json.loads((stack.home / "stack.json").read_text())["lan_url"] is None


def test_the_network_is_served_by_the_embedded_host_alone(core_tools, tmp_path):
    stack = Stack(tmp_path / "home", Ports(host=7171), lan="192.168.1.5")
    stack.home.mkdir()
    stack._write_state()
    assert stack._host_command()[-2:] == ["--lan", "192.168.1.5"] and stack.environment()["RIPIENO_AUTH"] == "local"
    assert network_url(stack.home) == "http://192.168.1.5:7171"


def test_a_stack_knows_where_it_listens_and_tells_its_own_network_nothing_of_others(tmp_path, monkeypatch):
    monkeypatch.setenv("RIPIENO_OWN_ADDRESSES", "http://10.0.0.1")
    monkeypatch.delenv("RIPIENO_ALLOW_PRIVATE_WEBHOOKS", raising=False)
    alone, for_others = Stack(tmp_path, Ports(host=7171)), Stack(tmp_path, Ports(host=7171), lan="192.168.1.5")
    listening = alone.environment()["RIPIENO_OWN_ADDRESSES"]
    assert listening == ",".join(f"http://127.0.0.1:{port}" for port in (7171, 8001, 8002, 10000, 10001, 10002))
    assert alone.environment()["RIPIENO_ALLOW_PRIVATE_WEBHOOKS"] == "1"
    assert for_others.environment()["RIPIENO_ALLOW_PRIVATE_WEBHOOKS"] == ""


def test_the_address_is_one_of_a_private_network(monkeypatch):
    import socket
    from types import SimpleNamespace as Of

    from ripieno.local import stack

    def here(*addresses: str, up: bool = True) -> None:
        found = {f"if{number}": [Of(family=socket.AF_INET, address=one)] for number, one in enumerate(addresses)}
        monkeypatch.setattr(stack.psutil, "net_if_addrs", lambda: found)
        monkeypatch.setattr(stack.psutil, "net_if_stats", lambda: {name: Of(isup=up) for name in found})

    here("127.0.0.1", "169.254.7.7", "8.8.8.8", "192.168.1.5")
    assert lan_address() == "192.168.1.5"
    for nothing in (("127.0.0.1", "8.8.8.8"), ()):
        here(*nothing)
        with pytest.raises(DidNotStart, match="ripieno up --lan ADDRESS"):
            lan_address()
    here("192.168.1.5", up=False)
    with pytest.raises(DidNotStart):
        lan_address()
