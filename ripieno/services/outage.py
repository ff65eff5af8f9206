"""What passes by itself, and what will be no other in a minute."""

from __future__ import annotations

from azure.core.exceptions import HttpResponseError, ServiceRequestError, ServiceResponseError

_PASSING = {408, 409, 412, 429}
_BUSY = {408, 429}


def is_final(problem: Exception) -> bool:
    """Whether trying again is in vain: storage says that the request is wrong, or a value cannot be what it is."""
    if isinstance(problem, HttpResponseError):
        status = problem.status_code or 0
        return 400 <= status < 500 and status not in _PASSING
    return isinstance(problem, (ValueError, LookupError, TypeError, AssertionError))


def is_outage(problem: Exception) -> bool:
    """Whether storage may answer the next time: it broke a connection, took too long, or said that it is busy."""
    if isinstance(problem, HttpResponseError):
        return problem.status_code is not None and (problem.status_code >= 500 or problem.status_code in _BUSY)
    return isinstance(problem, (ServiceRequestError, ServiceResponseError))
