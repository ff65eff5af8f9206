"""Endpoints take calls from the platform alone, and do not start where anybody could use them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import importlib
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from starlette.testclient import TestClient

from gpu_endpoints.serving import callers
from gpu_endpoints.serving.callers import Caller, Misconfigured, Standing
from ripieno.services.identity.issuer import keys_of
from ripieno.services.settings import settings

OLD, NEW = "old-key-of-twenty-characters", "new-key-of-twenty-characters"
AUDIENCE, APP = "api://ripieno-endpoints", "6d2c0b1e-0000-4000-8000-00000000a99a"
ENDPOINTS = ("analysis", "generation", "production", "directml")


@pytest.fixture
def configure(monkeypatch):
    monkeypatch.setenv("AzureWebJobsStorage", "UseDevelopmentStorage=true")

    def set_up(**env: str):
        for name, value in env.items():
            monkeypatch.setenv(name, value)
        return settings()

    return set_up


def asked(authorization: str = "", *, address: str = "10.0.0.9", host: str = "analysis:8001", origin: str = ""):
    return Caller(address=address, authorization=authorization, host=host, origin=origin)


# -- keys ---------------------------------------------------------------------------------------------------------


def test_each_key_that_is_set_opens_while_one_takes_the_others_place(configure):
    chosen = configure(RIPIENO_ENDPOINT_KEYS=f"{NEW},{OLD}")
    for key in (NEW, OLD):
        assert callers.standing(asked(f"Bearer {key}"), chosen) == Standing.KNOWN
        assert callers.standing(asked(f"bearer {key}"), chosen) == Standing.KNOWN  # RFC 9110: a scheme has no case
    chosen = configure(RIPIENO_ENDPOINT_KEYS=NEW)
    assert callers.standing(asked(f"Bearer {OLD}"), chosen) == Standing.REFUSED


@pytest.mark.parametrize(
    "authorization",
    [
        "Bearer", "Bearer ", f"Basic {NEW}", NEW, f"Bearer {NEW[:-1]}", f"Bearer {NEW}x", f"Bearer  {NEW}", "Bearer ключ",
        "Bearer \U0001f511", "Bearer \udcff", f"Bearer {NEW},{OLD}", "Bearer " + "x" * 100_000, "Bearer a.b.c", "Bearer ..",
    ],
)  # fmt: skip
def test_whatever_else_is_sent_opens_nothing(configure, authorization):
    chosen = configure(RIPIENO_ENDPOINT_KEYS=f"{NEW},{OLD}")
    assert callers.standing(asked(authorization), chosen) == Standing.REFUSED
    assert callers.standing(asked(authorization, address="127.0.0.1", host="127.0.0.1"), chosen) == Standing.REFUSED


@pytest.mark.parametrize("name", ENDPOINTS)
def test_no_route_of_an_endpoint_is_open_to_strangers(configure, name):
    """All that there are, with whatever methods they have; who watches over replicas learns that it is up."""
    configure(RIPIENO_ENDPOINT_KEYS=f"{NEW},{OLD}")
    app = importlib.import_module(f"gpu_endpoints.{name}.server").app
    stranger = TestClient(app, client=("203.0.113.7", 1234))  # its lifespan is not begun: no workers
    seen = set()
    for route in app.routes:
        path = route.path.replace("{job_id:path}", "job")
        for method in (route.methods or set()) - {"HEAD"}:  # as GET, without the body
            answer = stranger.request(method, path, content=b"{")  # a body that nobody reads before the key
            seen.add((method, path))
            if path in ("/health", "/ready"):
                assert (answer.status_code, answer.json()) in ((200, {"status": "ok"}), (200, {"ready": True}))
            else:
                assert (answer.status_code, answer.json()["code"]) == (401, "bad_key"), (method, path)
                assert answer.headers["www-authenticate"] == "Bearer"
            wrong = stranger.request(method, path, headers={"authorization": f"Bearer {OLD}x"})
            assert wrong.status_code == 401, (method, path)
    assert {("PUT", "/jobs/job"), ("GET", "/jobs/job"), ("POST", "/jobs/job/cancel"), ("POST", "/score")} <= seen
    assert {("GET", "/metrics"), ("GET", "/openapi.json")} <= seen
    assert stranger.get("/no/such/thing").status_code == 401
    neighbour = TestClient(app, client=("127.0.0.1", 1234))
    assert neighbour.get("/metrics").status_code == 200
    assert stranger.get("/metrics", headers={"authorization": f"Bearer {OLD}"}).status_code == 200


# -- neither key nor identity -------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.1.2.3", "endpoint.example", "192.168.0.4", ""])
@pytest.mark.parametrize("option", ["--host {}", "--host={}", "--bind {}:80", "-b {}:80"])
def test_an_endpoint_without_a_key_does_not_start_where_others_reach_it(configure, host, option, monkeypatch):
    monkeypatch.delenv("RIPIENO_ENDPOINT_KEYS", raising=False)
    written = f"[{host}]" if ":" in host and "bind" in option + "-b" and "--host" not in option else host
    arguments = ["uvicorn", "x:app", *option.format(written).split(" ")]
    with pytest.raises(Misconfigured, match="RIPIENO_ENDPOINT_KEYS"):
        callers.check_start(configure(), arguments)
    callers.check_start(configure(RIPIENO_ENDPOINT_KEYS=NEW), arguments)


def test_nor_where_uvicorns_own_setting_says_so(configure, monkeypatch):
    monkeypatch.setenv("UVICORN_HOST", "0.0.0.0")
    with pytest.raises(Misconfigured, match=r"0\.0\.0\.0"):
        callers.check_start(configure(), ["uvicorn", "x:app"])


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.8.9.1"])
def test_on_loopback_it_starts(configure, host):
    callers.check_start(configure(), ["uvicorn", "x:app", "--host", host])
    callers.check_start(configure(), ["uvicorn", "x:app"])


@pytest.mark.parametrize(
    ("about", "expected"),
    [
        ({"address": "127.0.0.1", "host": "127.0.0.1:8001"}, Standing.KNOWN),
        ({"address": "::ffff:127.0.0.1", "host": "localhost"}, Standing.KNOWN),
        ({"address": "::1", "host": "[::1]:8001"}, Standing.KNOWN),
        ({"address": "10.0.0.9", "host": "127.0.0.1:8001"}, Standing.ELSEWHERE),
        ({"address": "", "host": "localhost"}, Standing.ELSEWHERE),  # a socket of the file system
        ({"address": "127.0.0.1", "host": "rebound.example:8001"}, Standing.ELSEWHERE),  # DNS rebinding
        ({"address": "127.0.0.1", "host": ""}, Standing.ELSEWHERE),
        ({"address": "127.0.0.1", "host": "localhost", "origin": "https://page.example"}, Standing.ELSEWHERE),
        ({"address": "127.0.0.1", "host": "localhost", "origin": "null"}, Standing.ELSEWHERE),
    ],
)
def test_without_a_key_programs_of_this_machine_are_served_alone(configure, about, expected):
    assert callers.standing(asked(**about), configure()) == expected


# -- identities ---------------------------------------------------------------------------------------------------


class Issuer:
    """An OpenID provider of the test's own."""

    def __init__(self) -> None:
        self.keys = {"first": rsa.generate_private_key(public_exponent=65537, key_size=2048)}
        self.fetched = 0
        issuer = self

        class Answering(BaseHTTPRequestHandler):
            def do_GET(self):
                if self.path.endswith("/openid-configuration"):
                    told = {"issuer": issuer.url, "jwks_uri": f"{issuer.url}/keys"}
                else:
                    issuer.fetched += 1
                    told = {"keys": [published(name, key) for name, key in issuer.keys.items()]}
                self.send_response(200)
                self.end_headers()
                self.wfile.write(json.dumps(told).encode())

            def log_message(self, *_):
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Answering)
        self.url = f"http://127.0.0.1:{self.server.server_port}/tenant"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def token(self, *, key: str = "first", headers: dict | None = None, secret=None, **claims):
        now = int(time.time())
        told = {"iss": self.url, "aud": AUDIENCE, "iat": now, "nbf": now, "exp": now + 600, "appid": APP} | claims
        told = {name: value for name, value in told.items() if value is not None}
        return jwt.encode(told, secret or self.keys[key], algorithm="RS256", headers={"kid": key} | (headers or {}))


