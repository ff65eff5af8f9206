"""What is configured wrongly is said at the start, in a sentence; and nobody gets in by it meanwhile."""

from __future__ import annotations

import base64
import json

import pytest

from ripieno.contracts.enums import Role
from ripieno.services import identity
from ripieno.services.identity import (
    BadCredentials,
    BadToken,
    Misconfigured,
    NotAuthenticated,
    NotConfigured,
    azure,
    caller_of,
    loopback,
)
from ripieno.services.identity.static_tokens import LEAST
from ripieno.services.settings import MissingSetting

FIRST, SECOND, THIRD = (
    "yL0Fh2vEoXq5dT9uR7wKpZ3cN8mB1sGa", "Qm4xV7rJ2kW9tY6nC1zH8bD5gS3fL0pE", "uI5oP2aS8dF1gH7jK4lZ9xC6vB3nM0qW",
)  # fmt: skip
TENANT = "9d5c6f0e-3b1a-4c2d-8e7f-0a1b2c3d4e5f"
MARKS = {
    "Consumption on Windows": {"WEBSITE_INSTANCE_ID": "a1", "WEBSITE_SITE_NAME": "ours"},
    "Flex Consumption": {"WEBSITE_SKU": "FlexConsumption", "LEGION_SERVICE_HOST": "10.0.0.1", "CONTAINER_NAME": "c"},
    "Consumption on Linux": {"CONTAINER_NAME": "c", "WEBSITE_HOME_STAMPNAME": "waws-prod"},
    "Container Apps": {"CONTAINER_APP_NAME": "ours", "MANAGED_ENVIRONMENT": "env"},
    "a container of one's own": {"AZURE_FUNCTIONS_ENVIRONMENT": "Production"},
}
CORE_TOOLS = {
    "FUNCTIONS_CORETOOLS_ENVIRONMENT": "true", "AZURE_FUNCTIONS_ENVIRONMENT": "Development",
    "WEBSITE_HOSTNAME": "localhost:7071", "FUNCTIONS_WORKER_RUNTIME": "python",
}  # fmt: skip


@pytest.fixture(autouse=True)
def vouched(monkeypatch):
    """As the embedded host of a test's own; afterwards as `tests/conftest.py` has it."""
    loopback.vouch()
    yield
    loopback.vouch()


@pytest.fixture
def configure(monkeypatch):
    def setting(**given: str) -> None:
        for name, value in given.items():
            monkeypatch.setenv(name if name.isupper() else f"RIPIENO_{name.upper()}", value)

    return setting


def test_where_nothing_is_set_nobody_is_known(configure):
    configure(auth="")
    with pytest.raises(Misconfigured, match="RIPIENO_AUTH is not set"):
        identity.check()
    for headers in (
        {},
        {"authorization": f"Bearer {FIRST}"},
        {"x-ms-client-principal-id": "ann"},
        {"x-functions-key": "k"},
    ):
        with pytest.raises(NotConfigured) as refused:
            caller_of(headers)
        assert refused.value.headers["Retry-After"]


def test_a_mode_that_is_none_is_named(configure):
    configure(auth="local,everybody")
    with pytest.raises(MissingSetting, match=r"RIPIENO_AUTH.*everybody"):
        identity.check()
    with pytest.raises(MissingSetting):
        caller_of({})


@pytest.mark.parametrize("plan", MARKS)
def test_local_does_not_start_in_azure(configure, plan):
    configure(auth="local", **MARKS[plan])
    with pytest.raises(Misconfigured, match="this is Azure"):
        identity.check()


def test_local_does_not_start_under_a_host_that_listens_everywhere(configure):
    configure(auth="local", **CORE_TOOLS)
    assert not azure.is_azure()
    identity.check()
    loopback.take_back()
    with pytest.raises(Misconfigured, match=r"RIPIENO_TOKENS.*RIPIENO_HOST=embedded"):
        identity.check()
    with pytest.raises(NotAuthenticated):
        caller_of({"host": "127.0.0.1:7071"})


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:7071", "localhost:7071", "LOCALHOST", "[::1]:7071"])
def test_over_the_loopback_interface_everybody_is_the_owner(configure, host):
    configure(auth="local")
    known = caller_of({"host": host})
    assert (known.owner, known.roles, known.known_by) == ("local", frozenset(Role), "local")


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "127.0.0.1.evil.example",
        "",
        "192.168.1.5",
        "0.0.0.0",
        "localhost.",
        "127.0.0.1@evil",
        "[::1",
        "\U0001f3b7",
    ],
)
def test_for_another_name_nobody_is(configure, host):
    configure(auth="local")
    with pytest.raises(NotAuthenticated):
        caller_of({"host": host})


