"""Where nobody is named to tell, nothing of the SDK is there, no thread, and nothing is kept."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from ripieno.services.telemetry import starting

LOOK = """
import json, sys, threading
{what}
from ripieno.services import telemetry
from ripieno.services.telemetry import instruments
with telemetry.span("something") as span:
    telemetry.record(instruments.ERRORS, 1, {{"ripieno.where": "job", "error.type": "x"}})
print(json.dumps({{
    "sdk": sorted(name for name in sys.modules if name.startswith(
        ("opentelemetry.sdk", "opentelemetry.exporter", "azure.monitor", "pynvml", "requests_oauthlib"))),
    "threads": [one.name for one in threading.enumerate() if not one.name.startswith("asyncio")], "started": telemetry.start("x"), "span": span.traceparent,
}}))
"""
APP = "import function_app"
TOKENS = {"RIPIENO_AUTH": "token", "RIPIENO_TOKENS": f"ann:Admin={'0123456789abcdef' * 3}"}
ENDPOINT = """
import asyncio
from gpu_endpoints.production.server import app
async def serve():
    async with app.router.lifespan_context(app):
        pass
asyncio.run(serve())
"""


@pytest.mark.parametrize("disabled", [{}, {"OTEL_SDK_DISABLED": "true", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://x"}])
@pytest.mark.parametrize("what", [APP, ENDPOINT], ids=["app", "endpoint"])
def test_nothing_is_imported_started_or_kept(storage, what, disabled):
    env = {name: value for name, value in os.environ.items() if not name.startswith(("OTEL_", "APPLICATIONINSIGHTS"))}
    done = subprocess.run(
        [sys.executable, "-c", LOOK.format(what=what)], env=env | disabled | TOKENS | {"AzureWebJobsStorage": storage},
        capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    found = json.loads(done.stdout.splitlines()[-1])
    assert found == {"sdk": [], "threads": ["MainThread"], "started": False, "span": None}


@pytest.mark.parametrize("name", [*starting.OTLP, starting.APPLICATION_INSIGHTS])
def test_each_of_the_standard_variables_switches_it_on(monkeypatch, name):
    for other in (*starting.OTLP, starting.APPLICATION_INSIGHTS, "OTEL_SDK_DISABLED"):
        monkeypatch.delenv(other, raising=False)
    assert not starting.is_wanted()
    monkeypatch.setenv(name, "something")
    assert starting.is_wanted()
    monkeypatch.setenv("OTEL_SDK_DISABLED", "True")
    assert not starting.is_wanted()
