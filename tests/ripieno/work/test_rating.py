"""What people think of what was made: kept once, for its owner alone, bounded, gone with what it is about."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from pydantic import ValidationError

from ripieno.contracts.composition import Composition, CompositionOrder, Revision
from ripieno.contracts.feedback import MOST_OF_ONE_TARGET, FeedbackOrder, Opinion
from ripieno.contracts.generation import GenerationOrder
from ripieno.contracts.works import Work, WorkKind
from ripieno.records import feedback, works
from ripieno.work import rating, removal
from ripieno.work.revising import NoSuchVersion

STEMS, PIECE = "0123456789abc", "1123456789abc"


@pytest.fixture
def both(storage, owner) -> str:
    """A generation and a composition of somebody's; their owner."""
    known = Composition(order=CompositionOrder(), revisions=[Revision(number=1, made_at="now", status="made")])
    works.create(Work(work_id=STEMS, owner=owner, created_at="now", order=GenerationOrder()))
    works.create(
        Work(
            work_id=PIECE,
            owner=owner,
            kind=WorkKind.COMPOSITION,
            created_at="now",
            order=GenerationOrder(),
            composition=known,
        )
    )
    return owner


def say(owner: str, number: int, target: str = PIECE, **fields):
    order = FeedbackOrder.model_validate({"target": target, "rating": 3} | fields)
    return rating.give(owner, order, f"{9_000_000 - number:08d}")


def test_it_is_read_back_newest_first_and_by_what_it_is_about(both):
    for number, target in enumerate((PIECE, STEMS, PIECE)):
        say(both, number, target, comment="schön 🎹")
    everything, cursor = feedback.listed(both, limit=2)
    rest, end = feedback.listed(both, limit=2, cursor=cursor)
    assert [one.target for one in everything + rest] == [PIECE, STEMS, PIECE] and end is None
    assert (
        {one.comment for one in rest} == {"schön 🎹"} and everything[0].version == 1 and everything[1].version is None
    )
    of_one, _ = feedback.listed(both, target=STEMS, limit=9)
    assert [one.kind for one in of_one] == ["stems"]
    assert feedback.listed("somebody else", limit=9)[0] == []


def test_the_same_again_is_the_same(both):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: say(both, 1), range(8)))
    assert len(feedback.listed(both, limit=9)[0]) == 1


def test_it_goes_with_what_it_is_about(both):
    say(both, 1), say(both, 2, STEMS)
    removal.delete_work(both, PIECE)
    assert [one.target for one in feedback.listed(both, limit=9)[0]] == [STEMS]
    with pytest.raises(works.WorkMissing):
        say(both, 3)


def test_what_is_said_while_it_is_removed_does_not_stay(both, monkeypatch):
    kept = feedback.add

    def removed_meanwhile(owner, said):
        works.delete(owner, said.target)
        kept(owner, said)

    monkeypatch.setattr(feedback, "add", removed_meanwhile)
    with pytest.raises(works.WorkMissing):
        say(both, 1)
    assert feedback.listed(both, limit=9)[0] == []


def test_of_one_thing_so_much_is_kept_and_the_oldest_goes(both, monkeypatch):
    assert MOST_OF_ONE_TARGET >= 100
    monkeypatch.setattr(feedback, "MOST_OF_ONE_TARGET", 5)
    for number in range(8):
        say(both, number, comment=str(number))
    assert [one.comment for one in feedback.listed(both, limit=50)[0]] == ["7", "6", "5", "4", "3"]


def test_what_is_not_there_cannot_be_rated(both):
    with pytest.raises(NoSuchVersion):
        say(both, 1, version=2)
    with pytest.raises(works.WorkMissing, match="no composition"):
        rating.give(both, FeedbackOrder(target=STEMS, rating=1), "00000001", kind=WorkKind.COMPOSITION)
    with pytest.raises(works.WorkMissing):
        say("somebody else", 1)
    assert feedback.listed(both, limit=9)[0] == []


@pytest.mark.parametrize("said", [{}, {"rating": 6}, {"rating": 0}, {"rating": 3, "skip": True}, {"comment": "  "}])
def test_what_says_nothing_is_refused(said):
    with pytest.raises(ValidationError):
        Opinion.model_validate(said)
