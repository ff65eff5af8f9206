"""A host that runs, and who gets in: signed in by the command and by a page, from the network by pairing, else nobody."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from ripieno.client import Ripieno, RipienoError
from ripieno.local.processes import Child, DidNotStart
from ripieno.local.stack import PROJECT, Ports, Stack
from tests import issuer as issuers
from tests.issuer import REDIRECT, SIGNED_OUT
from tests.pkce import Page
from tests.stacks import free_ports

LAN = "127.0.0.2"
"""Another address than 127.0.0.1, which stays on this machine all the same."""

TOKEN = "yL0Fh2vEoXq5dT9uR7wKpZ3cN8mB1sGa"


class HostAlone(Stack):
    """A stack without endpoints: nobody asks for music here."""

    def _plan(self, tools: Path) -> list[Child]:
        return [one for one in super()._plan(tools) if one.name in ("storage", "host")]


@contextmanager
def running(home: Path, *, lan: str | None = None, **given: str) -> Iterator[Stack]:
    host, analysis, generation, blob, queue, table = free_ports(6)
    ports = Ports(host=host, analysis=analysis, generation=generation, blob=blob, queue=queue, table=table)
    stack = HostAlone(home, ports, lan=lan)
    with pytest.MonkeyPatch.context() as patch:
        for name in ("AzureWebJobsStorage", "RIPIENO_AUTH"):  # of another stack of this session
            patch.delenv(name, raising=False)
        for name, value in given.items():
            patch.setenv(name, value)
        stack.start(print)
    try:
        yield stack
    finally:
        stack.stop()


@pytest.fixture(scope="module")
def issuer() -> Iterator[issuers.Issuer]:
    with issuers.served() as served:
        yield served


@pytest.fixture(scope="module")
def deployment(tmp_path_factory, issuer) -> Iterator[Stack]:
    """One that takes an issuer's tokens, and nobody is local at."""
    believed = {
        "RIPIENO_AUTH": "entra", "RIPIENO_ISSUER": issuer.url, "RIPIENO_AUDIENCE": issuers.AUDIENCE,
        "RIPIENO_CLIENT_ID": issuers.CLIENT, "RIPIENO_SCOPES": "api://ripieno/access",
    }  # fmt: skip
    with running(tmp_path_factory.mktemp("deployment"), **believed) as stack:
        yield stack


@pytest.fixture(scope="module")
def laptop(tmp_path_factory) -> Iterator[Stack]:
    """`ripieno up --lan` on a laptop."""
    with running(tmp_path_factory.mktemp("laptop"), lan=LAN, RIPIENO_AUTH="local") as stack:
        yield stack


@pytest.fixture
def at(tmp_path: Path):
    """`ripieno` of a machine of its own: nothing is known there but an address."""

    def environment(url: str, **more: str) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("RIPIENO_", "AZURE"))}
        return kept | {
            "RIPIENO_URL": url, "RIPIENO_HOME": str(tmp_path / "home"), "RIPIENO_TOKEN_FILE": str(tmp_path / "tokens.json"),
            "PYTHONPATH": str(PROJECT), **more,
        }  # fmt: skip

    return environment


def ripieno(environment: dict[str, str], *arguments: str, expect: int = 0) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "ripieno.cli", *arguments], env=environment, capture_output=True, text=True, timeout=120,
        check=False, cwd=PROJECT, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode == expect, (done.stdout, done.stderr)
    return done.stdout + done.stderr


# -- a deployment ---------------------------------------------------------------------------------------------------


