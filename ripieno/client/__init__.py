"""The Python client: everything the public API can do, over HTTP alone."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote

import httpx

from ripieno.contracts.analysis import Analysis
from ripieno.contracts.audio import (
    AnalysisOrder,
    AudioAccepted,
    AudioFile,
    AudioPage,
    AudioSummary,
    Removal,
    RemovalAccepted,
    StemList,
    UploadOutcome,
    UploadRequest,
)
from ripieno.contracts.enums import AudioFileStatus, GenerationStatus, TakeStatus
from ripieno.contracts.generation import (
    Generation,
    GenerationAccepted,
    GenerationList,
    GenerationOrder,
    MixAccepted,
    MixOrder,
    MixView,
    Verdict,
)
from ripieno.contracts.jobs import JobPage, JobRecord

DIRECT_UPLOAD_BYTES = 32 * 1024 * 1024  # larger files go straight into storage
CHUNK_BYTES = 256 * 1024
POLL_SECONDS = 0.5
UPLOAD_SECONDS = 1800.0  # within which a file that has arrived is read
DEFAULT_URL = "http://127.0.0.1:7071"

_BEING_MADE = (GenerationStatus.PENDING, GenerationStatus.PLANNING, GenerationStatus.GENERATING)

OnBytes = Callable[[int, int], None]
OnProgress = Callable[[AudioFile], None]


class RipienoError(RuntimeError):
    """What the platform answered instead of doing it, in a sentence; `code` is for programs."""

    def __init__(self, code: str, message: str, *, audio_file_id: str | None = None):
        super().__init__(message)
        self.code = code
        self.audio_file_id = audio_file_id


class NotRunning(RipienoError):
    """Nobody answers at the address."""


class Ripieno:
    """A connection to one Ripieno. `key` is the function key of a deployment; a local stack needs none."""

    def __init__(self, url: str = DEFAULT_URL, *, key: str | None = None, timeout: float = 60.0):
        self.url = url.rstrip("/")
        headers = {"x-functions-key": key} if key else {}
        self._http = httpx.Client(base_url=f"{self.url}/api/", headers=headers, timeout=timeout)

    def __enter__(self) -> Ripieno:
        return self

    def __exit__(self, *exc: object) -> None:
        self._http.close()

    # -- songs ----------------------------------------------------------------------------------------------------

    def upload(
        self,
        path: Path,
        on_bytes: OnBytes = lambda sent, total: None,
        *,
        generation: GenerationOrder | None = None,
        webhook_url: str | None = None,
    ) -> str:
        """Send a file and return its song's id, as soon as that is known; its analysis has begun then.

        With a `generation`, which `generations` finds by the song, new stems are made as soon as it is analysed.
        `webhook_url` is told when the song is analysed.

        Raises
        ------
        RipienoError
            When the file cannot become a song.
        """
        size = path.stat().st_size
        if size > DIRECT_UPLOAD_BYTES and generation is None:
            return self._upload_directly(path, size, on_bytes, webhook_url)
        wished = {"generation": generation.model_dump_json(exclude={"audio_file_id"})} if generation else {}
        wished |= {"webhook_url": webhook_url} if webhook_url else {}
        with path.open("rb") as file:
            answer = self._call(
                "POST", "audio", content=_chunks(file, size, on_bytes), params=wished,
                headers={"content-length": str(size), "x-file-name": quote(path.name, errors="replace"),
                         "content-type": "application/octet-stream"},
            )  # fmt: skip
        return AudioAccepted.model_validate(answer.json()).audio_file_id

    def _upload_directly(self, path: Path, size: int, on_bytes: OnBytes, webhook_url: str | None) -> str:
        wanted = UploadRequest(file_name=path.name, file_size_bytes=size, webhook_url=webhook_url)
        ticket = self._call("POST", "uploads", json=wanted.model_dump(mode="json")).json()
        with path.open("rb") as file:
            headers = ticket["headers"] | {"content-length": str(size)}
            _checked(
                httpx.put(ticket["upload_url"], content=_chunks(file, size, on_bytes), headers=headers, timeout=600)
            )
        deadline = time.monotonic() + UPLOAD_SECONDS
        while time.monotonic() < deadline:
            told = self._call("POST", f"uploads/{ticket['upload_id']}/complete")
            outcome = UploadOutcome.model_validate(told.json())
            if outcome.outcome is not None and outcome.audio_file_id is not None:
                return outcome.audio_file_id
            if outcome.outcome is not None:
                raise RipienoError("upload_failed", outcome.message)
            time.sleep(POLL_SECONDS)
        raise RipienoError("upload_unread", f"{path.name} has arrived, and was not read within {UPLOAD_SECONDS:.0f} s")

    def get(self, audio_file_id: str) -> AudioFile:
        return AudioFile.model_validate(self._call("GET", f"audio/{_part(audio_file_id)}").json())

    def wait(
        self, audio_file_id: str, on_progress: OnProgress = lambda song: None, *, timeout: float | None = None
    ) -> AudioFile:
        """The song once its analysis has ended, well or not; `TimeoutError` after `timeout` seconds."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while True:
            song = self.get(audio_file_id)
            on_progress(song)
            if song.status in (AudioFileStatus.ANALYZED, AudioFileStatus.FAILED):
                return song
            if deadline is not None and time.monotonic() > deadline:
                raise TimeoutError(f"song {audio_file_id} is still {song.status} after {timeout:.0f} s")
            time.sleep(POLL_SECONDS)

    def search(self, **filters: Any) -> Iterator[AudioSummary]:
        """Every song that matches, newest first (slowest first with a tempo filter); pages are fetched as needed."""
        cursor: str | None = None
        while True:
            wanted = {name: value for name, value in filters.items() if value is not None}
            page = AudioPage.model_validate(
                self._call("GET", "audio", params=wanted | ({"cursor": cursor} if cursor else {})).json()
            )
            yield from page.items
            cursor = page.next_cursor
            if cursor is None:
                return

    def analyze_again(self, audio_file_id: str, engines: dict[str, str] | None = None) -> AudioAccepted:
        """With `engines` by task (`separate`, `beats`, `chords`) where it is not to be the best that is there."""
        order = AnalysisOrder(engines=engines or {})
        path = f"audio/{_part(audio_file_id)}/analysis"
        return AudioAccepted.model_validate(self._call("POST", path, json=order.model_dump()).json())

    def delete(self, audio_file_id: str) -> Removal:
        """Delete a song and everything made from it: gone from the library at once, from storage in a while."""
        return self._removal(self._call("DELETE", f"audio/{_part(audio_file_id)}"))

    def removal(self, instance_id: str) -> Removal:
        """How far a deletion is."""
        return Removal.model_validate(self._call("GET", f"removals/{_part(instance_id)}").json())

    def wait_removal(self, instance_id: str, *, timeout: float = 600.0) -> Removal:
        """The deletion once it has ended; `TimeoutError` after `timeout` seconds."""
        deadline = time.monotonic() + timeout
        while (removal := self.removal(instance_id)).status == "running":
            if time.monotonic() > deadline:
                raise TimeoutError(f"{instance_id} is still running after {timeout:.0f} s: {removal.message}")
            time.sleep(POLL_SECONDS)
        return removal

    def _removal(self, answer: httpx.Response) -> Removal:
        accepted = RemovalAccepted.model_validate(answer.json())
        return Removal(instance_id=accepted.instance_id, status="running", fraction=0.0, message=accepted.message)

    # -- findings -------------------------------------------------------------------------------------------------

    def analysis(self, audio_file_id: str) -> Analysis:
        return Analysis.model_validate(self._call("GET", f"audio/{_part(audio_file_id)}/analysis").json())

    def content(self, audio_file_id: str, path: Path, on_bytes: OnBytes = lambda got, total: None) -> Path:
        """The recording itself, into a file."""
        answer = self._call("GET", f"audio/{_part(audio_file_id)}/content")
        if answer.status_code == httpx.codes.TEMPORARY_REDIRECT:
            return self.download(answer.headers["location"], path, on_bytes)
        path.write_bytes(answer.content)
        return path

    def jams(self, audio_file_id: str) -> str:
        return self._call("GET", f"audio/{_part(audio_file_id)}/jams").text

    def jams_url(self, audio_file_id: str) -> str:
        return f"{self.url}/api/audio/{audio_file_id}/jams"

    def stems(self, audio_file_id: str) -> StemList:
        return StemList.model_validate(self._call("GET", f"audio/{_part(audio_file_id)}/stems").json())

    # -- new stems ------------------------------------------------------------------------------------------------

    def generate(self, order: GenerationOrder) -> str:
        """Ask for new stems; the request's id."""
        answer = self._call("POST", "generations", json=order.model_dump(mode="json"))
        return GenerationAccepted.model_validate(answer.json()).generation_request_id

    def generation(self, request_id: str) -> Generation:
        return Generation.model_validate(self._call("GET", f"generations/{_part(request_id)}").json())

    def generations(
        self, audio_file_id: str | None = None, *, status: GenerationStatus | None = None, limit: int = 50
    ) -> Iterator[Generation]:
        """Requests, newest first, of one song or of all, with one status or any; without their takes. Pages of `limit`
        are fetched as needed."""
        cursor: str | None = None
        while True:
            given = {"limit": limit, "audio_file_id": audio_file_id, "status": status, "cursor": cursor}
            wanted = {name: value for name, value in given.items() if value is not None}
            page = GenerationList.model_validate(self._call("GET", "generations", params=wanted).json())
            yield from page.items
            cursor = page.next_cursor
            if cursor is None:
                return

    def wait_generation(
        self,
        request_id: str,
        on_progress: Callable[[Generation], None] = lambda request: None,
        *,
        timeout: float | None = None,
    ) -> Generation:
        """The request once its stems can be heard, or none will come; `TimeoutError` after `timeout` seconds."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while True:
            request = self.generation(request_id)
            on_progress(request)
            if request.status not in _BEING_MADE:
                return request
            if deadline is not None and time.monotonic() > deadline:
                raise TimeoutError(f"generation {request_id} is still {request.status} after {timeout:.0f} s")
            time.sleep(POLL_SECONDS)

    def approve(self, request_id: str, stem: str, *, take: int | None = None) -> Generation:
        return self._review(request_id, stem, "approve", Verdict(take=take))

    def reject(self, request_id: str, stem: str, comment: str = "", *, take: int | None = None) -> Generation:
        """With a comment a new take is made that heeds it."""
        return self._review(request_id, stem, "reject", Verdict(take=take, comment=comment))

    def cancel_generation(self, request_id: str) -> Generation:
        return Generation.model_validate(self._call("POST", f"generations/{_part(request_id)}/cancel").json())

    def delete_generation(self, request_id: str) -> Removal:
        return self._removal(self._call("DELETE", f"generations/{_part(request_id)}"))

    def mix(self, request_id: str, order: MixOrder, *, timeout: float = 600.0) -> MixView:
        """The original and the stems as one file, mastered where a preset is named; waits for it."""
        path = f"generations/{_part(request_id)}/mixes"
        told = self._call("POST", path, json=order.model_dump(mode="json")).json()
        asked = MixAccepted.model_validate(told)
        wanted = asked.master or asked.name
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            made = next((one for one in self.generation(request_id).mixes if one.name == wanted), None)
            if made is None:
                raise RipienoError("mix_failed", f"{wanted} is not among the mixes any more")
            if made.status == TakeStatus.GENERATED:
                return made
            if made.status != TakeStatus.GENERATING:
                raise RipienoError("mix_failed", made.error or f"the mix was {made.status}")
            time.sleep(POLL_SECONDS)
        raise TimeoutError(f"the mix {wanted} was not ready after {timeout:.0f} s")

    def _review(self, request_id: str, stem: str, verb: str, verdict: Verdict) -> Generation:
        path = f"generations/{_part(request_id)}/stems/{_part(stem)}/{verb}"
        return Generation.model_validate(self._call("POST", path, json=verdict.model_dump(mode="json")).json())

    # -- jobs -----------------------------------------------------------------------------------------------------

    def jobs(self, **filters: Any) -> Iterator[JobRecord]:
        """Endpoint jobs, newest first, that match (`state`, `kind`, `audio_file_id`); pages are fetched as needed."""
        cursor: str | None = None
        while True:
            wanted = {name: value for name, value in (filters | {"cursor": cursor}).items() if value is not None}
            page = JobPage.model_validate(self._call("GET", "jobs", params=wanted).json())
            yield from page.items
            cursor = page.next_cursor
            if cursor is None:
                return

    def job(self, job_id: str) -> JobRecord:
        return JobRecord.model_validate(self._call("GET", f"jobs/{_part(job_id)}").json())

    # -- the rest -------------------------------------------------------------------------------------------------

    def download(self, url: str, path: Path, on_bytes: OnBytes = lambda got, total: None) -> Path:
        """Fetch an address the API gave into a file, which appears only when it is whole."""
        partial = path.with_name(path.name + ".part")
        with httpx.stream("GET", url, timeout=600) as answer, partial.open("wb") as file:
            _checked(answer)
            total, got = int(answer.headers.get("content-length", "0")), 0
            for chunk in answer.iter_bytes(CHUNK_BYTES):
                file.write(chunk)
                got += len(chunk)
                on_bytes(got, total)
        return partial.replace(path)

    def health(self) -> dict[str, Any]:
        """The health document, whether it is good or bad news."""
        try:
            return self._http.get("health").json()
        except httpx.ConnectError:
            raise self._not_running() from None

    def _call(self, method: str, path: str, **content: Any) -> httpx.Response:
        try:
            return _checked(self._http.request(method, path, **content))
        except httpx.ConnectError:
            raise self._not_running() from None
        except httpx.HTTPError as fault:
            raise RipienoError("connection", f"{method} /api/{path}: {fault or type(fault).__name__}") from None

    def _not_running(self) -> NotRunning:
        return NotRunning("not_running", f"no Ripieno answers at {self.url}: start one with `ripieno up`")


def local_url(home: Path) -> str:
    """The address to use: `RIPIENO_URL`, else the stack of this folder, else the default."""
    if os.environ.get("RIPIENO_URL"):
        return os.environ["RIPIENO_URL"]
    try:
        return json.loads((home / "stack.json").read_text())["url"]
    except (OSError, ValueError, KeyError):
        return DEFAULT_URL


def _part(identifier: str) -> str:
    return quote(identifier, safe="")


def _chunks(file: IO[bytes], size: int, on_bytes: OnBytes) -> Iterator[bytes]:
    sent = 0
    while chunk := file.read(CHUNK_BYTES):
        yield chunk
        sent += len(chunk)
        on_bytes(sent, size)


def _checked(answer: httpx.Response) -> httpx.Response:
    if answer.is_success or answer.has_redirect_location:
        return answer
    if not answer.is_closed:
        answer.read()
    try:
        problem = answer.json()
        code, detail = problem["code"], problem["detail"]
    except (ValueError, KeyError, TypeError):
        raise RipienoError(f"http_{answer.status_code}", f"{answer.status_code}: {answer.text[:300]}") from None
    raise RipienoError(code, detail, audio_file_id=problem.get("audio_file_id"))
