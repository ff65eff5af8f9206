"""One declaration a route: what OpenAPI says, what the app indexes and what the client calls are the same routes, and
each says what it is for."""

from __future__ import annotations

import importlib
import json
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

import httpx
import pytest
from openapi_spec_validator import validate
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match

from ripieno.client import Ripieno, RipienoError
from ripieno.contracts.generation import GenerationOrder, GenerationParameters, MixOrder
from ripieno.contracts.masters import SongMasterOrder
from ripieno.contracts.operations import RedriveOrder
from ripieno.contracts.voice_profiles import ApplyOrder
from ripieno.local.host import functions, routing
from triggers import glossary
from triggers.routing import PREFIX, methods_of, routes

FREE = GenerationParameters(target_bpm=100, duration_seconds=4, chord_progression=["C"])
NOT_FOR_CLIENTS = {
    ("GET", "/docs"),  # a page for people: its address is the client's `docs_url`
    ("POST", "/callbacks/jobs"),  # signed, for endpoints
}
CALLS = {
    ("POST", "/audio"): lambda client, path: client.upload(path),
    ("GET", "/audio"): lambda client, path: list(client.search(key="C")),
    ("GET", "/audio/{id}"): lambda client, path: client.get("id"),
    ("DELETE", "/audio/{id}"): lambda client, path: client.delete("id"),
    ("GET", "/audio/{id}/content"): lambda client, path: client.content("id", path),
    ("GET", "/audio/{id}/analysis"): lambda client, path: client.analysis("id"),
    ("POST", "/audio/{id}/analysis"): lambda client, path: client.analyze_again("id", {"separate": "dsp"}),
    ("GET", "/audio/{id}/jams"): lambda client, path: client.jams("id"),
    ("GET", "/audio/{id}/stems"): lambda client, path: client.stems("id"),
    ("POST", "/compositions"): lambda c, _: c.compose("a waltz"),
    ("GET", "/compositions"): lambda c, _: list(c.compositions()),
    ("GET", "/compositions/{id}"): lambda c, _: c.composition("id"),
    ("GET", "/compositions/{id}/versions"): lambda c, _: c.versions("id"),
    ("GET", "/compositions/{id}/versions/compare"): lambda c, _: c.compare_versions("id", 1, 2),
    ("GET", "/compositions/{id}/download"): lambda c, path: c.download_composition("id", path, format="mp3"),
    ("POST", "/compositions/{id}/refine"): lambda c, _: c.refine("id", "slower"),
    ("POST", "/compositions/{id}/rollback"): lambda c, _: c.roll_back("id"),
    ("POST", "/compositions/{id}/branch"): lambda c, _: c.branch("id"),
    ("POST", "/compositions/{id}/approve"): lambda c, _: c.approve_composition("id"),
    ("POST", "/compositions/{id}/reject"): lambda c, _: c.reject_composition("id", "slower"),
    ("POST", "/compositions/{id}/feedback"): lambda c, _: c.rate_composition("id", 4),
    ("POST", "/feedback"): lambda c, _: c.rate("id", skip=True),
    ("GET", "/feedback"): lambda c, _: list(c.feedback("id")),
    ("GET", "/refusals"): lambda c, _: list(c.refusals("appealed")),
    ("GET", "/refusals/{id}"): lambda c, _: c.refusal("id"),
    ("POST", "/refusals/{id}/appeal"): lambda c, _: c.appeal("id", "it is ours"),
    ("GET", "/ops/refusals"): lambda c, _: list(c.appeals()),
    ("POST", "/ops/refusals/{id}/decision"): lambda c, _: c.decide_appeal("id", granted=True),
    ("GET", "/usage"): lambda c, _: c.usage("2026-11"),
    ("GET", "/ops/verdicts"): lambda c, _: c.verdict_counts(),
    ("POST", "/visits"): lambda c, _: c.begin_visit(),
    ("GET", "/ops/failures"): lambda c, _: list(c.failures(kind="take", failed_after="2026-11-01T00:00:00Z")),
    ("GET", "/ops/failures/{id}"): lambda c, _: c.failure("id"),
    ("POST", "/ops/failures/{id}/redrive"): lambda c, _: c.redrive("id"),
    ("POST", "/ops/failures/redrive"): lambda c, _: c.redrive_all(RedriveOrder(dry_run=True)),
    ("GET", "/ops/backlog"): lambda c, _: c.backlog(),
    ("GET", "/ops/overview"): lambda c, _: c.overview(),
    ("POST", "/ops/history/purge"): lambda c, _: c.purge_history(30, dry_run=True),
    ("POST", "/ops/orphans"): lambda c, _: c.orphans(),
    ("POST", "/ops/check"): lambda c, _: c.check("works"),
    ("DELETE", "/account"): lambda c, _: c.delete_account(),
    ("GET", "/preferences"): lambda c, _: c.preferences(),
    ("DELETE", "/preferences"): lambda c, _: c.forget_preferences("density"),
    ("GET", "/preferences/export"): lambda c, _: c.export_preferences(),
    ("POST", "/preferences/rebuild"): lambda c, _: c.rebuild_preferences(),
    ("POST", "/shares"): lambda c, _: c.share("songs", "id", "ben"),
    ("GET", "/shares"): lambda c, _: list(c.shares("received", kind="songs")),
    ("DELETE", "/shares/{id}"): lambda c, _: c.end_share("id"),
    ("GET", "/ops/audit"): lambda c, _: list(c.audit(owner="ben")),
    ("GET", "/webhooks"): lambda c, _: c.webhooks(),
    ("POST", "/webhooks/rotate"): lambda c, _: c.rotate_webhook_secret(overlap_hours=1),
    ("POST", "/compositions/{id}/cancel"): lambda c, _: c.cancel_composition("id"),
    ("DELETE", "/compositions/{id}"): lambda c, _: c.delete_composition("id"),
    ("POST", "/generations"): lambda client, path: client.generate(GenerationOrder(parameters=FREE)),
    ("GET", "/generations"): lambda client, path: list(client.generations(status="completed")),
    ("GET", "/generations/{id}"): lambda client, path: client.generation("id"),
    ("DELETE", "/generations/{id}"): lambda client, path: client.delete_generation("id"),
    ("POST", "/generations/{id}/cancel"): lambda client, path: client.cancel_generation("id"),
    ("POST", "/generations/{id}/stems/{stem}/approve"): lambda client, path: client.approve("id", "synth 2"),
    ("POST", "/generations/{id}/stems/{stem}/reject"): lambda client, path: client.reject("id", "synth 2", "no"),
    ("POST", "/generations/{id}/mixes"): lambda client, path: client.mix("id", MixOrder()),
    ("POST", "/understanding"): lambda client, path: client.understand("busier"),
    ("POST", "/harmony"): lambda client, path: client.harmonize(path),
    ("POST", "/audio/{id}/masters"): lambda client, path: client.begin_master("id", SongMasterOrder()),
    ("GET", "/masters"): lambda client, path: list(client.masters()),
    ("GET", "/masters/{id}"): lambda client, path: client.song_master("id"),
    ("DELETE", "/masters/{id}"): lambda client, path: client.delete_master("id"),
    ("POST", "/voices"): lambda client, path: client.create_voice("Anna"),
    ("GET", "/voices"): lambda client, path: list(client.voices()),
    ("GET", "/voices/{id}"): lambda client, path: client.voice("id"),
    ("DELETE", "/voices/{id}"): lambda client, path: client.delete_voice("id"),
    ("POST", "/voices/{id}/samples"): lambda client, path: client.send_sample("id", path, kind="spoken"),
    ("POST", "/voices/{id}/consent"): lambda client, path: client.give_consent(
        "id", "Anna Berg", ["singing"], "2027-12-31", "sample"
    ),
    ("POST", "/voices/{id}/revoke"): lambda client, path: client.revoke_consent("id"),
    ("POST", "/voices/{id}/train"): lambda client, path: client.train_voice("id"),
    ("GET", "/voices/{id}/versions"): lambda client, path: client.voice_versions("id"),
    ("GET", "/voices/{id}/versions/compare"): lambda client, path: client.compare_voice_versions("id", 1, 2),
    ("POST", "/voices/{id}/rollback"): lambda client, path: client.roll_back_voice("id"),
    ("GET", "/voices/{id}/uses"): lambda client, path: list(client.voice_uses("id")),
    ("POST", "/voices/{id}/apply"): lambda client, path: client.apply_voice("id", ApplyOrder(audio_file_id="song")),
    ("POST", "/sets"): lambda c, _: c.make_set("an hour from my library"),
    ("GET", "/sets"): lambda c, _: list(c.sets(status="completed")),
    ("GET", "/sets/{id}"): lambda c, _: c.dj_set("id", 2),
    ("GET", "/sets/{id}/versions"): lambda c, _: c.set_versions("id"),
    ("GET", "/sets/{id}/versions/compare"): lambda c, _: c.compare_set_versions("id", 1, 2),
    ("POST", "/sets/{id}/edit"): lambda c, _: c.edit_set("id", "drop the second song"),
    ("POST", "/sets/{id}/rollback"): lambda c, _: c.roll_back_set("id", 1),
    ("POST", "/sets/{id}/branch"): lambda c, _: c.branch_set("id", 1),
    ("GET", "/sets/{id}/why"): lambda c, _: c.explain_set("id", song=1),
    ("POST", "/sets/{id}/talk"): lambda c, _: c.talk_to_set("id", "calmer"),
    ("GET", "/sets/{id}/talks/{talk}"): lambda c, _: c.talk("id", "talk"),
    ("GET", "/sets/{id}/download"): lambda c, path: c.download_set("id", path, format="mp3"),
    ("POST", "/sets/{id}/cancel"): lambda c, _: c.cancel_set("id"),
    ("DELETE", "/sets/{id}"): lambda c, _: c.delete_set("id"),
    ("GET", "/catalogue"): lambda client, path: client.catalogue(),
    ("GET", "/auth"): lambda c, _: c.sign_in(),
    ("GET", "/me"): lambda c, _: c.me(),
    ("POST", "/pairings"): lambda c, _: c.pair("Viewer"),
    ("POST", "/pairings/claim"): lambda c, _: c.join("K7QX-2M9F"),
    ("GET", "/devices"): lambda c, _: c.devices(),
    ("DELETE", "/devices/{id}"): lambda c, _: c.revoke_device("id"),
    ("GET", "/health"): lambda client, path: client.health(),
    ("GET", "/jobs"): lambda client, path: list(client.jobs(state="failed")),
    ("GET", "/jobs/{id}"): lambda client, path: client.job("id"),
    ("GET", "/removals/{id}"): lambda client, path: client.removal("id"),
    ("GET", "/openapi.json"): lambda client, path: client.openapi(),
    ("POST", "/uploads"): lambda client, path: client.begin_upload("a.wav", 1),
    ("POST", "/uploads/{id}/complete"): lambda client, path: client.complete_upload("id"),
}  # fmt: skip
"""Every route that people use, and what the client calls it with."""


