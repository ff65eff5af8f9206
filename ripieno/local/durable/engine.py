"""The engine: which events make an episode, what its actions schedule, and how an orchestration ends.

Everything here is synchronous and driven from outside (`worker.py` with threads, the tests step by step), and each step
is one transaction, so the process may die between or inside any two of them.
"""

from __future__ import annotations

import json
import logging
import threading
import traceback
import unicodedata
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from ripieno.local.durable import history
from ripieno.local.durable.actions import (
    ACTIVITIES,
    REFUSED,
    SUB_ORCHESTRATORS,
    Action,
    ActionType,
    Decision,
    run_orchestrator,
    signature,
)
from ripieno.local.durable.history import Event, EventType, iso, parse_time
from ripieno.local.durable.store import RUNNING_STATES, Row, Store

log = logging.getLogger("ripieno.durable")
LONGEST_INSTANCE_ID = 255
LARGEST_CUSTOM_STATUS = 16 * 1024
LARGE_PAYLOAD = 64 * 1024


class Functions(Protocol):
    """What the engine needs of the app: its orchestrators by name, and a way to run an activity."""

    def orchestrator(self, name: str) -> Callable[[str], str] | None: ...

    def call_activity(self, name: str, input_json: str | None) -> str | None: ...


class InstanceNotFound(LookupError):
    """No instance has this id."""


class InstanceEnded(RuntimeError):
    """The instance exists but has ended, so this operation can change nothing."""


