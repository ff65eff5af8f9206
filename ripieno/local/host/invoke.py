"""Calling a trigger's function: on the event loop when it is async, in a thread when it is not."""

from __future__ import annotations

from typing import Any

from anyio import to_thread

from ripieno.local.host.functions import Function


async def invoke(function: Function, value: Any, client_binding: str) -> Any:
    arguments = function.arguments(value, client_binding)
    if function.is_async:
        return await function.call(**arguments)
    return await to_thread.run_sync(lambda: function.call(**arguments))