def test_where_the_network_is_served_each_request_needs_the_hosts_word(configure):
    configure(auth="local")
    proof = loopback.vouch_for_each()
    assert caller_of({"host": "localhost", loopback.HEADER: proof}).owner == "local"
    for headers in ({}, {loopback.HEADER: ""}, {loopback.HEADER: proof[:-1]}, {loopback.HEADER: "\U0001f3b7"}):
        with pytest.raises(NotAuthenticated):
            caller_of({"host": "127.0.0.1"} | headers)


# -- entra ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "set RIPIENO_TENANT"),
        ({"tenant": "common", "audience": "a"}, "common would let in everybody"),
        ({"tenant": "ours.onmicrosoft.com", "audience": "a"}, "a GUID"),
        ({"tenant": TENANT}, "without RIPIENO_AUDIENCE"),
        ({"issuer": "http://issuer.example", "audience": "a"}, "must be an https address"),
        ({"issuer": "https://", "audience": "a"}, "must be an https address"),
        ({"issuer": "http://[broken", "audience": "a"}, "must be an https address"),
    ],
)
def test_whose_tokens_and_which_of_them_is_said(configure, given, said):
    configure(auth="entra", **given)
    with pytest.raises(Misconfigured, match=said):
        identity.check()


def test_a_tenant_and_an_audience_are_enough(configure):
    configure(auth="entra", tenant=TENANT, audience=f"{TENANT},api://{TENANT}")
    identity.check()
    with pytest.raises(NotAuthenticated, match="ripieno login"):
        caller_of({"host": "127.0.0.1"})


# -- Easy Auth ------------------------------------------------------------------------------------------------------


def principal(*tenants: str, **more: str) -> dict[str, str]:
    claims = [
        *({"typ": "http://schemas.microsoft.com/identity/claims/tenantid", "val": one} for one in tenants),
        {"typ": "roles", "val": "Viewer"},
        {"typ": "http://schemas.microsoft.com/ws/2008/06/identity/claims/role", "val": "Generator"},
    ]
    told = base64.b64encode(json.dumps({"claims": claims}).encode()).decode()
    return {"x-ms-client-principal-id": "ann", "x-ms-client-principal": told, "x-ms-client-principal-idp": "aad"} | more


def test_the_platforms_word_is_taken_where_the_platform_gives_it(configure):
    configure(auth="easy_auth", tenant=TENANT, WEBSITE_AUTH_ENABLED="True", **MARKS["Consumption on Windows"])
    identity.check()
    known = caller_of(principal(TENANT))
    assert (known.owner, known.roles) == ("ann", {Role.GENERATOR, Role.ANALYST, Role.VIEWER})
    assert known.known_by == "easy_auth"
    google = {"x-ms-client-principal-idp": "google"}
    assert caller_of(principal(**google)).owner == "google.ann"
    for broken in (
        "",
        "no base64",
        "W10=",
        base64.b64encode(b"[" * 90_000).decode(),
        base64.b64encode(b'{"claims": [7]}').decode(),
    ):
        assert caller_of(principal(**google, **{"x-ms-client-principal": broken})).roles == frozenset()
        with pytest.raises(BadToken, match="another tenant"):
            caller_of(principal(**{"x-ms-client-principal": broken}))
    with pytest.raises(NotAuthenticated):
        caller_of({})


@pytest.mark.parametrize("tenants", [(), (TENANT[::-1],), (TENANT, TENANT[::-1]), ("",)])
def test_an_app_registration_for_several_tenants_lets_in_one(configure, tenants):
    """Their own administrators give people of another tenant its roles."""
    configure(auth="easy_auth", tenant=TENANT, WEBSITE_AUTH_ENABLED="True", WEBSITE_INSTANCE_ID="a1")
    for provider in ("aad", "AAD", ""):
        with pytest.raises(BadToken, match="another tenant"):
            caller_of(principal(*tenants, **{"x-ms-client-principal-idp": provider}))


