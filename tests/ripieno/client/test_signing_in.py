"""Signing in by a device code, what is kept of it, and renewing it once however many want it renewed."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from ripieno.client import AsyncRipieno, Retries, Ripieno, RipienoError, oauth, token_file
from ripieno.client.oauth import SignInFailed
from ripieno.client.token_file import SignedIn
from ripieno.client.tokens import Tokens
from tests import issuer as issuers
from tests.issuer import CLIENT, Issuer

PROJECT = Path(__file__).parents[3]
URL = "https://ripieno.example"
SCOPES = ["openid", "offline_access", "api://ripieno/access"]


@pytest.fixture(autouse=True)
def kept(tmp_path: Path, monkeypatch) -> Path:
    """Where tokens are kept, of this test alone."""
    monkeypatch.setenv("RIPIENO_TOKEN_FILE", str(tmp_path / "of mine" / "tokens.json"))
    return tmp_path / "of mine" / "tokens.json"


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with issuers.served() as served:
        yield served


class Clock:
    """Time that passes by being slept through."""

    def __init__(self) -> None:
        self.now, self.slept = 0.0, []

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.slept.append(seconds)

    def __call__(self) -> float:
        return self.now


def signed_in(issuer: Issuer, clock: Clock | None = None, *, yes: bool | None = True) -> SignedIn:
    def show(address: str, code: str, ready: str | None) -> None:
        assert address == f"{issuer.url}/device" and ready is not None and ready.endswith(code)
        if yes is not None:
            issuer.agree(code, yes=yes)

    clock = clock or Clock()
    return oauth.sign_in(oauth.Issuer(issuer.url), CLIENT, SCOPES, show, sleep=clock.sleep, clock=clock)


def keep(known: SignedIn, **more: Any) -> None:
    with token_file.locked():
        token_file.keep(URL, known.model_copy(update=more))


# -- the device code ------------------------------------------------------------------------------------------------


def test_whoever_types_the_code_in_is_signed_in(issuer: Issuer):
    issuer.polled = ["authorization_pending"] * 3
    clock = Clock()
    known = signed_in(issuer, clock)
    assert known.access_token.count(".") == 2 and known.refresh_token and known.issuer == issuer.url
    assert clock.slept == [1.0] * 4, "as often as the issuer said"


def test_who_is_told_to_slow_down_asks_more_seldom_from_then_on(issuer: Issuer):
    issuer.polled = ["authorization_pending", "slow_down", "slow_down", "authorization_pending"]
    clock = Clock()
    signed_in(issuer, clock)
    assert clock.slept == [1.0, 1.0, 6.0, 11.0, 11.0]


def test_who_declines_is_believed(issuer: Issuer):
    with pytest.raises(SignInFailed) as refused:
        signed_in(issuer, yes=False)
    assert refused.value.code == "access_denied"


def test_a_code_that_nobody_typed_in_ends(issuer: Issuer):
    clock, issuer.code_lifetime = Clock(), 20
    with pytest.raises(SignInFailed) as refused:
        signed_in(issuer, clock, yes=None)
    assert refused.value.code == "expired_token" and 19 <= clock.now <= 20
    issuer.polled = ["expired_token"]
    with pytest.raises(SignInFailed) as refused:
        signed_in(issuer)
    assert refused.value.code == "expired_token"


def test_an_issuer_that_is_away_for_a_moment_is_asked_more_seldom(issuer: Issuer):
    clock = Clock()

    def sleep(seconds: float) -> None:
        clock.sleep(seconds)
        issuer.is_down = len(clock.slept) < 4

    def show(address: str, code: str, ready: str | None) -> None:
        issuer.agree(code)

    assert oauth.sign_in(oauth.Issuer(issuer.url), CLIENT, SCOPES, show, sleep=sleep, clock=clock).access_token
    assert clock.slept == [1.0, 2.0, 4.0, 8.0]


def test_no_token_is_asked_for_where_anybody_could_listen():
    with pytest.raises(SignInFailed, match="no https address"):
        oauth.Issuer("http://issuer.example")


def test_an_issuer_is_who_it_says(issuer: Issuer):
    with pytest.raises(SignInFailed, match="says that it is"):
        oauth.Issuer(f"{issuer.url}/")


# -- what is kept ---------------------------------------------------------------------------------------------------


def test_what_is_kept_nobody_else_can_read(issuer: Issuer, kept: Path):
    keep(signed_in(issuer))
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600 and stat.S_IMODE(kept.parent.stat().st_mode) == 0o700
    kept.chmod(0o644)
    keep(signed_in(issuer))
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert sorted(one.name for one in kept.parent.iterdir()) == ["tokens.json", "tokens.lock"]


def test_each_address_has_its_own_and_signing_out_of_one_leaves_the_others(issuer: Issuer):
    known = signed_in(issuer)
    with token_file.locked():
        for number in range(3):
            token_file.keep(f"{URL}/{number}/", known)
        token_file.keep(f"{URL}/1", None)
    assert [token_file.find(f"{URL}/{number}") is not None for number in range(3)] == [True, False, True]


def test_signing_out_of_where_one_never_was_writes_nothing(kept: Path):
    with token_file.locked():
        token_file.keep(URL, None)
    assert not kept.exists()


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"https://ripieno.example": 7}', '{"https://ripieno.example": {}}', "\x00", "\U0001f3b7"]
)
def test_a_file_that_is_none_of_ours_is_as_none(kept: Path, text):
    kept.parent.mkdir(parents=True)
    kept.write_text(text, encoding="utf-8")
    assert token_file.find(URL) is None and Tokens(URL, None).current() is None


def test_who_dies_while_writing_leaves_what_was_there(issuer: Issuer, kept: Path, monkeypatch):
    keep(signed_in(issuer))
    before = kept.read_bytes()

    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(token_file.json, "dump", die)
        with pytest.raises(KeyboardInterrupt):
            keep(signed_in(issuer))
    assert kept.read_bytes() == before and not list(kept.parent.glob(".tokens-*"))


# -- renewing -------------------------------------------------------------------------------------------------------


def test_a_token_is_renewed_before_it_ends(issuer: Issuer):
    known = signed_in(issuer)
    assert known.renew_at is not None and known.expires_at is not None
    assert 100 < known.expires_at - known.renew_at <= 120
    keep(known)
    assert Tokens(URL, None).current() == known.access_token and issuer.count("/token") == 1
    keep(known, renew_at=time.time() - 1)
    renewed = Tokens(URL, None).current()
    assert renewed != known.access_token and issuer.count("/token") == 2
    after = token_file.find(URL)
    assert after is not None and after.access_token == renewed and after.refresh_token != known.refresh_token


def test_of_many_who_want_it_renewed_one_renews_it(issuer: Issuer):
    """A refresh token that comes twice would end the whole sign-in."""
    keep(signed_in(issuer), renew_at=0.0)
    clients = [Tokens(URL, None) for _ in range(4)]
    with ThreadPoolExecutor(16) as pool:
        told = set(pool.map(lambda number: clients[number % 4].current(), range(64)))
    assert len(told) == 1 and issuer.count("/token") == 2


def test_of_many_commands_at_once_one_renews_it(issuer: Issuer, kept: Path):
    keep(signed_in(issuer), renew_at=0.0)
    program = f"from ripieno.client.tokens import Tokens; print(Tokens({URL!r}, None).current())"
    commands = [
        subprocess.Popen(
            [sys.executable, "-c", program], cwd=PROJECT, stdout=subprocess.PIPE, text=True, env=os.environ
        )
        for _ in range(4)
    ]
    assert len({one.communicate(timeout=120)[0] for one in commands}) == 1
    assert issuer.count("/token") == 2


def test_a_sign_in_that_is_over_says_so_and_is_not_tried_again(issuer: Issuer):
    keep(signed_in(issuer), renew_at=0.0)
    issuer.refresh.clear()
    with pytest.raises(RipienoError, match="ripieno login") as refused:
        Tokens(URL, None).current()
    assert refused.value.code == "signed_out"
    Tokens(URL, None).current()
    assert issuer.count("/token") == 2, "what the issuer has refused is not sent again"


def test_while_the_issuer_is_away_the_token_holds_until_its_end(issuer: Issuer):
    known = signed_in(issuer)
    issuer.is_down = True
    keep(known, renew_at=0.0)
    assert Tokens(URL, None).current() == known.access_token
    keep(known, renew_at=0.0, expires_at=1.0)
    with pytest.raises(SignInFailed):
        Tokens(URL, None).current()


def test_an_issuer_that_gives_no_new_refresh_token_means_the_old_one(issuer: Issuer, monkeypatch):
    known = signed_in(issuer)
    granted = issuer.granted
    monkeypatch.setattr(issuer, "granted", lambda line=None: granted(line) | {"refresh_token": None})
    assert oauth.renew(known).refresh_token == known.refresh_token


def test_signing_out_ends_it_at_the_issuer_too(issuer: Issuer):
    known = signed_in(issuer)
    assert oauth.revoke(known) and issuer.count("/revocation") == 1
    with pytest.raises(SignInFailed) as refused:
        oauth.renew(known)
    assert refused.value.code == "invalid_grant"


# -- with every request ---------------------------------------------------------------------------------------------


class Api(ThreadingHTTPServer):
    """It takes one token, and notes which came."""

    def __init__(self, good: str):
        self.good, self.came = good, []

        class Handler(BaseHTTPRequestHandler):
            server: Api
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self.rfile.read(int(self.headers.get("content-length", 0)))
                given = self.headers.get("authorization")
                self.server.came.append((self.command, self.path, given))
                is_good = given == f"Bearer {self.server.good}"
                body = json.dumps(
                    {"owner": "ann", "roles": []} if is_good else {"code": "token_expired", "detail": "renew it"}
                )
                self.send_response(200 if is_good else 401)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body.encode())

            do_POST = do_GET

            def log_message(self, *arguments) -> None:
                pass

        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


@pytest.fixture
def api() -> Iterator[Api]:
    with Api("good") as served:
        thread = Thread(target=served.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield served
        served.shutdown()
        thread.join()


def test_a_token_goes_with_every_request(api: Api, kept: Path):
    with Ripieno(api.url, token="good") as ripieno:
        assert ripieno.me().owner == "ann"
    assert api.came == [("GET", "/api/me", "Bearer good")]


def test_without_one_nothing_goes(api: Api):
    with Ripieno(api.url, retries=Retries(tries=1)) as ripieno, pytest.raises(RipienoError) as refused:
        ripieno.me()
    assert (refused.value.code, refused.value.status) == ("token_expired", 401) and api.came == [
        ("GET", "/api/me", None)
    ]


def test_one_that_ends_meanwhile_is_renewed_once_and_the_request_sent_once_more(api: Api):
    given = iter(["ended", "good", "good", "never asked for"])
    with Ripieno(api.url, token=lambda: next(given)) as ripieno:
        assert ripieno.me().owner == "ann" and ripieno.me().owner == "ann"
    assert [one[2] for one in api.came] == ["Bearer ended", "Bearer good", "Bearer good"]
    assert next(given) == "never asked for"


def test_one_that_is_refused_again_is_not_tried_for_ever(api: Api):
    given = iter(f"bad {number}" for number in range(9))
    with Ripieno(api.url, token=lambda: next(given)) as ripieno, pytest.raises(RipienoError):
        ripieno.me()
    assert len(api.came) == 2


def test_a_fixed_token_that_is_refused_is_sent_once(api: Api):
    with Ripieno(api.url, token="bad") as ripieno, pytest.raises(RipienoError):
        ripieno.me()
    assert len(api.came) == 1


def test_what_was_kept_is_renewed_in_mid_flight(api: Api, issuer: Issuer, monkeypatch):
    known = signed_in(issuer)
    with token_file.locked():
        token_file.keep(api.url, known)
    granted = issuer.granted

    def good(line: str | None = None) -> dict[str, Any]:
        found = granted(line)
        api.good = found["access_token"]
        return found

    monkeypatch.setattr(issuer, "granted", good)
    with Ripieno(api.url) as ripieno, ThreadPoolExecutor(8) as pool:
        assert set(pool.map(lambda _: ripieno.me().owner, range(8))) == {"ann"}
    assert issuer.count("/token") == 2, "signed in, and renewed once for all of them"


async def _asks(url: str) -> str:
    given = iter(["ended", "good"])
    async with AsyncRipieno(url, token=lambda: next(given)) as ripieno:
        return (await ripieno.me()).owner


def test_the_other_face_does_the_same(api: Api):
    import asyncio

    assert asyncio.run(_asks(api.url)) == "ann"


def test_what_can_be_sent_once_alone_is_not_sent_again(api: Api):
    with Ripieno(api.url, token=iter(["ended", "good"]).__next__) as ripieno, pytest.raises(RipienoError):
        ripieno._call("POST", "audio", data=b"x", is_replayable=False)
    assert [one[2] for one in api.came] == ["Bearer ended"]


def test_a_download_is_taken_up_with_another_token(api: Api, tmp_path: Path):
    given = iter(["ended", "good"])
    with Ripieno(api.url, token=lambda: next(given)) as ripieno:
        assert json.loads(ripieno.content("id", tmp_path / "song").read_text())["owner"] == "ann"
    assert [one[2] for one in api.came] == ["Bearer ended", "Bearer good"]


def test_a_token_does_not_go_to_another_address(api: Api, tmp_path: Path):
    with Api("none") as elsewhere:
        thread = Thread(target=elsewhere.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        with Ripieno(api.url, token="good") as ripieno, pytest.raises(RipienoError):
            ripieno.download(f"{elsewhere.url}/api/stem", tmp_path / "stem")
        elsewhere.shutdown()
        thread.join()
        assert [one[2] for one in elsewhere.came] == [None]
    assert api.came == []


def test_the_environments_token_is_for_the_environments_address_alone(api: Api, monkeypatch):
    monkeypatch.setenv("RIPIENO_TOKEN", "good")
    with Ripieno(api.url) as ripieno, pytest.raises(RipienoError):
        ripieno.me()
    monkeypatch.setenv("RIPIENO_URL", api.url)
    with Ripieno() as ripieno:
        assert ripieno.me().owner == "ann"