class InstanceConflict(ValueError):
    """The id is in use by a live instance, or the request cannot be carried out on it."""


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Engine:
    """`default_version` is host.json's `durableTask.defaultVersion`: what `context.version` says in new instances."""

    def __init__(
        self,
        store: Store,
        functions: Functions,
        *,
        clock: Callable[[], datetime] = _utc_now,
        default_version: str | None = None,
    ):
        self._default_version = default_version
        self.store = store
        self.functions = functions
        self.changed = threading.Condition()
        self.changes = 0  # counts what happened, so that nobody sleeps through it; guarded by `changed`
        self._clock = clock
        self._latest = datetime.min.replace(tzinfo=UTC)
        store.release_claims()

    def now(self) -> datetime:
        """UTC now, never earlier than an answer given before: replays must not see time go back."""
        self._latest = max(self._latest, self._clock())
        return self._latest

    def wake(self) -> None:
        with self.changed:
            self.changes += 1
            self.changed.notify_all()

    # -- the client's side ----------------------------------------------------------------------------------------

    def start(
        self, name: str, input_json: str | None, instance_id: str | None = None, *, version: str | None = None
    ) -> str:
        """Start an orchestration; `InstanceConflict` when the id is alive, `LookupError` for an unknown name."""
        if self.functions.orchestrator(name) is None:
            raise LookupError(f"no orchestrator is named {name!r}")
        instance_id = instance_id or uuid.uuid4().hex
        _check_instance_id(instance_id)
        _warn_if_large(f"the input of {name} {instance_id}", input_json)
        with self.store.transaction():
            self._create(instance_id, name, input_json, version=version)
        self.wake()
        return instance_id

    def raise_event(self, instance_id: str, name: str, data_json: str) -> None:
        with self.store.transaction():
            self._alive(instance_id)
            self.store.deliver(instance_id, history.event_raised(name, data_json))
        self.wake()

    def terminate(self, instance_id: str, reason: str) -> None:
        with self.store.transaction():
            instance = self._alive(instance_id)
            self._finish(instance, "Terminated", json.dumps(reason))
        self.wake()

    def suspend(self, instance_id: str) -> None:
        self._alive(instance_id)
        self.store.update_instance(instance_id, suspended=1, updated=iso(self.now()))

    def resume(self, instance_id: str) -> None:
        self._alive(instance_id)
        self.store.update_instance(instance_id, suspended=0, updated=iso(self.now()))
        self.store.resumed(instance_id)
        self.wake()

    def restart(self, instance_id: str, *, new_id: bool = True) -> str:
        instance = self._known(instance_id)
        if not new_id and instance["status"] in RUNNING_STATES:
            raise InstanceConflict(f"instance {instance_id!r} is still running")
        return self.start(instance["name"], instance["input"], None if new_id else instance_id)

    def purge(self, instance_id: str) -> int:
        """Forget an ended instance and its sub-orchestrations; returns how many instances went."""
        instance = self._known(instance_id)
        if instance["status"] in RUNNING_STATES:
            raise InstanceConflict(f"instance {instance_id!r} is still running: terminate it first")
        gone = 0
        with self.store.transaction():
            family = [instance_id]
            while family:
                member = family.pop()
                family += [
                    row["instance_id"]
                    for row in self.store.rows("SELECT instance_id FROM instances WHERE parent_id = ?", member)
                ]
                self.store.forget_activities(member)
                self.store.delete_instance(member)
                gone += 1
        return gone

    # -- the worker's side ----------------------------------------------------------------------------------------

    def fire_due_timers(self) -> int:
        """Turn timers that are due into events; returns how many."""
        fired = 0
        upcoming = self.store.next_timer()
        if upcoming is None or upcoming > iso(self.now()):
            return 0
        with self.store.transaction():
            for timer in self.store.due_timers(iso(self.now())):
                instance_id, generation = timer["instance_id"], timer["generation"]
                self.store.remove_timer(instance_id, generation, timer["task_id"])
                self._tell(instance_id, generation, history.timer_fired(timer["task_id"], timer["fire_at"]))
                fired += 1
        return fired

    def run_activity(self, work: Row, *, and_claim: bool = False) -> Row | None:
        """Run one claimed activity and record how it went; a crash in between runs it again.

        With `and_claim` the same transaction takes the next activity, which is returned: a thread that is done goes
        on without waiting to be handed work.
        """
        try:
            result = self.functions.call_activity(work["name"], work["input"])
            _warn_if_large(f"the result of activity {work['name']}", result)
            happened = history.task_completed(work["task_id"], result)
        except Exception as failure:
            reason = f"Activity function '{work['name']}' failed: {type(failure).__name__}: {failure}"
            happened = history.task_failed(work["task_id"], reason, traceback.format_exc(limit=8))
        with self.store.transaction():
            if self.store.remove_activity(work["id"]):
                self._tell(work["instance_id"], work["generation"], happened)
            following = self.store.claim_activity() if and_claim else None
        self.wake()
        return following

    def run_episode(self, instance_id: str) -> bool:
        """Replay one orchestration over what is in its inbox; False when there was nothing to do."""
        instance = self.store.instance(instance_id)
        inbox = self.store.inbox(instance_id)
        if instance is None or instance["status"] not in RUNNING_STATES or not inbox:
            return False
        past = self.store.history_texts(instance_id)
        retries = Retries.load(instance["retries"])
        batch = retries.batch(inbox)
        now = iso(self.now())
        fresh = [history.event(EventType.ORCHESTRATOR_STARTED), *(happened for _, happened in batch)]
        for entry in fresh:
            entry["Timestamp"] = now

        decision = self._decide(instance, past, fresh)

        with self.store.transaction():
            current = self.store.instance(instance_id)
            if (
                current is None
                or current["status"] not in RUNNING_STATES
                or current["generation"] != instance["generation"]
            ):
                return False
            self.store.consume([inbox_id for inbox_id, _ in batch])
            self._commit(current, past, fresh, decision, retries, read_up_to=inbox[-1][0])
        self.wake()
        return True

    # -- one episode ----------------------------------------------------------------------------------------------

    def _decide(self, instance: Row, past: list[str], fresh: list[Event]) -> Decision:
        function = self.functions.orchestrator(instance["name"])
        if function is None:
            return Decision([], False, None, None, f"no orchestrator is named {instance['name']!r}")
        # What is past is stored as JSON and goes into JSON: it is spliced, not read and written again.
        events = [f'{{"IsPlayed": true, {text[1:]}' for text in past]
        events += [json.dumps({**entry, "IsPlayed": False}) for entry in fresh]
        context = {
            "input": instance["input"],
            "instanceId": instance["instance_id"],
            "isReplaying": bool(past),
            "parentInstanceId": instance["parent_id"],
            "upperSchemaVersion": 1,
            "upperSchemaVersionNew": 2,
            "maximumShortTimerDuration": None,
            "longRunningTimerIntervalDuration": None,
            "defaultHttpAsyncRequestSleepTimeMillseconds": 30000,
        }
        return run_orchestrator(function, f'{{"history": [{", ".join(events)}], {json.dumps(context)[1:]}')

    def _commit(
        self,
        instance: Row,
        past: list[str],
        fresh: list[Event],
        decision: Decision,
        retries: Retries,
        *,
        read_up_to: int,
    ) -> None:
        instance_id, now = instance["instance_id"], self.now()
        known: list[list[Any]] = json.loads(instance["signatures"])
        fault = _first_fault(known, decision) or _status_fault(decision.custom_status)
        if fault:
            self.store.append_history(instance_id, len(past), fresh)
            self._finish(instance, "Failed", json.dumps(fault))
            return

        next_id = int(instance["next_task_id"])
        scheduled: list[Event] = []

        def schedule(leaf: Action) -> int | None:
            nonlocal next_id
            if leaf["actionType"] in (ActionType.WAIT_FOR_EXTERNAL_EVENT, ActionType.CONTINUE_AS_NEW):
                return None
            task_id, next_id = next_id, next_id + 1
            entry = self._schedule(instance, task_id, leaf)
            entry["Timestamp"] = iso(now)
            scheduled.append(entry)
            return task_id

        follow_up = retries.follow_up(fresh[1], now) if len(fresh) > 1 else None
        if follow_up is not None:
            retries.follow(fresh[1], follow_up, schedule(follow_up))
        for leaf in decision.leaves[len(known) :]:
            task_id = schedule(leaf)
            known.append([signature(leaf), task_id])
            retries.watch(leaf, task_id)
        for (_, task_id), leaf in zip(known, decision.leaves, strict=False):
            if leaf["actionType"] == ActionType.CREATE_TIMER and leaf.get("isCanceled"):
                self.store.remove_timer(instance_id, instance["generation"], task_id)

        completed = history.event(EventType.ORCHESTRATOR_COMPLETED)
        completed["Timestamp"] = iso(now)
        self.store.append_history(instance_id, len(past), [*fresh, *scheduled, completed])
        self.store.update_instance(
            instance_id,
            status="Running",
            updated=iso(now),
            next_task_id=next_id,
            signatures=json.dumps(known),
            retries=retries.dump(),
            custom_status=None if decision.custom_status is None else json.dumps(decision.custom_status),
        )
        if decision.error is not None:
            self._finish(instance, "Failed", json.dumps(decision.error))
        elif decision.continue_as_new is not None:
            self._begin_again(instance, decision.continue_as_new.get("input"), read_up_to)
        elif decision.is_done:
            self._finish(instance, "Completed", None if decision.output is None else json.dumps(decision.output))

    def _schedule(self, instance: Row, task_id: int, leaf: Action) -> Event:
        """Put one action to work and return its history event."""
        instance_id, generation, kind = instance["instance_id"], instance["generation"], leaf["actionType"]
        if kind in ACTIVITIES:
            name, input_json = leaf["functionName"], leaf.get("input")
            _warn_if_large(f"the input of activity {name} of {instance_id}", input_json)
            self.store.add_activity(instance_id, generation, task_id, name, input_json)
            return history.event(EventType.TASK_SCHEDULED, event_id=task_id, Name=name, Input=input_json)
        if kind in SUB_ORCHESTRATORS:
            name, input_json = leaf["functionName"], leaf.get("input")
            child_id = leaf.get("instanceId") or f"{instance_id}:{generation:x}-{task_id:04x}"
            try:
                if self.functions.orchestrator(name) is None:
                    raise InstanceConflict(f"no orchestrator is named {name!r}")
                self._create(
                    child_id, name, input_json, parent=(instance_id, generation, task_id), version=leaf.get("version")
                )
            except InstanceConflict as refusal:
                self._tell(instance_id, generation, history.sub_orchestration_failed(task_id, str(refusal)))
            return history.event(
                EventType.SUB_ORCHESTRATION_CREATED, event_id=task_id, Name=name, InstanceId=child_id, Input=input_json
            )
        fire_at = iso(parse_time(leaf["fireAt"]))
        if not leaf.get("isCanceled"):
            self.store.add_timer(instance_id, generation, task_id, fire_at)
        return history.event(EventType.TIMER_CREATED, event_id=task_id, FireAt=fire_at)

    # -- instances ------------------------------------------------------------------------------------------------

    def _create(
        self,
        instance_id: str,
        name: str,
        input_json: str | None,
        *,
        parent: tuple[str, int, int] | None = None,
        version: str | None = None,
    ) -> None:
        version = version or self._default_version
        generation = 0
        existing = self.store.instance(instance_id)
        if existing is not None:
            if existing["status"] in RUNNING_STATES:
                raise InstanceConflict(f"an instance with id {instance_id!r} is already running")
            generation = existing["generation"] + 1  # what an activity of the old one still answers finds nobody
            self.store.delete_instance(instance_id)
        now, (parent_id, parent_generation, parent_task_id) = iso(self.now()), parent or (None, None, None)
        with self.store.transaction() as db:
            db.execute(
                "INSERT INTO instances (instance_id, name, generation, parent_id, parent_generation, parent_task_id,"
                " status, input, version, created, updated) VALUES (?, ?, ?, ?, ?, ?, 'Pending', ?, ?, ?, ?)",
                (
                    instance_id, name, generation, parent_id, parent_generation, parent_task_id,
                    input_json, version, now, now,
                ),
            )  # fmt: skip
            self.store.deliver(instance_id, history.execution_started(name, input_json, version))

    def _begin_again(self, instance: Row, input_json: str | None, read_up_to: int) -> None:
        """Continue as new: the same id with an empty history.

        Events that had come before this episode and that nobody waited for are dropped, as Azure does for Python;
        those that came during it are still messages in a queue there, so they are delivered, after the start.
        """
        instance_id = instance["instance_id"]
        since = [happened for inbox_id, happened in self.store.inbox(instance_id) if inbox_id > read_up_to]
        self.store.forget_timers_and_events(instance_id)
        self.store.clear_history(instance_id)
        self.store.update_instance(
            instance_id,
            generation=instance["generation"] + 1,
            input=input_json,
            signatures="[]",
            next_task_id=0,
            retries="{}",
        )
        self.store.deliver(instance_id, history.execution_started(instance["name"], input_json, instance["version"]))
        for happened in since:
            if happened["EventType"] == EventType.EVENT_RAISED:
                self.store.deliver(instance_id, happened)

    def _finish(self, instance: Row, status: str, output_json: str | None) -> None:
        instance_id = instance["instance_id"]
        self.store.forget_timers_and_events(instance_id)
        self.store.update_instance(instance_id, status=status, output=output_json, suspended=0, updated=iso(self.now()))
        if instance["parent_id"] is None:
            return
        task_id = instance["parent_task_id"]
        if status == "Completed":
            happened = history.sub_orchestration_completed(task_id, output_json)
        else:
            reason = f"Orchestrator function '{instance['name']}' {status.lower()}: {json.loads(output_json or 'null')}"
            happened = history.sub_orchestration_failed(task_id, reason)
        self._tell(instance["parent_id"], instance["parent_generation"], happened)

    def _tell(self, instance_id: str, generation: int, happened: Event) -> None:
        """Deliver an event unless its receiver has ended or begun again since it was asked for."""
        if self.store.is_running(instance_id, generation):
            self.store.deliver(instance_id, happened)

    def _known(self, instance_id: str) -> Row:
        instance = self.store.instance(instance_id)
        if instance is None:
            raise InstanceNotFound(f"no instance has the id {instance_id!r}")
        return instance

    def _alive(self, instance_id: str) -> Row:
        instance = self._known(instance_id)
        if instance["status"] not in RUNNING_STATES:
            raise InstanceEnded(f"instance {instance_id!r} has ended ({instance['status']})")
        return instance