def test_the_command_signs_in_by_a_code_and_out_again(deployment, issuer, at):
    here = at(deployment.url)
    assert "ripieno login" in ripieno(here, "list", expect=1)
    with subprocess.Popen(
        [sys.executable, "-m", "ripieno.cli", "login"], env=here, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, cwd=PROJECT,
    ) as login:  # fmt: skip
        assert login.stderr is not None and login.stdout is not None
        shown = re.fullmatch(rf"open {issuer.url}/device and type (\w+)\n", login.stderr.readline())
        assert shown is not None
        issuer.agree(shown[1])
        assert login.wait(60) == 0 and "Admin" in login.stdout.read()
    told = json.loads(ripieno(here, "whoami", "--json"))
    assert told["owner"].startswith("oidc-") and told["name"] == "Anna \U0001f3b7" and "Admin" in told["roles"]
    ripieno(here, "list")
    (refresh,) = (one["refresh_token"] for one in json.loads(Path(here["RIPIENO_TOKEN_FILE"]).read_text()).values())
    assert refresh in issuer.refresh
    assert "signed out" in ripieno(here, "logout")
    assert refresh not in issuer.refresh and json.loads(Path(here["RIPIENO_TOKEN_FILE"]).read_text()) == {}
    assert "ripieno login" in ripieno(here, "list", expect=1)


def test_a_page_signs_in_by_a_code_with_pkce_and_out_again(deployment, issuer):
    with httpx.Client(timeout=30) as http:
        page = Page(deployment.url, REDIRECT, http)
        back = http.get(page.address())
        assert back.status_code == 302 and back.headers["location"].startswith(REDIRECT)
        given = page.come_back(back.headers["location"])
        assert me(http, deployment.url, given["access_token"]) == 200
        assert me(http, deployment.url, given["id_token"]) == 401, "an ID token is no access token"
        later = page.renew(given["refresh_token"])
        assert (
            later["refresh_token"] != given["refresh_token"] and me(http, deployment.url, later["access_token"]) == 200
        )
        ended = http.get(page.sign_out(later["refresh_token"], SIGNED_OUT))
        assert ended.headers["location"] == SIGNED_OUT
        with pytest.raises(httpx.HTTPStatusError):
            page.renew(later["refresh_token"])


def test_a_code_is_of_no_use_to_whoever_else_sees_it(deployment):
    with httpx.Client(timeout=30) as http:
        page, thief = Page(deployment.url, REDIRECT, http), Page(deployment.url, REDIRECT, http)
        back = http.get(page.address()).headers["location"]
        with pytest.raises(ValueError, match="not the sign-in"):
            thief.come_back(back)
        thief.state = page.state
        with pytest.raises(httpx.HTTPStatusError):
            thief.come_back(back)
        with pytest.raises(httpx.HTTPStatusError):
            page.come_back(back)


def me(http: httpx.Client, url: str, token: str | None, **headers: str) -> int:
    sent = headers | ({"authorization": f"Bearer {token}"} if token else {})
    return http.get(f"{url}/api/me", headers=sent).status_code


def test_over_http_nothing_else_opens_it(deployment, issuer):
    with httpx.Client(timeout=30) as http:
        assert me(http, deployment.url, issuer.token()) == 200
        assert me(http, deployment.url, None) == 401
        assert me(http, deployment.url, None, **{"x-functions-key": "k", "x-ms-client-principal-id": "ann"}) == 401
        token = issuer.token()
        for twice in ([token, token], [token, "nobodys"], ["nobodys", token]):
            headers = [("authorization", f"Bearer {one}") for one in twice]
            told = http.get(f"{deployment.url}/api/me", headers=headers)
            assert (told.status_code, told.json()["code"]) == (400, "bad_credentials")
        huge = http.get(f"{deployment.url}/api/me", headers={"authorization": f"Bearer {'x' * 40_000}"})
        assert huge.status_code == 401
        for public in ("health", "auth", "docs", "openapi.json"):
            assert http.get(f"{deployment.url}/api/{public}", timeout=60).status_code in (200, 503)


# -- a laptop, and what joins it ------------------------------------------------------------------------------------


def lan_url(stack: Stack) -> str:
    assert stack.lan_url is not None
    return stack.lan_url


def test_on_its_own_machine_a_laptop_knows_its_owner_and_the_network_nobody(laptop):
    with httpx.Client(timeout=30) as http:
        assert me(http, laptop.url, None) == 200
        assert me(http, lan_url(laptop), None) == 401
        for pretended in (
            {"x-ripieno-loopback": "1"}, {"x-forwarded-for": "127.0.0.1"}, {"forwarded": "for=127.0.0.1"},
            {"x-forwarded-host": "127.0.0.1"}, {"x-real-ip": "127.0.0.1"},
        ):  # fmt: skip
            assert me(http, lan_url(laptop), None, **pretended) == 401
        assert http.get(f"{lan_url(laptop)}/api/auth").json()["pairing"] is True


