"""Our own rules of what is deployed: who may what, what is open, what opens by a key, what stands in one zone alone."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from infra.checks.bicep.values import Deployed, Reference, Unknown

ROLES: dict[str, str] = json.loads(Path(__file__).with_name("roles.json").read_text())
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
WHOLE_GROUP = {"Monitoring Reader"}
"""Roles that may be had of the whole resource group; any other is of one resource."""

ALWAYS: dict[str, dict[str, Any]] = {
    "Microsoft.Storage/storageAccounts": {
        "allowSharedKeyAccess": False, "allowBlobPublicAccess": False, "supportsHttpsTrafficOnly": True,
    },
    "Microsoft.Storage/storageAccounts/blobServices/containers": {"publicAccess": "None"},
    "Microsoft.Web/sites": {"httpsOnly": True},
    "Microsoft.Web/sites/basicPublishingCredentialsPolicies": {"allow": False},
    "Microsoft.KeyVault/vaults": {"enableRbacAuthorization": True, "enableSoftDelete": True},
    "Microsoft.ContainerRegistry/registries": {"adminUserEnabled": False, "anonymousPullEnabled": False},
    "Microsoft.ContainerService/managedClusters": {"disableLocalAccounts": True, "enableRBAC": True},
    "Microsoft.CognitiveServices/accounts": {"disableLocalAuth": True},
    "Microsoft.MachineLearningServices/workspaces/onlineEndpoints": {"authMode": "AADToken"},
}  # fmt: skip
"""Properties that must be there and so, in every stage."""

TLS = {
    "minimumTlsVersion": {"TLS1_2", "TLS1_3", "1.2", "1.3"},
    "minimumTlsVersionAllowed": {"1.2", "1.3"},
    "minTlsVersion": {"1.2", "1.3"},
    "scmMinTlsVersion": {"1.2", "1.3"},
}
OPEN_ANYWAY = {
    "Microsoft.ApiManagement/service":
        "cannot be closed when it is made; within a network it is Internal, and the gateway is in front of it",
}  # fmt: skip
LOCAL_AUTH = {"disableLocalAuth", "DisableLocalAuth"}
APP_NEEDS = (
    "Microsoft.Storage/storageAccounts", "Microsoft.KeyVault/vaults", "Microsoft.CognitiveServices/accounts",
    "Microsoft.Insights/components", "Microsoft.DurableTask/schedulers", "Microsoft.ServiceBus/namespaces",
    "Microsoft.EventGrid/topics", "Microsoft.SignalRService/webPubSub",
    "Microsoft.MachineLearningServices/workspaces",
)  # fmt: skip
"""Services that the app speaks to: where one is deployed, the app's identity has a role in it."""


def problems_of(deployed: list[Deployed], *, prod: bool) -> list[str]:
    """Of everything that one set of parameters deploys."""
    found = []
    for one in deployed:
        if one.type is None or one.existing:
            continue
        found += [f"{one.place}: {said}" for said in always(one)]
        if one.is_a("Microsoft.Authorization/roleAssignments"):
            found += [f"{one.place}: {said}" for said in role(one)]
        if prod:
            found += [f"{one.place}: in prod {said}" for said in (*closed(one), *without_keys(one), *in_zones(one))]
    found += missing_roles(deployed)
    if prod:
        found += doors(deployed)
    return [*found, *twice(deployed)]


