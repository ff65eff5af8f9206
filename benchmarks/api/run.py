"""Listings with every filter, and a song from upload to JAMS, with ten songs in the library and with ten thousand.

Units: milliseconds of a listing at the client (median and 95th percentile), seconds of a song. Every query is another
one, so that no answer is remembered, though the app was listed often enough to hold the rows in memory; `same` asks one
query again and again, as a page that is looked at does. What orchestration and storage cost a song is the time from
its row to its analysis less the time in which one of its jobs ran at an endpoint.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import os
import random
import statistics
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import numpy as np
import soundfile
from azure.core.exceptions import ServiceResponseError

from ripieno.client import Ripieno
from ripieno.contracts import names
from ripieno.contracts.analysis import Analysis, SeparationResult
from ripieno.contracts.audio import AudioFile
from ripieno.contracts.enums import AudioFileStatus
from ripieno.contracts.provenance import Provenance
from ripieno.local.stack import Stack
from ripieno.music.genres import all_genres
from ripieno.records import analyses, songs

FEW = 10
TRIES = 5
STYLES = sorted(all_genres())
MOODS = ("calm", "happy", "sad", "tense", "energetic")
KEYS = ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
MAJOR = ("C", "F", "G", "A:min", "D:min", "E:min")
FORMS = (
    ("intro", "verse", "chorus", "verse", "chorus", "bridge", "chorus", "outro"),
    ("verse", "verse", "bridge", "verse"),
    ("intro", "verse", "chorus", "solo", "chorus"),
)
RATE = 44100
SONG_SECONDS = 30.0
WARM_SECONDS, WARM_MILLISECONDS = 120.0, 30.0
FIRST = datetime(2020, 1, 1, tzinfo=UTC)

Query = Callable[[random.Random], dict[str, str | float | int]]


def _moment(rng: random.Random) -> str:
    return (FIRST + timedelta(seconds=rng.uniform(0, 2e8))).isoformat()


def _progression(rng: random.Random) -> list[str]:
    """Four chords of one key, of which many songs have some."""
    return rng.sample(MAJOR, 4)


QUERIES: dict[str, Query] = {
    "newest": lambda rng: {"limit": rng.randrange(20, 51)},
    "same": lambda rng: {},
    "key": lambda rng: {"key": rng.choice(KEYS), "limit": rng.randrange(20, 51)},
    "tempo": lambda rng: {"bpm_min": rng.uniform(60, 150), "bpm_max": 170},
    "name": lambda rng: {"named": f"song number {rng.randrange(100)}"},
    "mood": lambda rng: {"mood": rng.choice(MOODS), "limit": rng.randrange(20, 51)},
    "mood and style": lambda rng: {"mood": rng.choice(MOODS), "style": rng.choice(STYLES)},
    "style and key": lambda rng: {"style": rng.choice(STYLES), "key": rng.choice(KEYS), "limit": rng.randrange(20, 51)},
    "mode": lambda rng: {"mode": rng.choice(("major", "minor")), "uploaded_before": _moment(rng)},
    "status": lambda rng: {"status": "analyzed", "uploaded_before": _moment(rng)},
    "dates": lambda rng: {"uploaded_after": _moment(rng), "limit": 50},
    "chords": lambda rng: {"chords": ", ".join(_progression(rng)[: rng.randrange(2, 7)])},
    "more chords than a row knows": lambda rng: {"chords": ", ".join(_progression(rng) * 2), "limit": 10},
    "form": lambda rng: {"form": ", ".join(rng.choice(FORMS)[: rng.randrange(2, 5)]), "limit": rng.randrange(20, 51)},
    "chords, form and key": lambda rng: {
        "chords": ", ".join(_progression(rng)[:2]), "form": "verse, chorus", "key": rng.choice(KEYS),
    },
    "all at once": lambda rng: {
        "key": rng.choice(KEYS), "bpm_min": rng.uniform(60, 90), "bpm_max": 140, "mode": "minor", "status": "analyzed",
    },
}  # fmt: skip


def fill(count: int, owner: str) -> None:
    """Songs as the library knows them once they were analysed, `count` in all."""

    def add(number: int) -> None:
        for _ in range(TRIES):
            try:
                _add(number, owner)
                return
            except ServiceResponseError as fault:  # Azurite breaks connections while it writes a large library to disk
                print(f"song {number} once more: {fault}", file=sys.stderr)
        raise RuntimeError(f"song {number} could not be added")

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(add, range(count)))


def _add(number: int, owner: str) -> None:
    rng = random.Random(number)
    digest = hashlib.sha256(f"benchmark {number}".encode()).hexdigest()
    song_id, born = names.audio_file_id(owner, digest), uuid.uuid4().hex[:10]
    if songs.find(owner, song_id) is not None:
        return
    song = AudioFile(
        audio_file_id=song_id,
        owner=owner,
        born=born,
        original_file_name=f"Song number {number}.flac",
        status=AudioFileStatus.ANALYZED,
        uploaded_at=(FIRST + timedelta(seconds=rng.uniform(0, 2e8))).isoformat(),
        sha256=digest,
        blob_name=names.song_blob(song_id, born, "flac"),
        file_size_bytes=1,
        format="flac",
        instance_id=names.song_instance(song_id, born, 1),
        bpm=round(rng.uniform(60, 180), 2),
        key=rng.choice(KEYS),
        mode=rng.choice(("major", "minor")),
        valence=round(rng.uniform(-1, 1), 3),
        arousal=round(rng.uniform(-1, 1), 3),
        styles=rng.sample(STYLES, rng.randrange(1, 4)),
        duration_seconds=rng.uniform(60, 400),
    )
    analyses.save(
        owner,
        song_id,
        born,
        song.instance_id,
        _findings(rng),
        SeparationResult(
            duration_seconds=60,
            engine=Provenance(engine="benchmark", version="1", license="MIT"),
            stems=[],
        ),
    )
    songs.create(song)


def _findings(rng: random.Random) -> Analysis:
    """A verse and a chorus of four chords each, again and again."""
    verse, chorus, form = _progression(rng), _progression(rng), rng.choice(FORMS)
    chords = [name for label in form for name in (chorus if label == "chorus" else verse) * 2]
    return Analysis.model_validate({
        "duration_seconds": 60, "bpm": 120, "key": "C", "mode": "major",
        "chords": [{"start_time": at, "end_time": at + 1, "chord": name, "confidence": 1}
                   for at, name in enumerate(chords)],
        "sections": [{"start_time": 8 * at, "end_time": 8 * at + 8, "label": label, "confidence": 1}
                     for at, label in enumerate(form)],
    })  # fmt: skip


def _warm(http: httpx.Client) -> None:
    """List until what is listed often is in memory: every process of the app reads it once, in the background."""
    deadline = time.monotonic() + WARM_SECONDS
    for query in ({"limit": 1}, {"chords": "C, F, G, Am", "form": "solo", "limit": 1}):
        quick = 0
        while quick < 5 and time.monotonic() < deadline:
            quick = quick + 1 if _milliseconds(http, query) < WARM_MILLISECONDS else 0


def listings(url: str, clients: int, calls: int) -> dict[str, dict[str, float]]:
    """Milliseconds of `GET /api/audio` by filter, `clients` of them at once."""
    found = {}
    with httpx.Client(base_url=url, timeout=60) as http:
        _warm(http)
    for name, query in QUERIES.items():
        taken: list[float] = []
        together = threading.Barrier(clients)

        def ask(number: int, query: Query = query, together: threading.Barrier = together) -> list[float]:
            rng = random.Random(number)
            with httpx.Client(base_url=url, timeout=60) as http:
                http.get("/api/audio", params={"limit": 1}).raise_for_status()
                together.wait()
                return [_milliseconds(http, query(rng)) for _ in range(calls)]

        with ThreadPoolExecutor(clients) as pool:
            for one in pool.map(ask, range(clients)):
                taken += one
        percentiles = statistics.quantiles(taken, n=20)
        found[name] = {"p50": round(statistics.median(taken), 1), "p95": round(percentiles[-1], 1)}
    return found


def _milliseconds(http: httpx.Client, params: dict[str, str | float | int]) -> float:
    began = time.perf_counter()
    http.get("/api/audio", params=params).raise_for_status()
    return 1000 * (time.perf_counter() - began)


def songs_seconds(url: str, count: int) -> dict[str, float]:
    """Seconds of songs one after another: the answer to the upload, the whole way, and what of it no job was."""
    uploads, wholes, besides = [], [], []
    with Ripieno(url) as ripieno, tempfile.TemporaryDirectory() as folder:
        for number in range(count):
            path = Path(folder) / f"{number}.wav"
            path.write_bytes(_clip())
            began = time.perf_counter()
            song_id = ripieno.upload(path)
            uploads.append(time.perf_counter() - began)
            song = ripieno.wait(song_id, timeout=300)
            if song.status != AudioFileStatus.ANALYZED or song.analyzed_at is None:
                raise RuntimeError(f"{song_id} failed: {song.error}")
            whole = _seconds(song.uploaded_at, song.analyzed_at)
            at_work = sum(_seconds(job.started_at, job.ended_at) for job in ripieno.jobs(audio_file_id=song_id))
            wholes.append(whole)
            besides.append(whole - at_work)
    medians = zip(("upload", "whole", "orchestration and storage"), (uploads, wholes, besides), strict=True)
    return {name: round(statistics.median(values), 3) for name, values in medians}


def _seconds(start: str | None, end: str | None) -> float:
    if start is None or end is None:
        raise RuntimeError("a job of an analysed song does not say when it ran")
    return (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds()


def _clip() -> bytes:
    rng = np.random.default_rng()
    time_axis = np.arange(round(SONG_SECONDS * RATE)) / RATE
    tone = sum(np.sin(2 * np.pi * rng.uniform(100, 400) * ratio * time_axis) for ratio in (1, 1.25, 1.5)) * 0.1
    click = (np.modf(time_axis * 2)[0] < 0.02) * 0.5
    data = io.BytesIO()
    soundfile.write(data, np.stack([tone + click] * 2, axis=1), RATE, format="WAV")
    return data.getvalue()


def main() -> None:
    from tests.stacks import new_stack

    parser = argparse.ArgumentParser(prog="python -m benchmarks.api", description=__doc__)
    parser.add_argument("--songs", type=int, default=10_000)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--calls", type=int, default=60, help="of each client and filter")
    parser.add_argument("--uploads", type=int, default=5, help="songs that are analysed, before and after")
    parser.add_argument("--home", type=Path, help="a folder that keeps the library: the next run finds its songs")
    parser.add_argument("--only-fill", action="store_true", help="make the library in --home, and measure nothing")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        stack = new_stack(chosen.home or Path(temporary))
        stack.start(lambda text: print(text, file=sys.stderr))
        try:
            if chosen.only_fill:
                os.environ["AzureWebJobsStorage"] = stack.connection_string
                fill(chosen.songs, "local")
            else:
                print(json.dumps(measured(stack, chosen), indent=1))
        finally:
            stack.stop()


def measured(stack: Stack, chosen: argparse.Namespace) -> dict:
    os.environ["AzureWebJobsStorage"] = stack.connection_string
    found: dict[str, dict] = {}
    fill(FEW, "local")
    songs_seconds(stack.url, 1)  # imports, models and caches
    for count in (FEW, chosen.songs):
        fill(count, "local")
        found[f"{count} songs"] = {
            "song seconds": songs_seconds(stack.url, chosen.uploads),
            "1 client": listings(stack.url, 1, chosen.calls),
            f"{chosen.clients} clients": listings(stack.url, chosen.clients, chosen.calls),
        }
    return found
