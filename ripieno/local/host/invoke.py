"""Calling a trigger's function: on the event loop when it is async, in the one pool of threads when it is not."""

from __future__ import annotations

import asyncio
from typing import Any

from ripieno.local.host.functions import AppFunctions, Function


async def invoke(functions: AppFunctions, function: Function, value: Any, client_binding: str) -> Any:
    arguments = function.arguments(value, client_binding)
    if function.is_async:
        return await function.call(**arguments)
    return await asyncio.get_running_loop().run_in_executor(functions.pool, lambda: function.call(**arguments))
