"""The app as the host sees it: its functions, indexed from the SDK's own declarations."""

from __future__ import annotations

import asyncio
import importlib.util
import inspect
import json
import os
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from azure.functions import meta
from azure.functions.durable_functions import ActivityTriggerConverter

TRIGGERS = {"httpTrigger", "blobTrigger", "queueTrigger", "timerTrigger", "orchestrationTrigger", "activityTrigger"}
OTHER_BINDINGS = {"http", "durableClient"}


class Unsupported(RuntimeError):
    """The app declares something that only the real Functions host can do."""


@dataclass(frozen=True)
class Function:
    """One function: its trigger's binding, the parameter the trigger fills, and the one a durable client fills."""

    name: str
    call: Callable[..., Any]
    trigger: dict[str, Any]
    client_parameter: str | None

    @property
    def is_async(self) -> bool:
        return inspect.iscoroutinefunction(self.call)

    def arguments(self, value: Any, client_binding: str) -> dict[str, Any]:
        given = {self.trigger["name"]: value}
        if self.client_parameter:
            given[self.client_parameter] = client_binding
        return given


class AppFunctions:
    """All functions of one app, by trigger and name."""

    def __init__(self, functions: list[Function]):
        self._functions = functions
        self._orchestrators = {f.name: f.call for f in self.of("orchestrationTrigger")}
        self._activities = {f.name: f for f in self.of("activityTrigger")}
        # As Azure's worker: every function that is not async runs in one pool, whatever triggered it.
        threads = os.environ.get("PYTHON_THREADPOOL_THREAD_COUNT")
        self.pool = ThreadPoolExecutor(int(threads) if threads else None, thread_name_prefix="function")
        self.loop: asyncio.AbstractEventLoop | None = None
        self.client_binding = ""  # what a durable client is made of: the host knows it once it listens

    def of(self, trigger: str) -> list[Function]:
        return [f for f in self._functions if f.trigger["type"] == trigger]

    def orchestrator(self, name: str) -> Callable[[str], str] | None:
        return self._orchestrators.get(name)

    def call_activity(self, name: str, input_json: str | None) -> str | None:
        """Run an activity with the SDK's own conversion of its input and result. Called from a worker thread."""
        function = self._activities.get(name)
        if function is None:
            raise LookupError(f"no activity is named {name!r}")
        value = ActivityTriggerConverter.decode(meta.Datum(input_json or "null", "json"), trigger_metadata={})
        arguments = function.arguments(value, self.client_binding)
        if function.is_async:
            if self.loop is None:
                raise RuntimeError("the host has no event loop yet")
            result = asyncio.run_coroutine_threadsafe(function.call(**arguments), self.loop).result()
        else:
            result = self.pool.submit(function.call, **arguments).result()
        return ActivityTriggerConverter.encode(result, expected_type=None).value


def load(path: Path) -> AppFunctions:
    """Import a function_app.py and index what it declares.

    Raises
    ------
    Unsupported
        When it declares a binding that this host does not implement.
    """
    sys.path.insert(0, str(path.parent))
    spec = importlib.util.spec_from_file_location("function_app", path)
    if spec is None or spec.loader is None:
        raise FileNotFoundError(f"there is no app at {path}")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return index(module.app)


def index(app: Any) -> AppFunctions:
    functions = [_function(declared) for declared in app.get_functions()]
    twice = {f.name for f in functions if sum(f.name == other.name for other in functions) > 1}
    if twice:
        raise ValueError(f"functions are declared twice: {', '.join(sorted(twice))}")
    return AppFunctions(functions)


def _function(declared: Any) -> Function:
    name = declared.get_function_name()
    bindings = [json.loads(text) for text in declared.get_raw_bindings()]
    triggers = [binding for binding in bindings if binding["type"].endswith("Trigger")]
    strange = [binding["type"] for binding in bindings if binding["type"] not in TRIGGERS | OTHER_BINDINGS]
    if strange:
        raise Unsupported(
            f"function {name!r} uses {', '.join(strange)}, which the embedded host does not implement:"
            " run the app with Core Tools (`func start`) instead"
        )
    clients = [binding["name"] for binding in bindings if binding["type"] == "durableClient"]
    return Function(name, declared.get_user_function(), _resolved(triggers[0]), clients[0] if clients else None)


def _resolved(binding: dict[str, Any]) -> dict[str, Any]:
    """Replace `%SETTING%` by the app setting, as the real host does."""

    def value(text: Any) -> Any:
        if isinstance(text, str) and len(text) > 2 and text.startswith("%") and text.endswith("%"):
            return os.environ[text.strip("%")]
        return text

    return {name: value(text) for name, text in binding.items()}
