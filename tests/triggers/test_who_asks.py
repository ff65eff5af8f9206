"""Every route asks who is there, by one gate: nothing of the host's opens it, and what is refused says what to do."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import azure.functions as func
import makers
import pytest

from ripieno.contracts.enums import Role
from ripieno.contracts.identity import PairingClaim, PairingOrder
from ripieno.services.identity import Caller
from ripieno.services.identity.issuer import keys_of
from ripieno.work import accounts, pairing
from tests import issuer as issuers
from tests.triggers.test_without_a_host import NOBODY
from triggers.remedies import REMEDIES
from triggers.routing import PREFIX, Route, routes

TOKEN = "yL0Fh2vEoXq5dT9uR7wKpZ3cN8mB1sGa"
PUBLIC = {
    ("GET", "/health"), ("GET", "/openapi.json"), ("GET", "/docs"), ("GET", "/auth"), ("POST", "/callbacks/jobs"),
    ("POST", "/pairings/claim"), ("POST", "/visits"),
}  # fmt: skip
OF_THE_HOST: list[dict[str, str]] = [
    {}, {"x-functions-key": "the master key"}, {"x-functions-clientid": "default"}, {"x-ms-client-principal-id": "ann"},
    {"x-forwarded-for": "127.0.0.1"}, {"x-forwarded-host": "127.0.0.1"}, {"x-ripieno-loopback": "1"}, {"cookie": f"token={TOKEN}"},
    {"x-arr-ssl": "1"}, {"x-ms-auth-internal-token": "e30"}, {"host": "127.0.0.1:7071"},
]  # fmt: skip


@pytest.fixture
def app(storage, monkeypatch):
    monkeypatch.setenv("RIPIENO_AUTH", "token")
    monkeypatch.setenv("RIPIENO_TOKENS", f"ann:Admin={TOKEN},radio:Viewer={TOKEN[::-1]}")
    return {one.name: one for one in makers.app_functions().of("httpTrigger")}


@pytest.fixture
def issuer(app, monkeypatch) -> Iterator[issuers.Issuer]:
    with issuers.served() as served:
        monkeypatch.setenv("RIPIENO_AUTH", "entra")
        monkeypatch.setenv("RIPIENO_ISSUER", served.url)
        monkeypatch.setenv("RIPIENO_AUDIENCE", issuers.AUDIENCE)
        monkeypatch.setenv("RIPIENO_CLIENT_ID", issuers.CLIENT)
        monkeypatch.setenv("RIPIENO_SCOPES", "api://ripieno/access")
        yield served
    keys_of.cache_clear()


def asked(
    app, name: str, method: str = "GET", *, headers: dict[str, str] | None = None, **more: Any
) -> func.HttpResponse:
    request = func.HttpRequest(
        method=method, url="http://127.0.0.1:7071/api/x", headers=headers or {}, body=more.pop("body", b""),
        params=more.pop("params", {}), route_params=more.pop("route", {"id": "one", "stem": "bass", "talk": "one"}),
    )  # fmt: skip
    function = app[name]
    answer = function.call(**function.arguments(request, NOBODY))
    return asyncio.run(answer) if function.is_async else answer


def test_no_function_has_a_key_of_the_host(app):
    assert {one.trigger["authLevel"] for one in app.values()} == {"ANONYMOUS"}


def test_the_routes_for_everyone_are_these_and_no_others(app):
    assert {(one.method, one.path) for one in routes() if one.role is None} == PUBLIC


def test_every_other_route_refuses_who_does_not_say_who_they_are(app):
    behind: list[Route] = [one for one in routes() if one.role is not None]
    assert len(behind) > 60
    for one in behind:
        for headers in OF_THE_HOST:
            for params in ({}, {"code": "the master key"}, {"clientId": "default"}, {"access_token": TOKEN}):
                answer = asked(app, one.name, one.method, headers=headers, params=params)
                told = json.loads(answer.get_body())
                assert (answer.status_code, told["code"]) == (401, "not_authenticated"), (one.path, headers, params)
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="ripieno"'
    assert answer.mimetype == "application/problem+json" and "ripieno login" in told["detail"]


def test_in_an_app_that_is_not_configured_nobody_is_known(app, monkeypatch):
    monkeypatch.setenv("RIPIENO_AUTH", "")
    for headers in (*OF_THE_HOST, {"authorization": f"Bearer {TOKEN}"}):
        answer = asked(app, "list_audio", headers=headers)
        assert (answer.status_code, json.loads(answer.get_body())["code"]) == (503, "not_configured")
        assert answer.headers["Retry-After"]
    assert asked(app, "openapi").status_code == 200


def test_a_token_opens_what_its_role_opens(app):
    ann, radio = ({"authorization": f"Bearer {token}"} for token in (TOKEN, TOKEN[::-1]))
    assert json.loads(asked(app, "get_me", headers=ann).get_body())["owner"] == "ann"
    assert json.loads(asked(app, "get_me", headers=radio).get_body()) == {
        "owner": "radio", "name": "radio", "roles": ["Viewer"], "device_id": None,
    }  # fmt: skip
    assert asked(app, "list_audio", headers=radio).status_code == 200
    refused = asked(app, "rebuild_preferences", "POST", headers=radio)
    assert (refused.status_code, json.loads(refused.get_body())["code"]) == (403, "forbidden")


def test_neither_a_viewers_token_nor_a_paired_device_deletes_everything_of_its_owner(app):
    ann = Caller("ann", frozenset(Role), known_by="token")
    shown = pairing.begin(ann, PairingOrder(role=Role.ADMIN, name="kitchen"))
    device = pairing.claim(PairingClaim(code=shown.code)).token
    for whose, token in (("radio", TOKEN[::-1]), ("ann", device)):
        headers = {"authorization": f"Bearer {token}"}
        assert asked(app, "get_me", headers=headers).status_code == 200
        refused = asked(app, "delete_account", "DELETE", headers=headers)
        assert (refused.status_code, json.loads(refused.get_body())["code"]) == (403, "forbidden")
        assert accounts.under_way(whose) is None


@pytest.mark.parametrize(
    ("given", "status", "code"),
    [
        ("Bearer nobodys", 401, "invalid_token"),
        ("Bearer", 400, "bad_credentials"),
        (f"Bearer {TOKEN},Bearer {TOKEN}", 400, "bad_credentials"),
        ("Basic YW5uOnB3", 401, "not_authenticated"),
        ("Bearer \U0001f3b7", 401, "invalid_token"),
    ],
)
def test_what_is_wrong_with_a_token_is_a_problem_with_its_challenge(app, given, status, code):
    answer = asked(app, "list_audio", headers={"authorization": given})
    assert (answer.status_code, json.loads(answer.get_body())["code"]) == (status, code)
    challenge = answer.headers["WWW-Authenticate"]
    assert challenge.isascii() and challenge.startswith('Bearer realm="ripieno"')
    errors = {"invalid_token": "invalid_token", "bad_credentials": "invalid_request"}
    assert (f'error="{errors[code]}"' in challenge) if code in errors else ("error" not in challenge)
    assert REMEDIES[code].do


def test_routes_for_everyone_look_at_no_token(app):
    for headers in ({"authorization": "Bearer nobodys"}, {"authorization": "Basic x"}):
        assert asked(app, "get_auth", headers=headers).status_code == 200
    answer = asked(app, "job_callback", "POST", headers={"authorization": f"Bearer {TOKEN}"}, body=b"{}")
    assert (answer.status_code, json.loads(answer.get_body())["code"]) == (401, "bad_signature")


def test_the_api_says_how_to_sign_in(issuer, app, monkeypatch):
    assert json.loads(asked(app, "get_auth").get_body()) == {
        "modes": ["entra"], "issuer": issuer.url, "client_id": issuers.CLIENT,
        "scopes": ["openid", "offline_access", "api://ripieno/access"], "pairing": False,
    }  # fmt: skip
    monkeypatch.setenv("RIPIENO_AUTH", "local,token")
    assert json.loads(asked(app, "get_auth").get_body()) == {
        "modes": ["local", "token"], "issuer": None, "client_id": None, "scopes": [], "pairing": True,
    }  # fmt: skip


def test_an_issuer_that_is_down_is_ours_to_say_and_not_the_callers_fault(issuer, app):
    issuer.is_down = True
    answer = asked(app, "list_audio", headers={"authorization": f"Bearer {issuer.token()}"})
    assert (answer.status_code, json.loads(answer.get_body())["code"]) == (503, "identity_unavailable")
    assert answer.headers["Retry-After"] == "5"
    issuer.is_down = False
    keys_of.cache_clear()
    assert asked(app, "list_audio", headers={"authorization": f"Bearer {issuer.token()}"}).status_code == 200


def test_a_token_that_has_ended_is_told_from_one_that_never_was(issuer, app):
    ended = asked(app, "list_audio", headers={"authorization": f"Bearer {issuer.token(exp=1)}"})
    assert (ended.status_code, json.loads(ended.get_body())["code"]) == (401, "token_expired")
    assert 'error="invalid_token"' in ended.headers["WWW-Authenticate"]


def test_whoever_has_no_role_here_is_known_and_may_nothing(issuer, app):
    answer = asked(app, "list_audio", headers={"authorization": f"Bearer {issuer.token(roles=None)}"})
    assert (answer.status_code, json.loads(answer.get_body())["code"]) == (403, "forbidden")


def test_each_sees_their_own(issuer, app):
    """Two people of one issuer are two owners: what one learned from their verdicts the other does not see."""
    owners = {
        json.loads(asked(app, "get_me", headers={"authorization": f"Bearer {issuer.token(sub=sub)}"}).get_body())[
            "owner"
        ]
        for sub in ("anna", "ANNA", "anna ", "\U0001f3b7")
    }
    assert len(owners) == 4 and all(f"/{PREFIX}" not in one and one.isascii() for one in owners)
