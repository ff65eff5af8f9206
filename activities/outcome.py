"""Retryable errors are raised, and tried again; final ones are told, and end their step at once.

An outage of storage or of the network passes. A value that cannot be will not be another in a minute.
"""

from __future__ import annotations

import functools
import inspect
import logging
from collections.abc import Callable
from typing import Any

from pydantic import ValidationError

from ripieno.contracts.workflow import Fault
from ripieno.services import logs
from ripieno.services.outage import is_final

log = logging.getLogger("ripieno.activities")


def tells_final_errors(activity: Callable) -> Callable:
    """`{"value": …}` of what the activity returns, or `{"fault": {code, message}}`."""
    if inspect.iscoroutinefunction(activity):

        @functools.wraps(activity)
        async def told_async(*args: Any, **kwargs: Any) -> dict[str, Any]:
            try:
                return {"value": await activity(*args, **kwargs)}
            except Exception as problem:
                return {"fault": _final(activity.__name__, problem)}

        return told_async

    @functools.wraps(activity)
    def told(*args: Any, **kwargs: Any) -> dict[str, Any]:
        try:
            return {"value": activity(*args, **kwargs)}
        except Exception as problem:
            return {"fault": _final(activity.__name__, problem)}

    return told


def _final(name: str, problem: Exception) -> dict[str, str]:
    """The fault that an exception is for good; raises it again when it may pass."""
    if not is_final(problem):
        raise problem
    log.warning("%s cannot be done: %s: %s", name, type(problem).__name__, logs.without_words(problem))
    code = str(
        getattr(problem, "code", "") or ("invalid_data" if isinstance(problem, ValidationError) else "not_possible")
    )
    return Fault(code=code, message=str(problem)[:1000] or type(problem).__name__).model_dump()
