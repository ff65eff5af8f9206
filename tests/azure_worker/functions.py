"""The app's functions for the embedded host, each call a message to the process with Azure's runtime."""

from __future__ import annotations

import asyncio
import json
import threading
from concurrent.futures import Future
from itertools import count
from multiprocessing.connection import Connection
from typing import Any

import azure.functions as func

from ripieno.local.host.functions import AppFunctions, Function, _resolved

CALL_SECONDS = 600.0


class WorkerFault(RuntimeError):
    """A function raised in the worker; the message is the runtime's."""


class Calls:
    """Calls under way over one connection; any thread may call."""

    def __init__(self, connection: Connection):
        self._connection = connection
        self._sending, self._numbers = threading.Lock(), count()
        self._waiting: dict[int, Future] = {}
        threading.Thread(target=self._listen, name="azure-worker", daemon=True).start()

    def send(self, name: str, given: dict[str, tuple[str, Any]], trigger: dict[str, Any]) -> Future:
        answer: Future = Future()
        number = next(self._numbers)
        self._waiting[number] = answer
        with self._sending:
            self._connection.send((number, name, given, trigger))
        return answer

    def _listen(self) -> None:
        while True:
            try:
                number, value, fault = self._connection.recv()
            except (EOFError, OSError):
                for waiting in list(self._waiting.values()):
                    waiting.set_exception(WorkerFault("the worker is gone"))
                return
            waiting = self._waiting.pop(number)
            if fault is None:
                waiting.set_result(value)
            else:
                waiting.set_exception(WorkerFault("\n".join(fault)))


class WorkerFunctions(AppFunctions):
    """As the embedded host's own, except that nothing of the app is imported here."""

    def __init__(self, calls: Calls, indexed: dict[str, list[str]]):
        self._calls = calls
        super().__init__([self._function(name, [json.loads(one) for one in raw]) for name, raw in indexed.items()])

    def call_activity(self, name: str, input_json: str | None) -> str | None:
        (function,) = [one for one in self.of("activityTrigger") if one.name == name]
        given = self._inputs(function, ("json", input_json or "null"))
        answer = self._calls.send(name, given, {}).result(CALL_SECONDS)
        return None if answer is None else answer[1]

    def _function(self, name: str, bindings: list[dict[str, Any]]) -> Function:
        trigger = next(one for one in bindings if one["type"].endswith("Trigger"))
        client = next((one["name"] for one in bindings if one["type"] == "durableClient"), None)

        async def call(**arguments: Any) -> Any:
            kind, value, about = _sent(arguments[trigger["name"]])
            answer = await asyncio.wrap_future(self._calls.send(name, self._inputs(function, (kind, value)), about))
            return _received(answer)

        def orchestrate(context: str) -> str:
            answer = self._calls.send(name, {trigger["name"]: ("string", context)}, {}).result(CALL_SECONDS)
            assert answer is not None
            return answer[1]

        is_orchestrator = trigger["type"] == "orchestrationTrigger"
        function = Function(name, orchestrate if is_orchestrator else call, _resolved(trigger), client)
        return function

    def _inputs(self, function: Function, value: tuple[str, Any]) -> dict[str, tuple[str, Any]]:
        given = {function.trigger["name"]: value}
        if function.client_parameter:
            given[function.client_parameter] = ("string", self.client_binding)
        return given


def _sent(value: Any) -> tuple[str, Any, dict[str, tuple[str, Any]]]:
    """What triggered a function, as Azure's host sends it: kind, value and trigger metadata."""
    if isinstance(value, func.HttpRequest):
        request = {
            "method": value.method, "url": value.url, "headers": dict(value.headers), "query": dict(value.params),
            "params": dict(value.route_params), "body": value.get_body(), "identities": [], "cookies": [],
        }  # fmt: skip
        return "http", request, {}
    if isinstance(value, func.QueueMessage):
        about = {"Id": ("string", str(value.id)), "DequeueCount": ("string", "1")}
        return "string", value.get_body().decode(), about
    if isinstance(value, func.TimerRequest):
        return "json", json.dumps({"IsPastDue": value.past_due, "Schedule": {}, "ScheduleStatus": {}}), {}
    raise TypeError(f"the worker is sent no {type(value).__name__}")


def _received(answer: tuple[str, Any] | None) -> Any:
    if answer is None or answer[0] != "http":
        return answer and answer[1]
    given = answer[1]
    headers = {name: value for name, value in given["headers"].items() if name.lower() != "content-type"}
    media_type = next((value for name, value in given["headers"].items() if name.lower() == "content-type"), None)
    return func.HttpResponse(given["body"], status_code=given["status_code"], headers=headers, mimetype=media_type)
