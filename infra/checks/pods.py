"""What every pod must be: nobody in particular, on a root it cannot write, within limits, asked how it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from infra.checks import app_names
from infra.checks.manifests import Document, env_file

NOT_OURS = {
    "APPLICATIONINSIGHTS_CONNECTION_STRING", "NUMBA_CACHE_DIR", "TEMP", "TMP", "APP_KEYS", "SCRAPING_KEY",
    "UVICORN_SSL_CERTFILE", "UVICORN_SSL_KEYFILE",
}  # fmt: skip
"""Settings of others: telemetry's, numba's, Windows', uvicorn's, and what only names keys for the setting below it."""
_ON_THE_MACHINE = ("hostNetwork", "hostPID", "hostIPC")
_WRITABLE = {"emptyDir"}


def template(document: Document) -> dict[str, Any] | None:
    """The pod of a Deployment or a Job."""
    if document.kind not in ("Deployment", "Job", "StatefulSet", "DaemonSet", "CronJob"):
        return None
    return ((document.body.get("spec") or {}).get("template") or {}).get("spec")


def is_endpoint(document: Document) -> bool:
    labels = (document.body.get("metadata") or {}).get("labels") or {}
    return document.kind == "Deployment" and labels.get("app.kubernetes.io/component") == "endpoint"


def problems(document: Document, root: Path) -> list[str]:
    pod = template(document)
    if pod is None:
        return []
    where = document.where
    is_windows = (pod.get("os") or {}).get("name") == "windows"
    found = [f"{where} has {name}" for name in _ON_THE_MACHINE if pod.get(name)]
    found += _identity(where, pod.get("securityContext") or {}, is_windows=is_windows)
    if pod.get("automountServiceAccountToken") is not False:
        found.append(f"{where} gets a token of the cluster that it does not need: automountServiceAccountToken: false")
    containers = [*pod.get("initContainers", []), *pod.get("containers", [])]
    volumes = {one["name"]: one for one in pod.get("volumes", [])}
    found += [f"{where}, volume {name} is a folder of the machine" for name in volumes if "hostPath" in volumes[name]]
    used = set()
    for one in containers:
        called = f"{where}, container {one.get('name')}"
        found += _container(called, one, is_windows=is_windows)
        found += _environment(called, one, root)
        for mount in one.get("volumeMounts", []):
            used.add(mount["name"])
            found += _mount(called, mount, volumes, may_write=document.kind == "Job")
    found += [f"{where}, volume {name} is mounted nowhere" for name in sorted(set(volumes) - used)]
    if is_endpoint(document):
        found += _probes(where, pod["containers"][0], root)
        if not pod.get("serviceAccountName"):
            found.append(f"{where} has no service account: it would be nobody in Azure")
    return found


def _identity(where: str, context: dict[str, Any], *, is_windows: bool) -> list[str]:
    found = []
    if context.get("runAsNonRoot") is not True:
        found.append(f"{where} may run as root: runAsNonRoot: true")
    if is_windows:
        if (context.get("windowsOptions") or {}).get("runAsUserName") != "ContainerUser":
            found.append(f"{where} is not ContainerUser")
        return found
    if not context.get("runAsUser"):
        found.append(f"{where} runs as user {context.get('runAsUser')}: name one that is not root")
    if (context.get("seccompProfile") or {}).get("type") != "RuntimeDefault":
        found.append(f"{where} has no seccompProfile RuntimeDefault")
    return found


def _container(where: str, one: dict[str, Any], *, is_windows: bool) -> list[str]:
    found = []
    context = one.get("securityContext") or {}
    if context.get("privileged"):
        found.append(f"{where} is privileged")
    if not is_windows:
        if context.get("readOnlyRootFilesystem") is not True:
            found.append(f"{where} can write its root: readOnlyRootFilesystem: true")
        if context.get("allowPrivilegeEscalation") is not False:
            found.append(f"{where} may gain privileges: allowPrivilegeEscalation: false")
        if (context.get("capabilities") or {}).get("drop") != ["ALL"]:
            found.append(f"{where} keeps capabilities: drop [ALL]")
    resources = one.get("resources") or {}
    for what in ("requests", "limits"):
        missing = {"cpu", "memory"} - set(resources.get(what) or {})
        found += [f"{where} has no {what} of {name}" for name in sorted(missing)]
    return found


def _environment(where: str, one: dict[str, Any], root: Path) -> list[str]:
    names = [variable["name"] for variable in one.get("env", [])]
    found = [f"{where} sets {name}, which nothing reads" for name in names if not _is_read(name, root)]
    found += [f"{where} sets {name} twice" for name in sorted({name for name in names if names.count(name) > 1})]
    return found


def settings_file(path: Path, root: Path) -> list[str]:
    """Settings that nothing reads."""
    return [
        f"{path.relative_to(root)}: {name} is read by nothing" for name in env_file(path) if not _is_read(name, root)
    ]


def _is_read(name: str, root: Path) -> bool:
    return name in NOT_OURS or name in app_names.settings(root)


def _mount(where: str, mount: dict[str, Any], volumes: dict[str, Any], *, may_write: bool) -> list[str]:
    volume = volumes.get(mount["name"])
    if volume is None:
        return [f"{where} mounts {mount['name']}, which is no volume of the pod"]
    is_written = not mount.get("readOnly")
    if is_written and not _WRITABLE & set(volume) and not may_write:
        return [f"{where} may write {mount['name']}: readOnly: true"]
    if "emptyDir" in volume and not (volume["emptyDir"] or {}).get("sizeLimit"):
        return [f"{where} has no bound to {mount['name']}: sizeLimit"]
    return []


def _probes(where: str, one: dict[str, Any], root: Path) -> list[str]:
    found = []
    ports = {port["name"] for port in one.get("ports", [])}
    for probe, path in (("startupProbe", "/health"), ("livenessProbe", "/health"), ("readinessProbe", "/ready")):
        asked = (one.get(probe) or {}).get("httpGet")
        if not asked:
            found.append(f"{where} has no {probe}")
        elif asked.get("path") != path or path not in app_names.endpoint_paths(root):
            found.append(f"{where}, {probe} asks for {asked.get('path')}: it is {path}")
        elif asked.get("port") not in ports:
            found.append(f"{where}, {probe} asks at {asked.get('port')}, which is no port of it")
    return found
