"""A worker whose server was killed ends too, also when that was before it had begun: it would write for nobody."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

SERVER = """
import os, signal, sys
from gpu_endpoints.serving.worker import WorkerProcess
from tests.gpu_endpoints.serving.test_orphaned_workers import handlers

worker = WorkerProcess(handlers, threads=1)
worker.start()
if sys.argv[1] == "at work":
    worker._pipe.send(("a job", "mark", {"path": sys.argv[2]}, None))
    while not os.path.exists(sys.argv[2]):
        pass
print(worker._process.pid, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def handlers() -> dict:
    def mark(job_input: dict, context) -> dict:
        Path(job_input["path"]).touch()
        while True:
            time.sleep(0.1)

    return {"mark": mark}


@pytest.mark.parametrize("when", ["just begun", "at work"])
def test_it_ends_with_its_server(tmp_path, when):
    done = subprocess.run(
        [sys.executable, "-c", SERVER, when, str(tmp_path / "at-work")],
        cwd=Path(__file__).parents[3], stdout=subprocess.PIPE, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == -signal.SIGKILL
    try:
        worker = psutil.Process(int(done.stdout))
    except psutil.NoSuchProcess:
        return
    gone, _ = psutil.wait_procs([worker], timeout=60)
    assert gone or worker.status() == psutil.STATUS_ZOMBIE
