"""How much each may have: by role, by owner, and for visitors; from `quotas.json`, or a file of one's own.

    {"roles": {"Generator": {"concurrent_jobs": 20, "songs_a_day": 500, …}, "*": {…}},
     "owners": {"ada@example.org": {"songs_a_day": "unlimited"}}, "visitors": {…}}

`*` is for whoever has none of the roles that are named. Every quota is a number or the word `unlimited`: what is left
out is a mistake, except of an owner, who has what their role has else. Of several roles the most generous counts.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from ripieno.contracts.enums import Role
from ripieno.services.settings import MissingSetting, settings

QUOTAS = Path(__file__).with_name("quotas.json")
VISITOR_PREFIX = "visitor-"
"""What the owner of a visitor without an account begins with; nobody who signs in is called so."""


def _limit(value: object) -> object:
    """`unlimited` is None: left out, it is no limit that somebody wrote."""
    if value is None:
        raise ValueError("write a number, or the word unlimited")
    return None if value == "unlimited" else value


Limit = Annotated[int | None, Field(ge=0, strict=True), BeforeValidator(_limit)]
QuotaName = Literal[
    "concurrent_jobs", "songs_a_day", "storage_bytes", "generation_seconds_a_day", "generation_seconds_a_month"
]


class Quotas(BaseModel):
    """How much somebody may have; None is without end.

    `concurrent_jobs` are workflows that have not ended; days and months are those of UTC; `generation_seconds` are
    seconds of new audio, of each stem.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    concurrent_jobs: Limit
    songs_a_day: Limit
    storage_bytes: Limit
    generation_seconds_a_day: Limit
    generation_seconds_a_month: Limit

    @property
    def are_unlimited(self) -> bool:
        return all(limit is None for limit in self.model_dump().values())


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid")

    roles: dict[Role | Literal["*"], Quotas]
    visitors: Quotas
    owners: dict[str, dict[QuotaName, Limit]] = {}


def of(owner: str, roles: Iterable[Role] | None = None) -> Quotas:
    """The quotas of an owner who has these roles; None where it is not known which. Raises `MissingSetting`."""
    table = _table(settings().quotas, _is_azure())
    if owner.startswith(VISITOR_PREFIX):
        return table.visitors
    named = [table.roles[role] for role in roles or () if role in table.roles]
    found = _most_generous(named or [table.roles["*"]])
    own = {str(name): limit for name, limit in table.owners.get(owner, {}).items()}
    return found.model_copy(update=own)


def check() -> None:
    """Raises `MissingSetting` where the quotas cannot be read: at the start, not with the first song."""
    _table(settings().quotas, _is_azure())


def _most_generous(several: list[Quotas]) -> Quotas:
    best: dict[str, int | None] = {}
    for name in Quotas.model_fields:
        limits = [getattr(one, name) for one in several]
        best[name] = None if None in limits else max(limits)
    return several[0].model_copy(update=best)


def _is_azure() -> bool:
    return bool(os.environ.get("WEBSITE_INSTANCE_ID") or os.environ.get("WEBSITE_SITE_NAME"))


@lru_cache(maxsize=8)
def _table(chosen: str, is_azure: bool) -> _Table:
    shipped = json.loads(QUOTAS.read_text())
    name = chosen or ("azure" if is_azure else "local")
    try:
        if name in shipped:
            found = _Table.model_validate(shipped[name])
        else:
            text = name if name.lstrip().startswith("{") else Path(name).read_text()
            found = _Table.model_validate_json(text)
    except (OSError, ValidationError, ValueError) as fault:
        raise MissingSetting(
            f"RIPIENO_QUOTAS: {str(fault)[:500]}: write {', '.join(shipped)}, a file's path, or JSON (docs/quotas.md)"
        ) from None
    if "*" not in found.roles:
        raise MissingSetting("RIPIENO_QUOTAS: roles has no `*`: say what those have whose role is not named")
    return found
