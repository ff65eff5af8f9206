"""A POST that is sent again does what was left to do, whatever broke the first time, and never the same twice."""

from __future__ import annotations

import asyncio
import json
import threading
import uuid
from concurrent import futures
from datetime import UTC, datetime, timedelta

import azure.functions as func
import makers
import pytest

from ripieno.contracts import names
from ripieno.local.host import durable_api
from ripieno.records import idempotency, keeping, runs, works
from ripieno.services import identity
from ripieno.services.storage import table
from triggers import openapi
from triggers.routing import routes

NOBODY = durable_api.client_binding("http://127.0.0.1:9", "key", "hub")
FREE = {
    "target_stems": ["bass"],
    "parameters": {"target_bpm": 100, "duration_seconds": 4, "chord_progression": ["C"]},
}


@pytest.fixture
def me(storage, monkeypatch) -> str:
    """An owner of the test's own, whom every call is of."""
    owner = f"owner-{uuid.uuid4().hex[:8]}"
    monkeypatch.setattr(identity, "LOCAL_OWNER", owner)
    return owner


def called(name: str, body: object, key: str | None, **route: str) -> tuple[int, dict, dict]:
    (function,) = [one for one in makers.app_functions().of("httpTrigger") if one.name == name]
    headers = {"content-type": "application/json"} | ({"idempotency-key": key} if key is not None else {})
    request = func.HttpRequest(
        "POST", "http://127.0.0.1:7071/api/x", headers=headers, params={}, route_params=route,
        body=body if isinstance(body, bytes) else json.dumps(body).encode(),
    )  # fmt: skip
    answer = function.call(**function.arguments(request, NOBODY))
    if function.is_async:
        answer = asyncio.run(answer)
    return answer.status_code, json.loads(answer.get_body()), dict(answer.headers)


def test_a_host_that_breaks_after_the_work_was_kept_makes_no_second_one(me):
    """The work is noted, then its workflow cannot be started: whoever sends the same again asks for the same work."""
    for _ in range(3):
        assert called("create_generation", FREE, "one key")[0] == 500
    (work,) = works.listed(me, limit=10)[0]
    (run,) = runs.beginning_with(me, "")
    assert run.instance_id == names.work_instance(work.work_id)
    assert called("create_generation", FREE, "another key")[0] == 500
    assert len(runs.beginning_with(me, "")) == 2


def test_what_was_refused_leaves_its_key_free_for_what_is_right(me):
    wrong = FREE | {"parameters": FREE["parameters"] | {"chord_progression": ["no chord"]}}
    assert called("create_generation", wrong, "key")[0] == 400
    assert called("create_generation", FREE, "key")[0] == 500, "it gets as far as the host, which is not there"


def test_a_key_that_comes_with_another_request_is_422_as_the_draft_says(me):
    first = called("rotate_webhook_secret", {"overlap_hours": 1}, "key")
    again = called("rotate_webhook_secret", {"overlap_hours": 1}, "key")
    assert first[0] == again[0] == 200 and first[1] == again[1] and again[2]["Idempotency-Replayed"] == "true"
    other = called("rotate_webhook_secret", {"overlap_hours": 2}, "key")
    assert (other[0], other[1]["code"]) == (422, "idempotency_key_reused")
    elsewhere = called("rebuild_preferences", {}, "key")
    assert (elsewhere[0], elsewhere[1]["code"]) == (422, "idempotency_key_reused")
    assert called("rotate_webhook_secret", {"overlap_hours": 1}, "key")[1]["number"] == 2


def test_a_key_is_its_owners(me, monkeypatch):
    assert called("rotate_webhook_secret", {}, "key")[1]["number"] == 2
    monkeypatch.setattr(identity, "LOCAL_OWNER", f"{me}-2")
    status, told, headers = called("rotate_webhook_secret", {"overlap_hours": 3}, "key")
    assert (status, told["number"]) == (200, 2) and "Idempotency-Replayed" not in headers


def test_a_post_without_an_owner_says_that_it_heeds_no_key():
    """Keys are an owner's: `POST /visits` answers a secret, which nobody else's key may get."""
    for one in (one for one in routes() if one.method == "POST" and one.role is None):
        told = openapi.document()["paths"][one.path]["post"]
        assert not [parameter for parameter in told.get("parameters", []) if parameter["name"] == "Idempotency-Key"]
        assert "`Idempotency-Key` is not heeded" in " ".join(told["description"].split()), one.path


@pytest.mark.parametrize("key", ["", "x" * 256, "a\tb"])
def test_a_key_that_is_none_is_told_so(me, key):
    status, told, _ = called("rotate_webhook_secret", {}, key)
    assert (status, told["code"]) == (400, "bad_idempotency_key")


