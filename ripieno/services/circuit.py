"""What keeps failing is left alone for a while."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

log = logging.getLogger("ripieno.circuit")


class CircuitOpen(RuntimeError):
    """It failed too often, and is not asked now; the message says why it failed."""


@dataclass
class Circuit:
    """How often something has failed in a row: after `most` times it is left alone for so many `seconds`, then one asks
    while the others wait what becomes of it. Of a process; safe to call from any thread."""

    name: str
    most: int
    seconds: float
    clock: Callable[[], float]
    failures: int = 0
    closed_at: float = 0.0
    why: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def check(self) -> None:
        """Raises `CircuitOpen`."""
        with self.lock:
            if self.failures < self.most:
                return
            if self.clock() < self.closed_at:
                raise CircuitOpen(f"{self.name} keeps failing and is left alone for now: {self.why}")
            self.closed_at = self.clock() + self.seconds

    def failed(self, why: str) -> None:
        with self.lock:
            self.failures, self.why = self.failures + 1, why[:300]
            self.closed_at = self.clock() + self.seconds
            if self.failures == self.most:
                log.warning("%s failed %d times and is left alone for %.0f s", self.name, self.most, self.seconds)

    def worked(self) -> None:
        with self.lock:
            self.failures = 0
