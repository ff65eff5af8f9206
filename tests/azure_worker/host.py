"""`python -m tests.azure_worker.host`: the embedded host in front of Azure's worker with the app in it."""

from __future__ import annotations

import argparse
import logging
import os
import subprocess
import sys
import tempfile
from multiprocessing.connection import Listener
from pathlib import Path

import uvicorn

from ripieno.local.host import server
from tests.azure_worker.functions import Calls, WorkerFunctions

HERE = Path(__file__).parent


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.azure_worker.host", description=__doc__)
    parser.add_argument("--python", type=Path, required=True, help="of the environment with azure-functions-runtime")
    parser.add_argument("--app", type=Path, required=True, help="the folder that is deployed")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--state", type=Path, required=True)
    chosen = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for chatty in ("azure", "httpx", "httpcore"):
        logging.getLogger(chatty).setLevel(logging.WARNING)

    with tempfile.TemporaryDirectory() as folder:
        listener = Listener(str(Path(folder) / "worker"), family="AF_UNIX")
        command = [str(chosen.python), "-W", "ignore", str(HERE / "worker.py"), str(listener.address), str(chosen.app)]
        worker = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": ""})
        try:
            connection = listener.accept()
            kind, told = connection.recv()
            if kind == "failed":
                sys.exit(f"the runtime could not load the app: {told}")
            options = server.HostOptions(
                port=chosen.port,
                state_dir=chosen.state,
                host_json=server.read_host_json(chosen.app / "host.json"),
                connection=os.environ["AzureWebJobsStorage"],
            )
            app = server.build(WorkerFunctions(Calls(connection), told), options)
            uvicorn.run(app, host="127.0.0.1", port=chosen.port, log_level="warning", timeout_graceful_shutdown=5)
        finally:
            worker.terminate()
            worker.wait(10)


if __name__ == "__main__":
    main()
