"""Verdicts are counted by engine and style, each once, and move with whoever changes their mind; no name is kept."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor

import makers
import pytest
from azure.core.exceptions import ServiceRequestError

from ripieno.contracts import names
from ripieno.contracts.enums import TakeStatus
from ripieno.contracts.workflow import VersionOrder
from ripieno.contracts.works import Work
from ripieno.records import verdicts, works
from ripieno.services.storage import table
from ripieno.work import generating, judging, review

pytestmark = pytest.mark.usefixtures("storage")


@pytest.fixture
def owner() -> str:
    return f"user-{uuid.uuid4().hex[:8]}"


@pytest.fixture(autouse=True)
def nothing_counted(storage):
    for owner, work in list(works.everything()):
        works.delete(owner, work.work_id)
    for row in list(table(names.VERDICTS).list_entities()):
        table(names.VERDICTS).delete_entity(row["PartitionKey"], row["RowKey"])


def heard(owner: str, style: str = "bossa 70%, house 30%") -> Work:
    work = makers.work(owner, "bass")
    works.create(work)
    stem = makers.stem(work.work_id, "bass")
    stem["stems"][0]["plan"]["style"] = style
    order = VersionOrder(
        owner=owner, work_id=work.work_id, arrived_at=work.created_at, element="bass", version=1
    )  # fmt: skip
    generating.save_version(order, stem, None)
    return works.get(owner, work.work_id)


def say(work: Work, approved: bool) -> None:
    review.give(work.owner, work.work_id, "bass", 1, approved=approved, comment="", reviewer="me")


def counts() -> list[tuple[str, int, int]]:
    return [(one.style, one.accepted, one.rejected) for one in verdicts.counted()]


def test_a_verdict_counts_for_the_engine_and_the_strongest_genre(owner):
    work = heard(owner)
    assert counts() == []
    say(work, True)
    (one,) = verdicts.counted()
    assert (one.engine, one.style) == (makers.MAKER.engine, "bossa")
    assert (one.accepted, one.rejected) == (1, 0)


def test_who_changes_their_mind_moves_it(owner):
    work = heard(owner)
    for approved in (True, False, True, False):
        say(work, approved)
        assert counts() == [("bossa", int(approved), int(not approved))]


def test_counted_again_nothing_changes(owner):
    say(heard(owner), True)
    say(heard(owner), False)
    assert judging.count_everything() == 0
    assert counts() == [("bossa", 1, 1)]


def test_a_style_that_is_no_genre_any_more_is_not_kept(owner):
    work = heard(owner)

    def renamed(known: Work) -> Work:
        stem = known.elements[0].versions[0].stem
        assert stem is not None
        stem.plan.style = "as my neighbour Ada plays"
        known.elements[0].versions[0].status = TakeStatus.APPROVED
        return known

    works.change(owner, work.work_id, renamed)
    judging.count(owner, work.work_id)
    assert counts() == [("other", 1, 0)]


def test_what_an_outage_left_out_is_counted_by_night(owner, monkeypatch):
    def away(*args, **kwargs):
        raise ServiceRequestError("away")

    with monkeypatch.context() as patched:
        patched.setattr(verdicts, "count", away)
        say(heard(owner), True)
    assert counts() == []
    assert judging.count_everything() == 1
    assert counts() == [("bossa", 1, 0)]


def test_of_verdicts_that_come_together_the_last_is_counted(owner):
    work = heard(owner)

    def try_to_say(approved: bool) -> None:
        try:
            say(work, approved)
        except review.NotReviewable:
            pass

    for _ in range(5):
        with ThreadPoolExecutor(6) as pool:
            list(pool.map(try_to_say, [True, False] * 3))
        is_approved = works.get(owner, work.work_id).elements[0].versions[0].status == "approved"
        assert counts() == [("bossa", int(is_approved), int(not is_approved))]


def test_no_name_is_in_it(owner):
    work = heard(owner)
    say(work, True)
    for row in table(names.VERDICTS).list_entities():
        assert owner not in str(dict(row)) and work.work_id not in str(dict(row))
