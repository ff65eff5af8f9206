"""Retryable errors are raised, and tried again; final ones are told, and end their step at once.

An outage of storage or of the network passes. A value that cannot be will not be another in a minute.
"""

from __future__ import annotations

import functools
import inspect
import logging
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from pydantic import ValidationError

from activities.watching import watched
from ripieno.contracts.workflow import Fault
from ripieno.services import behalf, logs
from ripieno.services.outage import is_final

log = logging.getLogger("ripieno.activities")


def tells_final_errors(activity: Callable) -> Callable:
    """`{"value": …}` of what the activity returns, or `{"fault": {code, message}}`."""
    name = activity.__name__
    if inspect.iscoroutinefunction(activity):

        @functools.wraps(activity)
        async def told_async(*args: Any, **kwargs: Any) -> dict[str, Any]:
            with watched(name, (*args, *kwargs.values())) as watching:
                try:
                    with _behalf(args, kwargs):
                        return {"value": await activity(*args, **kwargs)}
                except Exception as problem:
                    return {"fault": watching.fault(_final(name, problem))}

        return told_async

    @functools.wraps(activity)
    def told(*args: Any, **kwargs: Any) -> dict[str, Any]:
        with watched(name, (*args, *kwargs.values())) as watching:
            try:
                with _behalf(args, kwargs):
                    return {"value": activity(*args, **kwargs)}
            except Exception as problem:
                return {"fault": watching.fault(_final(name, problem))}

    return told


def _behalf(args: tuple[Any, ...], kwargs: dict[str, Any]) -> AbstractContextManager[None]:
    """On behalf of the owner that the order names."""
    owners = (one.get("owner") for one in (*args, *kwargs.values()) if isinstance(one, dict))
    owner = next((one for one in owners if isinstance(one, str)), None)
    return behalf.of(owner) if owner else nullcontext()


def _final(name: str, problem: Exception) -> dict[str, str]:
    """The fault that an exception is for good; raises it again when it may pass."""
    if not is_final(problem):
        raise problem
    log.warning("%s cannot be done: %s: %s", name, type(problem).__name__, logs.without_words(problem))
    code = str(
        getattr(problem, "code", "") or ("invalid_data" if isinstance(problem, ValidationError) else "not_possible")
    )
    return Fault(code=code, message=str(problem)[:1000] or type(problem).__name__).model_dump()
