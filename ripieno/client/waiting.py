"""How often one looks whether something is done, and for how long."""

from __future__ import annotations

import time
from collections.abc import Callable

from ripieno.client.errors import TookTooLong

HOURS = 3600.0
SONG_SECONDS = 12 * HOURS  # a song may wait behind others
GENERATION_SECONDS = 6 * HOURS
MIX_SECONDS = 1800.0
REMOVAL_SECONDS = 600.0
VOICE_SECONDS = 4 * HOURS  # a model is trained on a processor
READ_SECONDS = 1800.0  # within which an upload that has arrived is read
TRANSFER_SECONDS = 12 * HOURS
_SHORTEST, _LONGEST, _SHARE = 0.25, 3.0, 0.1


class Watch:
    """One wait: looks often at first, then ever more seldom, a tenth of the time waited so far between two looks."""

    def __init__(self, what: str, timeout: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._what, self._timeout, self._clock = what, timeout, clock
        self._began = clock()

    def pause(self, state: str) -> float:
        """Seconds until the next look; `state` is what was seen.

        Raises
        ------
        TookTooLong
            When the time is over.
        """
        waited = self._clock() - self._began
        left = self._timeout - waited
        if left <= 0:
            raise TookTooLong(f"{self._what} is still {state} after {self._timeout:.0f} s; it goes on without you")
        return min(_LONGEST, max(_SHORTEST, waited * _SHARE), left)
