"""How much goes to blobs and comes from them, and how fast."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Literal, TypeVar

from ripieno.services import telemetry
from ripieno.services.telemetry import instruments

Done = TypeVar("Done")
WORTH_A_SPEED = 64 * 1024  # below that it is the request's time, not the bytes'


def measured(direction: Literal["read", "write"], container: str, work: Callable[[], tuple[Done, int]]) -> Done:
    """What `work` returns; the number of bytes that it says beside that went the way of `direction`."""
    began = time.perf_counter()
    done, size = work()
    if telemetry.is_recording():
        seconds = time.perf_counter() - began
        about = {"ripieno.direction": direction}
        telemetry.record(instruments.BLOB_BYTES, size, about | {"ripieno.container": container})
        if size >= WORTH_A_SPEED and seconds > 0:
            telemetry.record(instruments.BLOB_THROUGHPUT, size / seconds, about)
    return done
