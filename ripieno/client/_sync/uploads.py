# Made by scripts/unasync.py from _async/uploads.py: change that one.
"""Files in: as one request, or block by block straight into storage."""

from __future__ import annotations

import base64
import math
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from urllib.parse import quote

import httpx

from ripieno.client import errors
from ripieno.client._sync.connection import Body, Connection
from ripieno.client.address import part
from ripieno.client.errors import RipienoError
from ripieno.client.retrying import STORAGE_STATUSES
from ripieno.client.sources import Sendable, Source
from ripieno.client.threads import run, sleep
from ripieno.client.waiting import READ_SECONDS, Watch
from ripieno.contracts.audio import AudioAccepted, UploadOutcome, UploadRequest, UploadTicket
from ripieno.contracts.generation import GenerationOrder

MEBIBYTE = 1024 * 1024
DIRECT_UPLOAD_BYTES = 32 * MEBIBYTE  # larger files go straight into storage
BLOCK_BYTES = 8 * MEBIBYTE
MOST_BLOCKS = 50_000  # of one blob, as Azure has it
MOST_IN_ONE_PUT = 5000 * MEBIBYTE
CHUNK_BYTES = 256 * 1024

OnBytes = Callable[[int, int], None]
"""Told how many bytes are through, and of how many; 0 where that is not known."""


def silent(done: int, total: int) -> None:
    """Tell nobody."""