def _check_instance_id(instance_id: str) -> None:
    """Refuse what Azure refuses, and what its tables could not hold as a key.

    Raises
    ------
    ValueError
        With what is wrong with the id.
    """
    if len(instance_id) > LONGEST_INSTANCE_ID:
        raise ValueError(f"an instance id has at most {LONGEST_INSTANCE_ID} characters, this one {len(instance_id)}")
    if instance_id.startswith("@"):
        raise ValueError("an instance id does not start with '@': those are entities")
    if any(letter in r"/\#?" or unicodedata.category(letter) == "Cc" for letter in instance_id):
        raise ValueError(r"an instance id has none of / \ # ? and no control characters")


def _status_fault(custom_status: Any) -> str | None:
    """Azure counts the bytes of the status' JSON in UTF-16 and raises an ArgumentException."""
    size = len(json.dumps(custom_status, ensure_ascii=False).encode("utf-16-le", "surrogatepass"))
    if custom_status is None or size <= LARGEST_CUSTOM_STATUS:
        return None
    return f"ArgumentException: the custom status has {size} bytes as UTF-16 JSON, at most 16 KB are allowed"


def _warn_if_large(what: str, text: str | None) -> None:
    if text is not None and len(text) > LARGE_PAYLOAD:
        log.warning("%s has %d KiB: Azure keeps what is over 64 KiB in a blob of its own", what, len(text) >> 10)


