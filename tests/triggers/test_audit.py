"""The audit log has every act that changed something or was refused, and never what was said."""

from __future__ import annotations

import json
import logging
import threading
import uuid

import pytest

from ripieno.contracts import names
from ripieno.contracts.audit import AuditEntry
from ripieno.contracts.enums import ItemKind, Role
from ripieno.records import audit
from ripieno.services.storage import table
from tests.access_asking import FREE, share
from triggers.routing import routes


def named(name: str):
    return next(one for one in routes() if one.name == name)


def of(item: str) -> list[tuple[str, str, str, int]]:
    return [(one.actor, one.owner, one.what, one.status) for one in audit.listed(item=item, limit=50).items]


def test_an_act_is_in_the_log_with_what_it_made(world):
    _, text, _ = world.ask(named("create_generation"), Role.GENERATOR)
    made = json.loads(text)["generation_request_id"]
    assert of(made) == [("ben", "ben", "create_generation", 202)]
    world.ask(named("delete_generation"), Role.GENERATOR, made)
    assert of(made) == [("ben", "ben", "delete_generation", 202), ("ben", "ben", "create_generation", 202)]


def test_looking_is_not_an_act_but_an_admins_at_what_is_anothers_is(world):
    its = world.anna.item(ItemKind.SONGS)
    share(ItemKind.SONGS, its)
    world.ask(named("get_audio"), Role.VIEWER, its)
    assert of(its) == []
    world.ask(named("get_audio"), Role.ADMIN, its, owner="anna")
    assert of(its) == [("ben", "anna", "get_audio", 200)]


@pytest.mark.parametrize("whose", ["anna", "all"])
def test_an_admins_look_at_the_bills_of_others_is_there(world, whose):
    """The query says whose they are; one's own are nobody's business."""

    def looks() -> list[tuple[str, str, str, int]]:
        seen = audit.listed(owner=whose, limit=200).items
        return [(one.actor, one.owner, one.what, one.status) for one in seen if one.what == "get_usage"]

    world.ask(named("get_usage"), Role.ADMIN, params={"owner": "ben"})
    world.ask(named("get_usage"), Role.ADMIN)
    world.ask(named("get_usage"), Role.VIEWER, params={"owner": whose})
    assert looks() == []
    status, _, _ = world.ask(named("get_usage"), Role.ADMIN, params={"owner": whose})
    assert (status, looks()) == (200, [("ben", whose, "get_usage", 200)])


def test_what_is_refused_is_there_too(world):
    its = world.anna.item(ItemKind.SONGS)
    world.ask(named("get_audio"), Role.SCALER, its)
    world.ask(named("delete_audio"), Role.VIEWER, its)
    world.ask(named("delete_audio"), Role.ANALYST, its)
    world.ask(named("get_audio"), Role.VIEWER, its, owner="anna")
    assert of(its) == [
        ("ben", "ben", "get_audio", 403),
        ("ben", "ben", "delete_audio", 404),
        ("ben", "ben", "delete_audio", 403),
        ("ben", "ben", "get_audio", 403),
    ]


def test_an_equal_post_that_was_answered_before_is_one_act(world):
    key = {"Idempotency-Key": uuid.uuid4().hex}
    _, text, _ = world.ask(named("create_generation"), Role.GENERATOR, headers=key)
    assert world.ask(named("create_generation"), Role.GENERATOR, headers=key)[1] == text
    assert len(of(json.loads(text)["generation_request_id"])) == 1


def test_nothing_that_was_said_is_in_the_log(world):
    canary = f"canary{uuid.uuid4().hex}"
    said = FREE | {"parameters": FREE["parameters"] | {"prompt": canary}}
    headers = {"Authorization": f"Bearer {canary}", "Idempotency-Key": canary}
    assert world.ask(named("create_generation"), Role.GENERATOR, body=said, headers=headers)[0] == 202
    assert world.ask(named("get_audio"), Role.SCALER, f"{canary} is no id ♪")[0] == 403
    rows = [str(dict(row)) for row in table(names.AUDIT).list_entities()]
    assert rows and not any(canary in row for row in rows)


def test_an_operator_reads_the_log_page_by_page(world):
    its = world.anna.item(ItemKind.SONGS)
    for _ in range(5):
        world.ask(named("delete_audio"), Role.VIEWER, its)
    found, cursor = [], {}
    while True:
        status, text, _ = world.ask(named("list_audit"), Role.ADMIN, params={"item": its, "limit": "2", **cursor})
        assert status == 200
        page = json.loads(text)
        found += [one["entry_id"] for one in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert len(set(found)) == len(found) == 5
    assert world.ask(named("list_audit"), Role.GENERATOR)[0] == 403


def test_a_log_that_cannot_be_written_fails_no_call_and_is_said(world, monkeypatch, caplog):
    def away(entry: AuditEntry) -> None:
        raise ConnectionError("nobody there")

    monkeypatch.setattr(audit, "add", away)
    with caplog.at_level(logging.ERROR, "ripieno.audit"):
        status, text, _ = world.ask(named("create_generation"), Role.GENERATOR)
    made = json.loads(text)["generation_request_id"]
    assert status == 202 and made in caplog.text and "nobody there" in caplog.text


def test_a_log_that_answers_slowly_holds_no_call(world, monkeypatch):
    answers, written, real = threading.Event(), threading.Event(), audit.add

    def slow(entry: AuditEntry) -> None:
        answers.wait(30)
        real(entry)
        written.set()

    monkeypatch.setattr(audit, "add", slow)
    monkeypatch.setattr(audit, "WAIT_SECONDS", 0.01)
    status, text, _ = world.ask(named("create_generation"), Role.GENERATOR)
    made = json.loads(text)["generation_request_id"]
    assert status == 202 and of(made) == []
    answers.set()
    assert written.wait(30) and [what for _, _, what, _ in of(made)] == ["create_generation"]


@pytest.mark.parametrize("one", [one for one in routes() if one.role is not None], ids=lambda one: one.name)
def test_every_route_that_changes_something_is_kept(one):
    """Of every method that can change something; the two that do not say so."""
    assert one.changes == (one.method != "GET" and one.name not in ("understand_words", "harmonize_melody"))
