"""YAML files with the lines their documents begin at; a key that is there twice is a fault."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml


@dataclass(frozen=True)
class Document:
    """One document of a file. `where` is what a problem begins with."""

    path: Path
    line: int
    body: dict[str, Any]

    @property
    def kind(self) -> str:
        return str(self.body.get("kind", ""))

    @property
    def name(self) -> str:
        return str((self.body.get("metadata") or {}).get("name", ""))

    @property
    def where(self) -> str:
        return f"{self.path}:{self.line}: {self.kind} {self.name}".rstrip()


_FASTEST: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_FASTEST):
    """Refuses what YAML itself lets pass: the same key twice."""


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[Any, Any]:
    seen = set()
    for key, _ in node.value:
        if key.tag != "tag:yaml.org,2002:merge" and key.value in seen:
            raise yaml.constructor.ConstructorError(None, None, f"the key {key.value} is there twice", key.start_mark)
        seen.add(key.value)
    loader.flatten_mapping(node)
    return loader.construct_mapping(node, deep=True)


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def parse(text: str, path: Path) -> list[Document]:
    """Every document that is a mapping. Raises `yaml.YAMLError`."""
    found = []
    loader = _Loader(text)
    try:
        while loader.check_node():
            node = loader.get_node()
            body = loader.construct_document(node)
            if isinstance(body, dict):
                found.append(Document(path, node.start_mark.line + 1, body))
    finally:
        loader.dispose()
    return found


def read(folder: Path, root: Path, problems: list[str]) -> list[Document]:
    """The documents of all YAML files below a folder; what cannot be read is a problem."""
    found: list[Document] = []
    for path in sorted([*folder.rglob("*.yaml"), *folder.rglob("*.yml")]):
        try:
            found += parse(path.read_text(), path.relative_to(root))
        except yaml.YAMLError as fault:
            problems.append(f"{path.relative_to(root)}: {' '.join(str(fault).split())}")
    return found


def walk(value: Any) -> Iterator[dict[str, Any]]:
    """Every mapping inside, itself too."""
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from walk(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from walk(inner)


def env_file(path: Path) -> dict[str, str]:
    """NAME=value lines, as kustomize and compose read them."""
    lines = [line for line in path.read_text().splitlines() if line.strip() and not line.startswith("#")]
    return {name: value.strip("'") for name, _, value in (line.partition("=") for line in lines)}
