"""The Python client: everything the public API can do, over HTTP alone.

`Ripieno` is for plain programs, `AsyncRipieno` has the same methods for asyncio. Both repeat what may be repeated and
stream what may be large, and every wait of theirs has an end. What they give and take are the contracts of
`ripieno.contracts`.

    _async/         the client by subject, written once
    _sync/          the same without asyncio, made by scripts/unasync.py
    errors          what can go wrong
    retrying        what is tried again, and after how long
    waiting         how often one looks, and for how long
    tokens          who one is; what `ripieno login` keeps (token_file), and how it signs in (oauth)
    sources         files to send
    arrivals        files that arrive
"""

from ripieno.client._async.client import AsyncRipieno
from ripieno.client._async.generations import OnGeneration
from ripieno.client._async.songs import OnSong
from ripieno.client._async.uploads import DIRECT_UPLOAD_BYTES, OnBytes
from ripieno.client._sync.client import Ripieno
from ripieno.client.address import DEFAULT_URL, local_url
from ripieno.client.errors import NotRunning, RipienoError, TookTooLong
from ripieno.client.filters import FailureFilters, JobFilters, SongFilters
from ripieno.client.retrying import Retries
from ripieno.client.sources import Sendable
from ripieno.client.tokens import TokenSource

__all__ = [
    "DEFAULT_URL",
    "DIRECT_UPLOAD_BYTES",
    "AsyncRipieno",
    "FailureFilters",
    "JobFilters",
    "NotRunning",
    "OnBytes",
    "OnGeneration",
    "OnSong",
    "Retries",
    "Ripieno",
    "RipienoError",
    "Sendable",
    "SongFilters",
    "TokenSource",
    "TookTooLong",
    "local_url",
]
