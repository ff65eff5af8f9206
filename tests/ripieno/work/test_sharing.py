"""What an owner lets somebody look at: given once, ended by whoever gave it, by time, and with the thing itself."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import makers
import pytest

from ripieno.contracts.enums import ItemKind
from ripieno.contracts.shares import ShareOrder
from ripieno.contracts.workflow import RemovalOrder
from ripieno.records import shares, songs, works
from ripieno.records.store import Missing
from ripieno.work import removal, sharing
from ripieno.work.sharing import CannotShare


@pytest.fixture
def song(storage, owner, tmp_path):
    path = tmp_path / "a.wav"
    path.write_bytes(makers.tone())
    return makers.analysed(owner, path)


def order(song, receiver: str = "ben", **fields) -> ShareOrder:
    return ShareOrder.model_validate({"kind": "songs", "id": song.audio_file_id, "with": receiver, **fields})


def test_the_same_share_many_times_at_once_is_one(song, owner):
    with ThreadPoolExecutor(8) as pool:
        given = list(pool.map(lambda _: sharing.give(owner, order(song, owner + "-b")), range(8)))
    assert len({one.share_id for one in given}) == 1
    assert len(shares.of_item(owner, song.audio_file_id)) == 1
    (seen,), _ = shares.received(owner + "-b", limit=10)
    assert (seen.owner, seen.name, seen.id) == (owner, "a.wav", song.audio_file_id)
    assert shares.giver(owner + "-b", ItemKind.SONGS, song.audio_file_id) == owner


def test_another_end_is_the_same_share(song, owner):
    first = sharing.give(owner, order(song, owner + "-b", until="2099-01-01"))
    second = sharing.give(owner, order(song, owner + "-b"))
    assert first.until is not None and second.until is None
    assert (first.share_id, first.created_at) == (second.share_id, second.created_at)
    assert [one.until for one in shares.given(owner, limit=10)[0]] == [None]


def test_it_ends_by_time_and_is_forgotten(song, owner):
    now = datetime.now(UTC)
    sharing.give(owner, order(song, owner + "-b", until=(now + timedelta(hours=1)).isoformat()))
    its = song.audio_file_id
    assert shares.giver(owner + "-b", ItemKind.SONGS, its, now) == owner
    later = now + timedelta(hours=1, seconds=1)
    assert shares.giver(owner + "-b", ItemKind.SONGS, its, later) is None
    assert shares.expire(later) >= 1
    assert shares.given(owner, limit=10)[0] == [] and shares.received(owner + "-b", limit=10)[0] == []


def test_with_the_song_its_shares_and_those_of_what_was_made_of_it_end(song, owner):
    work = makers.generated(song)
    sharing.give(owner, order(song, owner + "-b"))
    made = ShareOrder.model_validate({"kind": "works", "id": work.work_id, "with": owner + "-b"})
    sharing.give(owner, made)
    run = removal.of_song(owner, song.audio_file_id)
    assert shares.giver(owner + "-b", ItemKind.SONGS, song.audio_file_id) is None
    removal.delete(RemovalOrder.model_validate(run.order))
    assert shares.giver(owner + "-b", ItemKind.WORKS, work.work_id) is None
    assert shares.given(owner, limit=10)[0] == [] and shares.received(owner + "-b", limit=10)[0] == []


def test_the_same_bytes_again_are_shared_with_nobody(song, owner, tmp_path):
    sharing.give(owner, order(song, owner + "-b"))
    first = removal.of_song(owner, song.audio_file_id)
    again = makers.analysed(owner, tmp_path / "a.wav")
    assert again.audio_file_id == song.audio_file_id and again.born != song.born
    assert shares.giver(owner + "-b", ItemKind.SONGS, again.audio_file_id) is None
    sharing.give(owner, order(again, owner + "-b"))
    removal.delete(RemovalOrder.model_validate(first.order))  # of the life before, late
    assert shares.giver(owner + "-b", ItemKind.SONGS, again.audio_file_id) == owner


def test_what_is_removed_while_it_is_being_shared_is_not(song, owner, monkeypatch):
    real = shares.put

    def put(share) -> None:
        songs.delete(owner, song.audio_file_id, song.born)  # the removal looks before the share is there
        real(share)

    monkeypatch.setattr(shares, "put", put)
    with pytest.raises(Missing):
        sharing.give(owner, order(song, owner + "-b"))
    assert shares.giver(owner + "-b", ItemKind.SONGS, song.audio_file_id) is None


@pytest.mark.parametrize("died_after", [1, 2])
def test_who_dies_while_sharing_leaves_nothing_that_is_not_seen(song, owner, monkeypatch, died_after):
    """After the giver's row alone nobody may look; asking again completes it."""
    real, calls = shares._written, []

    def written(store, partition, share) -> None:
        if len(calls) == died_after - 1:
            raise KeyboardInterrupt
        calls.append(partition)
        real(store, partition, share)

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(shares, "_written", written)
        sharing.give(owner, order(song, owner + "-b"))
    assert shares.giver(owner + "-b", ItemKind.SONGS, song.audio_file_id) is None
    given = sharing.give(owner, order(song, owner + "-b"))
    assert shares.giver(owner + "-b", ItemKind.SONGS, song.audio_file_id) == owner
    sharing.end(owner, given.share_id)
    assert shares.giver(owner + "-b", ItemKind.SONGS, song.audio_file_id) is None


def test_what_cannot_be_shared_is_said(song, owner):
    work = makers.generated(song)
    with pytest.raises(CannotShare, match="yours"):
        sharing.give(owner, order(song, owner))
    with pytest.raises(CannotShare, match="passed"):
        sharing.give(owner, order(song, until="2020-01-01"))
    with pytest.raises(works.WorkMissing):
        sharing.give(owner, ShareOrder.model_validate({"kind": "sets", "id": work.work_id, "with": "ben"}))
    with pytest.raises(works.WorkMissing):
        sharing.give(owner, ShareOrder.model_validate({"kind": "works", "id": "0" * 25, "with": "ben"}))
    with pytest.raises(songs.SongMissing):
        sharing.give(f"not {owner}"[:40], order(song))
    far = sharing.give(owner, order(song, until="9999-12-31T23:59:59-12:00"))
    assert shares.giver("ben", ItemKind.SONGS, song.audio_file_id) == owner
    assert far.until is not None and far.until.startswith("9999")


def test_names_of_receivers_are_as_identities_have_them(song, owner):
    """A name that cannot stand in a key is known by its hash, as its owner is when they come."""
    from ripieno.services.identity import owner_named

    given = sharing.give(owner, order(song, "Zoë ♪ / O'Neil"))
    assert given.with_ == owner_named("Zoë ♪ / O'Neil")
    assert shares.giver(given.with_, ItemKind.SONGS, song.audio_file_id) == owner
