"""The client: every subject's calls on one connection."""

from __future__ import annotations

from types import TracebackType

from ripieno.client._async.compositions import AsyncCompositions
from ripieno.client._async.generations import AsyncGenerations
from ripieno.client._async.identity import AsyncIdentity
from ripieno.client._async.masters import AsyncMasters
from ripieno.client._async.operations import AsyncOperations
from ripieno.client._async.platform import AsyncPlatform
from ripieno.client._async.ratings import AsyncRatings
from ripieno.client._async.refusals import AsyncRefusals
from ripieno.client._async.sets import AsyncSets
from ripieno.client._async.shares import AsyncShares
from ripieno.client._async.songs import AsyncSongs
from ripieno.client._async.tastes import AsyncTastes
from ripieno.client._async.usages import AsyncUsages
from ripieno.client._async.voices import AsyncVoices
from ripieno.client._async.webhooks import AsyncWebhooks


class AsyncRipieno(
    AsyncSongs,
    AsyncGenerations,
    AsyncCompositions,
    AsyncRatings,
    AsyncTastes,
    AsyncRefusals,
    AsyncMasters,
    AsyncVoices,
    AsyncSets,
    AsyncIdentity,
    AsyncShares,
    AsyncUsages,
    AsyncWebhooks,
    AsyncOperations,
    AsyncPlatform,
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
    >>> async with AsyncRipieno(url) as ripieno:
    ...     song = await ripieno.wait(await ripieno.upload("song.flac"))
    ...     print(song.key, song.mode, f"{song.bpm:.0f}")
    D major 112
    """

    async def __aenter__(self) -> AsyncRipieno:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()