@pytest.fixture
def app(storage):
    return importlib.import_module("function_app").app


@pytest.fixture
def document(app) -> dict[str, Any]:
    from triggers.openapi import document

    return json.loads(json.dumps(document()))


def test_the_description_is_a_valid_openapi_document(document):
    validate(document)


def test_the_app_has_the_declared_routes_and_no_others(app):
    indexed = set()
    for one in http_functions(app):
        indexed |= {(method, one.trigger["route"]) for method in one.trigger.get("methods", ["any"])}
    declared = {(method, f"{PREFIX}{one.path}") for one in routes() for method in methods_of(one)}
    assert indexed == declared | {("any", f"{PREFIX}/{{*rest}}")}


def test_no_function_stands_in_anothers_way(app):
    """Azure's host tries them in the order of their names, and a parameter is no worse than a literal there."""
    ordered = routing.in_order(http_functions(app))
    for one in routes():
        path = f"/{PREFIX}{one.path}".replace("{id}", "one").replace("{stem}", "bass").replace("{talk}", "one")
        for method in methods_of(one):
            first = next(other for other in ordered if answers(other, method, path))
            assert first.name == one.name, (method, path)
    assert answers(ordered[-1], "BREW", f"/{PREFIX}"), "what is behind the catch-all is never asked"


