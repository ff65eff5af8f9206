"""Whatever foreign bytes make a decoder do, its parent lives, and learns why it has nothing."""

from __future__ import annotations

import os
import socket
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from ripieno.local.stack import PROJECT
from ripieno.services import confined, landlock
from ripieno.services.confined import Died, Limits

HERE = "tests.ripieno.services.misbehaving"
LIMITS = Limits(memory=256 * 2**20, cpu=2, wall=5)


@pytest.fixture(params=["forked", "alone"])
def _way(request, monkeypatch):
    """On Windows nothing forks: the way it goes there is held here too."""
    monkeypatch.setattr(confined, "_FORKS", request.param == "forked")


def _abi() -> int:
    return landlock._LIBC.syscall(444, None, 0, 1) if landlock._LIBC is not None else 0


def results(name: str, *arguments, limits: Limits = LIMITS) -> list:
    return list(confined.results(f"{HERE}:{name}", *arguments, limits=limits))


@pytest.mark.usefixtures("_way")
def test_what_it_says_comes_in_order_as_it_was():
    assert results("tell", "ä 🎷", 1.5, None) == [{"arguments": ["ä 🎷", 1.5, None]}, bytearray(range(256))]


@pytest.mark.usefixtures("_way")
@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("forget_the_end", "memory"),
        ("burn", "time"),
        ("crash", "crash"),
        ("raise_something", "crash"),
        ("be_killed", "ended"),
        ("lie", "crash"),
    ],
)
def test_each_death_has_its_reason(name, reason):
    with pytest.raises(Died) as died:
        results(name)
    assert died.value.reason == reason
    assert results("tell") == [{"arguments": []}, bytearray(range(256))], "and the next one is served"


@pytest.mark.usefixtures("_way")
def test_one_that_hangs_is_ended_by_the_clock():
    with pytest.raises(Died) as died:
        results("hang", limits=Limits(memory=2**28, cpu=1, wall=0.3))
    assert died.value.reason == "time"


def test_the_clock_stands_while_the_reader_thinks():
    limits = Limits(memory=2**28, cpu=2, wall=0.3)
    seen = []
    for block in confined.results(f"{HERE}:slow_reader", limits=limits):
        threading.Event().wait(0.5)  # longer than the clock
        seen.append(len(block))
    assert seen == [1 << 21] * 3


@pytest.mark.usefixtures("_way")
def test_it_knows_no_secret(monkeypatch):
    monkeypatch.setenv("AzureWebJobsStorage", "AccountKey=canary")
    monkeypatch.setenv("RIPIENO_ENDPOINT_KEYS", "canary")
    if confined._current:
        confined._end()
    (found,) = results("environment")
    assert "canary" not in str(found) and not any(name.startswith("RIPIENO") for name in found)


@pytest.mark.skipif(sys.platform == "win32", reason="files are limited where there are rlimits")
@pytest.mark.usefixtures("_way")
def test_it_writes_no_file(tmp_path: Path):
    try:
        found = results("write_a_file", str(tmp_path / "x"))
    except Died:  # the kernel's signal
        found = []
    assert {"written": True} not in found
    assert not (tmp_path / "x").exists() or (tmp_path / "x").stat().st_size == 0


@pytest.mark.skipif(_abi() < 1, reason="this kernel has no Landlock")
@pytest.mark.usefixtures("_way")
def test_it_reads_its_file_and_no_other(tmp_path: Path):
    mine, other = tmp_path / "mine", tmp_path / "other"
    mine.write_bytes(b"mine")
    other.write_bytes(b"somebody's")
    secrets = [str(other), f"/proc/{os.getpid()}/environ", "/etc/passwd", str(PROJECT / "local.settings.sample.json")]
    (found,) = confined.results(f"{HERE}:read_files", str(mine), *secrets, limits=LIMITS, reads=mine)
    assert found == {str(mine): 4} | dict.fromkeys(secrets, "PermissionError")


@pytest.mark.skipif(_abi() < 4, reason="this kernel's Landlock does not know networks")
@pytest.mark.usefixtures("_way")
def test_it_connects_to_nobody():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        socket.create_connection(("127.0.0.1", port)).close()
        assert results("connect", port) == [{"fault": "PermissionError"}]


def test_whoever_stops_listening_leaves_no_process_and_no_file_open():
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(20):
        stream = confined.results(f"{HERE}:slow_reader", limits=LIMITS)
        next(stream)
        stream.close()
    assert (
        len(list(Path("/proc/self/fd").iterdir())) <= before + 2
    )  # the waiting process's socket, where it was started here
    assert not _left(lambda: [one for one in _waiting().children() if one.status() != psutil.STATUS_ZOMBIE])


def test_the_waiting_process_is_started_again_when_somebody_ends_it():
    assert results("tell")
    _waiting().kill()
    assert results("tell")


def test_one_that_is_at_work_dies_with_the_waiting_process():
    stream = confined.results(f"{HERE}:wait_for_ever", limits=Limits(memory=2**28, cpu=2, wall=60))
    process = psutil.Process(next(stream)["process"])
    _waiting().kill()
    with pytest.raises(Died) as died:
        next(stream)
    assert died.value.reason == "ended"
    process.wait(30)


def test_many_at_once_do_not_mix(tmp_path):
    told: dict[int, list] = {}

    def ask(number: int) -> None:
        told[number] = results("tell", number)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(told[number][0] == {"arguments": [number]} for number in range(40))


def _waiting() -> psutil.Process:
    return psutil.Process(confined._current[0]._process.pid)


def _left(look) -> list:
    deadline = time.monotonic() + 30
    while (found := look()) and time.monotonic() < deadline:
        threading.Event().wait(0.02)
    return found
