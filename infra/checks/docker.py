"""The images of infra/docker: our own rules on the Dockerfiles and the compose file, and hadolint.

`rules` reads the files alone, and is what the tests run; `problems` runs hadolint too. No image is built: there is no
daemon here.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import yaml

from infra.checks import app_names, programs
from infra.checks.dockerfiles import Instruction, Stage, copied, inherited, stages

FOLDER = Path("infra/docker")
BY_VERSION = {"python:3.11.9-windowsservercore-ltsc2022"}
"""Bases whose digest could not be looked up here, pinned by their full version."""
_DIGEST = re.compile(r"@sha256:[0-9a-f]{64}$")
_NEVER_BUILT = {"tests", "benchmarks"}  # looked for by nobody
_ROOTS = {"", "root", "0", "0:0", "ContainerAdministrator"}
_PIN = re.compile(r"^[A-Za-z0-9_.\[\]-]+==[^\s;*]+(\s*;.*)?$")
_COMPOSE_OTHERS = {"TASK_HUB", "AZURITE_ACCOUNTS", "UVICORN_HOST", "UVICORN_PORT"}


def problems(root: Path) -> list[str]:
    files = sorted(str(path.relative_to(root)) for path in (root / FOLDER).glob("*.Dockerfile"))
    compose = str(FOLDER / "compose.yaml")
    return [
        *rules(root),
        *programs.lines("check-jsonschema", "--builtin-schema", "vendor.compose-spec", compose, cwd=root),
        *programs.lines("hadolint", "--no-color", "--failure-threshold", "warning", *files, cwd=root),
    ]


def rules(root: Path) -> list[str]:
    found = of_the_list(root)
    let_through = _context(root)
    for path in sorted((root / FOLDER).glob("*.Dockerfile")):
        found += of_dockerfile(path, root, let_through)
    for path in sorted((root / FOLDER).glob("*.lock")):
        found += _unpinned(path, root)
    return found + of_compose(root / FOLDER / "compose.yaml", root)


def of_the_list(root: Path) -> list[str]:
    """images.json names files and targets that are there, and every file that is."""
    shown = FOLDER / "images.json"
    images = json.loads((root / shown).read_text())
    found = []
    for one in images:
        path = root / one["file"]
        if not path.exists():
            found.append(f"{shown}: {one['image']} is made of {one['file']}, which is not there")
        elif one["target"] not in {stage.name for stage in stages(path)}:
            found.append(f"{shown}: {one['file']} has no target {one['target']}")
    there = {str(path.relative_to(root)) for path in (root / FOLDER).glob("*.Dockerfile")}
    return found + [f"{shown}: nothing is made of {file}" for file in sorted(there - {one["file"] for one in images})]


def of_dockerfile(path: Path, root: Path, let_through: set[str]) -> list[str]:
    shown = path.relative_to(root)
    every = stages(path)
    names = {stage.name for stage in every if stage.name}
    found = []
    for stage in every:
        found += _base(f"{shown}:{stage.line}", stage.base, names)
        for one in stage.instructions:
            found += _instruction(shown, one, names, let_through)
    targets = {
        one["target"] for one in json.loads((root / FOLDER / "images.json").read_text()) if one["file"] == str(shown)
    }
    for stage in every:
        if stage.name in targets:
            found += _target(f"{shown}:{stage.line}: target {stage.name}", stage, every)
    return found


def _base(where: str, base: str, names: set[str]) -> list[str]:
    if base in names or _DIGEST.search(base) or base in BY_VERSION:
        return []
    return [f"{where}: {base} may be another image tomorrow: pin it by digest"]


def _instruction(shown: Path, one: Instruction, names: set[str], let_through: set[str]) -> list[str]:
    where = f"{shown}:{one.line}"
    if one.word == "ADD":
        return [f"{where}: ADD fetches and unpacks; COPY only copies"]
    if one.word in ("ENV", "ARG") and re.search(r"(?i)(secret|password|token|key)\w*=\S", one.rest):
        return [f"{where}: a secret would stay in the image's layers"]
    if one.word == "RUN":
        return _run(where, one.rest)
    if one.word != "COPY":
        return []
    source, paths = copied(one)
    if source is not None:
        return (
            [] if source in names or _DIGEST.search(source) else [f"{where}: copies from {source}, which is no stage"]
        )
    return [
        f"{where}: {path} is not there, or .dockerignore keeps it out"
        for path in paths
        if path != "." and not any(file == path or file.startswith(f"{path.rstrip('/')}/") for file in let_through)
    ] + [f"{where}: copies everything" for path in paths if path == "."]


def _run(where: str, command: str) -> list[str]:
    found = []
    if re.search(r"\bpip3? install\b", command):
        packages = re.sub(r"(-r|-c|--index-url)\s+\S+", "", command.split("install", 1)[1])
        loose = [word for word in packages.split() if not word.startswith("-") and "==" not in word and word != "&&"]
        found += [f"{where}: {word} has no version" for word in loose]
        if "--no-cache-dir" not in command:
            found.append(f"{where}: pip keeps a cache in the layer: --no-cache-dir")
    if "apt-get install" in command and "rm -rf /var/lib/apt/lists" not in command:
        found.append(f"{where}: the lists of packages stay in the layer")
    if re.search(r"\b(curl|wget)\b", command):
        found.append(f"{where}: fetches what nothing pins")
    return found


def _target(where: str, stage: Stage, every: list[Stage]) -> list[str]:
    told = inherited(stage, every)
    found = []
    users = [one.rest for one in told if one.word == "USER"]
    if not users or users[-1] in _ROOTS:
        found.append(f"{where} runs as root")
    if not any(one.word == "HEALTHCHECK" for one in told):
        found.append(f"{where} has no HEALTHCHECK")
    order = [one.word + (" code" if one.word == "COPY" and "ripieno ./" in one.rest else "") for one in told]
    if "COPY code" in order and any(
        one.word == "RUN" and "install" in one.rest for one in told[order.index("COPY code") :]
    ):
        found.append(f"{where} installs after the code is copied: every change of it would install again")
    return found


def _context(root: Path) -> set[str]:
    """The files of the repository that .dockerignore lets into a build."""
    lines = (root / ".dockerignore").read_text().splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    tops = [path for path in root.iterdir() if not path.name.startswith(".") and path.name not in _NEVER_BUILT]
    files = [path for top in tops for path in ([top] if top.is_file() else top.rglob("*")) if path.is_file()]
    return {name for name in (path.relative_to(root).as_posix() for path in files) if _is_let_in(name, rules)}


def _is_let_in(name: str, rules: list[str]) -> bool:
    """The last rule that names a file, or a folder it is in, says whether it is kept out (Docker's own)."""
    parts = name.split("/")
    prefixes = {"/".join(parts[: number + 1]) for number in range(len(parts))}
    is_in = True
    for rule in rules:
        pattern = re.escape(rule.removeprefix("!")).replace(r"\*\*/", "(.*/)?").replace(r"\*", "[^/]*")
        if any(re.fullmatch(pattern, prefix) for prefix in prefixes):
            is_in = rule.startswith("!")
    return is_in


def _unpinned(path: Path, root: Path) -> list[str]:
    lines = [(number, line) for number, line in enumerate(path.read_text().splitlines(), 1) if line and line[0] != "#"]
    return [
        f"{path.relative_to(root)}:{number}: {line} is not pinned" for number, line in lines if not _PIN.match(line)
    ]


# -- compose ------------------------------------------------------------------------------------------------------


def of_compose(path: Path, root: Path) -> list[str]:
    shown = path.relative_to(root)
    try:
        body = yaml.safe_load(path.read_text())
    except yaml.YAMLError as fault:
        return [f"{shown}: {' '.join(str(fault).split())}"]
    found = []
    made = set(re.findall(r'^        "(\w+)":', (root / FOLDER / "make_env.py").read_text(), re.MULTILINE))
    asked = set(re.findall(r"\$\{(\w+)", path.read_text()))
    found += [f"{shown} asks for {name}, which make_env.py does not make" for name in sorted(asked - made)]
    found += [f"{shown} never uses {name}, which make_env.py makes" for name in sorted(made - asked)]
    images = {one["image"]: one for one in json.loads((root / FOLDER / "images.json").read_text())}
    for name, service in body["services"].items():
        found += _service(f"{shown}: {name}", service, images, root)
    if body["services"]["app"]["environment"].get("RIPIENO_AUTH") != "token":
        found.append(f"{shown}: app knows nobody by a token: RIPIENO_AUTH is token")
    return found


def _service(where: str, service: dict[str, Any], images: dict[str, Any], root: Path) -> list[str]:
    found = []
    image = service.get("image", "")
    if "build" in service:
        built = images.get(image)
        if built is None or (built["file"], built["target"]) != (
            service["build"]["dockerfile"],
            service["build"]["target"],
        ):
            found.append(f"{where}: {image} is not built as images.json says")
    elif not _DIGEST.search(image):
        found.append(f"{where}: {image} may be another image tomorrow: pin it by digest")
    for variable, value in (service.get("environment") or {}).items():
        if variable not in app_names.settings(root) | _COMPOSE_OTHERS:
            found.append(f"{where} sets {variable}, which nothing reads")
        if re.search(r"(?i)key|secret|token|AzureWebJobsStorage", variable) and not str(value).startswith("${"):
            found.append(f"{where} has {variable} written down: it comes out of .env")
    for port in service.get("ports") or []:
        if not str(port).startswith("127.0.0.1:"):
            found.append(f"{where} is published to the network: 127.0.0.1:{port}")
    if service.get("cap_drop") != ["ALL"] or service.get("security_opt") != ["no-new-privileges:true"]:
        found.append(f"{where} keeps capabilities or may gain privileges")
    return found
