# Made by scripts/unasync.py from _async/client.py: change that one.
"""The client: every subject's calls on one connection."""

from __future__ import annotations

from types import TracebackType

from ripieno.client._sync.compositions import Compositions
from ripieno.client._sync.generations import Generations
from ripieno.client._sync.identity import Identity
from ripieno.client._sync.masters import Masters
from ripieno.client._sync.operations import Operations
from ripieno.client._sync.platform import Platform
from ripieno.client._sync.ratings import Ratings
from ripieno.client._sync.refusals import Refusals
from ripieno.client._sync.sets import Sets
from ripieno.client._sync.shares import Shares
from ripieno.client._sync.songs import Songs
from ripieno.client._sync.tastes import Tastes
from ripieno.client._sync.usages import Usages
from ripieno.client._sync.voices import Voices
from ripieno.client._sync.webhooks import Webhooks


class Ripieno(
    Songs,
    Generations,
    Compositions,
    Ratings,
    Tastes,
    Refusals,
    Masters,
    Voices,
    Sets,
    Identity,
    Shares,
    Usages,
    Webhooks,
    Operations,
    Platform,
):
    """A connection to one Ripieno.

    Parameters
    ----------
    url : str
        Its address, without `/api`; else `RIPIENO_URL` of the environment, else that of a local stack.
    token : str or callable
        Who you are: an access token, or what gives one (called for each request, and again when one was refused). A
        local stack needs none. Without it, where no `url` is given, `RIPIENO_TOKEN`; else what `ripieno login` keeps
        for the address, renewed before it ends. It is sent to that address alone.
    owner : str
        For an Admin: whose things are meant, where they are another's. The platform's audit log has it.
    timeout : float
        Seconds that an answer, or the next part of one, may take; connecting may take ten.
    retries : Retries
        How patiently requests are repeated that may be (`ripieno.client.retrying`).

    Raises
    ------
    NotRunning
        By every call, when nobody answers at the address.
    RipienoError
        By every call, for what the platform answered instead of doing it, and where the connection broke too often.

    Examples
    --------
    >>> with Ripieno(url) as ripieno:
    ...     song = ripieno.wait(ripieno.upload("song.flac"))
    ...     print(song.key, song.mode, f"{song.bpm:.0f}")
    D major 112
    """

    def __enter__(self) -> Ripieno:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
