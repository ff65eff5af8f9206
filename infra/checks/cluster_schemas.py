"""Every overlay as kustomize renders it, held to the schemas of Kubernetes and KEDA. Needs requirements-infra.txt."""

from __future__ import annotations

from pathlib import Path

from infra.checks import kubernetes, programs
from infra.checks.manifests import Document, parse

VERSION = "1.34"
"""Of Kubernetes: what AKS runs."""
NOWHERE_TO_LOOK = {"SecretProviderClass", "PodMonitor"}
"""Kinds of others, whose schemas no package here has."""


def problems(root: Path) -> list[str]:
    found = []
    folders = [path.parent for path in sorted((root / kubernetes.FOLDER).glob("overlays/*/kustomization.yaml"))]
    for folder in folders:
        shown = folder.relative_to(root)
        code, rendered = programs.run("kubectl", "kustomize", str(folder), cwd=root)
        if code != 0:
            found.append(f"{shown}: {' '.join(rendered.split())}")
            continue
        documents = parse(rendered, shown / "(rendered)")
        found += kubernetes.of_objects(documents, root)
        for one in documents:
            found += _schema(one)
            if "PLACE" in str(one.body):
                found.append(f"{one.where} still says PLACE: components/place puts nothing there")
    return found


def _schema(one: Document) -> list[str]:
    if str(one.body.get("apiVersion", "")).startswith("keda.sh/"):
        return _of_keda(one)
    if one.kind in NOWHERE_TO_LOOK:
        return []
    try:
        import kubernetes_validate  # pyright: ignore[reportMissingImports]
    except ImportError:
        return ["kubernetes-validate is not installed: python3 scripts/install.py infra"]
    try:
        kubernetes_validate.validate(one.body, VERSION, strict=True)
    except kubernetes_validate.ValidationError as fault:
        return [f"{one.where}: {fault.message}"]
    return []


def _of_keda(one: Document) -> list[str]:
    try:
        from cloudcoil.models.keda import v1alpha1  # pyright: ignore[reportMissingImports]
    except ImportError:
        return ["cloudcoil.models.keda is not installed: python3 scripts/install.py infra"]
    try:
        getattr(v1alpha1, one.kind).model_validate(one.body)
    except ValueError as fault:
        return [f"{one.where}: {' '.join(str(fault).split())}"]
    return []