def always(one: Deployed) -> Iterator[str]:
    assert one.type is not None
    for name, wanted in ALWAYS.get(one.type.name, {}).items():
        if one.properties.get(name) != wanted:
            yield f"{one.symbol}.{name} must be {wanted}, not {one.properties.get(name)!r}"
    site = one.properties.get("siteConfig")
    for properties in (one.properties, site if isinstance(site, dict) else {}):
        for name, good in TLS.items():
            if name in properties and properties[name] not in good:
                yield f"{one.symbol}.{name} must be 1.2 at least, not {properties[name]!r}"
    must = set(writable(one)) & (TLS.keys() - {"minTlsVersion", "scmMinTlsVersion"})
    if one.is_a("Microsoft.Web/sites"):
        must = {"minTlsVersion", "scmMinTlsVersion"} - set(site if isinstance(site, dict) else ())
        if not isinstance(site, dict) or site.get("ftpsState") != "Disabled":
            yield f"{one.symbol} lets files in by FTP: siteConfig.ftpsState must be Disabled"
    for name in sorted(must - set(one.properties)):
        yield f"{one.symbol} does not say {name}"
    if one.is_a("Microsoft.Network/applicationGateways"):
        for listener in one.properties.get("httpListeners", []):
            if listener["properties"].get("protocol") != "Https":
                yield f"{one.symbol} listens without TLS"
        if "firewallPolicy" not in one.properties:
            yield f"{one.symbol} has no web application firewall"
    if one.is_a("Microsoft.Network/ApplicationGatewayWebApplicationFirewallPolicies"):
        mode = one.properties.get("policySettings", {}).get("mode")
        if mode != "Prevention":
            yield f"{one.symbol} sees attacks and lets them in: its mode must be Prevention"


def writable(one: Deployed) -> dict[str, Any]:
    """What may be said in the properties of a resource."""
    assert one.type is not None
    kind = one.type.body.get("has", {}).get("properties", [""])[0]
    has = one.type.shapes.get(kind, {}).get("has", {})
    return {name: about for name, about in has.items() if "O" not in "".join(about[1:2])}


def role(one: Deployed) -> Iterator[str]:
    given = _ID.search(str(one.properties.get("roleDefinitionId", "")))
    name = ROLES.get(given[0]) if given else None
    if name is None:
        yield f"{one.symbol} gives a role that roles.json does not know: {one.properties.get('roleDefinitionId')}"
    elif "scope" not in one.body and name not in WHOLE_GROUP:
        yield f"{one.symbol} gives {name} over the whole resource group: a role is of one resource"
    if not one.properties.get("principalId"):
        yield f"{one.symbol} gives a role to nobody"


def closed(one: Deployed) -> Iterator[str]:
    assert one.type is not None
    said = one.properties.get("publicNetworkAccess")
    if said != "Disabled" and "publicNetworkAccess" in writable(one) and one.type.name not in OPEN_ANYWAY:
        yield f"{one.symbol} is open to the internet: publicNetworkAccess is {said!r}"
    acls = one.properties.get("networkAcls")
    if isinstance(acls, dict) and acls.get("defaultAction", "Deny") != "Deny":
        yield f"{one.symbol} lets in whoever comes: networkAcls.defaultAction must be Deny"
    asked = "publicNetworkAccessForQuery"
    if asked in writable(one) and one.properties.get(asked) != "Disabled":
        yield f"{one.symbol} can be asked from the internet"
    if one.is_a("Microsoft.ContainerService/managedClusters"):
        private = one.properties.get("apiServerAccessProfile", {}).get("enablePrivateCluster")
        if private is not True:
            yield f"{one.symbol} has its API on the internet"
    if one.is_a("Microsoft.Network/networkSecurityGroups"):
        for rule in one.properties.get("securityRules", []):
            about = rule["properties"]
            wide = about.get("sourceAddressPrefix") in ("*", "Internet", "0.0.0.0/0")
            ports = about.get("destinationPortRange")
            if about["access"] == "Allow" and about["direction"] == "Inbound" and wide and ports != "443":
                yield f"{one.symbol} lets the internet in at {ports}: {rule['name']}"


def without_keys(one: Deployed) -> Iterator[str]:
    for name in sorted(LOCAL_AUTH & set(writable(one))):
        if one.properties.get(name) is not True:
            yield f"{one.symbol} can be opened with a key: {name} must be true"
    if one.is_a("Microsoft.OperationalInsights/workspaces"):
        off = (one.properties.get("features") or {}).get("disableLocalAuth")
        if off is not True:
            yield f"{one.symbol} can be opened with a key: features.disableLocalAuth must be true"
    if one.is_a("Microsoft.Dashboard/grafana") and one.properties.get("apiKey") != "Disabled":
        yield f"{one.symbol} can be opened with a key: apiKey must be Disabled"


