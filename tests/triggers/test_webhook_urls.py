"""Wherever a user may name an address to be told at, it is looked at before anything is done."""

from __future__ import annotations

import asyncio
import json
import uuid

import azure.functions as func
import makers
import pytest

from ripieno.local.host import durable_api
from ripieno.records import runs, works
from ripieno.services import blobs, identity
from triggers import examples
from triggers.routing import Route, routes

NOBODY = durable_api.client_binding("http://127.0.0.1:9", "key", "hub")
INSIDE = [
    "https://169.254.169.254/latest", "https://168.63.129.16/", "https://10.0.0.1/", "https://localhost./",
    "https://2130706433/", "https://[::ffff:127.0.0.1]/", "http://example.com/", "file:///etc/passwd", "https://a@8.8.8.8/",
    "https://xn--zzzzzz-.example/", "https://\ud800.example/", "https://8.8.8.8/\x00",
]  # fmt: skip
NAMED = {"upload_audio", "create_upload", "create_generation", "create_composition", "create_set"}


def takes_one(route: Route) -> bool:
    models = [one for one in (route.body, route.query) if isinstance(one, type)]
    return any("webhook_url" in one.model_fields for one in models)


def told() -> list[Route]:
    makers.app_functions()
    return [one for one in routes() if takes_one(one)]


@pytest.fixture
def me(storage, monkeypatch) -> str:
    owner = f"owner-{uuid.uuid4().hex[:8]}"
    monkeypatch.setattr(identity, "LOCAL_OWNER", owner)
    monkeypatch.setenv("RIPIENO_ALLOW_PRIVATE_WEBHOOKS", "0")
    monkeypatch.setenv("RIPIENO_WEBHOOK_SECRETS", "whsec_c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0")
    return owner


def asked(route: Route, url: str) -> tuple[int, str]:
    (function,) = [one for one in makers.app_functions().of("httpTrigger") if one.name == route.name]
    in_body = isinstance(route.body, type) and "webhook_url" in route.body.model_fields
    body: bytes = makers.tone()
    if isinstance(route.body, type) and in_body:
        given = examples.BY_CONTRACT[route.body].model_dump(mode="json", exclude_unset=True)
        body = json.dumps(
            given | {"webhook_url": url, **({"audio_file_id": None} if "audio_file_id" in given else {})}
        ).encode()
    request = func.HttpRequest(
        "POST", "http://127.0.0.1:7071/api/x", headers={"content-type": "application/json"},
        params={} if in_body else {"webhook_url": url}, route_params={}, body=body,
    )  # fmt: skip
    answer = function.call(**function.arguments(request, NOBODY))
    if function.is_async:
        answer = asyncio.run(answer)
    return answer.status_code, json.loads(answer.get_body())["code"]


def test_these_routes_take_an_address(storage):
    assert {one.name for one in told()} == NAMED


@pytest.mark.parametrize("name", sorted(NAMED))
@pytest.mark.parametrize("url", INSIDE)
def test_none_of_them_takes_one_inside(me, name, url):
    (route,) = [one for one in told() if one.name == name]
    status, code = asked(route, url)
    assert status == 400 and code in ("bad_webhook_url", "invalid_request"), (status, code)
    assert code == "bad_webhook_url" or "\ud800" in url
    assert works.listed(me, limit=1)[0] == [] and runs.beginning_with(me, "") == []


@pytest.mark.parametrize(
    "path",
    ["/../songs/x", "/raw-audio/../songs/x", "/raw-audio/a/../../songs/x", "/raw-audio/./x", "/raw-audio/%2e%2e/songs/x",
     "/raw-audio/..%2fsongs", "/raw-audio/a%00b", "/raw-audio/a%5c..%5cb", "/raw-audio/", "/raw-audio", "raw-audio/x",
     "@evil.example/raw-audio/x", ".evil.example/raw-audio/x"],
)  # fmt: skip
def test_the_address_of_a_blob_leads_to_one_of_our_account_and_nowhere_else(storage, path):
    root = blobs.read_url("raw-audio", "x").partition("/raw-audio/")[0]
    assert blobs.parse_uri(f"{root}/raw-audio/a%20b/c.wav?sig=x") == ("raw-audio", "a b/c.wav")
    with pytest.raises(ValueError, match="blob"):
        blobs.parse_uri(root + path)
