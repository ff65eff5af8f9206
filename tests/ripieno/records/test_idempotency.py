"""A key is claimed once; whoever comes second gets the first one's answer."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier, Event

import makers
import pytest
from azure.core.exceptions import ServiceResponseError

from ripieno.contracts import names
from ripieno.records import idempotency
from ripieno.services import blobs

EQUAL = 8
LATER = datetime.now(UTC) + timedelta(days=1)


def test_of_eight_equal_claims_at_once_one_does_the_work_and_all_get_its_answer(storage, owner):
    together, done = Barrier(EQUAL), []

    def ask(number: int) -> tuple[int, str]:
        together.wait()
        found = idempotency.claim(owner, "key", b"the same")
        if isinstance(found, idempotency.Claim):
            done.append(found.seed)
            idempotency.answer(found, 202, {"Location": "/there"}, found.seed)
            return 202, found.seed
        return found.status, found.body

    with ThreadPoolExecutor(EQUAL) as pool:
        answers = set(pool.map(ask, range(EQUAL)))
    assert len(done) == 1 and answers == {(202, done[0])}
    again = idempotency.claim(owner, "key", b"the same")
    assert (again.status, again.headers, again.body) == (202, {"Location": "/there"}, done[0])


def test_another_request_with_the_same_key_is_a_conflict(storage, owner):
    claimed = idempotency.claim(owner, "key", b"one")
    with pytest.raises(idempotency.KeyReused):
        idempotency.claim(owner, "key", b"two")
    idempotency.answer(claimed, 200, {}, "{}")
    with pytest.raises(idempotency.KeyReused):
        idempotency.claim(owner, "key", b"two")
    assert isinstance(idempotency.claim(f"{owner}-2", "key", b"two"), idempotency.Claim), "a key is its owner's"


def test_who_waits_too_long_is_told_to_ask_again(storage, owner):
    idempotency.claim(owner, "key", b"slow")
    with pytest.raises(idempotency.StillRunning):
        idempotency.claim(owner, "key", b"slow", wait=0.1)


def test_a_key_that_was_let_go_is_claimed_by_who_waits(storage, owner):
    claimed, waits = idempotency.claim(owner, "key", b"fails"), Event()

    def second() -> object:
        for pause in idempotency.pauses():
            found = idempotency.attempt(owner, "key", b"fails")
            waits.set()
            if found is not None:
                return found
            Event().wait(pause)

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(second)
        assert waits.wait(10)
        idempotency.let_go(claimed)
        found = waiting.result(10)
    assert isinstance(found, idempotency.Claim) and found.seed != claimed.seed


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_claim_is_as_old_as_storage_says_whatever_the_clock_here(storage, owner, monkeypatch, hours):
    """It was claimed by a machine whose clock is another: its owner lives, and nobody takes it over."""

    class Wrong(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime.now(tz) + timedelta(hours=hours)

    idempotency.claim(owner, "key", b"slow")
    with monkeypatch.context() as patch:
        patch.setattr(idempotency, "datetime", Wrong)
        assert idempotency.attempt(owner, "key", b"slow") is None
    row, _, age = idempotency._read(owner, hashlib.sha256(b"key").hexdigest())
    assert timedelta(seconds=-2) < age < timedelta(minutes=5) and "status" not in row


def test_a_dead_claim_is_taken_over_once_with_its_seed(storage, owner, monkeypatch):
    claimed = idempotency.claim(owner, "key", b"dies")
    assert idempotency.attempt(owner, "key", b"dies") is None
    makers.died(claimed, monkeypatch)
    together = Barrier(EQUAL)

    def ask(number: int) -> object:
        together.wait()
        return idempotency.attempt(owner, "key", b"dies")

    with ThreadPoolExecutor(EQUAL) as pool:
        taken = [found for found in pool.map(ask, range(EQUAL)) if found is not None]
    assert [one.seed for one in taken] == [claimed.seed]


@pytest.mark.parametrize("size", [10, 40_000, 500_000])
def test_an_answer_of_any_size_is_kept_and_expires_whole(storage, owner, size):
    claimed = idempotency.claim(owner, "key", b"x")
    body = "ж" * size
    idempotency.answer(claimed, 200, {}, body)
    assert idempotency.claim(owner, "key", b"x").body == body
    idempotency.expire(datetime(2020, 1, 1, tzinfo=UTC))
    assert isinstance(idempotency.claim(owner, "key", b"x"), idempotency.Answered)
    idempotency.expire(LATER)
    assert isinstance(idempotency.claim(owner, "key", b"x"), idempotency.Claim)
    assert blobs.list_names(names.RECORDS, f"idempotency/{owner}/") == []


def test_an_answer_that_comes_after_its_key_has_expired_is_nobodys(storage, owner):
    claimed = idempotency.claim(owner, "key", b"x")
    idempotency.expire(LATER)
    idempotency.answer(claimed, 200, {}, "late")
    assert isinstance(idempotency.claim(owner, "key", b"x"), idempotency.Claim)


@pytest.mark.parametrize("key", ["", "x" * 256, "a\nb", "\x00"])
def test_a_key_that_can_be_none_is_refused(storage, owner, key):
    with pytest.raises(idempotency.BadKey):
        idempotency.claim(owner, key, b"x")


@pytest.mark.parametrize("key", ["ключ \U0001f511", "a/b#c?d", "x" * 255])
def test_any_printable_key_will_do(storage, owner, key):
    assert isinstance(idempotency.claim(owner, key, b"x"), idempotency.Claim)


class Breaks:
    """A table whose connection breaks so many times, before or after what it was asked for is done."""

    def __init__(self, real, operation: str, times: int, *, done: bool) -> None:
        self._real, self._operation, self._times, self._done = real, operation, times, done

    def __getattr__(self, name: str):
        call = getattr(self._real, name)
        if name != self._operation or self._times == 0:
            return call

        def broken(*args, **kwargs):
            self._times -= 1
            if self._done:
                call(*args, **kwargs)
            raise ServiceResponseError("Connection aborted.")

        return broken


def breaking(monkeypatch, operation: str, times: int, *, done: bool) -> None:
    table = Breaks(idempotency.table(names.IDEMPOTENCY_KEYS), operation, times, done=done)
    monkeypatch.setattr(idempotency, "table", lambda _: table)


def test_who_does_not_hear_that_the_claim_was_made_has_it_all_the_same(storage, owner, monkeypatch):
    breaking(monkeypatch, "create_entity", 1, done=True)
    assert isinstance(idempotency.claim(owner, "key", b"", wait=1), idempotency.Claim)
    with pytest.raises(idempotency.StillRunning):
        idempotency.claim(owner, "key", b"", wait=0.1)


def test_a_claim_that_never_arrived_is_made_the_next_time(storage, owner, monkeypatch):
    breaking(monkeypatch, "create_entity", 1, done=False)
    assert isinstance(idempotency.claim(owner, "key", b"", wait=5), idempotency.Claim)


@pytest.mark.parametrize("done", [True, False])
def test_an_answer_is_kept_though_connections_break(storage, owner, monkeypatch, done):
    claimed = idempotency.claim(owner, "key", b"")
    breaking(monkeypatch, "update_entity", 2, done=done)
    idempotency.answer(claimed, 202, {}, "{}")
    assert idempotency.claim(owner, "key", b"") == idempotency.Answered(202, {}, "{}")


def test_where_no_answer_could_be_kept_the_next_one_takes_over_with_the_same_seed(storage, owner, monkeypatch):
    claimed = idempotency.claim(owner, "key", b"")
    breaking(monkeypatch, "update_entity", 3, done=False)
    with pytest.raises(ServiceResponseError):
        idempotency.answer(claimed, 202, {}, "{}")
    found = idempotency.claim(owner, "key", b"", wait=1)
    assert isinstance(found, idempotency.Claim) and found.seed == claimed.seed
    with pytest.raises(idempotency.StillRunning):
        idempotency.claim(owner, "key", b"", wait=0.1)
    idempotency.answer(found, 202, {}, "{}")
    assert isinstance(idempotency.claim(owner, "key", b""), idempotency.Answered)
