"""Works: listed by song and status, a page at a time; their status follows from their elements."""

from __future__ import annotations

import makers
import pytest

from ripieno.contracts.works import Version, Work
from ripieno.records import works
from ripieno.records.cursor import BadCursor


@pytest.fixture
def seven(storage: str, owner: str) -> list[str]:
    """Seven works, the newest first; the even ones are of a song, of a life of its own each."""
    made = []
    for number in range(7):
        of_song = {"audio_file_id": "song", "born": str(number)} if number % 2 == 0 else {}
        work = makers.work(owner, work_id=f"{9 - number}work", status="pending" if number < 3 else "failed", **of_song)
        assert works.create(work)
        made.append(work.work_id)
    return made[::-1]


def all_pages(owner: str, limit: int, **filters) -> list[list[str]]:
    found, cursor = [], None
    while True:
        page, cursor = works.listed(owner, limit=limit, cursor=cursor, **filters)
        found.append([work.work_id for work in page])
        if cursor is None:
            return found


@pytest.mark.parametrize(
    ("filters", "places"),
    [
        ({}, range(7)),
        ({"audio_file_id": "song"}, [0, 2, 4, 6]),
        ({"status": "pending"}, [4, 5, 6]),
        ({"audio_file_id": "song", "status": "pending"}, [4, 6]),
        ({"audio_file_id": "another"}, []),
    ],
    ids=str,
)
def test_works_are_listed_newest_first_a_page_at_a_time(seven, owner, filters, places):
    expected = [seven[place] for place in places]
    assert all_pages(owner, 50, **filters) == [expected]
    found = all_pages(owner, 2, **filters)
    assert [one for page in found for one in page] == expected
    assert all(len(page) == 2 for page in found[:-1])


@pytest.mark.parametrize("filters", [{"status": "failed"}, {}])
def test_a_work_that_is_deleted_while_it_is_listed_ends_no_listing(seven, owner, monkeypatch, filters):
    first, cursor = works.listed(owner, limit=2, **filters)
    works.delete(owner, first[1].work_id)
    rest = works.listed(owner, limit=50, cursor=cursor, **filters)[0]
    assert [work.work_id for work in (*first, *rest)] == seven[: 4 if filters else 7]
    real = works.find
    monkeypatch.setattr(works, "find", lambda owner, key: None if key == seven[2] else real(owner, key))
    if filters:  # between its index row and itself
        found = all_pages(owner, 2, **filters)
        assert [one for page in found for one in page] == [seven[0], seven[3]]


@pytest.mark.parametrize("cursor", ["NQ", "zzz", "W10", "", "MTIz"])
@pytest.mark.parametrize("filters", [{}, {"status": "pending"}])
def test_a_cursor_that_is_none_is_said_to_be_none(storage, owner, cursor, filters):
    with pytest.raises(BadCursor):
        works.listed(owner, limit=5, cursor=cursor, **filters)


def test_a_cursor_of_another_listing_is_refused(seven, owner):
    _, cursor = works.listed(owner, limit=1)
    with pytest.raises(BadCursor, match="other filters"):
        works.listed(owner, limit=1, cursor=cursor, status="pending")


def test_the_works_of_one_life_of_a_song(seven, owner):
    assert works.of_song(owner, "song", "2") == [seven[4]]
    assert works.of_song(owner, "song", "9") == [] == works.of_song("somebody", "song", "2")


def test_works_that_wait_for_a_verdict_are_found_of_every_owner(storage, owner):
    made = [makers.work(f"{owner}-{number}", "bass", status="awaiting_review") for number in range(2)]
    for work in made:
        works.create(work)
    works.delete(made[0].owner, made[0].work_id)
    waiting = {work.work_id for work in works.awaiting_review()}
    assert made[1].work_id in waiting and made[0].work_id not in waiting


@pytest.mark.parametrize(
    ("takes", "status"),
    [
        (["generating", "generated"], "generating"),
        (["generated", "failed"], "awaiting_review"),
        (["generated", "approved"], "awaiting_review"),
        (["approved", "rejected"], "completed"),
        (["rejected", "rejected"], "completed"),
        (["approved", "failed"], "completed"),
        (["failed", "failed"], "failed"),
        (["unreviewed", "approved"], "completed"),
    ],
)
def test_the_status_follows_from_the_latest_versions(storage, owner, takes, status):
    work = makers.work(owner, "bass", "drums")
    works.create(work)

    def ended(known: Work) -> Work:
        for element, take in zip(known.elements, takes, strict=True):
            element.versions = [element.versions[0].model_copy(update={"status": take})]
        return known

    assert works.change(owner, work.work_id, ended).status == status
    assert works.get(owner, work.work_id).status == status
    assert [one.work_id for one in works.listed(owner, limit=9, status=status)[0]] == [work.work_id]


def test_of_what_is_not_there_it_is_said_what_is(storage, owner):
    work = makers.work(owner, "bass", "synth 2")
    works.create(work)
    with pytest.raises(works.VersionMissing, match="its stems are bass, synth 2"):
        works.version(work, "kazoo", None)
    with pytest.raises(works.VersionMissing, match="its takes are 1 to 1"):
        works.version(work, "bass", 2)
    with pytest.raises(works.VersionMissing):
        works.change_version(owner, work.work_id, "bass", 2, lambda known, version: version)
    for call in (works.get, lambda owner, key: works.change(owner, key, lambda known: known)):
        with pytest.raises(works.WorkMissing, match="there is no generation nobody"):
            call(owner, "nobody")
    assert works.find(owner, "../id|x") is None and works.find(owner, "a" * 300) is None


def test_a_work_with_every_take_and_comment_that_there_may_be_comes_back(storage, owner):
    """Twelve layers of twenty takes, each with inputs and a review of a thousand letters of four bytes."""
    work = makers.work(owner, *[f"synth {number}" for number in range(12)])
    works.create(work)
    review = {"approved": False, "comment": "\U0001f3b7" * 1000, "reviewer": owner, "reviewed_at": work.created_at}

    def all_of(known: Work) -> Work:
        for element in known.elements:
            element.versions = [
                Version(number=1 + number, status="rejected", made_at=work.created_at, reviews=[review])
                for number in range(20)
            ]
        return known

    changed = works.change(owner, work.work_id, all_of)
    assert works.get(owner, work.work_id) == changed
    assert [one.work_id for one in works.listed(owner, limit=1)[0]] == [work.work_id]
    works.delete(owner, work.work_id)
