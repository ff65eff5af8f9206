"""Kill -9 of the host, the endpoint or a worker at any moment of an analysis; then start again: completed, once."""

from __future__ import annotations

import os
import random
import signal
import time

import psutil
import pytest
import soundfile
from azure.data.tables import TableServiceClient
from azure.storage.blob import BlobServiceClient
from conftest import new_stack

from ripieno.client import Ripieno
from ripieno.contracts import names
from ripieno.local.durable.store import Store

MOMENTS = 24
CLIP_SECONDS = 6.0


@pytest.fixture(scope="module")
def mortal(tmp_path_factory):
    """A stack of its own, whose parts will be killed."""
    stack = new_stack(tmp_path_factory.mktemp("mortal"))
    with pytest.MonkeyPatch.context() as environment:
        environment.delenv("AzureWebJobsStorage", raising=False)  # the session's stack has put its own there
        stack.start(print)
    yield stack
    stack.stop()


def part(stack, name):
    return next(child for child in stack._children if child.name == name)


def kill(stack, victim: str) -> None:
    """SIGKILL one process, wait until it is gone, and start it again if it is the supervisor's to start."""
    if victim == "worker":
        workers = [
            p for p in psutil.Process(part(stack, "analysis").pid).children() if "spawn_main" in str(p.cmdline())
        ]
        if workers:
            random.choice(workers).kill()
        return
    child = part(stack, victim)
    os.kill(child.pid, signal.SIGKILL)
    child.process.wait()
    child.start()


def test_an_analysis_survives_being_killed_at_any_moment(mortal, demo, tmp_path):
    """One song a moment, each cut from another place; the killing moves on through the analysis by a fraction each time."""
    rng = random.Random(7)
    _, mix, _ = demo
    with Ripieno(mortal.url) as ripieno:
        warm_up = tmp_path / "warm.wav"
        soundfile.write(warm_up, mix[: 6 * 44100], 44100)
        began = time.monotonic()
        ripieno.wait(ripieno.upload(warm_up), timeout=120)
        began = time.monotonic()
        soundfile.write(warm_up, mix[44100 : 7 * 44100], 44100)
        ripieno.wait(ripieno.upload(warm_up), timeout=120)
        usual = time.monotonic() - began  # how long an analysis takes here, undisturbed

        songs = []
        for moment in range(MOMENTS):
            path = tmp_path / f"{moment}.wav"
            start = round((8 + 4 * moment) * 44100)
            soundfile.write(path, mix[start : start + round(CLIP_SECONDS * 44100)], 44100)
            songs.append(ripieno.upload(path))
            time.sleep(usual * moment / MOMENTS + rng.uniform(0, 0.1))  # the moment is what is being tested
            kill(mortal, ("host", "analysis", "host", "worker")[moment % 4])
            part(mortal, "host").wait_healthy(60)
            part(mortal, "analysis").wait_healthy(60)
        ended = [ripieno.wait(song, timeout=180) for song in songs]

    assert [song.status for song in ended] == ["analyzed"] * MOMENTS, [(song.status, song.error) for song in ended]
    assert_one_set_of_results(mortal, songs)


def assert_one_set_of_results(stack, songs: list[str]) -> None:
    blobs = BlobServiceClient.from_connection_string(stack.connection_string)
    tables = TableServiceClient.from_connection_string(stack.connection_string)
    raw = list(blobs.get_container_client(names.RAW_AUDIO).list_blob_names())
    dates = [row["audio_file_id"] for row in tables.get_table_client(names.INDEX_BY_DATE).list_entities()]
    states = [
        (row["audio_file_id"], row["status"]) for row in tables.get_table_client(names.INDEX_BY_STATUS).list_entities()
    ]
    for song in songs:
        assert raw.count(f"{song}.wav") == 1
        stems = sorted(blobs.get_container_client(names.STEMS).list_blob_names(name_starts_with=song))
        assert [name for name in stems if not name.endswith(".peaks.json")] == [
            f"{song}/{stem}.flac" for stem in ("bass", "drums", "other")
        ]
        assert dates.count(song) == 1
        assert [state for other, state in states if other == song] == ["analyzed"]
        results = tables.get_table_client(names.ANALYSIS_RESULTS).query_entities(f"PartitionKey eq '{song}'")
        assert len(list(results)) == 1
        chords = [row["start_time"] for row in tables.get_table_client(names.CHORD_ANNOTATIONS).query_entities(
            f"PartitionKey eq '{song}'")]  # fmt: skip
        assert len(chords) == len(set(chords))
    store = Store(stack.home / "host" / "durable.db")
    runs = store.rows("SELECT instance_id, status FROM instances WHERE name = 'PipelineOrchestrator'")
    store.close()
    for song in songs:
        assert [run["status"] for run in runs if song in run["instance_id"]] == ["Completed"]
