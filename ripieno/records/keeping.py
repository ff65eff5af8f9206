"""Claims of an `Idempotency-Key` whose first request is still at work, kept young by this process.

A claim that is not written for a minute is taken for that of somebody who died. What takes longer than that, an answer
of a language model or a large file, writes it anew now and then; with its process its keeping ends.
"""

from __future__ import annotations

import contextlib
import threading
import time
from dataclasses import replace

from azure.core.exceptions import AzureError

from ripieno.records import idempotency
from ripieno.records.idempotency import Claim

RENEW_SECONDS = 20.0
MOST_SECONDS = 300.0
"""More than any answer may take: whatever forgets to say that it has ended is kept no longer."""


class _Keeper:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: dict[Claim, tuple[str, float]] = {}
        self._thread: threading.Thread | None = None
        self._more = threading.Event()

    def keep(self, claimed: Claim) -> None:
        with self._lock:
            self._held[claimed] = (claimed.etag, time.monotonic() + MOST_SECONDS)
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="claims", daemon=True)
                self._thread.start()

    def end(self, claimed: Claim) -> Claim:
        with self._lock:
            etag, _ = self._held.pop(claimed, (claimed.etag, 0.0))
            return replace(claimed, etag=etag)

    def _run(self) -> None:
        while True:
            self._more.wait(RENEW_SECONDS)
            with self._lock:
                for claimed, (etag, until) in list(self._held.items()):
                    renewed = self._renewed(claimed, etag) if time.monotonic() < until else None
                    if renewed is None:
                        self._held.pop(claimed)
                    else:
                        self._held[claimed] = (renewed, until)
                if not self._held:
                    self._thread = None
                    return

    def _renewed(self, claimed: Claim, etag: str) -> str | None:
        with contextlib.suppress(AzureError):
            return idempotency.renewed(replace(claimed, etag=etag))
        return etag  # storage is away for a moment


_keeper = _Keeper()


def keep(claimed: Claim) -> None:
    """From now on the claim stays young, until `end`."""
    _keeper.keep(claimed)


def end(claimed: Claim) -> Claim:
    """It is kept no longer; the claim as it is now, with its last ETag."""
    return _keeper.end(claimed)
