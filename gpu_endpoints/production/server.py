"""Production as an endpoint by itself: `uvicorn gpu_endpoints.production.server:app --port 8003`."""

from __future__ import annotations

from gpu_endpoints.production import engines
from gpu_endpoints.serving.server import Endpoint, create_app
from gpu_endpoints.serving.work import Handler


def _load_handlers() -> dict[str, Handler]:
    """Runs in the worker process."""
    from gpu_endpoints.production import handlers

    return handlers.load()


PRODUCTION = Endpoint(name="production", kinds=engines.KINDS, load_handlers=_load_handlers, engines=engines.describe)

app = create_app(PRODUCTION)
