"""Who made a result: the engine, its version and weights, and whether it stands in for a better one."""

from ripieno.contracts.base import Contract


class Provenance(Contract):
    """One engine's signature under one result.

    `weights` is the SHA-256 (first 16 hex digits) of learned parameters, None for an engine without any; `device` what
    computed it (`cuda`, `cpu`, `directml`), `precision` in what where it is known. A fallback says in `reason` why
    the engine that `auto` prefers was not used.
    """

    engine: str
    version: str
    license: str
    weights: str | None = None
    device: str | None = None
    precision: str | None = None
    fallback: bool = False
    approximate: bool = False
    reason: str | None = None
