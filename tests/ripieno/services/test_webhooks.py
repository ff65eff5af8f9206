"""Webhooks: who may be called, and whose word is believed."""

from __future__ import annotations

import json
import socket
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer

import httpx
import pytest
from standardwebhooks.webhooks import Webhook

from ripieno.services import webhooks

OTHER = "whsec_b3RoZXJvdGhlcm90aGVyb3RoZXJvdGhlcm90"
SECRET = "whsec_c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0"


@pytest.fixture
def configure(monkeypatch):
    def set_up(**env: str) -> None:
        for name, value in ({"AzureWebJobsStorage": "UseDevelopmentStorage=true"} | env).items():
            monkeypatch.setenv(name, value)

    return set_up


def signed(secret: str, body: str) -> dict[str, str]:
    now = datetime.now(UTC)
    headers = {"Webhook-Id": "1", "Webhook-Timestamp": str(int(now.timestamp()))}
    return headers | {"Webhook-Signature": Webhook(secret).sign("1", now, body)}


def test_only_an_endpoints_own_signature_is_believed(configure):
    configure(RIPIENO_CALLBACK_SECRET=SECRET, RIPIENO_WEBHOOK_SECRET=OTHER)
    body = json.dumps({"type": "job.ended"})
    headers = signed(SECRET, body)
    assert webhooks.verify_callback(body.encode(), headers) == {"type": "job.ended"}
    for tampered in ({"Webhook-Id": "2"}, {"Webhook-Signature": "v1,AAAA"}, {"Webhook-Timestamp": "1000"}):
        with pytest.raises(webhooks.BadSignature):
            webhooks.verify_callback(body.encode(), headers | tampered)
    with pytest.raises(webhooks.BadSignature):
        webhooks.verify_callback(b"{}", {})


def test_whoever_is_sent_webhooks_cannot_forge_callbacks(configure):
    configure(RIPIENO_CALLBACK_SECRET=SECRET, RIPIENO_WEBHOOK_SECRET=OTHER)
    with pytest.raises(webhooks.BadSignature):
        webhooks.verify_callback(b"{}", signed(OTHER, "{}"))


def test_without_a_secret_no_callback_is_believed(configure, monkeypatch):
    configure()
    monkeypatch.delenv("RIPIENO_CALLBACK_SECRET", raising=False)
    with pytest.raises(webhooks.BadSignature, match="RIPIENO_CALLBACK_SECRET"):
        webhooks.verify_callback(b"{}", {})


class Inside(BaseHTTPRequestHandler):
    """Something of our own network that nobody outside may reach."""

    heard: list[dict[str, str]] = []

    def do_POST(self):
        Inside.heard.append({name.lower(): value for name, value in self.headers.items()})
        self.send_response(302 if self.path == "/moved" else 200)
        if self.path == "/moved":
            self.send_header("Location", "/")
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def inside():
    Inside.heard = []
    server = HTTPServer(("127.0.0.1", 0), Inside)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


def test_a_name_that_changes_its_mind_reaches_nothing_inside(configure, monkeypatch, inside):
    """The host's name is looked up once a try, and what was checked is what is called."""
    configure(RIPIENO_ALLOW_PRIVATE_WEBHOOKS="0")
    answers = iter(["93.184.215.14", "127.0.0.1", "127.0.0.1"])
    called = []

    def rebinding(host, port, *_, **__):
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers), port))]

    def refuse(_, request, **__):
        called.append(request)
        raise httpx.ConnectError("nobody is there")

    monkeypatch.setattr(webhooks.socket, "getaddrinfo", rebinding)
    monkeypatch.setattr(webhooks.httpx.Client, "send", refuse)
    told = webhooks.deliver(f"https://rebind.example:{inside}/", "1", {"a": 1})
    assert not told["delivered"] and Inside.heard == []
    assert len(called) == 1  # the second and third look-up were refused, not called
    assert called[0].url.host == "93.184.215.14" and called[0].headers["host"] == f"rebind.example:{inside}"
    assert called[0].extensions["sni_hostname"] == "rebind.example"


def test_redirects_are_not_followed_and_the_rest_is_signed(configure, inside):
    configure(RIPIENO_ALLOW_PRIVATE_WEBHOOKS="1", RIPIENO_WEBHOOK_SECRET=OTHER)
    assert webhooks.deliver(f"http://localhost:{inside}/told", "1", {"a": 1}) == {"delivered": True, "reason": ""}
    assert Inside.heard[0]["host"] == f"localhost:{inside}" and Inside.heard[0]["webhook-signature"].startswith("v1,")
    Inside.heard.clear()
    assert not webhooks.deliver(f"http://127.0.0.1:{inside}/moved", "2", {})["delivered"]
    assert len(Inside.heard) == webhooks.ATTEMPTS


def test_an_endpoint_calls_back_the_app_or_whom_the_operator_allows(configure):
    configure(
        RIPIENO_ALLOW_PRIVATE_WEBHOOKS="0",
        RIPIENO_PUBLIC_URL="http://10.0.0.7:7071",
        RIPIENO_CALLBACK_HOSTS="http://partner.internal",
    )
    for url in ("http://10.0.0.7:7071/api/callbacks/jobs", "http://partner.internal/x"):
        assert webhooks.check_callback_url(url) == url
    for url in ("http://10.0.0.7:70710/x", "http://partner.internal.evil.example/x", "http://10.0.0.8/"):
        with pytest.raises(webhooks.BadWebhookUrl):
            webhooks.check_callback_url(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/",
        "https://127.0.0.1/",
        "https://10.0.0.1/x",
        "https://[::1]/",
        "https://169.254.169.254/",
        "ftp://x/",
        "nonsense",
        "https://[::ffff:10.0.0.1]/",
        "https://0.0.0.0/",
        "https://100.64.0.1/",
        "https://x:notaport/",
        "https://" + "x" * 3000 + ".example/",
    ],
)
def test_users_cannot_make_the_platform_call_its_own_network(configure, url):
    configure(RIPIENO_ALLOW_PRIVATE_WEBHOOKS="0")
    with pytest.raises(webhooks.BadWebhookUrl):
        webhooks.check_user_url(url)
