"""`python -m ripieno.local.host`: serve a function_app.py on the loopback interface."""

from __future__ import annotations

import argparse
import logging
import os
import warnings
from pathlib import Path

import uvicorn

from ripieno.local.host import functions, server
from ripieno.services import logs


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m ripieno.local.host", description="The embedded Functions host.")
    parser.add_argument("--app", type=Path, default=Path("function_app.py"))
    parser.add_argument("--port", type=int, default=7071)
    parser.add_argument("--state", type=Path, default=Path(".ripieno/host"))
    chosen = parser.parse_args()

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logs.guard()
    # The SDK warns of events that come before they are waited for, and of untyped payloads; both are normal here.
    warnings.filterwarnings("ignore", message="Potential duplicate Task completion")
    warnings.filterwarnings("ignore", message="azure.functions df_")
    os.environ.setdefault("TASK_HUB", "ripieno")

    options = server.HostOptions(
        port=chosen.port,
        state_dir=chosen.state,
        host_json=server.read_host_json(chosen.app.parent / "host.json"),
        cors=server.read_cors(chosen.app.parent),
        connection=os.environ["AzureWebJobsStorage"],
    )
    app = server.build(functions.load(chosen.app.resolve()), options)
    uvicorn.run(app, host="127.0.0.1", port=chosen.port, log_level="warning", timeout_graceful_shutdown=5)


if __name__ == "__main__":
    main()
