"""KEDA's objects, strictly: a misspelt field would be ignored, and nothing would scale.

The fields are those of KEDA 2.16 that are used here, or might be; `make check-infra` asks KEDA's whole schema too.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from infra.checks import app_names
from infra.checks.manifests import Document

_SPEC = {
    "scaleTargetRef", "pollingInterval", "cooldownPeriod", "initialCooldownPeriod", "idleReplicaCount",
    "minReplicaCount", "maxReplicaCount", "fallback", "advanced", "triggers",
}  # fmt: skip
_TRIGGER = {"type", "name", "metadata", "authenticationRef", "metricType", "useCachedMetrics"}
_METADATA = {
    "metrics-api": {"url", "valueLocation", "targetValue", "activationTargetValue", "authMode", "format", "unsafeSsl"},
    "cpu": {"value", "containerName"},
}
_NEEDED = {"metrics-api": {"url", "valueLocation", "targetValue", "authMode"}, "cpu": {"value"}}
_AUTHENTICATION = {"podIdentity", "secretTargetRef", "azureKeyVault", "env"}


def problems(documents: list[Document], root: Path, backlog_url: str) -> list[str]:
    found = []
    deployments = {one.name for one in documents if one.kind == "Deployment"}
    authentications = {one.name for one in documents if one.kind == "TriggerAuthentication"}
    for one in documents:
        spec = one.body.get("spec") or {}
        if one.kind == "TriggerAuthentication":
            found += _unknown(one.where, spec, _AUTHENTICATION)
            given = [secret.get("parameter") for secret in (spec.get("azureKeyVault") or {}).get("secrets", [])]
            if given != ["token"]:
                found.append(f"{one.where} gives {given}: authMode bearer takes the parameter token")
        if one.kind != "ScaledObject":
            continue
        found += _unknown(one.where, spec, _SPEC)
        target = (spec.get("scaleTargetRef") or {}).get("name")
        if target not in deployments:
            found.append(f"{one.where} scales {target}, which is no Deployment here")
        if not spec.get("maxReplicaCount"):
            found.append(f"{one.where} has no maxReplicaCount")
        if not spec.get("triggers"):
            found.append(f"{one.where} has no triggers")
        for trigger in spec.get("triggers") or []:
            found += _trigger(one.where, trigger, authentications, root, backlog_url)
    return found


def _trigger(where: str, trigger: dict[str, Any], authentications: set[str], root: Path, backlog_url: str) -> list[str]:
    found = _unknown(where, trigger, _TRIGGER)
    kind, metadata = trigger.get("type"), trigger.get("metadata") or {}
    if kind not in _METADATA:
        return [*found, f"{where} has a trigger {kind}: known here are {', '.join(sorted(_METADATA))}"]
    found += _unknown(f"{where}, trigger {kind}", metadata, _METADATA[kind])
    found += [f"{where}, trigger {kind}: {name} is missing" for name in sorted(_NEEDED[kind] - set(metadata))]
    found += [f"{where}, trigger {kind}: {name} is no text" for name in metadata if not isinstance(metadata[name], str)]
    if kind != "metrics-api":
        return found
    reference = (trigger.get("authenticationRef") or {}).get("name")
    if reference not in authentications:
        found.append(f"{where} is known by {reference}, which is no TriggerAuthentication here")
    return found + _metric(where, str(metadata.get("valueLocation", "")), backlog_url, root)


def _metric(where: str, location: str, backlog_url: str, root: Path) -> list[str]:
    """Whether the app has that address and says that number there."""
    found = []
    route = f"GET {urlsplit(backlog_url).path}"
    if route not in app_names.routes(root):
        found.append(f"{where} asks for {route}, which the app does not have")
    parts = location.split(".")
    if len(parts) != 3 or parts[0] != "endpoints" or parts[1] not in app_names.endpoints(root):
        found.append(
            f"{where} reads {location}: the backlog has endpoints.NAME.jobs for {_list(app_names.endpoints(root))}"
        )
    elif parts[2] not in app_names.queue_fields(root):
        found.append(f"{where} reads {location}: the backlog says {_list(app_names.queue_fields(root))} of an endpoint")
    return found


def _unknown(where: str, given: dict[str, Any], known: set[str]) -> list[str]:
    return [f"{where}: KEDA knows no {name} there" for name in sorted(set(given) - known)]


def _list(names: set[str]) -> str:
    return ", ".join(sorted(names))