@lru_cache(maxsize=1)
def http_functions(app) -> list[functions.Function]:
    """An app can be indexed once."""
    return functions.index(app).of("httpTrigger")


def answers(function: functions.Function, method: str, path: str) -> bool:
    async def nobody(_: Request) -> Response:
        return Response()

    route = routing.FunctionRoute(
        function.trigger["route"], nobody, methods=function.trigger.get("methods"), name=function.name
    )
    return route.matches({"type": "http", "method": method, "path": path})[0] == Match.FULL


def test_the_description_has_the_declared_routes_and_no_others(document):
    described = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
    assert described == {(one.method, one.path) for one in routes()}
    for one in routes():
        operation = document["paths"][one.path][one.method.lower()]
        assert operation["summary"] and operation.get("x-role") == (one.role and one.role.value)
        assert operation["responses"], "an operation without answers"


@pytest.mark.parametrize("called", CALLS, ids=lambda called: f"{called[0]} {called[1]}")
def test_the_client_calls_a_declared_route(app, called, tmp_path: Path):
    asked: list[tuple[str, str, set[str]]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append((request.method, request.url.path, set(request.url.params)))
        return httpx.Response(404, json={"code": "x", "detail": "x"})

    path = tmp_path / "a.wav"
    path.write_bytes(b"RIFF")
    client = Ripieno("http://ripieno")
    client._http = httpx.Client(base_url="http://ripieno/api/", transport=httpx.MockTransport(answer))
    try:
        CALLS[called](client, path)
    except RipienoError:
        pass
    ((method, address, params),) = asked
    (declared,) = (one for one in routes() if (one.method, one.path) == called)
    expected = f"/{PREFIX}{declared.path}".replace("{id}", "id").replace("{stem}", "synth 2").replace("{talk}", "talk")
    assert (method, address) == (called[0], expected)
    assert params <= set(declared.query.model_fields if declared.query else ())


@pytest.mark.parametrize("called", [one for one in CALLS if one[0] == "POST"], ids=lambda called: called[1])
def test_every_post_of_the_client_has_a_key_which_its_repetitions_have_too(app, called, tmp_path: Path, monkeypatch):
    """Its first answer is lost, its second is that the first is at work, its third that the platform is busy. What has
    no owner, whose key it could be, is sent once."""
    monkeypatch.setattr("ripieno.client._sync.connection.sleep", lambda _: None)
    path = tmp_path / "a.wav"
    path.write_bytes(b"RIFF")
    keys: list[list[str]] = []
    client = Ripieno("http://ripieno")
    for _ in range(2):
        asked: list[str] = []

        def answer(request: httpx.Request, asked: list[str] = asked) -> httpx.Response:
            asked.append(request.headers["idempotency-key"])
            if len(asked) == 1:
                raise httpx.ReadError("the connection broke", request=request)
            known = {2: (409, "still_running"), 3: (503, "storage_unavailable")}
            status, code = known.get(len(asked), (404, "x"))
            return httpx.Response(status, json={"code": code, "detail": "x"})

        client._http = httpx.Client(base_url="http://ripieno/api/", transport=httpx.MockTransport(answer))
        try:
            CALLS[called](client, path)
        except RipienoError:
            pass
        keys.append(asked)
    (declared,) = (one for one in routes() if (one.method, one.path) == called)
    times = 4 if declared.role is not None else 1
    assert all(len(asked) == times and len(set(asked)) == 1 and asked[0] for asked in keys), keys
    assert keys[0][0] != keys[1][0], "another call is another request"


def test_the_client_can_call_every_route_that_people_use(app):
    assert set(CALLS) | NOT_FOR_CLIENTS == {(one.method, one.path) for one in routes()}


def test_every_field_and_parameter_says_what_it_means(document):
    silent = [
        f"{model}.{name}"
        for model, schema in document["components"]["schemas"].items()
        for name, about in schema.get("properties", {}).items()
        if not about.get("description")
    ]
    silent += [model for model, schema in document["components"]["schemas"].items() if not schema.get("description")]
    silent += [
        f"{method} {path} ?{parameter['name']}"
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        for parameter in operation.get("parameters", [])
        if not parameter.get("description")
    ]
    assert silent == []


def test_every_field_that_can_be_null_says_what_that_means(document):
    silent = [
        f"{model}.{name}: {about['description']}"
        for model, schema in document["components"]["schemas"].items()
        for name, about in schema.get("properties", {}).items()
        if {"type": "null"} in about.get("anyOf", []) and not re.search(r"\b(null|none)\b", about["description"])
    ]
    assert silent == []


def test_every_value_of_a_vocabulary_says_what_it_means(document):
    vocabularies = {
        model: set(schema["enum"]) for model, schema in document["components"]["schemas"].items() if "enum" in schema
    }
    assert {model: set(values) for model, values in glossary.VALUES.items()} == vocabularies


def test_nothing_is_explained_that_is_not_there(document):
    there = {
        name
        for model, schema in document["components"]["schemas"].items()
        for field in schema.get("properties", {})
        for name in (field, f"{model.partition('-')[0]}.{field}")
    }
    there |= {
        f"?{parameter['name']}"
        for methods in document["paths"].values()
        for operation in methods.values()
        for parameter in operation.get("parameters", [])
    }
    assert set(glossary.MEANINGS) - there == set()
    models = set(document["components"]["schemas"])
    assert {name for name in glossary.NULLS if name not in there and name.removesuffix(".*") not in models} == set()
    assert set(glossary.CONTRACTS) <= models
    assert set(glossary.TAGS) == {one.tag for one in routes()}


def test_a_parameter_that_nobody_reads_is_refused_on_every_route(stack):
    with httpx.Client(base_url=stack.url, timeout=30) as http:
        for one in routes():
            address = f"/{PREFIX}{one.path}".replace("{id}", "none").replace("{stem}", "bass").replace("{talk}", "one")
            told = http.request(one.method, address, params={"colour": "red"}, content=b"{}")
            assert told.status_code == 400, (one.method, one.path, told.text)
            assert "no parameter colour" in told.json()["detail"]
            for name in one.query.model_fields if one.query else ():
                assert name in told.json()["detail"]
