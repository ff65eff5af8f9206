"""What expressions come to: plain values, objects that know where they stand, and what only Azure will know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from infra.checks.bicep.resource_types import ResourceType


class Body(dict[str, Any]):
    """An object; `lines` says where each property was written."""

    def __init__(self, *given: Any, place: tuple[str, int] = ("", 0)) -> None:
        super().__init__(*given)
        self.place = place
        self.lines: dict[str, tuple[str, int]] = {}


class Unknown(str):
    """A value that is there only once it is deployed; it reads as what it is of."""

    __slots__ = ()


class Reference(Unknown):
    """A deployed resource, or something within it; `shape` says what it has, None where nobody knows."""

    __slots__ = ("body", "of", "shape")

    def __new__(cls, text: str, of: ResourceType | None, shape: str | None, body: Body | None = None) -> Reference:
        made = super().__new__(cls, text)
        made.of, made.shape, made.body = of, shape, body
        return made


@dataclass
class Deployed:
    """A resource as one set of parameters deploys it."""

    symbol: str
    type: ResourceType | None
    written: str
    body: Body
    path: str
    line: int
    existing: bool
    parent: Reference | None = None

    @property
    def properties(self) -> dict[str, Any]:
        found = self.body.get("properties")
        return found if isinstance(found, dict) else {}

    @property
    def place(self) -> str:
        return f"{self.path}:{self.line}"

    def is_a(self, name: str) -> bool:
        return self.type is not None and self.type.name == name