def test_a_request_that_is_still_being_answered_is_409(me, monkeypatch):
    monkeypatch.setattr(idempotency, "WAIT_SECONDS", 0.0)
    monkeypatch.setattr(idempotency.pauses, "__defaults__", (0.0,))
    monkeypatch.setattr(idempotency.claim, "__kwdefaults__", {"wait": 0.0})
    path = next(one.path for one in routes() if one.name == "rotate_webhook_secret")
    idempotency.attempt(me, "key", f"{path} {{}} {{}}\n".encode() + b"{}")
    status, told, headers = called("rotate_webhook_secret", {}, "key")
    assert (status, told["code"], headers["Retry-After"]) == (409, "still_running", "1")


@pytest.fixture
def keeper(monkeypatch) -> None:
    """A keeper that keeps nothing yet, and renews often."""
    monkeypatch.setattr(keeping, "RENEW_SECONDS", 0.02)
    monkeypatch.setattr(keeping, "_keeper", keeping._Keeper())


# -- claims that are kept -----------------------------------------------------------------------------------------


def test_who_is_at_work_for_longer_than_a_claim_lives_keeps_it(me, monkeypatch, keeper):
    claimed = idempotency.claim(me, "slow", b"x")
    renewed = threading.Event()
    real = idempotency.renewed
    monkeypatch.setattr(idempotency, "renewed", lambda one: (real(one), renewed.set())[0])
    makers.died(claimed, monkeypatch)  # so old is what nobody has written since
    keeping.keep(claimed)
    assert renewed.wait(10)
    now = keeping.end(claimed)
    assert now.etag != claimed.etag and now.seed == claimed.seed
    assert idempotency.attempt(me, "slow", b"x") is None, "it is young, and at work"
    idempotency.let_go(now)
    assert isinstance(idempotency.attempt(me, "slow", b"x"), idempotency.Claim)


def test_a_claim_that_another_has_taken_over_is_not_kept_from_it(me, monkeypatch, keeper):
    claimed = idempotency.claim(me, "slow", b"x")
    with monkeypatch.context() as patch:
        makers.died(claimed, patch)
        second = idempotency.attempt(me, "slow", b"x")
    told = []
    done = threading.Event()
    real = idempotency.renewed
    monkeypatch.setattr(idempotency, "renewed", lambda one: (told.append(real(one)), done.set(), told[-1])[2])
    keeping.keep(claimed)
    assert done.wait(10) and told == [None]
    idempotency.give_up(keeping.end(claimed))  # and what it says later changes nothing
    assert idempotency.attempt(me, "slow", b"x") is None
    idempotency.answer(second, 200, {}, "{}")
    assert isinstance(idempotency.attempt(me, "slow", b"x"), idempotency.Answered)


def test_a_claim_is_begun_while_slow_storage_is_asked_to_renew_another(me, monkeypatch, keeper):
    """Whoever begins one may be an event loop; who ends the one that is being renewed has its new ETag all the same."""
    slow, other = idempotency.claim(me, "slow", b"x"), idempotency.claim(me, "other", b"x")
    asked, goes_on = threading.Event(), threading.Event()
    real = idempotency.renewed

    def renewed(claimed: idempotency.Claim) -> str | None:
        asked.set()
        assert goes_on.wait(30)
        return real(claimed)

    monkeypatch.setattr(idempotency, "renewed", renewed)
    keeping.keep(slow)
    assert asked.wait(10)
    others = [
        threading.Thread(target=work, daemon=True) for work in (lambda: keeping.keep(other), lambda: keeping.end(other))
    ]
    for one in others:
        one.start()
        one.join(10)
        assert not one.is_alive(), "it waits for storage"
    with futures.ThreadPoolExecutor() as pool:
        ended = pool.submit(keeping.end, slow)
        goes_on.set()
        idempotency.let_go(ended.result(10))
    assert isinstance(idempotency.attempt(me, "slow", b"x"), idempotency.Claim), "its last ETag was known"


def test_nothing_is_kept_for_ever(me, monkeypatch, keeper):
    """A request that never says that it has ended, because its host lost it."""
    monkeypatch.setattr(keeping, "MOST_SECONDS", -1.0)
    keeping.keep(idempotency.claim(me, "lost", b"x"))
    thread = keeping._keeper._thread
    assert thread is not None
    thread.join(10)
    assert not thread.is_alive() and keeping._keeper._held == {}


def test_keys_are_forgotten_after_two_days_and_not_before(me):
    called("rotate_webhook_secret", {}, "key")
    idempotency.expire(datetime.now(UTC) - timedelta(days=2))
    assert called("rotate_webhook_secret", {}, "key")[1]["number"] == 2
    idempotency.expire(datetime.now(UTC) + timedelta(seconds=5))
    assert called("rotate_webhook_secret", {}, "key")[1]["number"] == 3
    assert list(table(names.IDEMPOTENCY_KEYS).query_entities(f"PartitionKey eq '{me}'"))