def test_a_host_header_does_not_bring_the_network_in(laptop):
    """Asked at the network's socket by the name of the loopback interface, as whoever is near can."""
    for host in ("127.0.0.1", f"127.0.0.1:{laptop.ports.host}", "localhost", "[::1]", "evil.example"):
        answer = raw(LAN, laptop.ports.host, f"GET /api/me HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n")
        assert answer.startswith("HTTP/1.1 400") and "bad_host" in answer, (host, answer)
    rebound = raw("127.0.0.1", laptop.ports.host, f"GET /api/me HTTP/1.1\r\nhost: {LAN}\r\nconnection: close\r\n\r\n")
    assert rebound.startswith("HTTP/1.1 400"), "nor the other way round"
    nameless = raw("127.0.0.1", laptop.ports.host, "GET /api/me HTTP/1.0\r\n\r\n")
    assert nameless.startswith("HTTP/1.1 400") and "bad_host" in nameless


def raw(address: str, port: int, request: str) -> str:
    with socket.create_connection((address, port), timeout=30) as there:
        there.sendall(request.encode())
        whole = b""
        while part := there.recv(65536):
            whole += part
    return whole.decode()


def test_the_network_is_served_the_api_and_nothing_of_the_host(laptop):
    key = (laptop.home / "host" / "system.key").read_text()
    with httpx.Client(timeout=30) as http:
        for path in (
            "/durabletask/instances", "/admin/host/status", f"/runtime/webhooks/durabletask/instances?code={key}",
            "/api/../durabletask/instances", "/", "//durabletask/instances", "/API/%2e%2e/durabletask/instances",
        ):  # fmt: skip
            assert http.get(f"{lan_url(laptop)}{path}").status_code in (400, 404), path
            assert raw(
                LAN, laptop.ports.host, f"GET {path} HTTP/1.1\r\nhost: {LAN}\r\nconnection: close\r\n\r\n"
            ).startswith("HTTP/1.1 4")
        assert http.get(f"{laptop.url}/durabletask/instances").status_code == 200


def test_a_page_of_elsewhere_drives_nothing(laptop):
    with httpx.Client(timeout=30) as http:
        for where in (laptop.url, lan_url(laptop)):
            for origin in ("https://evil.example", "null", f"http://{LAN}:1"):
                told = http.post(f"{where}/api/pairings", json={}, headers={"origin": origin})
                assert (told.status_code, told.json()["code"]) == (403, "cross_origin")
        told = http.post(f"{laptop.url}/api/pairings", json={}, headers={"origin": lan_url(laptop)})
        assert told.status_code == 403, "what the network can answer for is not of this machine"


def test_a_second_machine_joins_by_a_code_and_leaves_again(laptop, at, tmp_path):
    own = at(laptop.url, RIPIENO_HOME=str(laptop.home))
    shown = ripieno(own, "pair", "--role", "Viewer", "--name", "kitchen")
    code = re.findall(r"[A-Z0-9]{4}-[A-Z0-9]{4}", shown)[0]
    assert f"ripieno login --url {lan_url(laptop)} --code {code}" in shown
    other = at(lan_url(laptop), RIPIENO_TOKEN_FILE=str(tmp_path / "its own.json"))
    assert "ripieno login" in ripieno(other, "list", expect=1)
    assert "kitchen (local)" in ripieno(other, "login", "--code", code)
    assert "no device can join by this code" in ripieno(other, "login", "--code", code, expect=1)
    ripieno(other, "list")
    assert "the role Generator" in ripieno(other, "preferences", "--rebuild", expect=1)
    assert "kitchen" in ripieno(own, "devices")
    assert "signed out" in ripieno(other, "logout")
    assert "kitchen" not in ripieno(own, "devices"), "who leaves is forgotten where it joined"