def _first_fault(known: list[list[Any]], decision: Decision) -> str | None:
    """Why this decision must not be carried out: an action this engine refuses, or a replay that went astray."""
    for leaf in decision.leaves:
        if leaf["actionType"] in REFUSED:
            return f"the embedded host does not implement {REFUSED[ActionType(leaf['actionType'])]}"
    replayed = [signature(leaf) for leaf in decision.leaves[: len(known)]]
    for index, (expected, _) in enumerate(known):
        found = replayed[index] if index < len(replayed) else "nothing"
        if found != expected:
            if found == "nothing" and decision.error is not None:
                return None
            return (
                f"Non-deterministic orchestrator: action {index} was {expected} in the history and is {found} in the"
                " replay. Orchestrators may not use the clock, random numbers, I/O or settings that change."
            )
    return None


class Retries:
    """Which task ids and timers belong to calls with retry options, and how often each was tried.

    The SDK gives every failure of such a call the next task id for a timer, and the re-run after that timer the next
    one again, at the moment it reads the event; so at most one such event may be in a batch, and only as its first.
    """

    def __init__(self, tasks: dict[int, dict[str, Any]], timers: dict[int, dict[str, Any]]):
        self._tasks = tasks
        self._timers = timers

    @classmethod
    def load(cls, text: str) -> Retries:
        state = json.loads(text)
        as_ids = lambda table: {int(key): value for key, value in table.items()}  # noqa: E731
        return cls(as_ids(state.get("tasks", {})), as_ids(state.get("timers", {})))

    def dump(self) -> str:
        return json.dumps({"tasks": self._tasks, "timers": self._timers})

    def watch(self, leaf: Action, task_id: int | None) -> None:
        if task_id is not None and leaf.get("retryOptions"):
            self._tasks[task_id] = {"leaf": leaf, "attempt": 1}

    def concerns(self, happened: Event) -> bool:
        return history.failed_task_id(happened) in self._tasks or history.fired_timer_id(happened) in self._timers

    def batch(self, inbox: list[tuple[int, Event]]) -> list[tuple[int, Event]]:
        """The longest prefix of the inbox that may be given to the SDK in one episode."""
        for position, (_, happened) in enumerate(inbox):
            if position and self.concerns(happened):
                return inbox[:position]
        return inbox

    def follow_up(self, happened: Event, now: datetime) -> Action | None:
        """The action that the SDK has silently numbered on reading `happened`, if any."""
        failed, fired = history.failed_task_id(happened), history.fired_timer_id(happened)
        if failed in self._tasks:
            call = self._tasks[failed]
            options = call["leaf"]["retryOptions"]
            last = call["attempt"] >= options["maxNumberOfAttempts"]
            wait = timedelta(milliseconds=0 if last else options["firstRetryIntervalInMilliseconds"])
            return {"actionType": ActionType.CREATE_TIMER, "fireAt": iso(now + wait)}
        if fired in self._timers:
            call = self._timers[fired]
            if call["attempt"] < call["leaf"]["retryOptions"]["maxNumberOfAttempts"]:
                return call["leaf"]
        return None

    def follow(self, happened: Event, action: Action, task_id: int | None) -> None:
        failed, fired = history.failed_task_id(happened), history.fired_timer_id(happened)
        if task_id is None:
            return
        if failed in self._tasks:
            self._timers[task_id] = self._tasks.pop(failed)
        elif fired in self._timers:
            call = self._timers.pop(fired)
            self._tasks[task_id] = {"leaf": action, "attempt": call["attempt"] + 1}