class Uploads(Connection):
    def upload(
        self,
        file: Sendable,
        on_bytes: OnBytes = silent,
        *,
        name: str | None = None,
        size: int | None = None,
        generation: GenerationOrder | None = None,
        webhook_url: str | None = None,
        direct: bool | None = None,
        idempotency_key: str | None = None,
        timeout: float = READ_SECONDS,
    ) -> str:
        """Send a recording and return its song's id, as soon as that is known; its analysis has begun then.

        The same bytes twice are the same song. Nothing is in memory whole, whatever its size.

        Parameters
        ----------
        file : Path, str or binary file
            A file's path, or a file that is open for reading bytes; of one that cannot go back, give the `size`.
        on_bytes : callable
            Told the bytes that are through and the bytes in all, again and again; a repeated part begins anew.
        name : str
            What the song is called; else the file's own name.
        generation : GenerationOrder
            New stems to be made as soon as it is analysed; `generations` finds them by the song.
        webhook_url : str
            Told when the song is analysed.
        direct : bool
            Whether it goes straight into storage, in blocks that are repeated alone; by default when it has more than
            32 MB and no `generation` goes with it, which needs the other way.
        idempotency_key : str
            One of your own, where the same upload may be made twice by two processes; up to 255 characters.
        timeout : float
            Seconds within which a file that has arrived in storage is read.

        Raises
        ------
        RipienoError
            When the file cannot become a song: `code` says why, `audio_file_id` is the failed song's.
        TookTooLong
            When it was not read within `timeout`.
        OSError
            When the file cannot be read.

        Examples
        --------
        >>> song_id = ripieno.upload("song.flac")
        >>> with open("song.flac", "rb") as file:
        ...     ripieno.upload(file, name="Coda.flac") == song_id
        True
        """
        with run(Source, file, name=name, size=size) as source:
            if direct and generation is not None:
                raise ValueError("a generation goes with a file in one request: it cannot be direct")
            if direct is None:
                direct = source.size > DIRECT_UPLOAD_BYTES and generation is None
            if direct and source.size:
                return self._upload_directly(source, on_bytes, webhook_url, idempotency_key, timeout)
            wished = (
                {"generation": generation.model_dump_json(exclude={"audio_file_id"}, exclude_unset=True)}
                if generation
                else {}
            )
            wished |= {"webhook_url": webhook_url} if webhook_url else {}
            accepted = self._ask(
                AudioAccepted,
                "POST",
                "audio",
                params=wished,
                idempotency_key=idempotency_key,
                headers={
                    "content-length": str(source.size),
                    "x-file-name": quote(source.name, errors="replace"),
                    "content-type": "application/octet-stream",
                },
                body=whole_body(source, on_bytes),
                is_replayable=source.is_replayable,
            )
            return accepted.audio_file_id

    def begin_upload(
        self,
        file_name: str,
        file_size_bytes: int,
        *,
        webhook_url: str | None = None,
        idempotency_key: str | None = None,
    ) -> UploadTicket:
        """An address in storage that whoever has it may put one file at, for four hours: a browser, another machine.

        Examples
        --------
        >>> ticket = ripieno.begin_upload("song.flac", 1_000_000)
        >>> ticket.headers
        {'x-ms-blob-type': 'BlockBlob'}
        """
        wanted = UploadRequest(file_name=file_name, file_size_bytes=file_size_bytes, webhook_url=webhook_url)
        return self._ask(UploadTicket, "POST", "uploads", order=wanted, idempotency_key=idempotency_key)

    def complete_upload(self, upload_id: str) -> UploadOutcome:
        """Say that the bytes are there, and learn which song they are; ask again while `outcome` is None.

        Examples
        --------
        >>> ticket = ripieno.begin_upload("song.flac", 1_000_000)
        >>> outcome = ripieno.complete_upload(ticket.upload_id)
        Traceback (most recent call last):
        ...
        ripieno.client.errors.RipienoError: no bytes have arrived: PUT them to upload_url first
        """
        return self._ask(UploadOutcome, "POST", f"uploads/{part(upload_id)}/complete")

    # -- straight into storage ------------------------------------------------------------------------------------

    def _upload_directly(
        self, source: Source, on_bytes: OnBytes, webhook_url: str | None, idempotency_key: str | None, timeout: float
    ) -> str:
        ticket = self.begin_upload(source.name, source.size, webhook_url=webhook_url, idempotency_key=idempotency_key)
        if ticket.headers.get("x-ms-blob-type") == "BlockBlob":
            self._put_blocks(ticket, source, on_bytes)
        else:
            self._put_whole(ticket, source, on_bytes)
        watch = Watch(f"{source.name} has arrived, and", timeout)
        while True:
            told = self.complete_upload(ticket.upload_id)
            if told.outcome is not None and told.audio_file_id is not None:
                return told.audio_file_id
            if told.outcome is not None:
                raise RipienoError("upload_failed", told.message)
            sleep(watch.pause("not read"))

    def _put_blocks(self, ticket: UploadTicket, source: Source, on_bytes: OnBytes) -> None:
        """Put Block and Put Block List: the blob is there when the list is, and each block is repeated alone."""
        length = max(BLOCK_BYTES, math.ceil(source.size / MOST_BLOCKS))
        names: list[str] = []
        for start in range(0, source.size, length):
            block = run(source.read, start, min(length, source.size - start))
            names.append(base64.b64encode(f"{len(names):08d}".encode()).decode())
            self._put(
                ticket,
                {"comp": "block", "blockid": names[-1]},
                _pieces(block, start, source.size, on_bytes),
                len(block),
            )
        listed = "".join(f"<Latest>{name}</Latest>" for name in names)
        text = f'<?xml version="1.0" encoding="utf-8"?><BlockList>{listed}</BlockList>'.encode()
        self._put(ticket, {"comp": "blocklist"}, text, len(text))

    def _put_whole(self, ticket: UploadTicket, source: Source, on_bytes: OnBytes) -> None:
        if source.size > MOST_IN_ONE_PUT:
            most = f"{MOST_IN_ONE_PUT // MEBIBYTE} MB"
            raise RipienoError("file_too_large", f"{source.name} is larger than one request may carry, {most}")
        self._put(
            ticket,
            {},
            whole_body(source, on_bytes),
            source.size,
            headers=ticket.headers,
            is_replayable=source.is_replayable,
        )

    def _put(
        self,
        ticket: UploadTicket,
        params: dict[str, str],
        content: Body | bytes,
        length: int,
        *,
        headers: dict[str, str] | None = None,
        is_replayable: bool = True,
    ) -> None:
        url = httpx.URL(ticket.upload_url).copy_merge_params(params)
        answer = self._sent(
            "PUT",
            str(url),
            headers={"content-length": str(length), **(headers or {})},
            content=content,
            again=STORAGE_STATUSES,
            is_replayable=is_replayable,
        )
        if answer.is_success:
            return
        if answer.status_code == httpx.codes.FORBIDDEN and datetime.fromisoformat(ticket.expires_at) < datetime.now(
            UTC
        ):
            raise RipienoError(
                "expired", "the address to put the file at has expired: it came too slowly; send it again"
            )
        raise errors.of_answer(answer.status_code, answer.headers, answer.content, str(answer.url))


def whole_body(source: Source, on_bytes: OnBytes) -> Body:
    """The whole file as a body, read as it is sent."""

    def chunks() -> Iterator[bytes]:
        for start in range(0, source.size, CHUNK_BYTES):
            chunk = run(source.read, start, min(CHUNK_BYTES, source.size - start))
            yield chunk
            on_bytes(start + len(chunk), source.size)

    return chunks


def _pieces(block: bytes, start: int, total: int, on_bytes: OnBytes) -> Body:
    """A block as a body, told of as it is sent."""

    def chunks() -> Iterator[bytes]:
        for at in range(0, len(block), CHUNK_BYTES):
            chunk = block[at : at + CHUNK_BYTES]
            yield chunk
            on_bytes(start + at + len(chunk), total)

    return chunks
