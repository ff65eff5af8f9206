"""History events as Durable Functions' Azure Storage provider writes them and the Python SDK reads them."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import IntEnum
from typing import Any

Event = dict[str, Any]


class EventType(IntEnum):
    EXECUTION_STARTED = 0
    TASK_SCHEDULED = 4
    TASK_COMPLETED = 5
    TASK_FAILED = 6
    SUB_ORCHESTRATION_CREATED = 7
    SUB_ORCHESTRATION_COMPLETED = 8
    SUB_ORCHESTRATION_FAILED = 9
    TIMER_CREATED = 10
    TIMER_FIRED = 11
    ORCHESTRATOR_STARTED = 12
    ORCHESTRATOR_COMPLETED = 13
    EVENT_RAISED = 15


def iso(moment: datetime) -> str:
    """UTC time as the SDK parses it: ISO 8601 with microseconds and a `Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def parse_time(text: str) -> datetime:
    """Read any ISO 8601 time the SDK or a client writes; a time without a zone is UTC."""
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def event(kind: EventType, *, event_id: int = -1, **fields: Any) -> Event:
    return {"EventType": int(kind), "EventId": event_id, **fields}


def execution_started(name: str, input_json: str | None, version: str | None = None) -> Event:
    return event(EventType.EXECUTION_STARTED, Name=name, Version=version, Input=input_json)


def task_completed(task_id: int, result_json: str | None) -> Event:
    return event(EventType.TASK_COMPLETED, TaskScheduledId=task_id, Result=result_json)


def task_failed(task_id: int, reason: str, details: str = "") -> Event:
    return event(EventType.TASK_FAILED, TaskScheduledId=task_id, Reason=reason, Details=details)


def sub_orchestration_completed(task_id: int, result_json: str | None) -> Event:
    return event(EventType.SUB_ORCHESTRATION_COMPLETED, TaskScheduledId=task_id, Result=result_json)


def sub_orchestration_failed(task_id: int, reason: str, details: str = "") -> Event:
    return event(EventType.SUB_ORCHESTRATION_FAILED, TaskScheduledId=task_id, Reason=reason, Details=details)


def timer_fired(timer_id: int, fire_at: str) -> Event:
    return event(EventType.TIMER_FIRED, TimerId=timer_id, FireAt=fire_at)


def event_raised(name: str, data_json: str) -> Event:
    return event(EventType.EVENT_RAISED, Name=name, Input=data_json)


def failed_task_id(happened: Event) -> int | None:
    """The id of the task that this event says has failed, if it says so."""
    if happened["EventType"] in (EventType.TASK_FAILED, EventType.SUB_ORCHESTRATION_FAILED):
        return happened["TaskScheduledId"]
    return None


def fired_timer_id(happened: Event) -> int | None:
    return happened["TimerId"] if happened["EventType"] == EventType.TIMER_FIRED else None