def test_a_device_that_is_revoked_is_out_at_once(laptop, at):
    with Ripieno(laptop.url) as owner, Ripieno(lan_url(laptop)) as stranger:
        paired = stranger.join(owner.pair("Admin", name="phone").code)
        with Ripieno(lan_url(laptop), token=paired.token) as phone:
            assert phone.me().device_id == paired.device_id
            with pytest.raises(RipienoError) as refused:
                phone.pair("Viewer")
            assert refused.value.code == "forbidden"
            assert "phone" in ripieno(at(laptop.url), "devices")
            ripieno(at(laptop.url), "devices", "--revoke", "phone")
            with pytest.raises(RipienoError) as refused:
                phone.me()
            assert (refused.value.status, refused.value.code) == (401, "invalid_token")


def test_signing_in_on_ones_own_machine_says_that_one_is_in(laptop, at):
    assert "local at" in ripieno(at(laptop.url), "login")
    assert "not signed in" in ripieno(at(laptop.url), "logout")


# -- what does not start --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"RIPIENO_AUTH": "everybody"}, "everybody"),
        ({"RIPIENO_AUTH": "local", "WEBSITE_INSTANCE_ID": "a1"}, "this is Azure"),
        ({"RIPIENO_AUTH": "token", "RIPIENO_TOKENS": "ann:Admin=short"}, "32 random characters"),
        ({"RIPIENO_AUTH": "easy_auth"}, "anybody could set its headers"),
    ],
)
def test_what_is_misconfigured_does_not_start_and_says_why(tmp_path, given, said):
    with pytest.raises(DidNotStart) as refused:
        with running(tmp_path / "stack", **given):
            pass
    last = str(refused.value).strip().splitlines()[-1]
    assert said in last and "Traceback" not in str(refused.value)


def test_a_host_whose_pages_could_be_anybodys_does_not_start(tmp_path):
    """In a folder of its own: `local.settings.json` lies beside the app."""
    (tmp_path / "local.settings.json").write_text(json.dumps({"Host": {"CORS": "*"}}))
    (tmp_path / "host.json").write_text("{}")
    (tmp_path / "function_app.py").write_text("raise AssertionError('it is not even loaded')")
    done = subprocess.run(
        [sys.executable, "-m", "ripieno.local.host", "--app", str(tmp_path / "function_app.py"), "--port", "0"],
        env=os.environ | {"RIPIENO_AUTH": "local", "AzureWebJobsStorage": "none", "PYTHONPATH": str(PROJECT)},
        capture_output=True, text=True, timeout=120, check=False, cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 1 and "any page in your browser" in done.stderr and "Traceback" not in done.stderr


def test_no_webhook_comes_back_as_the_owners_own_call(tmp_path):
    """Also where the app is called otherwise from outside."""
    with running(tmp_path / "stack", RIPIENO_AUTH="local", RIPIENO_PUBLIC_URL="https://tunnel.example") as stack:
        with Ripieno(stack.url) as owner:
            for place in (f"localhost:{stack.ports.host}", f"127.0.0.2:{stack.ports.table}"):
                with pytest.raises(RipienoError) as refused:
                    owner.begin_upload("a.wav", 1000, webhook_url=f"http://{place}/api/ops/failures/x/redrive")
                assert refused.value.code == "bad_webhook_url" and "Ripieno itself" in str(refused.value)
            assert owner.begin_upload("a.wav", 1000, webhook_url="http://localhost:9/").upload_id


def test_a_stack_of_ones_own_takes_tokens(tmp_path, at):
    with running(tmp_path / "stack", RIPIENO_AUTH="token", RIPIENO_TOKENS=f"ann:Admin={TOKEN}") as stack:
        assert "ann at" in ripieno(at(stack.url, RIPIENO_TOKEN=TOKEN), "whoami")
        assert "ripieno login" in ripieno(at(stack.url), "whoami", expect=1)
        with Ripieno(stack.url, token=TOKEN) as ann:
            assert ann.pair("Viewer").code
