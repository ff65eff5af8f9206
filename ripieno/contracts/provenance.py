"""Who made a result: the engine, its version and weights, whether it stands in for a better one, and what it cost."""

from __future__ import annotations

from collections.abc import Iterable

from ripieno.contracts.base import Contract

RECORDING = "recording"
"""The engine of what a person recorded: it makes nothing."""


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


class Origin(Contract):
    """Where what is heard in a file comes from: the engines that made it, and whether some of it is `recorded`."""

    made_by: list[Provenance] = []
    recorded: bool = False

    @classmethod
    def of(cls, engine: Provenance | None) -> Origin:
        """That of a part: an engine made it, or nobody did (a song's own audio, a person's recording)."""
        if engine is None or engine.engine == RECORDING:
            return cls(recorded=True)
        return cls(made_by=[engine])

    @classmethod
    def together(cls, parts: Iterable[Origin]) -> Origin:
        """That of several parts; each engine once."""
        whole = cls()
        for part in parts:
            whole.made_by += [one for one in part.made_by if one not in whole.made_by]
            whole.recorded |= part.recorded
        return whole

    def then(self, engine: Provenance) -> Origin:
        """After an engine has gone over it."""
        return Origin.together([self, Origin(made_by=[engine])])


class ModelUsage(Contract):
    """What language models were asked for a result; `cost` in US dollars, None where a model has no price."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    calls: int = 0
    cost: float | None = None

    def plus(self, more: ModelUsage) -> ModelUsage:
        costs = [cost for cost in (self.cost, more.cost) if cost is not None]
        return ModelUsage(
            prompt_tokens=self.prompt_tokens + more.prompt_tokens,
            completion_tokens=self.completion_tokens + more.completion_tokens,
            calls=self.calls + more.calls,
            cost=round(sum(costs), 6) if costs else None,
        )
