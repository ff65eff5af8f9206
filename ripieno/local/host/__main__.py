"""`python -m ripieno.local.host`: serve a function_app.py on the loopback interface, and at one more address."""

from __future__ import annotations

import argparse
import os
import socket
import sys
import warnings
from pathlib import Path

import uvicorn

from ripieno.local.host import functions, server
from ripieno.services import telemetry
from ripieno.services.identity import loopback
from ripieno.services.settings import MissingSetting, settings


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m ripieno.local.host", description="The embedded Functions host.")
    parser.add_argument("--app", type=Path, default=Path("function_app.py"))
    parser.add_argument("--port", type=int, default=7071)
    parser.add_argument("--state", type=Path, default=Path(".ripieno/host"))
    parser.add_argument("--lan", metavar="ADDRESS", help="listen there too, for devices that have a token")
    chosen = parser.parse_args()

    telemetry.configure_logs()
    # The SDK warns of events that come before they are waited for, and of untyped payloads; both are normal here.
    warnings.filterwarnings("ignore", message="Potential duplicate Task completion")
    warnings.filterwarnings("ignore", message="azure.functions df_")
    os.environ.setdefault("TASK_HUB", "ripieno")

    proof = loopback.vouch_for_each() if chosen.lan else loopback.vouch()
    cors = server.read_cors(chosen.app.parent)
    options = server.HostOptions(
        port=chosen.port,
        state_dir=chosen.state,
        host_json=server.read_host_json(chosen.app.parent / "host.json"),
        cors=cors,
        connection=os.environ["AzureWebJobsStorage"],
        lan=chosen.lan,
        proof=proof,
    )
    known = os.environ.get("RIPIENO_OWN_ADDRESSES", "")
    os.environ["RIPIENO_OWN_ADDRESSES"] = f"{known},{options.base_url}"  # no webhook goes there
    try:
        if "*" in cors and "local" in settings().auth:
            raise MissingSetting(
                "Host.CORS in local.settings.json is *, and RIPIENO_AUTH is local: any page in your browser could use"
                " your library. Name the origins that may"
            )
        app = server.build(functions.load(chosen.app.resolve()), options)
    except MissingSetting as fault:
        print(f"Error: {fault}", file=sys.stderr, flush=True)  # into the log, where whoever started this looks
        sys.exit(1)
    config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=5, proxy_headers=False)
    uvicorn.Server(config).run(sockets=[_listening(one, chosen.port) for one in ("127.0.0.1", chosen.lan) if one])
    telemetry.stop()


def _listening(address: str, port: int) -> socket.socket:
    found = socket.socket()
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    found.bind((address, port))
    return found


if __name__ == "__main__":
    main()
