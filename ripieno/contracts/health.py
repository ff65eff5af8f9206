"""How the platform itself is."""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict

from ripieno.contracts.base import Contract


class Part(Contract):
    """Storage, or a model endpoint; an endpoint says more of itself: its engines, its queue."""

    model_config = ConfigDict(extra="allow")

    ok: bool
    detail: str | None = None


class Health(Contract):
    """`GET /health`. `degraded` while any part is missing."""

    status: Literal["ok", "degraded"]
    version: str
    parts: dict[str, Part]


class Woken(Contract):
    """Answer to a callback: whether a workflow was still waiting for the job."""

    woken: bool
