"""The durable client of a host that is not there: what was started, and how it stands."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from azure.durable_functions import OrchestrationRuntimeStatus as Status


class DurableClient:
    """`started` are the orders of instances, in the order in which they were started; `states` how each stands."""

    def __init__(self) -> None:
        self.started: list[tuple[str, str, dict[str, Any]]] = []
        self.states: dict[str, Status] = {}
        self.purged: list[str] = []
        self.slices: list[tuple[datetime, datetime]] = []

    async def get_status(self, instance_id: str) -> SimpleNamespace | None:
        state = self.states.get(instance_id)
        return (
            SimpleNamespace(runtime_status=state, last_updated_time=datetime.now(UTC), output=None) if state else None
        )

    async def start_new(self, orchestrator: str, instance_id: str, order: dict[str, Any]) -> None:
        assert self.states.get(instance_id) != Status.Running, "a live instance is never replaced"
        self.started.append((orchestrator, instance_id, order))
        self.states[instance_id] = Status.Running

    async def terminate(self, instance_id: str, reason: str) -> None:
        self.states[instance_id] = Status.Terminated

    async def purge_instance_history(self, instance_id: str) -> None:
        assert self.states[instance_id] != Status.Running
        del self.states[instance_id]
        self.purged.append(instance_id)

    async def purge_instance_history_by(self, start: datetime, end: datetime, states: list[Status]) -> SimpleNamespace:
        self.slices.append((start, end))
        return SimpleNamespace(instances_deleted=1)
