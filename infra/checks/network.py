"""Who may talk to whom: nobody, but for what is written, and never with everybody on every port."""

from __future__ import annotations

from infra.checks.manifests import Document

METADATA = "169.254.169.254/32"
"""Where a machine of Azure tells its own identity's tokens."""


def problems(documents: list[Document]) -> list[str]:
    policies = [one for one in documents if one.kind == "NetworkPolicy"]
    found = []
    if not any(_denies_all(one) for one in policies):
        found.append(
            "infra/kubernetes: no NetworkPolicy denies everything that no other allows (podSelector {}, both ways)"
        )
    for one in policies:
        spec = one.body.get("spec") or {}
        for way, whom in (("ingress", "from"), ("egress", "to")):
            for rule in spec.get(way) or []:
                if not rule.get(whom):
                    found.append(f"{one.where} opens {way} {whom} everybody")
                if not rule.get("ports"):
                    found.append(f"{one.where} opens {way} on every port")
                for peer in rule.get(whom) or []:
                    found += _block(one.where, way, peer.get("ipBlock"))
    found += [
        f"{one.where} can be reached from the internet: azure-load-balancer-internal"
        for one in documents
        if one.kind == "Service" and (one.body.get("spec") or {}).get("type") == "LoadBalancer" and not _is_inside(one)
    ]
    return found


def _denies_all(one: Document) -> bool:
    spec = one.body.get("spec") or {}
    return (
        spec.get("podSelector") == {}
        and set(spec.get("policyTypes") or []) == {"Ingress", "Egress"}
        and not spec.get("ingress")
        and not spec.get("egress")
    )


def _block(where: str, way: str, block: dict | None) -> list[str]:
    if not block or block.get("cidr") != "0.0.0.0/0":
        return []
    if way == "ingress":
        return [f"{where} lets the whole internet in"]
    return (
        []
        if METADATA in (block.get("except") or [])
        else [f"{where} lets pods ask the machine's identity: except {METADATA}"]
    )


def _is_inside(one: Document) -> bool:
    annotations = (one.body.get("metadata") or {}).get("annotations") or {}
    return annotations.get("service.beta.kubernetes.io/azure-load-balancer-internal") == "true"