@pytest.mark.parametrize(("tenant", "said"), [("", "set RIPIENO_TENANT"), ("common", "common would let in everybody")])
def test_the_platforms_word_needs_a_tenant(configure, tenant, said):
    configure(auth="easy_auth", tenant=tenant, WEBSITE_AUTH_ENABLED="True", WEBSITE_INSTANCE_ID="a1")
    with pytest.raises(Misconfigured, match=said):
        identity.check()
    with pytest.raises(BadToken):
        caller_of(principal(TENANT))


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"WEBSITE_AUTH_ENABLED": "True"},
        {"WEBSITE_INSTANCE_ID": "a1"},
        {"WEBSITE_INSTANCE_ID": "a1", "WEBSITE_AUTH_ENABLED": "False"},
    ],
)
def test_elsewhere_anybody_could_have_written_it(configure, environment):
    configure(auth="easy_auth", **environment)
    with pytest.raises(Misconfigured, match="anybody could set its headers"):
        identity.check()
    with pytest.raises(NotAuthenticated):
        caller_of(principal())


def test_it_is_not_taken_where_nobody_asked_for_it(configure):
    configure(auth="token", tokens=f"ann:Admin={FIRST}", WEBSITE_AUTH_ENABLED="True", WEBSITE_INSTANCE_ID="a1")
    with pytest.raises(NotAuthenticated):
        caller_of(principal())


# -- tokens of one's own --------------------------------------------------------------------------------------------


def test_two_tokens_of_one_owner_are_good_at_once_and_each_is_whose_it_is(configure):
    configure(auth="token", tokens=f"ann:Admin={FIRST}, ann:Admin={SECOND}==,radio:Viewer={THIRD}")
    identity.check()
    for scheme, token, owner, role in (
        ("Bearer", FIRST, "ann", Role.ADMIN), ("bearer", f"{SECOND}==", "ann", Role.ADMIN), ("BEARER", THIRD, "radio", Role.VIEWER)
    ):  # fmt: skip
        known = caller_of({"authorization": f"{scheme} {token}"})
        assert (known.owner, known.known_by) == (owner, "token") and role in known.roles
    configure(tokens=f"ann:Admin={SECOND}==")
    for gone in (FIRST, THIRD, SECOND, FIRST.swapcase(), FIRST + "=", "\U0001f3b7" * 32):
        with pytest.raises(BadToken):
            caller_of({"authorization": f"Bearer {gone}"})


@pytest.mark.parametrize(
    ("tokens", "said"),
    [
        ("", "is empty"),
        (FIRST, "entry 1: write owner:Role=token"),
        (f"ann={FIRST}", "entry 1: write owner:Role=token"),
        (f"ann:Admin={FIRST},bob:Boss={SECOND}", "entry 2: a role is one of"),
        (f"a b:Admin={FIRST}", "an owner has"),
        (f"ann:Admin={FIRST[: LEAST - 1]}", f"{LEAST} random characters"),
        (f"ann:Admin={'a' * 40}", "random characters"),
        (f"ann:Admin={FIRST} {SECOND}", "random characters"),
        (f"ann:Admin={FIRST},bob:Admin={FIRST}", "entry 2: the same token"),
        (f"ann:Admin={FIRST},ann:Viewer={FIRST}", "entry 2: the same token"),
    ],
)
def test_what_can_be_no_token_is_said_without_repeating_it(configure, tokens, said):
    configure(auth="token", tokens=tokens)
    with pytest.raises(Misconfigured, match=said) as refused:
        identity.check()
    assert FIRST[:12] not in str(refused.value) and SECOND[:12] not in str(refused.value)


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ("Bearer", BadCredentials), ("Bearer ", BadCredentials), (f"Bearer {FIRST} {FIRST}", BadCredentials),
        (f"Bearer {FIRST},Bearer {FIRST}", BadCredentials), (f"Bearer {FIRST}, Bearer {SECOND}", BadCredentials),
        ("Basic YW5uOnB3", NotAuthenticated), (FIRST, NotAuthenticated), ("", NotAuthenticated), ("\U0001f3b7 x", NotAuthenticated),
    ],
)  # fmt: skip
def test_what_is_no_bearer_token_is_refused(configure, given, refusal):
    configure(auth="local,token", tokens=f"ann:Admin={FIRST}")
    with pytest.raises(refusal) as refused:
        caller_of({"authorization": given, "host": "127.0.0.1"})
    assert refused.value.headers["WWW-Authenticate"].startswith("Bearer realm=")
