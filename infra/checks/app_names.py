"""What the app's own source calls things, read once and not run: settings, routes, fields, endpoints, paths."""

from __future__ import annotations

import ast
import json
import re
from functools import lru_cache
from pathlib import Path


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def _class(path: Path, name: str) -> ast.ClassDef:
    return next(node for node in _tree(path).body if isinstance(node, ast.ClassDef) and node.name == name)


def fields(path: Path, name: str) -> set[str]:
    """The fields that a class declares."""
    declared = [node.target for node in _class(path, name).body if isinstance(node, ast.AnnAssign)]
    return {target.id for target in declared if isinstance(target, ast.Name)}


@lru_cache(maxsize=8)
def settings(root: Path) -> set[str]:
    """Every setting's name in the environment."""
    path = root / "ripieno" / "services" / "settings.py"
    text = path.read_text()
    named = {f"RIPIENO_{one.upper()}" for one in fields(path, "Settings")}
    stored = {f"RIPIENO_STORAGE__{one}" for one in re.findall(r'_storage\("(\w+)"\)', text)}
    return named | stored | {"AzureWebJobsStorage", "AZURE_OPENAI_ENDPOINT", "AZURE_OPENAI_API_KEY"}


@lru_cache(maxsize=8)
def routes(root: Path) -> set[str]:
    """`GET /api/…` of every route that the app declares."""
    found = set()
    for path in (root / "triggers").glob("*.py"):
        for method, route in re.findall(r'@route\(\s*blueprint,\s*"([A-Z]+)",\s*"([^"]+)"', path.read_text()):
            found.add(f"{method} /api{route}")
    return found


@lru_cache(maxsize=8)
def endpoints(root: Path) -> set[str]:
    """The endpoints that the app has addresses for, and counts the backlog of."""
    settings_class = _class(root / "ripieno" / "services" / "settings.py", "Settings")
    method = next(n for n in settings_class.body if isinstance(n, ast.FunctionDef) and n.name == "endpoints")
    keys = [key for node in ast.walk(method) if isinstance(node, ast.Dict) for key in node.keys]
    return {str(key.value) for key in keys if isinstance(key, ast.Constant)}


@lru_cache(maxsize=8)
def queue_fields(root: Path) -> set[str]:
    """What `GET /api/ops/backlog` says of each endpoint."""
    return fields(root / "ripieno" / "contracts" / "operations.py", "Queue")


@lru_cache(maxsize=8)
def endpoint_paths(root: Path) -> set[str]:
    """What every endpoint answers to a GET."""
    text = (root / "gpu_endpoints" / "serving" / "server.py").read_text()
    return set(re.findall(r'@app\.get\("([^"]+)"\)', text))


@lru_cache(maxsize=8)
def models(root: Path) -> set[str]:
    """The weights of the catalogue."""
    return set(json.loads((root / "ripieno" / "services" / "models" / "catalogue.json").read_text()))
