"""Quotas, usage, visitors and turns, with every part of a stack of its own."""

from __future__ import annotations

import io
import json
import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from unittest import mock

import httpx
import numpy as np
import pytest
import soundfile

from ripieno.contracts import names
from ripieno.contracts.audio import AudioFile
from ripieno.local.stack import Stack
from ripieno.records import quotas, runs, songs, usage
from ripieno.services import blobs
from tests.stacks import new_stack

UNLIMITED = dict.fromkeys(
    ("concurrent_jobs", "songs_a_day", "storage_bytes", "generation_seconds_a_day", "generation_seconds_a_month"),
    "unlimited",
)
QUOTAS = {
    "roles": {"*": UNLIMITED},
    "visitors": UNLIMITED | {"songs_a_day": 3, "generation_seconds_a_day": 5},
    "owners": {
        "one-a-day": {"songs_a_day": 1},
        "no-room": {"storage_bytes": 1000},
        "one-at-once": {"concurrent_jobs": 1},
    },
}
HEAVY = 20
PATIENCE = 400


@pytest.fixture(scope="module")
def stack(tmp_path_factory) -> Iterator[Stack]:
    chosen = {
        "RIPIENO_QUOTAS": json.dumps(QUOTAS),
        "RIPIENO_VISITORS": "generator",
        "RIPIENO_VISITOR_SECRET": "s" * 40,
        "RIPIENO_SWEEP_SECONDS": "0",
        "RIPIENO_REST_SECONDS": "1",
    }
    with mock.patch.dict(os.environ, chosen):
        stack = new_stack(tmp_path_factory.mktemp("quotas"))
        stack.start(print)
        os.environ["AzureWebJobsStorage"] = stack.connection_string
        yield stack
        stack.stop()


@pytest.fixture
def visitor(stack) -> Iterator[httpx.Client]:
    with a_visitor(stack) as client:
        yield client


def a_visitor(stack: Stack) -> httpx.Client:
    begun = httpx.post(f"{stack.url}/api/visits", timeout=60)
    assert begun.status_code == 201 and begun.headers["cache-control"] == "no-store"
    headers = {"authorization": f"Bearer {begun.json()['token']}", "owner": begun.json()["owner"]}
    return httpx.Client(base_url=f"{stack.url}/api", headers=headers, timeout=60)


def clip(number: int, seconds: float = 2.0) -> bytes:
    """A tone like no other."""
    at = np.arange(int(seconds * 44100)) / 44100
    file = io.BytesIO()
    soundfile.write(file, 0.3 * np.sin(2 * np.pi * (200 + 7 * number) * at), 44100, format="WAV")
    return file.getvalue()


def until(what: Callable, seconds: float = PATIENCE):
    """What a look gives once it gives something; the timers of a host are nothing that could be awaited."""
    deadline = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.2)
    return found


def upload(client: httpx.Client, number: int) -> httpx.Response:
    return client.post("/audio", content=clip(number), headers={"x-file-name": f"{number}.wav"})


def of(owner: str) -> list[AudioFile]:
    return songs.documents(owner, limit=200)[0]


def ended(owner: str) -> list[AudioFile]:
    return [song for song in of(owner) if song.status in ("analyzed", "failed")]


def drop(owner: str, number: int) -> str:
    name = f"owners/{owner}/{number:03}.wav"
    blobs.upload(names.RAW_AUDIO, name, clip(number))
    return name


def test_of_ten_songs_at_once_as_many_are_let_in_as_are_left_and_the_rest_are_told_until_when(visitor):
    assert upload(visitor, 1).status_code == upload(visitor, 2).status_code == 202
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda number: upload(visitor, 10 + number), range(10)))
    assert sorted(answer.status_code for answer in answers) == [202] + 9 * [429]
    refused = next(answer for answer in answers if answer.status_code == 429)
    problem = refused.json()
    assert (problem["code"], problem["quota"], problem["limit"], problem["used"]) == (
        "quota_exceeded",
        "songs_a_day",
        3,
        3,
    )
    turns = datetime.fromisoformat(problem["turns_at"])
    assert abs(int(refused.headers["retry-after"]) - (turns - datetime.now(UTC)).total_seconds()) < 30
    assert (turns.hour, turns.minute) == (0, 0)
    assert upload(visitor, 1).status_code in (200, 202), "what is there already is no further song"
    (mine,) = visitor.get("/usage").json()["owners"]
    assert next(one for one in mine["quotas"] if one["quota"] == "songs_a_day")["left"] == 0


def test_visitors_see_nothing_of_each_other_and_do_not_share_their_quota(stack, visitor):
    song = upload(visitor, 40).json()["audio_file_id"]
    with a_visitor(stack) as other:
        assert other.get(f"/audio/{song}").status_code == 404
        assert other.get("/usage", params={"owner": "all"}).status_code == 403
        assert upload(other, 40).json()["audio_file_id"] != song
        assert len(other.get("/audio").json()["items"]) == 1


