"""What passes by itself, and what will be no other in a minute."""

from __future__ import annotations

from azure.core.exceptions import HttpResponseError

_PASSING = {408, 409, 412, 429}


def is_final(problem: Exception) -> bool:
    """Whether trying again is in vain: storage says that the request is wrong, or a value cannot be what it is."""
    if isinstance(problem, HttpResponseError):
        status = problem.status_code or 0
        return 400 <= status < 500 and status not in _PASSING
    return isinstance(problem, (ValueError, LookupError, TypeError, AssertionError))
