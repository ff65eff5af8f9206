"""An operator's evening through the command: what failed is seen, begun again and gone with its song; what waits, what is
left over and what must hold is looked at."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime

import httpx
import pytest

from ripieno.contracts import names
from ripieno.services import blobs


@pytest.fixture(scope="module")
def broken(stack, make_clip) -> str:
    """A song whose header is well and whose sound is not."""
    data = make_clip("broken on the way.flac", 30.0, 8.0).read_bytes()
    sent = httpx.post(f"{stack.url}/api/audio", content=data[:4000] + bytes(len(data) - 4000), timeout=60)
    assert sent.status_code == 202, sent.text
    return sent.json()["audio_file_id"]


def failure_of(command, subject: str, *more: str) -> dict | None:
    found = json.loads(command("ops", "failures", "--kind", "song", *more, "--json"))
    return next((one for one in found if one["subject"] == subject), None)


def until(look, seconds: float = 90.0):
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline
        time.sleep(0.2)
    return found


def test_a_song_that_failed_is_begun_again_and_takes_its_failure_with_it(stack, ripieno, command, broken):
    assert ripieno.wait(broken, timeout=120).status == "failed"
    failure = until(lambda: failure_of(command, broken))
    assert failure["redrive"] == "the song is analysed again" and failure["times"] == 1 and failure["reason"]
    shown = command("ops", "redrive", "--kind", "song", "--owner", "local", "--dry-run")
    assert failure["failure_id"] in shown and ripieno.get(broken).run == 1
    assert failure["failure_id"][:8] in command("ops", "redrive", failure["failure_id"][:8])
    again = until(lambda: (one := failure_of(command, broken)) and one["times"] == 2 and one)
    assert again["status"] == "open" and ripieno.get(broken).run == 2
    ripieno.wait_removal(ripieno.delete(broken).instance_id, timeout=120)
    assert failure_of(command, broken, "--all") is None
    assert "no failure begins" in command("ops", "redrive", "0000", expect=4)
    assert "name a failure" in command("ops", "redrive", expect=2)


def test_how_things_stand_is_told_in_words_and_figures(stack, ripieno, command):
    backlog = json.loads(command("ops", "backlog", "--json"))
    assert set(backlog["endpoints"]) >= {"analysis", "generation", "directml"}
    one = backlog["endpoints"]["analysis"]
    assert one["jobs"] == one["waiting"] + one["running"]
    assert "generation" in command("ops", "backlog")
    overview = json.loads(command("ops", "overview", "--json"))
    assert set(overview["storage"]) == set(names.CONTAINERS)
    assert "open failures" in command("ops", "overview")


def test_what_is_left_over_is_looked_for_and_what_is_young_stays(stack, command):
    lost = f"{names.seed(datetime.now(UTC))}/bass.flac"
    blobs.upload(names.GENERATED, lost, b"x")
    found = json.loads(command("ops", "orphans", "--json"))
    assert found["complete"] and found["removed"] == 0 and found["looked_at"] > 0
    assert blobs.read(names.GENERATED, lost) == b"x"
    blobs.delete(names.GENERATED, lost)
    assert "a dry run" in command("ops", "orphans", "--dry-run", stderr=True)
    purged = json.loads(command("ops", "purge", "--days", "3000", "--json"))
    assert purged["instances"] == 0 and purged["complete"]
    assert "would go" in command("ops", "purge", "--dry-run")


def test_a_song_without_its_bytes_is_told_of(stack, ripieno, command, make_clip):
    song = ripieno.wait(ripieno.upload(make_clip("checked.flac", 40.0, 4.0)), timeout=120)
    for name in blobs.list_names(names.SONGS, song.audio_file_id):
        blobs.delete(names.SONGS, name)
    said = json.loads(command("ops", "check", "--of", "songs", "--json", expect=1))
    assert f"song {song.audio_file_id}: its bytes are not in songs" in said["violations"]
    ripieno.wait_removal(ripieno.delete(song.audio_file_id).instance_id, timeout=120)
    assert json.loads(command("ops", "check", "--of", "songs", "--json"))["violations"] == []