def test_what_was_used_is_on_the_bill_once_and_what_was_deleted_lies_there_no_more(visitor):
    owner = visitor.headers["owner"]
    song = upload(visitor, 50).json()["audio_file_id"]
    until(lambda: visitor.get(f"/audio/{song}").json()["status"] == "analyzed")
    (mine,) = visitor.get("/usage").json()["owners"]
    lines = {line["unit"]: line for line in mine["lines"]}
    assert lines["songs"]["quantity"] == "1"
    assert float(lines["minutes"]["quantity"]) == pytest.approx(2 / 60, abs=1e-3)
    assert {line["of"].split("/")[0] for line in mine["lines"] if line["unit"] == "endpoint_seconds"} == {"analysis"}
    assert usage.bytes_stored(owner) > len(clip(50)), "its stems too"

    table = visitor.get("/usage", headers={"accept": "text/csv"})
    assert table.headers["content-type"].startswith("text/csv") and f",{owner},songs,,1," in table.text
    assert visitor.delete(f"/audio/{song}").status_code == 202
    until(lambda: usage.bytes_stored(owner) == 0)
    assert usage.of_month(owner, usage.month_of(datetime.now(UTC)))["songs"] == 1, "it was used all the same"


def test_generation_seconds_are_asked_before_anything_is_made(visitor):
    order = {
        "target_stems": ["bass"],
        "parameters": {"target_bpm": 100, "duration_seconds": 4, "chord_progression": ["C"]},
    }
    made = visitor.post("/generations", json=order)
    assert made.status_code == 202
    refused = visitor.post("/generations", json=order | {"target_stems": ["bass", "drums"]})
    assert (refused.status_code, refused.json()["quota"]) == (429, "generation_seconds_a_month"[:-5] + "day")
    request = made.json()["generation_request_id"]
    until(lambda: visitor.get(f"/generations/{request}").json()["status"] == "awaiting_review")
    owner = visitor.headers["owner"]
    until(lambda: "generated_ms" in usage.of_month(owner, usage.month_of(datetime.now(UTC))))
    state = {one.quota: one.used for one in quotas.states(owner)}
    assert state["generation_seconds_a_day"] in (4, 5, 8, 9), "what was made, and its place until its workflow is over"


def test_drops_wait_for_the_day_to_turn_and_for_a_place_and_are_rejected_where_there_is_no_room(stack):
    waiting = [drop("one-a-day", number) for number in (60, 61)]
    full = drop("no-room", 62)
    for number in (63, 64, 65):
        drop("one-at-once", number)
    until(lambda: ended("one-a-day"))
    until(lambda: full not in blobs.list_names(names.RAW_AUDIO, full))
    assert len(of("one-a-day")) == 1
    assert len(set(waiting) & set(blobs.list_names(names.RAW_AUDIO, "owners/one-a-day/"))) == 1, "it waits in the inbox"
    assert not of("no-room")
    said = blobs.properties(names.REJECTED, full).metadata
    assert said["code"] == "quota_exceeded" and "delete something" in said["reason"]
    until(lambda: len(ended("one-at-once")) == 3)


def test_who_deletes_everything_waits_for_nothing_that_waits_for_the_day_to_turn(stack, visitor):
    """Its file, its run and its history, which has the file's name, are gone with the rest."""
    owner, word = visitor.headers["owner"], "zqxwartet"
    for number in (70, 71, 72):
        assert upload(visitor, number).status_code == 202
    name = f"owners/{owner}/{word}.wav"
    blobs.upload(names.RAW_AUDIO, name, clip(73))

    def is_remembered() -> bool:
        files = [path for path in (stack.home / "host").rglob("*") if path.is_file()]
        return any(word.encode() in path.read_bytes() for path in files)

    until(lambda: runs.beginning_with(owner, names.drop_instances()) and is_remembered())
    until(lambda: len(ended(owner)) == 3)
    assert name in blobs.list_names(names.RAW_AUDIO, name), "it waits in the inbox"
    gone = visitor.delete("/account").json()["instance_id"]
    until(lambda: visitor.get(f"/removals/{gone}").json()["status"] == "completed")
    assert not of(owner) and not blobs.list_names(names.RAW_AUDIO, name)
    until(lambda: not runs.beginning_with(owner, "") and not is_remembered())


def test_the_one_song_of_a_second_owner_is_among_the_first_ten_however_many_came_before(stack):
    for number in range(HEAVY):
        drop("heavy", 100 + number)
    drop("light", 99)
    sent = datetime.now(UTC).isoformat()
    until(lambda: len(ended("heavy")) == HEAVY and ended("light"))
    done = sorted([*ended("heavy"), *ended("light")], key=lambda song: song.analyzed_at or "")
    assert {song.status for song in done} == {"analyzed"}
    assert [song.owner for song in done if (song.analyzed_at or "") > sent].index("light") < 10
    first = [song.original_file_name for song in done if song.owner == "heavy"].index("100.wav")
    assert first < 10, "nor does the oldest of the many wait for others of its owner"
