"""Fetching a model: resumed where it broke off, and nothing kept that is not what the catalogue says."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import httpx

from ripieno.services.models import folder
from ripieno.services.models.catalogue import ModelEntry, ModelFile

TIMEOUT = httpx.Timeout(60.0, connect=10.0)
MOST_ATTEMPTS = 5
_HUGGING_FACE = "huggingface.co"
OnProgress = Callable[[str, int, int], None]
"""(file, bytes there, bytes in all; 0 where the server does not say)"""


class PullFailed(RuntimeError):
    """A model could not be fetched; the message says what to do."""


def pull(
    entry: ModelEntry,
    root: Path,
    *,
    trust_first_use: bool = False,
    on_progress: OnProgress = lambda file, done, total: None,
) -> Path:
    """Fetch what is missing of a model and record it; returns its folder.

    Raises
    ------
    PullFailed
        Offline, not to be had, not what its checksum says, or without a published checksum and not trusted.
    """
    if not entry.is_pinned and not trust_first_use:
        raise PullFailed(
            f"no checksum of {entry.name} is published, so what arrives can only be recorded, not checked:"
            " add --trust-first-use if you want that"
        )
    target = folder.of(entry, root)
    target.mkdir(parents=True, exist_ok=True)
    with httpx.Client(timeout=TIMEOUT, follow_redirects=True) as client:
        for file in entry.files:
            path = target / file.path
            path.parent.mkdir(parents=True, exist_ok=True)
            if file.content is not None:
                path.write_text(file.content)
            elif not path.is_file() or not file.is_right(folder.digest(path)):
                _fetch(client, entry, file, path, on_progress)
    folder.write_manifest(entry, root)
    return target


def _fetch(client: httpx.Client, entry: ModelEntry, file: ModelFile, path: Path, on_progress: OnProgress) -> None:
    part = path.with_name(path.name + ".part")
    for attempt in range(1, MOST_ATTEMPTS + 1):
        before = part.stat().st_size if part.exists() else 0
        try:
            _continue(client, file, part, on_progress)
            break
        except (httpx.ConnectError, httpx.ConnectTimeout) as fault:
            raise PullFailed(_offline(entry, file, path, fault)) from fault
        except httpx.HTTPStatusError as fault:
            raise PullFailed(_refused(file, fault.response.status_code)) from fault
        except httpx.TransportError as fault:
            grown = part.exists() and part.stat().st_size > before
            if attempt == MOST_ATTEMPTS and not grown:
                raise PullFailed(f"{file.url} broke off again and again ({fault}): pull again to go on") from fault
    found = folder.digest(part)
    if not file.is_right(found):
        part.unlink()
        raise PullFailed(
            f"{file.path} of {entry.name} has SHA-256 {found[:16]}… where {file.sha256} was published:"
            " it was thrown away; pull again, and if it happens again do not trust the source"
        )
    part.replace(path)


def _continue(client: httpx.Client, file: ModelFile, part: Path, on_progress: OnProgress) -> None:
    have = part.stat().st_size if part.exists() else 0
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
    headers |= authorization(str(file.url))
    with client.stream("GET", str(file.url), headers=headers) as answer:
        if answer.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:  # all of it was there already
            return
        answer.raise_for_status()
        if answer.status_code != httpx.codes.PARTIAL_CONTENT:
            have = 0
        total = have + int(answer.headers.get("Content-Length", 0)) if "Content-Length" in answer.headers else 0
        with part.open("ab" if have else "wb") as out:
            for chunk in answer.iter_bytes():
                out.write(chunk)
                have += len(chunk)
                on_progress(file.path, have, total)
            out.flush()
            os.fsync(out.fileno())


def authorization(url: str) -> dict[str, str]:
    """`HF_TOKEN` for its own host alone; httpx leaves it out where that sends one elsewhere."""
    token, parts = os.environ.get("HF_TOKEN"), httpx.URL(url)
    is_theirs = parts.scheme == "https" and parts.host == _HUGGING_FACE
    return {"Authorization": f"Bearer {token}"} if token and is_theirs else {}


def _refused(file: ModelFile, status: int) -> str:
    hint = ""
    if status in (401, 403) and httpx.URL(str(file.url)).host == _HUGGING_FACE:
        hint = "; accept the model's terms on its page, then set HF_TOKEN"
    return f"{file.url} answers {status}: nothing of it was kept{hint}"


def _offline(entry: ModelEntry, file: ModelFile, path: Path, fault: Exception) -> str:
    host = httpx.URL(str(file.url)).host
    return (
        f"{host} cannot be reached from here ({fault}). On a machine that can:"
        f" ripieno models pull {entry.name} --to DIR;"
        f" then copy DIR/{entry.name} to {path.parent} and run ripieno models verify {entry.name}"
    )
