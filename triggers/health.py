"""Is the platform well: storage and every endpoint."""

import azure.durable_functions as df
import azure.functions as func

from segno import __version__
from segno.contracts import names
from segno.services import endpoints
from segno.services.settings import settings
from segno.services.storage import table
from triggers.answers import answers, ok

blueprint = df.Blueprint()


@blueprint.function_name("health")
@blueprint.route(route="health", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@answers
def health(req: func.HttpRequest) -> func.HttpResponse:
    """200 when songs can be taken in and analysed, 503 with what is missing otherwise."""
    parts: dict[str, dict] = {"storage": _storage()}
    for name, addresses in settings().endpoints.items():
        for address in addresses:
            parts[f"{name} {address}" if len(addresses) > 1 else name] = _endpoint(address)
    well = all(part["ok"] for part in parts.values())
    status = "ok" if well else "degraded"
    return ok({"status": status, "version": __version__, "parts": parts}, 200 if well else 503)


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
