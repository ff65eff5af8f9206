"""What a rule has found, and the words that rules are made of."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

Kind = Literal["imitation", "hate", "minors", "other"]
_HERE = Path(__file__).parent


@dataclass(frozen=True)
class Finding:
    """Why something is refused: by which `rule`, for which `words` of it; `suggestion` is what may be asked for
    instead, where there is such a thing."""

    rule: str
    kind: Kind
    words: str
    message: str
    suggestion: str | None = None


@lru_cache(maxsize=8)
def data(part: str) -> dict[str, list[str]]:
    return json.loads((_HERE / "rules.json").read_text(encoding="utf-8"))[part]


@lru_cache(maxsize=1)
def artists() -> dict[str, Any]:
    return json.loads((_HERE / "artists.json").read_text(encoding="utf-8"))


@lru_cache(maxsize=2)
def names(file: str) -> frozenset[str]:
    """The words of a list, without its comments."""
    lines = (_HERE / file).read_text(encoding="utf-8").splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())
