"""Mutated recordings, sent as people send songs: every answer is one that the API declares, and every song has an end."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tests.fuzz import sounds

AT_ONCE = 4
ENDS = {"analyzed", "failed"}
END_SECONDS = 300.0
OURS = {"internal_error", "worker_died", "out_of_memory", "timeout", "lost_too_often", "decoder_ended", "not_possible"}
"""Codes of failures that are the platform's own fault."""
_PAUSE = 0.2


@dataclass
class Report:
    """What became of the files; `wrong` is what must not be, a sentence each."""

    answers: Counter[str] = field(default_factory=Counter)
    ends: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


def send(url: str, seed: int, numbers: range, keep: Path) -> Report:
    """Upload files of these numbers and wait for each song's end; files that did wrong are kept in a folder."""
    report, lock = Report(), threading.Lock()
    statuses = _declared(url)

    def one(number: int) -> None:
        name, data = sounds.made(seed, number)
        with httpx.Client(base_url=f"{url}/api/", timeout=120) as http:
            answer, end, wrong = _sent(http, name, data, statuses)
        with lock:
            report.answers[answer] += 1
            report.ends[end] += 1
            if wrong:
                keep.mkdir(parents=True, exist_ok=True)
                (keep / f"{seed}-{number}-{name}").write_bytes(data)
                report.wrong.append(f"file {number} ({name}): {wrong}")

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(one, numbers))
    return report


def replay(url: str, path: Path) -> Report:
    """One kept file again."""
    with httpx.Client(base_url=f"{url}/api/", timeout=120) as http:
        answer, end, wrong = _sent(http, path.name, path.read_bytes(), _declared(url))
    return Report(Counter([answer]), Counter([end]), [wrong] if wrong else [])


def _declared(url: str) -> dict[str, Any]:
    document = httpx.get(f"{url}/api/openapi.json", timeout=60).json()
    return document["paths"]["/audio"]["post"]["responses"]


def _sent(http: httpx.Client, name: str, data: bytes, declared: dict[str, Any]) -> tuple[str, str, str]:
    """The answer's code, the song's end, and what is wrong with either."""
    try:
        told = http.post("audio", content=data, headers={"x-file-name": name, "content-type": "audio/x"})
    except httpx.TransportError as fault:
        return "no answer", "none", f"no answer: {fault!r}"
    if told.status_code >= 500 or str(told.status_code) not in declared:
        return str(told.status_code), "none", f"{told.status_code}: {told.text[:300]}"
    found = told.json()
    if told.status_code >= 400:
        is_told = bool(found.get("code")) and len(found.get("detail", "")) > 20
        return f"{told.status_code} {found.get('code')}", "refused", "" if is_told else f"no sentence: {found}"
    song = ended(http, found["audio_file_id"])
    if song is None:
        return str(told.status_code), "none", f"the song {found['audio_file_id']} came to no end in {END_SECONDS:.0f} s"
    error = song.get("error") or {}
    end = error.get("code") or song["status"]
    wrong = f"the platform's own fault: {error}" if end in OURS else ""
    http.delete(f"audio/{found['audio_file_id']}")
    return str(told.status_code), end, wrong


def ended(http: httpx.Client, audio_file_id: str) -> dict[str, Any] | None:
    """A song that came to its end, None where it did not in `END_SECONDS`."""
    waited = 0.0
    while waited < END_SECONDS:
        song = http.get(f"audio/{audio_file_id}").json()
        if song.get("status") in ENDS:
            return song
        threading.Event().wait(_PAUSE)
        waited += _PAUSE
    return None
