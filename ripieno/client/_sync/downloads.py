# Made by scripts/unasync.py from _async/downloads.py: change that one.
"""Files out: streamed, gone on with where a connection broke, and there only when they are whole."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import httpx

from ripieno.client import errors
from ripieno.client._sync.connection import Connection, bearing
from ripieno.client._sync.uploads import OnBytes, silent
from ripieno.client.arrivals import Arrival
from ripieno.client.errors import RipienoError, TookTooLong
from ripieno.client.retrying import STORAGE_STATUSES, Tries, seconds_to_wait
from ripieno.client.threads import run, sleep
from ripieno.client.waiting import TRANSFER_SECONDS

MOST_REDIRECTS = 5
_EXPIRED = frozenset({401, 403, 404, 410})
_CONTENT_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+)")


@dataclass
class Way:
    """Where a download is fetched from, and what is known of it. `asked` is the address as it was given."""

    asked: httpx.URL
    address: httpx.URL
    etag: str | None = None
    total: int | None = None
    redirects: int = 0
    is_renewed: bool = False
    token: str | None = None
    is_signed_in_again: bool = False

    def headers(self, got: int) -> dict[str, str]:
        """What asks for the bytes from `got` on, of the same file as before."""
        wanted = {"accept-encoding": "identity"}
        if got:
            wanted["range"] = f"bytes={got}-"
            if self.etag is not None:
                wanted["if-range"] = self.etag
        return wanted

    def goes_on(self, status: int, headers: Mapping[str, str], got: int) -> bool:
        """Note what an answer says of the file; whether it begins where the last one ended."""
        etag = headers.get("etag")
        self.etag = etag if etag and not etag.startswith("W/") else None
        found = (
            _CONTENT_RANGE.fullmatch(headers.get("content-range", ""))
            if status == httpx.codes.PARTIAL_CONTENT
            else None
        )
        if found is not None:
            begins, total = int(found[1]), int(found[2])
            is_same = begins == got and self.total in (None, total)
            self.total = total
            return is_same
        length = headers.get("content-length", "")
        is_plain = headers.get("content-encoding", "identity") == "identity"
        self.total = int(length) if length.isdigit() and is_plain else None
        return got == 0


class Downloads(Connection):
    def download(
        self, url: str, path: Path | str, on_bytes: OnBytes = silent, *, timeout: float = TRANSFER_SECONDS
    ) -> Path:
        """Fetch an address the API gave into a file, which appears only when it is whole; its path.

        A connection that breaks is taken up where it broke, where the server can do that. The file's folder is made;
        a file of that name is replaced.

        Parameters
        ----------
        url : str
            The `blob_url` of a stem, a take or a mix, its `midi_url`, or an address below this API.
        on_bytes : callable
            Told the bytes that are there and the bytes in all, 0 where that is not known.
        timeout : float
            Seconds for all of it.

        Raises
        ------
        RipienoError
            `expired` when the address has: they hold for an hour, and the API gives new ones.
        TookTooLong, OSError

        Examples
        --------
        >>> for stem in ripieno.stems(song_id).stems:
        ...     path = ripieno.download(stem.blob_url, f"stems/{stem.stem_type}.{stem.format}")
        ...     print(path.name, path.stat().st_size == stem.file_size_bytes)
        drums.flac True
        bass.flac True
        other.flac True
        """
        return self._fetched(url, Path(path), on_bytes, timeout)

    def _fetched(self, url: str, path: Path, on_bytes: OnBytes, timeout: float) -> Path:
        address = self._http.base_url.join(url)
        way = Way(address, address, token=run(self._tokens.current))
        tries = Tries(replace(self.retries, seconds=timeout))
        until = time.monotonic() + timeout
        furthest = 0
        with run(Arrival, path) as arrival:
            while True:
                try:
                    pause = self._receive(way, arrival, on_bytes, until, tries)
                    if pause is None:
                        return run(arrival.keep)
                except httpx.TransportError as fault:
                    if arrival.size > furthest:
                        furthest = arrival.size
                        tries.went_on()
                    pause = self._pause_after(fault, tries)
                    if pause is None:
                        raise self._unreachable("GET", url, fault) from None
                sleep(pause)

    def _receive(self, way: Way, arrival: Arrival, on_bytes: OnBytes, until: float, tries: Tries) -> float | None:
        """Take in what one answer brings; seconds until the next request, None when the file is whole."""
        own = self._whose | bearing(way.token) if self._is_ours(way.address) else {}
        headers = way.headers(arrival.size) | own
        with self._http.stream("GET", way.address, headers=headers) as answer:
            self._has_answered = True
            if answer.has_redirect_location and way.redirects < MOST_REDIRECTS:
                way.address, way.redirects = way.address.join(answer.headers["location"]), way.redirects + 1
                return 0.0
            if answer.status_code == httpx.codes.ACCEPTED:  # it is being made
                if time.monotonic() > until:
                    raise TookTooLong(f"{str(answer.url).partition('?')[0]} is still being made: give it a timeout")
                return seconds_to_wait(answer.headers.get("retry-after")) or 1.0
            if not answer.is_success:
                return self._pause_after_answer(way, answer, arrival, tries)
            if not way.goes_on(answer.status_code, answer.headers, arrival.size):
                run(arrival.restart)
                if answer.status_code == httpx.codes.PARTIAL_CONTENT:
                    return self._again(tries, answer)
            before = arrival.size
            for chunk in answer.iter_bytes():  # as they come: what waits for a full one is lost when it breaks
                run(arrival.write, chunk)
                on_bytes(arrival.size, way.total or 0)
                if time.monotonic() > until:
                    raise TookTooLong(
                        f"{arrival.size} bytes had come when the time was over, not all: give it a timeout"
                    )
        if way.total is None or arrival.size == way.total:
            return None
        if before < arrival.size < way.total and answer.status_code == httpx.codes.PARTIAL_CONTENT:
            return 0.0  # a server that gives a few megabytes an answer
        run(arrival.restart)
        return self._again(tries, answer)

    def _pause_after_answer(self, way: Way, answer: httpx.Response, arrival: Arrival, tries: Tries) -> float:
        status = answer.status_code
        fault = errors.of_answer(status, answer.headers, answer.read(), str(answer.url))
        if status == httpx.codes.UNAUTHORIZED and self._is_ours(way.address) and not way.is_signed_in_again:
            refused, way.is_signed_in_again = way.token, True
            way.token = run(self._tokens.other_than, refused) or refused
            if way.token != refused:
                return 0.0
        if status in _EXPIRED and way.address != way.asked and not way.is_renewed:
            way.address, way.etag, way.is_renewed = way.asked, None, True  # a short-lived address: a new one is there
            return 0.0
        if status == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE and arrival.size:
            run(arrival.restart)
            return self._again(tries, answer)
        if status in STORAGE_STATUSES:
            pause = tries.pause(retry_after=seconds_to_wait(answer.headers.get("retry-after")))
            if pause is not None:
                return pause
        if status == httpx.codes.FORBIDDEN and "sig=" in str(way.address):
            raise RipienoError(
                "expired", "the address has expired, it held for an hour: ask the API for a new one", status=status
            )
        raise fault

    def _is_ours(self, address: httpx.URL) -> bool:
        return str(address).startswith(f"{self.url}/api/")

    def _again(self, tries: Tries, answer: httpx.Response) -> float:
        pause = tries.pause()
        if pause is None:
            raise RipienoError("incomplete", f"{str(answer.url).partition('?')[0]} never came whole")
        return pause
