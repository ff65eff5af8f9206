"""Whether the manifests name what is there: images, secrets, volumes, accounts, pods behind services, files."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import yaml

from infra.checks import app_names
from infra.checks.manifests import Document, env_file, parse, walk
from infra.checks.pods import is_endpoint, template

IMAGES = Path("infra/docker/images.json")
_KUSTOMIZATION = {
    "apiVersion", "kind", "namespace", "resources", "components", "patches", "configMapGenerator", "replacements",
    "images", "labels",
}  # fmt: skip
_IMAGE = re.compile(r"^[^/]+/(?P<name>[a-z0-9-]+):(?P<tag>[A-Za-z0-9_.-]+)$")


def problems(documents: list[Document], root: Path) -> list[str]:
    found = []
    named = {(one.kind, one.name) for one in documents}
    for one in documents:
        found += images(one, root)
        found += _pod(one, named)
        found += _secrets(one, documents)
        if one.kind == "Job":
            found += _weights(one, root)
        if one.kind in ("Service", "PodDisruptionBudget"):
            found += _selects(one, documents)
        if is_endpoint(one):
            found += _around(one, documents)
    return found


def _around(one: Document, documents: list[Document]) -> list[str]:
    """An endpoint is reached, and drained one pod at a time."""
    own = template(one) and one.body["spec"]["template"]["metadata"]["labels"]
    return [
        f"{one.where} has no {kind}"
        for kind in ("Service", "PodDisruptionBudget")
        if not any(other.kind == kind and _selector(other).items() <= (own or {}).items() for other in documents)
    ]


def images(one: Document, root: Path) -> list[str]:
    found = []
    known = {image["image"] for image in json.loads((root / IMAGES).read_text())}
    pod = template(one) or {}
    for container in [*pod.get("initContainers", []), *pod.get("containers", [])]:
        image = str(container.get("image", ""))
        parts = _IMAGE.match(image)
        if not parts:
            found.append(f"{one.where}: {image!r} is no REGISTRY/NAME:TAG")
        elif parts["name"] not in known:
            found.append(f"{one.where}: no image {parts['name']} is made in {IMAGES}")
        elif parts["tag"] == "latest":
            found.append(f"{one.where}: {image} may be any image tomorrow")
    return found


def _pod(one: Document, named: set[tuple[str, str]]) -> list[str]:
    pod = template(one)
    if pod is None:
        return []
    wanted = []
    if pod.get("serviceAccountName"):
        wanted.append(("ServiceAccount", pod["serviceAccountName"]))
    for volume in pod.get("volumes", []):
        if "persistentVolumeClaim" in volume:
            wanted.append(("PersistentVolumeClaim", volume["persistentVolumeClaim"]["claimName"]))
        if "csi" in volume:
            wanted.append(("SecretProviderClass", volume["csi"]["volumeAttributes"]["secretProviderClass"]))
    return [
        f"{one.where} names {kind} {name}, which is not there" for kind, name in wanted if (kind, name) not in named
    ]


def _secrets(one: Document, documents: list[Document]) -> list[str]:
    """Keys of secrets that no SecretProviderClass makes, or that it makes of nothing it reads."""
    made = {
        (secret["secretName"], data["key"])
        for provider in documents
        if provider.kind == "SecretProviderClass"
        for secret in provider.body["spec"].get("secretObjects", [])
        for data in secret["data"]
    }
    found = []
    for inner in walk(one.body):
        reference = inner.get("secretKeyRef") or (inner.get("credentials") if one.kind == "PodMonitor" else None)
        if reference and (reference.get("name"), reference.get("key")) not in made:
            found.append(
                f"{one.where} wants {reference.get('key')} of the secret {reference.get('name')}, which nobody makes"
            )
    if one.kind == "SecretProviderClass":
        spec = one.body["spec"]
        read = set(re.findall(r"objectName: ([\w-]+)", str(spec["parameters"].get("objects", ""))))
        wanted = {data["objectName"] for secret in spec.get("secretObjects", []) for data in secret["data"]}
        found += [f"{one.where} does not read {name}, which it makes a secret of" for name in sorted(wanted - read)]
    if one.kind == "Secret":
        found.append(f"{one.where} is a secret in a file: Key Vault has them")
    return found


def _weights(one: Document, root: Path) -> list[str]:
    (container,) = (template(one) or {}).get("containers", [{}])
    args = [str(arg) for arg in container.get("args", [])]
    if args[:2] != ["models", "pull"]:
        return []
    names = args[2 : args.index("--to")] if "--to" in args else args[2:]
    return [
        f"{one.where} pulls {name}, which the catalogue does not have"
        for name in names
        if name not in app_names.models(root)
    ]


def _selector(one: Document) -> dict[str, str]:
    selector = (one.body.get("spec") or {}).get("selector") or {}
    return selector.get("matchLabels", selector)


def _selects(one: Document, documents: list[Document]) -> list[str]:
    pods = [other for other in documents if other.kind == "Deployment" and template(other)]
    behind = [
        other for other in pods
        if _selector(one) and _selector(one).items() <= other.body["spec"]["template"]["metadata"]["labels"].items()
    ]  # fmt: skip
    if not behind:
        return [f"{one.where} selects {_selector(one)}, which no pod has"]
    ports = {port["name"] for other in behind for port in (template(other) or {})["containers"][0].get("ports", [])}
    asked = [port.get("targetPort") for port in one.body["spec"].get("ports", [])] if one.kind == "Service" else []
    return [f"{one.where} leads to {port}, which is no port of its pods" for port in asked if port not in ports]


# -- files --------------------------------------------------------------------------------------------------------


def of_kustomizations(folder: Path, root: Path) -> list[str]:
    """Paths that lead nowhere, fields that kustomize ignores or refuses, files that nothing names."""
    found = []
    used: set[Path] = set()
    for path in sorted(folder.rglob("kustomization.yaml")):
        shown = path.relative_to(root)
        try:
            body = parse(path.read_text(), shown)[0].body
        except yaml.YAMLError:
            continue  # told of where files are read
        found += [f"{shown}: kustomize knows no {name}" for name in sorted(set(body) - _KUSTOMIZATION)]
        for named in _paths(body):
            target = (path.parent / named).resolve()
            if not target.exists() or (target.is_dir() and not (target / "kustomization.yaml").exists()):
                found.append(f"{shown}: {named} is not there")
            used.add(target)
    others = {path.resolve() for path in folder.rglob("*.yaml") if path.name != "kustomization.yaml"}
    return found + [f"{path.relative_to(root.resolve())}: no kustomization names it" for path in sorted(others - used)]


def _paths(body: dict[str, Any]) -> list[str]:
    named = [*body.get("resources", []), *body.get("components", [])]
    named += [patch["path"] for patch in body.get("patches", []) if "path" in patch]
    return named + [file for one in body.get("configMapGenerator", []) for file in one.get("envs", [])]


def of_the_place(folder: Path, root: Path) -> list[str]:
    """What place.env says and what is put somewhere are the same names."""
    place = folder / "components" / "place"
    shown = (place / "place.env").relative_to(root)
    said = set(env_file(place / "place.env"))
    body = parse((place / "kustomization.yaml").read_text(), shown)[0].body
    put = {one["source"]["fieldPath"].removeprefix("data.") for one in body.get("replacements", [])}
    found = [f"{shown}: {name} is put nowhere" for name in sorted(said - put)]
    found += [f"{shown}: {name} is missing, which is put into the manifests" for name in sorted(put - said)]
    text = (folder / "deploy.py").read_text()
    needed = re.search(r"NEEDED = \((.*?)\)", text, re.DOTALL)
    bicep = root / "infra" / "bicep" / "main.bicep"
    if needed and bicep.exists():
        told = set(re.findall(r"^output (\w+)", bicep.read_text(), re.MULTILINE))
        wanted = set(re.findall(r'"(\w+)"', needed[1]))
        found += [
            f"infra/kubernetes/deploy.py wants {name}, which main.bicep does not tell" for name in sorted(wanted - told)
        ]
    return found
