"""The DirectML endpoint: `uvicorn gpu_endpoints.directml.server:app --port 8003`."""

from __future__ import annotations

from gpu_endpoints.directml import engine
from gpu_endpoints.serving.server import Endpoint, create_app
from gpu_endpoints.serving.work import Handler
from ripieno.contracts.enums import JobKind


def _load_handlers() -> dict[str, Handler]:
    """Runs in the worker process."""
    from gpu_endpoints.analysis.separation import job

    return {JobKind.SEPARATE: lambda job_input, context: job.run(job_input, context, engine.choose)}


DIRECTML = Endpoint(
    name="directml",
    kinds=frozenset({JobKind.SEPARATE}),
    load_handlers=_load_handlers,
    engines=lambda: {"separate": engine.availability()},
)

app = create_app(DIRECTML)
