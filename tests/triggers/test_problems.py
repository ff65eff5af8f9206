"""What storage's own faults are to who asks."""

from __future__ import annotations

import json

import pytest
from azure.core.exceptions import (
    HttpResponseError,
    ServiceRequestError,
    ServiceResponseError,
    ServiceResponseTimeoutError,
)

from triggers import problems


def answered(status: int) -> HttpResponseError:
    fault = HttpResponseError("storage says no")
    fault.status_code = status
    return fault


@pytest.mark.parametrize(
    "fault",
    [
        ServiceResponseError("aborted"),
        ServiceRequestError("refused"),
        ServiceResponseTimeoutError("slow"),
        answered(500),
        answered(503),
        answered(429),
        answered(408),
    ],
    ids=repr,
)
def test_what_storage_may_answer_next_time_is_to_be_sent_again(fault):
    told = problems.response(fault)
    assert (told.status_code, told.headers["Retry-After"]) == (503, "1")
    assert json.loads(told.get_body())["code"] == "storage_unavailable"


@pytest.mark.parametrize("fault", [answered(400), answered(403), HttpResponseError("?"), ValueError("?")], ids=repr)
def test_what_will_not_pass_is_said_to_be_broken(fault):
    told = problems.response(fault)
    assert (told.status_code, told.headers.get("Retry-After")) == (500, None)
