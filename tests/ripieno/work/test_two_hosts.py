"""Two hosts on one storage, as processes of their own: whatever both do at once is done once."""

from __future__ import annotations

from pathlib import Path

import makers
import pytest

from ripieno.contracts import names
from ripieno.contracts.workflow import DropOrder
from ripieno.records import runs, songs
from ripieno.services import blobs
from ripieno.services.storage import table
from ripieno.work import ingest, removal
from tests.host_process import at_once, hosts

TURNS = 6


@pytest.fixture(scope="module")
def both(azurite_alone: str):
    with hosts(2, azurite_alone) as started:
        yield started


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    path = tmp_path / "clip.wav"
    path.write_bytes(makers.tone())
    return path


def traces_of(word: str) -> list[str]:
    """Every blob and row in which a word stands, but what a removal remembers of itself."""
    found = [f"{place}/{name}" for place in names.CONTAINERS for name in blobs.list_names(place)]
    for name in names.TABLES:
        found += [
            f"{name} {row['RowKey']} {' '.join(map(str, row.values()))}"
            for row in table(name).list_entities()
            if not (name == names.RUNS and row["RowKey"].startswith("remove-"))
        ]
    return [one for one in found if word in one]


def test_equal_posts_are_done_by_one_and_answered_by_both(storage, owner, both):
    for turn in range(TURNS):
        told = at_once(both, "post", owner, f"key {turn}")
        (did,) = [one for one in told if one.startswith("did ")]
        assert {one.removeprefix("did ") for one in told} == {did.removeprefix("did ")}


def test_a_client_that_gives_up_on_one_host_and_asks_the_other_gets_the_same(storage, owner, both):
    first = both[0].call("post", owner, "key")
    assert both[1].call("post", owner, "key") == first.removeprefix("did ")


def test_the_same_file_at_both_is_one_song(storage, owner, both, tmp_path):
    for turn in range(TURNS):
        path = tmp_path / f"{turn}.wav"
        path.write_bytes(makers.tone())
        told = at_once(both, "upload", owner, str(path))
        assert len({(song_id, born) for song_id, born, _ in told}) == 1
        assert [is_new for *_, is_new in told].count(True) == 1
        (known,) = [one for one in songs.search(owner, songs.SongQuery()).items if one.audio_file_id == told[0][0]]
        assert blobs.list_names(names.SONGS, known.audio_file_id) == [songs.get(owner, known.audio_file_id).blob_name]


def test_the_same_drop_at_both_is_one_song_and_leaves_the_inbox(storage, owner, both, clip):
    for turn in range(TURNS):
        name = f"owners/{owner}/{turn}.wav"
        blobs.upload(names.RAW_AUDIO, name, makers.tone())
        order = ingest.dropped(name).order
        told = at_once(both, "take_in_drop", order)
        song_ids = {one["audio_file_id"] for one in told} - {None}
        assert len(song_ids) == 1 and {one["outcome"] for one in told} <= {"ingested", "duplicate", "missing"}
        assert blobs.list_names(names.RAW_AUDIO, name) == []
        song = songs.get(owner, *song_ids)
        assert [run.instance_id for run in runs.beginning_with(owner, f"song-{song.audio_file_id}-")] == [
            song.instance_id
        ]
        again = both[turn % 2].call("take_in_drop", order)  # the activity is run once more, late
        assert again["outcome"] == "missing"
        assert DropOrder.model_validate(order).owner == owner


def test_a_delete_at_both_is_one_removal_and_leaves_nothing(storage, owner, both, clip):
    for turn in range(TURNS):
        clip.write_bytes(makers.tone())
        song = ingest.take_in(owner, clip, f"{turn}.wav").song
        order = removal.of_song(owner, song.audio_file_id).order
        assert set(at_once(both, "delete_song", owner, song.audio_file_id)) == {order["instance_id"]}
        at_once(both, "remove", order)
        at_once(both, "remove", order)  # and once more, as after a crash
        assert [run.instance_id for run in runs.beginning_with(owner, order["instance_id"])] == [order["instance_id"]]
        assert [one for one in traces_of(song.audio_file_id) if not one.startswith(f"{names.RUNS} song-")] == []


def test_one_callback_at_both_is_heard_by_one(storage, owner, both):
    for turn in range(TURNS):
        assert sorted(at_once(both, "hear", f"{owner} {turn}")) == [False, True]


def test_timers_that_fire_at_both_do_no_harm(storage, owner, both, clip, monkeypatch):
    """Every night both forget the same keys; every ten seconds both look after the same runs, by the same ids."""
    for key in range(20):
        both[0].call("post", owner, f"old {key}")
    at_once(both, "expire", 3)
    assert list(table(names.IDEMPOTENCY_KEYS).query_entities(f"PartitionKey eq '{owner}'")) == []
    song = ingest.take_in(owner, clip, "never begun.wav").song
    row = table(names.RUNS).get_entity(owner, song.instance_id)
    table(names.RUNS).update_entity({**row, "asked_at": "2020-01-01T00:00:00+00:00"})
    told = at_once(both, "look_after", 0)
    assert all(song.instance_id in started for started in told), "one hub takes an id once, whoever asks for it"
