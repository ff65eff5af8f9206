"""What was answered about something that is deleted is forgotten; its key stays, and makes nothing again."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime, timedelta

import pytest

from ripieno.contracts import names
from ripieno.contracts.workflow import Upload
from ripieno.records import idempotency, uploads
from ripieno.services import blobs
from ripieno.services.storage import table


@pytest.fixture
def answered(storage, owner):
    def answer(key: str, body: dict, headers: dict | None = None) -> None:
        claim = idempotency.claim(owner, key, b"a request")
        assert isinstance(claim, idempotency.Claim)
        idempotency.answer(claim, 202, headers or {}, json.dumps(body))

    return answer


@pytest.mark.parametrize("length", [10, 40_000])
def test_the_answer_goes_and_the_key_says_so(answered, owner, length):
    work = uuid.uuid4().hex
    answered("one", {"id": work, "brief": "la" * length})
    answered("other", {"id": "another", "brief": "lo"})
    assert idempotency.forget_about(owner, work) == 1
    again = idempotency.claim(owner, "one", b"a request")
    assert isinstance(again, idempotency.Answered) and again.status == 404 and "deleted since" in again.body
    assert json.loads(idempotency.claim(owner, "other", b"a request").body)["brief"] == "lo"
    assert blobs.list_names(names.RECORDS, f"idempotency/{owner}/") == []
    assert "la" * 5 not in str(list(table(names.IDEMPOTENCY_KEYS).list_entities()))


def test_what_stands_in_a_header_alone_is_found_too(answered, owner):
    answered("one", {}, {"Location": "/api/generations/82173489"})
    assert idempotency.forget_about(owner, "82173489") == 1
    assert idempotency.claim(owner, "one", b"a request").headers == {}


def test_one_that_is_still_at_work_keeps_its_claim(storage, owner):
    claim = idempotency.claim(owner, "one", b"a request")
    assert idempotency.forget_about(owner, "") == 0
    idempotency.answer(claim, 200, {}, "{}")
    idempotency.delete_all(owner)
    assert isinstance(idempotency.claim(owner, "one", b"a request"), idempotency.Claim)


def test_uploads_go_with_the_song_that_they_became(storage, owner):
    for number, song in enumerate(["song-a", "song-b"]):
        made = Upload(upload_id=f"{owner[6:]}{number}", owner=owner,
                      file_name="a.wav", created_at="2026-11-27T20:00:00+00:00", audio_file_id=song)  # fmt: skip
        uploads.create(made)
    uploads.delete_of(owner, "song-a")
    assert [uploads.find(f"{owner[6:]}{number}") is None for number in (0, 1)] == [True, False]
    assert uploads.delete_all(owner) == [f"{owner[6:]}1"]


@pytest.fixture
def half_answered(storage, owner, monkeypatch):
    """A long answer by somebody who is killed before the row points at it; returns its blob."""

    def answer(key: str, body: str) -> str:
        claim = idempotency.claim(owner, key, b"a request")
        assert isinstance(claim, idempotency.Claim)

        def killed(claimed, fields) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr(idempotency, "_merge", killed)
            idempotency.answer(claim, 202, {}, body)
        (name,) = [one for one in blobs.list_names(names.RECORDS, f"idempotency/{owner}/") if claim.row_key in one]
        return name

    return answer


def test_an_answer_that_no_row_points_at_goes_with_what_it_tells_of(half_answered, answered, owner):
    work = uuid.uuid4().hex
    of_it, of_another = half_answered("one", work + "la" * 20_000), half_answered("two", "lo" * 20_000)
    answered("three", {"id": work, "brief": "la" * 20_000})
    assert idempotency.forget_about(owner, work) == 2
    assert blobs.list_names(names.RECORDS, f"idempotency/{owner}/") == [of_another] and of_it != of_another


def test_an_answer_that_no_row_points_at_goes_with_its_key_and_with_its_owner(half_answered, owner):
    of_one = half_answered("one", "la" * 20_000)
    later = datetime.now(UTC) + timedelta(days=1)
    while idempotency.expire(later):
        pass
    assert of_one not in blobs.list_names(names.RECORDS, f"idempotency/{owner}/")
    half_answered("two", "la" * 20_000)
    assert idempotency.delete_all(owner) == 2, "the key and the answer"
    assert blobs.list_names(names.RECORDS, f"idempotency/{owner}/") == [] and idempotency.delete_all(owner) == 0


def test_who_asks_again_for_an_answer_that_is_just_being_deleted_is_told_so(answered, owner):
    answered("one", {"brief": "la" * 20_000})
    blobs.delete_prefix(names.RECORDS, f"idempotency/{owner}/")
    again = idempotency.claim(owner, "one", b"a request")
    assert isinstance(again, idempotency.Answered) and again.status == 404 and "deleted since" in again.body
