"""The shapes of Azure's resource types, as `make_resource_types.py` gathered them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

DATA = Path(__file__).with_name("resource_types.json")


@dataclass(frozen=True)
class ResourceType:
    name: str
    version: str
    shapes: dict[str, Any]
    outputs_known: bool

    @property
    def body(self) -> dict[str, Any]:
        return self.shapes["body"]


@lru_cache
def resource_types() -> dict[str, ResourceType]:
    """By name, in lower case: ARM does not mind how a type is written."""
    told = json.loads(DATA.read_text())["types"]
    return {
        name.lower(): ResourceType(name, one["version"], one["shapes"], "outputs" not in one)
        for name, one in told.items()
    }
