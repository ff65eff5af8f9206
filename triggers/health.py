"""Is the platform well: storage and every endpoint."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import azure.durable_functions as df

from ripieno import __version__
from ripieno.contracts import names
from ripieno.contracts.health import Health, Part
from ripieno.services import endpoints
from ripieno.services.settings import settings
from ripieno.services.storage import table
from triggers.routing import Answer, Call, route

blueprint = df.Blueprint()

_NEEDED = "analysis"  # what other endpoints do can be done by this one, if slower


@route(blueprint, "GET", "/health", role=None, tag="platform", answers={200: Health, 503: Health})
def health(call: Call[None]) -> Answer:
    """Is the platform well.

    200 when songs can be taken in and analysed by at least one address, 503 otherwise; `degraded` while any part is
    missing.
    """
    addresses = [(name, address) for name, known in settings().endpoints.items() for address in known]
    with ThreadPoolExecutor(max(1, min(8, len(addresses)))) as pool:
        states = list(pool.map(lambda one: _endpoint(one[1]), addresses))
    parts = {"storage": _storage()}
    for (name, address), state in zip(addresses, states, strict=True):
        alone = len(settings().endpoints[name]) == 1
        parts[name if alone else f"{name} {address}"] = state
    analysis = [state.ok for (name, _), state in zip(addresses, states, strict=True) if name == _NEEDED]
    status = "ok" if all(part.ok for part in parts.values()) else "degraded"
    can_work = parts["storage"].ok and any(analysis)
    return Answer(Health(status=status, version=__version__, parts=parts), 200 if can_work else 503)


def _storage() -> Part:
    try:
        next(iter(table(names.SONGS_TABLE).query_entities("PartitionKey eq ''")), None)
        return Part(ok=True)
    except Exception as fault:
        return Part(ok=False, detail=str(fault)[:300])


def _endpoint(address: str) -> Part:
    try:
        return Part.model_validate({"ok": True, **endpoints.health(address)})
    except endpoints.EndpointDown as fault:
        return Part(ok=False, detail=str(fault)[:300])