def published(name: str, key: rsa.RSAPrivateKey) -> dict:
    return jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key(), as_dict=True) | {"kid": name, "use": "sig"}


def url_safe(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def encoded(header: dict, claims: dict) -> str:
    return ".".join(url_safe(json.dumps(part).encode()) for part in (header, claims))


@pytest.fixture
def issuer():
    issuer = Issuer()
    keys_of.cache_clear()
    yield issuer
    issuer.server.shutdown()
    issuer.server.server_close()


@pytest.fixture
def guarded(issuer, configure):
    return configure(
        RIPIENO_ENDPOINT_AUDIENCE=AUDIENCE, RIPIENO_ENDPOINT_ISSUER=issuer.url, RIPIENO_ENDPOINT_CALLERS=f"other,{APP}"
    )


def stands(token: str, chosen) -> Standing:
    return callers.standing(asked(f"Bearer {token}"), chosen)


def test_the_platforms_identity_opens_whichever_version_its_token_has(issuer, guarded):
    for whose in ({}, {"appid": None, "azp": APP}, {"appid": "another", "oid": APP}):
        assert stands(issuer.token(**whose), guarded) == Standing.KNOWN
    assert stands(issuer.token(aud=AUDIENCE.removeprefix("api://")), guarded) == Standing.KNOWN
    assert issuer.fetched == 1


def test_a_token_that_is_for_others_old_or_of_others_opens_nothing(issuer, guarded):
    now = int(time.time())
    wrong = [
        {"aud": "api://elsewhere"}, {"aud": None}, {"iss": "https://elsewhere.example"}, {"iss": None},
        {"exp": now - 120}, {"exp": None}, {"nbf": now + 600}, {"iat": None}, {"appid": "somebody"}, {"appid": None},
        {"appid": [APP]}, {"exp": "soon"},
    ]  # fmt: skip
    for claims in wrong:
        assert stands(issuer.token(**claims), guarded) == Standing.REFUSED, claims


def test_a_token_that_is_signed_otherwise_opens_nothing(issuer, guarded):
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    told = {"iss": issuer.url, "aud": AUDIENCE, "iat": 1, "exp": int(time.time()) + 600, "appid": APP}
    none = encoded({"alg": "none", "kid": "first"}, told) + "."
    by_public_key = encoded({"alg": "HS256", "kid": "first"}, told)  # with what anybody knows as its secret
    public = issuer.keys["first"].public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    by_public_key += "." + url_safe(hmac.new(public, by_public_key.encode(), hashlib.sha256).digest())
    forged = [
        issuer.token(secret=stranger), issuer.token(key="first", headers={"kid": "unknown"}), none,
        by_public_key, issuer.token(headers={"kid": ""}), issuer.token()[:-8] + "AAAAAAAA",
        issuer.token(headers={"jwk": published("first", stranger)}, secret=stranger),
    ]  # fmt: skip
    for token in forged:
        assert stands(token, guarded) == Standing.REFUSED, jwt.get_unverified_header(token)


def test_a_role_is_asked_for_where_one_is_named(issuer, guarded, configure):
    chosen = configure(RIPIENO_ENDPOINT_ROLE="Jobs.Run")
    assert stands(issuer.token(), chosen) == Standing.REFUSED
    assert stands(issuer.token(roles="Jobs.Run"), chosen) == Standing.REFUSED
    assert stands(issuer.token(roles=["Jobs.Read", "Jobs.Run"]), chosen) == Standing.KNOWN


def test_while_the_provider_is_away_known_keys_hold_and_no_other_is_believed(issuer, guarded):
    token = issuer.token()
    assert stands(token, guarded) == Standing.KNOWN
    issuer.server.shutdown()
    issuer.server.server_close()
    assert stands(issuer.token(headers={"kid": "unknown"}), guarded) == Standing.REFUSED
    assert stands(token, guarded) == Standing.KNOWN
    keys_of.cache_clear()
    assert stands(token, guarded) == Standing.REFUSED


def test_of_entra_id_both_names_of_a_tenant_are_meant():
    assert callers._also_named("https://login.microsoftonline.com/tenant-id/v2.0") == (
        "https://sts.windows.net/tenant-id/",
    )
    assert callers._also_named("https://login.example/tenant-id/v2.0") == ()


@pytest.mark.parametrize("missing", ["RIPIENO_ENDPOINT_ISSUER", "RIPIENO_ENDPOINT_CALLERS"])
def test_half_an_identity_does_not_start(guarded, configure, missing):
    with pytest.raises(Misconfigured, match=missing):
        callers.check_start(configure(**{missing: ""}), ["uvicorn"])
    with pytest.raises(Misconfigured, match="https"):
        callers.check_start(
            configure(RIPIENO_ENDPOINT_ISSUER="http://login.example/", RIPIENO_ENDPOINT_CALLERS=APP), ["uvicorn"]
        )
