"""Models in a blob container, for endpoints that start on empty disks: `{model}/{file}`, manifests included."""

from __future__ import annotations

import json
import os
from pathlib import Path

from ripieno.services import blobs
from ripieno.services.models import folder
from ripieno.services.models.catalogue import ModelEntry, catalogue
from ripieno.services.settings import models_folder, models_place
from ripieno.services.storage import container


def upload(entry: ModelEntry, root: Path, container_name: str) -> None:
    """Copy a pulled model into the container, its manifest last: what has one is complete."""
    client = container(container_name)
    if not client.exists():
        client.create_container()
    for name in [*(file.path for file in entry.files), folder.MANIFEST]:
        with (folder.of(entry, root) / name).open("rb") as file:
            blobs.upload(container_name, f"{entry.name}/{name}", file)


def held(container_name: str) -> dict[str, dict]:
    """The manifests of the complete models, by name."""
    client = container(container_name)
    if not client.exists():
        return {}
    names = [name for name in client.list_blob_names() if name.endswith(f"/{folder.MANIFEST}")]
    return {name.partition("/")[0]: blobs.read_json(container_name, name) for name in names}


def bring() -> None:
    """At an endpoint's start: where the models' place is a container, make the local folder hold what it holds."""
    place = models_place()
    if place.startswith("blob:"):
        download_all(place.removeprefix("blob:"), models_folder())


def damage(entry: ModelEntry, container_name: str) -> list[str]:
    """What is wrong with a model's blobs, a sentence each; reads every byte."""
    manifest = held(container_name).get(entry.name)
    if manifest is None:
        return [f"{container_name} has no complete {entry.name}"]
    wrong = []
    for file in entry.files:
        try:
            found = blobs.sha256(container_name, f"{entry.name}/{file.path}")
        except blobs.BlobMissing:
            wrong.append(f"{file.path} is missing")
            continue
        if found != manifest["files"][file.path]["sha256"] or not file.is_right(found):
            wrong.append(f"{file.path} is not what was put there ({found[:16]}…)")
    return wrong


def download_all(container_name: str, root: Path) -> list[str]:
    """Bring every complete model of the container to a folder and return their names; what is there stays.

    Raises
    ------
    RuntimeError
        When a file is not what its manifest says.
    """
    brought = []
    for name, manifest in held(container_name).items():
        entry = catalogue().get(name)
        if entry is None:
            continue
        target = folder.of(entry, root)
        if folder.read_manifest(entry, root) != manifest:
            for file, about in manifest["files"].items():
                path = target / file
                path.parent.mkdir(parents=True, exist_ok=True)
                part = path.with_name(f"{path.name}.{os.getpid()}")  # several workers may start at once
                blobs.download_to(container_name, f"{name}/{file}", part)
                if folder.digest(part) != about["sha256"]:
                    part.unlink()
                    raise RuntimeError(f"{container_name}/{name}/{file} is damaged: ripieno models pull {name} again")
                part.replace(path)
            (target / folder.MANIFEST).write_text(json.dumps(manifest, indent=1))
        brought.append(name)
    return brought
