"""What is tried again, how often and after how long. Nothing here waits: it says how long to.

Tried again is what may be: a request that never reached anybody or whose answer was lost, and one that was answered
429, 502, 503 or 504. A GET, PUT or DELETE is the same the second time, and a POST carries an `Idempotency-Key` of its
own, by which the platform does it once; while the first is still at work it answers 409 `still_running`, and is asked
again. What anybody may ask without saying who they are has no owner whose key it could be: a visit is begun and a
pairing code claimed by one request, which is sent again only where it never reached anybody.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

STATUSES = frozenset({429, 502, 503, 504})
STORAGE_STATUSES = STATUSES | {408, 500}  # the storage service's own passing faults


@dataclass(frozen=True)
class Retries:
    """How patiently a request is repeated.

    Parameters
    ----------
    tries : int
        How often it is sent at most; 1 is never again.
    seconds : float
        After which it is not sent again, however few the tries were.
    first_pause, longest_pause : float
        Seconds between tries: doubled each time, then shortened at random to between half and all of it, so that many
        clients do not come back at once. A `Retry-After` takes their place where it is longer.

    >>> Retries(tries=1)
    Retries(tries=1, seconds=180.0, first_pause=0.25, longest_pause=10.0)
    """

    tries: int = 14
    seconds: float = 180.0
    first_pause: float = 0.25
    longest_pause: float = 10.0

    def __post_init__(self) -> None:
        if self.tries < 1 or self.seconds < 0 or self.first_pause < 0 or self.longest_pause < 0:
            raise ValueError("Retries: at least one try, and no negative seconds")


class Tries:
    """The tries of one request, and the time that they may take."""

    def __init__(
        self,
        policy: Retries,
        *,
        clock: Callable[[], float] = time.monotonic,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._policy, self._clock, self._chance = policy, clock, chance
        self._until = clock() + policy.seconds
        self._failed = 0

    def pause(self, *, retry_after: float | None = None, most: int | None = None) -> float | None:
        """Seconds to wait after a try that failed, None where there is to be no further one.

        `most` is how many tries there are at most this time, where that is fewer than the policy's.
        """
        self._failed += 1
        if self._failed >= min(self._policy.tries, most or self._policy.tries):
            return None
        longest = min(self._policy.longest_pause, self._policy.first_pause * 2 ** min(self._failed - 1, 60))
        pause = max(longest * (0.5 + 0.5 * self._chance()), retry_after or 0.0)
        return pause if self._clock() + pause <= self._until else None

    def went_on(self) -> None:
        """There was progress since the last failure: the count begins anew, the time does not."""
        self._failed = 0


def seconds_to_wait(retry_after: str | None, *, now: datetime | None = None) -> float | None:
    """The seconds a `Retry-After` asks for, be it a number or an HTTP date; None where it is missing or neither.

    >>> seconds_to_wait("120")
    120.0
    >>> seconds_to_wait("Wed, 21 Oct 2026 07:28:00 GMT", now=datetime(2026, 10, 21, 7, 27, 30, tzinfo=UTC))
    30.0
    """
    text = (retry_after or "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:12])
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - (now or datetime.now(UTC))).total_seconds())
