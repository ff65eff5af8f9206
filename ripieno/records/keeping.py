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
    """Storage is asked without the lock: whoever begins or ends a claim waits for no renewal of another."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._held: dict[Claim, tuple[str, float]] = {}
        self._renewing: Claim | None = None
        self._thread: threading.Thread | None = None
        self._more = threading.Event()

    def keep(self, claimed: Claim) -> None:
        with self._changed:
            self._held[claimed] = (claimed.etag, time.monotonic() + MOST_SECONDS)
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="claims", daemon=True)
                self._thread.start()

    def end(self, claimed: Claim) -> Claim:
        """Waits while this very claim is being renewed: its ETag is known after that."""
        with self._changed:
            self._changed.wait_for(lambda: self._renewing != claimed)
            etag, _ = self._held.pop(claimed, (claimed.etag, 0.0))
            return replace(claimed, etag=etag)

    def _run(self) -> None:
        while True:
            self._more.wait(RENEW_SECONDS)
            with self._changed:
                known = list(self._held)
            for claimed in known:
                self._renew(claimed)
            with self._changed:
                if not self._held:
                    self._thread = None
                    return

    def _renew(self, claimed: Claim) -> None:
        """Written anew, or kept no longer: it has ended meanwhile, was forgotten, or another has it."""
        with self._changed:
            if claimed not in self._held:
                return
            etag, until = self._held[claimed]
            self._renewing = claimed
        renewed: str | None = None
        try:
            renewed = self._renewed(claimed, etag) if time.monotonic() < until else None
        finally:
            with self._changed:
                self._renewing = None
                if renewed is None:
                    self._held.pop(claimed)
                else:
                    self._held[claimed] = (renewed, until)
                self._changed.notify_all()

    def _renewed(self, claimed: Claim, etag: str) -> str | None:
        with contextlib.suppress(AzureError):
            return idempotency.renewed(replace(claimed, etag=etag))
        return etag  # storage is away for a moment


_keeper = _Keeper()


def keep(claimed: Claim) -> None:
    """From now on the claim stays young, until `end`. Storage is not waited for."""
    _keeper.keep(claimed)


def end(claimed: Claim) -> Claim:
    """It is kept no longer; the claim as it is now, with its last ETag. Not for an event loop: see `_Keeper.end`."""
    return _keeper.end(claimed)
