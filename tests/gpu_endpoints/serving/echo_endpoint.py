"""A small endpoint on the shared job server, for its tests: jobs that echo, wait for a file, fail, or die."""

from __future__ import annotations

import os
import time
from pathlib import Path

from gpu_endpoints.serving.server import Endpoint, create_app
from gpu_endpoints.serving.work import JobContext, JobFailed
from ripieno.contracts import names
from ripieno.contracts.provenance import Provenance
from ripieno.services import blobs


def _echo(job_input: dict, context: JobContext) -> dict:
    context.progress(0.5, "echoing")
    return {"echo": job_input, "pid": os.getpid()}


def _wait(job_input: dict, context: JobContext) -> dict:
    """Runs until the file `go` appears, or it is cancelled; writes a line to `log` each time it is started."""
    with Path(job_input["log"]).open("a") as log:
        log.write(f"{context.job_id}\n")
    while not Path(job_input["go"]).exists():
        context.progress(0.3, "waiting")
        time.sleep(0.05)
    return {"waited": True}


def _fail(job_input: dict, context: JobContext) -> dict:
    raise JobFailed("no_good", "this input is no good", retryable=False)


def _die(job_input: dict, context: JobContext) -> dict:
    os._exit(9)


def _fill(job_input: dict, context: JobContext) -> dict:
    """As torch says that a GPU's memory is full; the worker's number goes to `log`."""
    import torch

    Path(job_input["log"]).write_text(str(os.getpid()))
    raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB.")


def _write(job_input: dict, context: JobContext) -> dict:
    """Writes a blob once the file `go` appears, as long as nobody can stop it; with `die` it ends in the middle."""
    Path(job_input["log"]).touch()
    while not Path(job_input["go"]).exists():
        time.sleep(0.05)
    blobs.upload(names.GENERATED, job_input["name"], b"late")
    if job_input.get("die"):
        os._exit(9)
    return {}


def _play(job_input: dict, context: JobContext) -> dict:
    """An engine on a GPU is at work, and nothing comes of it."""
    context.part(0, 0.5).works_by(Provenance(engine="musicgen", version="1", license="MIT", device="cuda"))
    return load_handlers()[job_input["then"]](job_input, context)


def load_handlers() -> dict:
    return {"play": _play, "write": _write, "echo": _echo, "wait": _wait, "fail": _fail, "die": _die, "fill": _fill}


ECHO = Endpoint(
    name="echo",
    kinds=frozenset({"play", "write", "echo", "wait", "fail", "die", "fill"}),
    load_handlers=load_handlers,
    engines=lambda: {"echo": {"available": True}},
)

app = create_app(ECHO)
