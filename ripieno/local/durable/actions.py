"""What an orchestrator asked for in one episode: the SDK's out-of-process answer, read and flattened."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from typing import Any

Action = dict[str, Any]
_ERROR_LABEL = "\n\n$OutOfProcData$:"

# The SDK parses the time of every event of a history at every replay, with dateutil: four fifths of an episode. All
# events of an episode bear one time, so remembering what was parsed changes nothing else.
_sdk_events: Any = importlib.import_module("azure.durable_functions.models.history.HistoryEvent")
_sdk_events.dt_parse = lru_cache(maxsize=8192)(_sdk_events.dt_parse)


class ActionType(IntEnum):
    CALL_ACTIVITY = 0
    CALL_ACTIVITY_WITH_RETRY = 1
    CALL_SUB_ORCHESTRATOR = 2
    CALL_SUB_ORCHESTRATOR_WITH_RETRY = 3
    CONTINUE_AS_NEW = 4
    CREATE_TIMER = 5
    WAIT_FOR_EXTERNAL_EVENT = 6
    CALL_ENTITY = 7
    CALL_HTTP = 8
    SIGNAL_ENTITY = 9
    WHEN_ANY = 11
    WHEN_ALL = 12


ACTIVITIES = (ActionType.CALL_ACTIVITY, ActionType.CALL_ACTIVITY_WITH_RETRY)
SUB_ORCHESTRATORS = (ActionType.CALL_SUB_ORCHESTRATOR, ActionType.CALL_SUB_ORCHESTRATOR_WITH_RETRY)
REFUSED = {
    ActionType.CALL_ENTITY: "call_entity",
    ActionType.SIGNAL_ENTITY: "signal_entity",
    ActionType.CALL_HTTP: "call_http (do HTTP in an activity)",
}


@dataclass(frozen=True)
class Decision:
    """The outcome of one episode.

    `leaves` are the atomic actions of the whole execution so far, in the order in which they take task ids;
    `error` is the orchestrator's own exception, as text.
    """

    leaves: list[Action]
    is_done: bool
    output: Any
    custom_status: Any
    error: str | None

    @property
    def continue_as_new(self) -> Action | None:
        last = self.leaves[-1] if self.leaves else None
        return last if last and last["actionType"] == ActionType.CONTINUE_AS_NEW else None


def run_orchestrator(function: Callable[[str], str], context_json: str) -> Decision:
    """Replay `function` (an SDK orchestrator handle) over a history and read what it decides.

    The SDK reports an orchestrator's exception as an exception whose message ends in the state; anything else that
    escapes is a fault of the SDK or of the history, and becomes the error itself.
    """
    try:
        return _read(json.loads(function(context_json)))
    except Exception as failure:
        message, label, state = str(failure).rpartition(_ERROR_LABEL)
        if not label:
            return Decision([], False, None, None, f"{type(failure).__name__}: {failure}")
        decision = _read(json.loads(state))
        return Decision(decision.leaves, False, None, decision.custom_status, message or decision.error or "failed")


def _read(state: dict[str, Any]) -> Decision:
    leaves = [leaf for group in state.get("actions") or [] for action in group for leaf in _flatten(action)]
    return Decision(
        leaves, bool(state.get("isDone")), state.get("output"), state.get("customStatus"), state.get("error")
    )


def _flatten(action: Action) -> Iterator[Action]:
    if action["actionType"] in (ActionType.WHEN_ANY, ActionType.WHEN_ALL):
        for child in action["compoundActions"]:
            yield from _flatten(child)
    else:
        yield action


def signature(leaf: Action) -> str:
    """What must be the same when an orchestrator is replayed: the kind of action and what it calls.

    Inputs are left out on purpose: two replays may serialise the same value differently (sets, floats).
    """
    kind = ActionType(leaf["actionType"])
    target = leaf.get("functionName") or leaf.get("externalEventName") or ""
    return f"{kind.name}:{target}"
