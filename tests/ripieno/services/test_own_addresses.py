"""No webhook comes to Ripieno itself, by whatever name; and who asks from outside names nothing inside."""

from __future__ import annotations

import socket

import pytest

from ripieno.contracts.enums import Role
from ripieno.services import behalf, outbound, webhooks
from ripieno.services.webhooks import BadWebhookUrl

SECRET = "whsec_c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0"
FREE = 7999


@pytest.fixture(autouse=True)
def laptop(monkeypatch):
    """A stack's settings, where the app is called otherwise from outside."""
    for name, value in {
        "AzureWebJobsStorage": "AccountName=a;AccountKey=b;BlobEndpoint=http://127.0.0.1:11000/a;"
        "QueueEndpoint=http://127.0.0.1:11001/a;TableEndpoint=http://127.0.0.1:11002/a;",
        "RIPIENO_PUBLIC_URL": "https://tunnel.example",
        "RIPIENO_OWN_ADDRESSES": ",http://127.0.0.1:7071",
        "RIPIENO_ANALYSIS_ENDPOINTS": "http://127.0.0.1:8001",
        "RIPIENO_GENERATION_ENDPOINTS": "http://gpu.internal:8002",
        "RIPIENO_ALLOW_PRIVATE_WEBHOOKS": "1",
        "RIPIENO_WEBHOOK_SECRETS": SECRET,
        "RIPIENO_DIRECT_SECRETS": SECRET,
        "WEBSITE_HOSTNAME": "localhost:7072",
    }.items():
        monkeypatch.setenv(name, value)
    known = {
        "gpu.internal": "10.0.0.5", "tunnel.example": "93.184.215.14", "front.example": "93.184.215.14",
        "rebound.example": "127.0.0.1",
    }  # fmt: skip
    real = socket.getaddrinfo

    def look_up(host, port, *args, **more):
        return real(known.get(host, host), port, *args, **more)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)


LOOPBACK = ("127.0.0.1", "localhost", "127.9.8.7", "[::ffff:127.0.0.1]", "rebound.example")


@pytest.mark.parametrize("name", LOOPBACK)
@pytest.mark.parametrize("port", [7071, 7072, 8001, 11000, 11001, 11002])
def test_nothing_of_the_stacks_own_is_told(name, port):
    """The app's own POST would be a request of the owner: a failure re-driven, a workflow ended, a job cancelled."""
    url = f"http://{name}:{port}/api/ops/failures/x/redrive"
    for check in (webhooks.check_user_url, webhooks.check_callback_url):
        with pytest.raises(BadWebhookUrl, match="Ripieno itself"):
            check(url)
    told = webhooks.send(url, "1", {}, [SECRET])
    assert not told.delivered and "Ripieno itself" in told.reason, "nor what was taken before"


@pytest.mark.parametrize(
    "url",
    ["http://gpu.internal:8002/jobs/x/cancel", "http://10.0.0.5:8002/", "http://[64:ff9b::10.0.0.5]:8002/", "https://tunnel.example/api/x", "http://tunnel.example/"],
)  # fmt: skip
def test_nor_an_endpoint_elsewhere_or_the_app_by_its_public_name(url):
    with pytest.raises(BadWebhookUrl, match="Ripieno itself"):
        webhooks.check_user_url(url)


@pytest.mark.parametrize(
    "url", [f"http://localhost:{FREE}/", "http://10.0.0.5:8001/", "http://10.0.0.6:8002/", "https://front.example/"]
)
def test_neighbours_are_told_behind_the_same_front_door_too(url):
    assert webhooks.check_user_url(url) == url


def test_an_address_of_this_machines_network_is_this_machine(monkeypatch):
    here = outbound.ipaddress.ip_address("192.168.7.7")
    monkeypatch.setattr("ripieno.services.own_addresses._is_here", lambda ip: ip == here)
    with pytest.raises(BadWebhookUrl, match="Ripieno itself"):
        webhooks.check_user_url("http://192.168.7.7:7071/")
    assert webhooks.check_user_url("http://192.168.7.8:7071/")


@pytest.mark.parametrize(("known_by", "may"), [("local", True), ("token", True), ("device", False), ("visitor", False)])
def test_who_asks_from_outside_names_nothing_inside(known_by, may):
    with behalf.of("ann", frozenset(Role), known_by):
        for url in (f"http://127.0.0.1:{FREE}/", "https://10.0.0.6/", "http://front.example/"):
            if may:
                assert webhooks.check_user_url(url)
                continue
            with pytest.raises(BadWebhookUrl):
                webhooks.check_user_url(url)
        assert webhooks.check_user_url("https://front.example/")


def test_an_endpoint_calls_the_app_back_at_one_route_alone(monkeypatch):
    monkeypatch.setenv("RIPIENO_PUBLIC_URL", "http://127.0.0.1:7071")
    assert webhooks.check_callback_url("http://127.0.0.1:7071/api/callbacks/jobs")
    for path in ("/api/ops/failures/x/redrive", "/api/callbacks/jobs/../../ops", "/durabletask/instances/x/terminate"):
        with pytest.raises(BadWebhookUrl, match="Ripieno itself"):
            webhooks.check_callback_url(f"http://127.0.0.1:7071{path}")