def in_zones(one: Deployed) -> Iterator[str]:
    sku = one.body.get("sku", {})
    if one.is_a("Microsoft.Storage/storageAccounts") and "ZRS" not in str(sku.get("name")):
        yield f"{one.symbol} is in one zone: its sku is {sku.get('name')}"
    if one.is_a("Microsoft.Web/serverfarms") and one.properties.get("zoneRedundant") is not True:
        yield f"{one.symbol} is in one zone: zoneRedundant must be true"
    if one.is_a("Microsoft.ContainerRegistry/registries") and one.properties.get("zoneRedundancy") != "Enabled":
        yield f"{one.symbol} is in one zone: zoneRedundancy must be Enabled"
    if one.is_a("Microsoft.ContainerService/managedClusters"):
        for pool in one.properties.get("agentPoolProfiles", []):
            if len(pool.get("availabilityZones") or []) < 3:
                yield f"the pool {pool['name']} of {one.symbol} is in fewer than three zones"
    if one.is_a("Microsoft.ContainerService/managedClusters/agentPools"):
        zones = one.properties.get("availabilityZones") or []
        if len(zones) < 3:
            yield f"the pool {one.body.get('name')} is in fewer than three zones"
    for kind in ("Microsoft.Network/applicationGateways", "Microsoft.Network/publicIPAddresses"):
        if one.is_a(kind) and len(one.body.get("zones") or []) < 3:
            yield f"{one.symbol} is in fewer than three zones"


def missing_roles(deployed: list[Deployed]) -> Iterator[str]:
    """A service is there, and the app has no role in it."""
    given: set[str] = set()
    for one in deployed:
        scope, whose = one.body.get("scope"), str(one.properties.get("principalId", ""))
        of = scope.of if isinstance(scope, Reference) else None
        if one.is_a("Microsoft.Authorization/roleAssignments") and of is not None and whose.startswith("app."):
            given.add(of.name)
    for one in deployed:
        if one.type is None or one.existing or one.type.name not in APP_NEEDS:
            continue
        name = one.type.name
        if name not in given and not any(other.startswith(f"{name}/") for other in given):
            yield f"{one.place}: the app has no role in {one.symbol} ({name})"


def doors(deployed: list[Deployed]) -> Iterator[str]:
    """Public addresses are of the gateway, and of what only goes out."""
    used: set[str] = set()
    for one in deployed:
        if one.is_a("Microsoft.Network/natGateways"):
            used |= {str(address["id"]) for address in one.properties.get("publicIpAddresses", [])}
        if one.is_a("Microsoft.Network/applicationGateways"):
            for front in one.properties.get("frontendIPConfigurations", []):
                used.add(str(front["properties"].get("publicIPAddress", {}).get("id")))
    for one in deployed:
        if one.is_a("Microsoft.Network/publicIPAddresses") and f"{one.symbol}.id" not in used:
            yield f"{one.place}: in prod {one.symbol} is a public address of neither the gateway nor what goes out"


def twice(deployed: list[Deployed]) -> Iterator[str]:
    """Two resources under one name would be one, overwritten."""
    seen: dict[tuple[str, str, str], Deployed] = {}
    for one in deployed:
        if one.existing or one.type is None:
            continue
        name = one.body.get("name")
        whole = one.parent if one.parent is not None else one.body.get("scope")
        inner = f"{whole} {whole.body.get('name')}" if isinstance(whole, Reference) and whole.body else str(whole)
        key = (one.type.name, inner, str(name))
        if key in seen and not (isinstance(name, Unknown) and "guid" not in name):
            yield f"{one.place}: {one.symbol} has the name {name} of the one at {seen[key].place}"
        seen[key] = one
