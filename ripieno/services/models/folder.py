"""Models in a folder: `{folder}/{model}/{file}`, with a manifest of what arrived and its hashes."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from ripieno.services.models.catalogue import ModelEntry
from ripieno.services.settings import models_folder

MANIFEST = "ripieno-model.json"


def of(entry: ModelEntry, root: Path | None = None) -> Path:
    return (root or models_folder()) / entry.name


def missing(entry: ModelEntry, root: Path | None = None) -> list[str]:
    """The files that are not there; quick, reads no weights."""
    return [file.path for file in entry.files if not (of(entry, root) / file.path).is_file()]


def digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_manifest(entry: ModelEntry, root: Path) -> None:
    """Record what is there: from now on `verify` holds every byte to it."""
    folder = of(entry, root)
    files = {
        file.path: {"sha256": digest(folder / file.path), "bytes": (folder / file.path).stat().st_size}
        for file in entry.files
    }
    manifest = {"model": entry.name, "revision": entry.revision, "license": entry.license, "files": files}
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1))


def read_manifest(entry: ModelEntry, root: Path | None = None) -> dict | None:
    path = of(entry, root) / MANIFEST
    return json.loads(path.read_text()) if path.is_file() else None


def damage(entry: ModelEntry, root: Path | None = None) -> list[str]:
    """What is wrong with a model's files, a sentence each; reads every byte."""
    recorded = (read_manifest(entry, root) or {}).get("files", {})
    wrong = []
    for file in entry.files:
        path = of(entry, root) / file.path
        if not path.is_file():
            wrong.append(f"{file.path} is missing")
            continue
        found = digest(path)
        expected = recorded.get(file.path, {}).get("sha256")
        if not file.is_right(found):
            wrong.append(f"{file.path} has SHA-256 {found[:16]}…, the published one begins with {file.sha256}")
        elif expected and found != expected:
            wrong.append(f"{file.path} has changed since it was pulled ({found[:16]}…, was {expected[:16]}…)")
    return wrong


def fingerprint(folder: Path) -> str:
    """16 hexadecimal digits that stand for a model's weights: of the manifest's hashes, or of the files themselves."""
    manifest = folder / MANIFEST
    if manifest.is_file():
        found = json.dumps(json.loads(manifest.read_text())["files"], sort_keys=True)
        return hashlib.sha256(found.encode()).hexdigest()[:16]
    digests = [digest(path) for path in sorted(folder.rglob("*")) if path.is_file()]
    return hashlib.sha256("".join(digests).encode()).hexdigest()[:16]
