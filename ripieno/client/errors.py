"""What can go wrong, as exceptions; and which of them an answer is."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from ripieno.client.retrying import seconds_to_wait

_TAGS = re.compile(r"<(style|script|head)\b.*?</\1\s*>|<[^>]*>", re.DOTALL | re.IGNORECASE)
_STORAGE_ERROR = re.compile(r"<Error><Code>([^<]*)</Code><Message>([^<\n]*)")


class RipienoError(RuntimeError):
    """What the platform answered instead of doing it, in a sentence.

    Attributes
    ----------
    code : str
        For programs; stable. That of the problem document, or one of the client's own: `not_running`, `connection`,
        `timeout`, `not_ripieno`, `upload_failed`, `upload_unread`, `mix_failed`, `file_changed`, `no_file`,
        `incomplete`, `expired`, `http_{status}`.
    status : int or None
        The HTTP status, None where there was no answer.
    detail : str
        The sentence: what is wrong, and what to do.
    retry_after : float or None
        Seconds after which to ask again: where the platform said so, or has answered this client before and is away.
    audio_file_id : str or None
        The song it is about, where it is about one: a file that cannot be read is kept as a failed song.
    problem : dict
        The problem document (RFC 9457) with all its fields; empty where there was none.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        status: int | None = None,
        retry_after: float | None = None,
        audio_file_id: str | None = None,
        problem: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.status = status
        self.retry_after = retry_after
        self.audio_file_id = audio_file_id
        self.problem: dict[str, Any] = problem or {}

    @property
    def detail(self) -> str:
        return str(self)


class NotRunning(RipienoError):
    """Nobody answers at the address."""


class TookTooLong(RipienoError, TimeoutError):
    """What was waited for did not come within `timeout` seconds. It goes on without whoever waited."""

    def __init__(self, message: str) -> None:
        super().__init__("timeout", message)


def of_answer(status: int, headers: Mapping[str, str], body: bytes, url: str) -> RipienoError:
    """The error that an answer is: a problem document's, the storage service's, or that of somebody in between."""
    text = body.decode("utf-8", "replace")
    retry_after = seconds_to_wait(headers.get("retry-after"))
    problem = _problem(text)
    if problem is not None:
        song = problem.get("audio_file_id")
        return RipienoError(
            problem["code"],
            problem["detail"],
            status=status,
            retry_after=retry_after,
            problem=problem,
            audio_file_id=song if isinstance(song, str) else None,
        )
    told = _STORAGE_ERROR.search(text)
    if told is not None:
        message = f"storage answered {status} {told[1]}: {told[2].strip()}"
        return RipienoError(f"http_{status}", message, status=status, retry_after=retry_after)
    return RipienoError(f"http_{status}", _stranger(status, headers, text, url), status=status, retry_after=retry_after)


def not_ours(status: int, headers: Mapping[str, str], body: bytes, url: str) -> RipienoError:
    """A success that is none: an answer that no Ripieno gives."""
    text = _stranger(status, headers, body.decode("utf-8", "replace"), url)
    return RipienoError("not_ripieno", text, status=status)


def _problem(text: str) -> dict[str, Any] | None:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return None
    is_one = isinstance(document, dict) and all(isinstance(document.get(name), str) for name in ("code", "detail"))
    return document if is_one else None


def _stranger(status: int, headers: Mapping[str, str], text: str, url: str) -> str:
    """A sentence about an answer that is not from a Ripieno: a proxy's page, another program's."""
    kind = headers.get("content-type", "no content type").partition(";")[0]
    words = " ".join(_TAGS.sub(" ", text).split())
    if headers.get("location"):
        words = f"go to {headers['location'].partition('?')[0]}"
    said = f" It says: {words[:160]}{'…' if len(words) > 160 else ''}" if words else ""
    return (
        f"{url.partition('?')[0]} answered {status} ({kind}), which is no answer of a Ripieno: is the address right, or"
        f" does a proxy stand in between?{said}"
    )
