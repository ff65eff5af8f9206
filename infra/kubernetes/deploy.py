"""Bring the endpoints to the cluster: what azd's hook and the workflow that deploys run.

    python infra/kubernetes/deploy.py --overlay dev --release COMMIT [--build] [--render FILE]

Where to is read from the environment, by the names of the deployment's outputs (infra/bicep/main.bicep), as azd sets
them for hooks. The manifests are copied, place.env and settings.env of the copy written, the overlay rendered by
`kubectl kustomize`, and applied through `az aks command invoke`, which reaches a private cluster too and needs no
credentials of it here. With `--build` the registry builds the images that the overlay names.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MANIFESTS = ROOT / "infra" / "kubernetes"
IMAGES = ROOT / "infra" / "docker" / "images.json"
NAMESPACE = "ripieno"
NEEDED = (
    "AZURE_RESOURCE_GROUP", "AZURE_TENANT_ID", "AZURE_STORAGE_ACCOUNT", "AZURE_KEY_VAULT", "AZURE_AKS_CLUSTER_NAME",
    "AZURE_CONTAINER_REGISTRY_ENDPOINT", "ENDPOINTS_CLIENT_ID", "SCALER_CLIENT_ID", "RIPIENO_URL",
)  # fmt: skip
APPLY = (
    f"kubectl delete job warm-weights -n {NAMESPACE} --ignore-not-found && kubectl apply -f endpoints.yaml && "
    f"for one in $(kubectl get deployments -n {NAMESPACE} -o name); do "
    f"kubectl rollout status -n {NAMESPACE} $one --timeout=15m || exit 1; done"
)


class Unfinished(SystemExit):
    """What is missing to deploy."""


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--overlay", choices=("dev", "prod"), required=True)
    parser.add_argument("--release", required=True, help="the tag of the images: a commit")
    parser.add_argument("--build", action="store_true", help="have the registry build them first")
    parser.add_argument("--render", type=Path, help="write the manifests there, and apply nothing")
    chosen = parser.parse_args(arguments)
    place = {name: os.environ.get(name, "") for name in NEEDED}
    if not place["AZURE_AKS_CLUSTER_NAME"] and "AZURE_AKS_CLUSTER_NAME" in os.environ:
        print("the endpoints run elsewhere than on AKS: nothing to do")
        return
    with tempfile.TemporaryDirectory() as folder:
        rendered = render(Path(folder), chosen.overlay, chosen.release, os.environ)
        if chosen.render:
            chosen.render.write_text(rendered)
            return
        if chosen.build:
            for command in builds(rendered, place["AZURE_CONTAINER_REGISTRY_ENDPOINT"], chosen.release):
                subprocess.run(command, check=True, cwd=ROOT)
        apply(rendered, place, Path(folder))


def render(folder: Path, overlay: str, release: str, environment: Mapping[str, str]) -> str:
    """An overlay's manifests for one place. Raises `Unfinished`."""
    missing = [name for name in NEEDED if not environment.get(name)]
    if missing:
        raise Unfinished(
            f"not in the environment: {', '.join(missing)} (azd env get-values has them after azd provision)"
        )
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}", release):
        raise Unfinished(f"{release!r} is no tag of an image")
    copy = folder / "kubernetes"
    shutil.copytree(MANIFESTS, copy)
    fill(copy / "components" / "place" / "place.env", place_of(release, environment))
    fill(copy / "components" / "place" / "settings.env", settings_of(environment))
    done = subprocess.run(
        ["kubectl", "kustomize", str(copy / "overlays" / overlay)], check=True, capture_output=True, text=True
    )
    return done.stdout


def place_of(release: str, environment: Mapping[str, str]) -> dict[str, str]:
    vault = environment["AZURE_KEY_VAULT"]
    return {
        "REGISTRY": environment["AZURE_CONTAINER_REGISTRY_ENDPOINT"],
        "RELEASE": release,
        "KEY_VAULT": vault,
        "KEY_VAULT_URI": f"https://{vault}.vault.azure.net",
        "TENANT_ID": environment["AZURE_TENANT_ID"],
        "ENDPOINTS_CLIENT_ID": environment["ENDPOINTS_CLIENT_ID"],
        "SCALER_CLIENT_ID": environment["SCALER_CLIENT_ID"],
        "BACKLOG_URL": f"{environment['RIPIENO_URL'].rstrip('/')}/api/ops/backlog",
    }


def settings_of(environment: Mapping[str, str]) -> dict[str, str]:
    return {
        "RIPIENO_STORAGE__accountName": environment["AZURE_STORAGE_ACCOUNT"],
        "RIPIENO_STORAGE__clientId": environment["ENDPOINTS_CLIENT_ID"],
        "RIPIENO_PUBLIC_URL": environment["RIPIENO_URL"].rstrip("/"),
        "APPLICATIONINSIGHTS_CONNECTION_STRING": environment.get("APPLICATIONINSIGHTS_CONNECTION_STRING", ""),
    }


def fill(path: Path, values: Mapping[str, str]) -> None:
    """Put values into a file of NAME=value lines, each of which must be there."""
    lines = path.read_text().splitlines()
    for name, value in values.items():
        (number,) = [number for number, line in enumerate(lines) if line.startswith(f"{name}=")]
        lines[number] = f"{name}={value}"
    path.write_text("\n".join(lines) + "\n")


def builds(rendered: str, registry: str, release: str) -> list[list[str]]:
    """How the registry is told to build the images that the manifests name."""
    used = set(re.findall(rf"image: {re.escape(registry)}/([a-z0-9-]+):{re.escape(release)}$", rendered, re.MULTILINE))
    return [
        ["az", "acr", "build", "--registry", registry.partition(".")[0], "--image", f"{one['image']}:{release}",
         "--file", one["file"], "--target", one["target"], "--platform", one["system"], "."]
        for one in json.loads(IMAGES.read_text()) if one["image"] in used
    ]  # fmt: skip


def apply(rendered: str, place: Mapping[str, str], folder: Path) -> None:
    """Ends with 1 where a pod of the release does not become ready."""
    (folder / "endpoints.yaml").write_text(rendered)
    told = subprocess.run(
        ["az", "aks", "command", "invoke", "--resource-group", place["AZURE_RESOURCE_GROUP"], "--name",
         place["AZURE_AKS_CLUSTER_NAME"], "--command", APPLY, "--file", "endpoints.yaml", "--output", "json"],
        check=True, cwd=folder, capture_output=True, text=True,
    )  # fmt: skip
    answer = json.loads(told.stdout)
    print(answer["logs"])
    if answer["exitCode"] != 0:
        raise Unfinished(f"the cluster did not take the release: exit code {answer['exitCode']}")


if __name__ == "__main__":
    sys.exit(main())
