"""Is the platform well: storage and every endpoint."""

import azure.durable_functions as df
import azure.functions as func

from ripieno import __version__
from ripieno.contracts import names
from ripieno.services import endpoints
from ripieno.services.settings import settings
from ripieno.services.storage import table
from triggers.answers import answers, ok

blueprint = df.Blueprint()

_NEEDED = ("storage", "analysis")  # what other endpoints do can be done by this one, if slower


@blueprint.function_name("health")
@blueprint.route(route="health", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@answers
def health(req: func.HttpRequest) -> func.HttpResponse:
    """200 when songs can be taken in and analysed, 503 otherwise; `degraded` while any part is missing."""
    parts: dict[str, dict] = {"storage": _storage()}
    for name, addresses in settings().endpoints.items():
        for address in addresses:
            parts[f"{name} {address}" if len(addresses) > 1 else name] = _endpoint(address)
    status = "ok" if all(part["ok"] for part in parts.values()) else "degraded"
    needed = [part["ok"] for name, part in parts.items() if name.startswith(_NEEDED)]
    return ok({"status": status, "version": __version__, "parts": parts}, 200 if all(needed) else 503)


def _storage() -> dict:
    try:
        next(iter(table(names.AUDIO_FILES).query_entities("PartitionKey eq ''")), None)
        return {"ok": True}
    except Exception as fault:
        return {"ok": False, "detail": str(fault)[:300]}


def _endpoint(address: str) -> dict:
    try:
        return {"ok": True, **endpoints.health(address)}
    except endpoints.EndpointDown as fault:
        return {"ok": False, "detail": str(fault)[:300]}
