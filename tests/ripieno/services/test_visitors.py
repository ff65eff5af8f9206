"""A visitor's token: whose it is, until when, and that nobody else can write one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ripieno.contracts.enums import Role
from ripieno.services import identity, visitors
from ripieno.services.settings import MissingSetting
from ripieno.services.visitors import NoVisitors, VisitOver

SECRET, OTHER = "a" * 40, "b" * 40


@pytest.fixture(autouse=True)
def let_in(monkeypatch):
    monkeypatch.setenv("RIPIENO_VISITORS", "analyst")
    monkeypatch.setenv("RIPIENO_VISITOR_SECRET", SECRET)


def bearing(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


def test_a_visitor_is_an_owner_of_their_own_with_the_role_that_the_setting_names():
    (first, token), (second, _) = visitors.new(), visitors.new()
    assert first.owner != second.owner and first.owner.startswith("visitor-")
    assert visitors.of(bearing(token)) == first
    caller = identity.caller_of(bearing(token))
    assert caller.owner == first.owner
    assert Role.ANALYST in caller.roles and not {Role.ADMIN, Role.GENERATOR} & caller.roles


def test_who_comes_without_a_visitors_token_is_none():
    for headers in ({}, bearing("eyJhbGciOiJSUzI1NiJ9.e30.x"), {"authorization": "Basic visitor.a.1.b"}):
        assert visitors.of(headers) is None


def test_a_token_ends(monkeypatch):
    visitor, token = visitors.new()
    assert timedelta(hours=23) < visitor.ends_at - datetime.now(UTC) <= timedelta(hours=24)
    assert visitors.of(bearing(token), now=visitor.ends_at - timedelta(seconds=1)) == visitor
    with pytest.raises(VisitOver, match="the visit ended at"):
        visitors.of(bearing(token), now=visitor.ends_at)


@pytest.mark.parametrize("part", [1, 2, 3])
def test_nothing_of_a_token_can_be_changed(part):
    pieces = visitors.new()[1].split(".")
    pieces[part] = pieces[part][:-1] + ("1" if pieces[part][-1] != "1" else "2")
    with pytest.raises(VisitOver, match="no visitor's"):
        visitors.of(bearing(".".join(pieces)))


@pytest.mark.parametrize(
    "token", ["visitor.", "visitor.a", "visitor.a.b.c", "visitor.ä.🎹.x", "visitor..." + "x" * 9000]
)
def test_what_is_no_token_is_refused(token):
    with pytest.raises(VisitOver):
        visitors.of(bearing(token))


def test_a_secret_takes_the_place_of_another_without_anybody_noticing(monkeypatch):
    _, old = visitors.new()
    monkeypatch.setenv("RIPIENO_VISITOR_SECRET", f"{OTHER}, {SECRET}")
    _, new = visitors.new()
    assert visitors.of(bearing(old)) and visitors.of(bearing(new))
    monkeypatch.setenv("RIPIENO_VISITOR_SECRET", OTHER)
    assert visitors.of(bearing(new))
    with pytest.raises(VisitOver):
        visitors.of(bearing(old))


def test_where_nobody_is_let_in_no_token_counts(monkeypatch):
    _, token = visitors.new()
    monkeypatch.setenv("RIPIENO_VISITORS", "off")
    with pytest.raises(VisitOver):
        visitors.of(bearing(token))
    with pytest.raises(NoVisitors):
        visitors.new()


@pytest.mark.parametrize("secret", ["", "short", f"{SECRET},short"])
def test_without_a_secret_that_is_one_the_app_does_not_start(monkeypatch, secret):
    monkeypatch.setenv("RIPIENO_VISITOR_SECRET", secret)
    with pytest.raises(MissingSetting, match="openssl rand"):
        visitors.check()
    monkeypatch.setenv("RIPIENO_VISITORS", "off")
    visitors.check()
