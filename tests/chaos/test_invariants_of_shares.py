"""What must hold of shares, broken by hand, and seen."""

from __future__ import annotations

from collections.abc import Iterator

import makers
import pytest

from ripieno.contracts.shares import Share, ShareOrder
from ripieno.records import runs, shares, songs
from ripieno.work import sharing
from tests.chaos.invariants import Snapshot, violations
from tests.stacks import azurite_of_its_own


@pytest.fixture(scope="module")
def azurite_alone(tmp_path_factory) -> Iterator[str]:
    """For these tests alone: each looks at everything there is."""
    with azurite_of_its_own(tmp_path_factory.mktemp("azurite")) as connection:
        yield connection


@pytest.fixture
def share(storage, owner, tmp_path) -> Share:
    path = tmp_path / "a.wav"
    path.write_bytes(makers.tone())
    song = makers.analysed(owner, path)
    for run in runs.everything():
        if run.owner == owner:
            runs.forget(run)
    return sharing.give(
        owner, ShareOrder.model_validate({"kind": "songs", "id": song.audio_file_id, "with": f"{owner}-b"})
    )


def wrong(share: Share) -> list[str]:
    return [one for one in violations(Snapshot.take()) if share.share_id in one]


def test_a_share_that_is_as_it_should_be_is_no_violation(share):
    assert wrong(share) == []


def test_a_share_that_its_giver_does_not_see_is_seen(share):
    shares._given.delete(share.owner, share.share_id)
    assert wrong(share) == [f"share {share.share_id}: is received, and nobody has given it"]


def test_a_share_of_what_is_gone_is_seen(share):
    songs.delete(share.owner, share.id, share.born or "")
    assert wrong(share) == [f"share {share.share_id}: {share.id} is gone, and may be looked at"]
