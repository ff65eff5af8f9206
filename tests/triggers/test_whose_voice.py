"""A voice is its owner's alone: whoever else asks for it is told that there is none, on every route."""

from __future__ import annotations

import asyncio
import importlib
import inspect

import azure.functions as func
import makers
import pytest
import voice_makers

from ripieno.contracts.consent import Purpose
from ripieno.contracts.enums import Role
from ripieno.records import voices
from ripieno.services.identity import Caller
from triggers import examples, problems
from triggers.routing import Call, Route, routes

importlib.import_module("triggers.voices")
OF_A_VOICE = [one for one in routes() if one.path.startswith("/voices/{id}")]


def asked(one: Route, owner: str, voice_id: str):
    """What a route answers an owner, or the problem that they are told."""
    request = func.HttpRequest(
        one.method, f"/api{one.path}", headers={"x-file-name": "a.wav"}, route_params={"id": voice_id},
        body=makers.tone(),
    )  # fmt: skip
    body = examples.BY_CONTRACT[one.body] if isinstance(one.body, type) else None
    query = one.query.model_validate({"a": 1, "b": 1} if "a" in one.query.model_fields else {}) if one.query else None
    call = Call(request, Caller(owner, frozenset(Role)), {"id": voice_id}, body, query, "8" * 25)
    try:
        answer = one.handler(call)
        return asyncio.run(answer) if inspect.isawaitable(answer) else answer
    except Exception as fault:
        return problems.of(fault)


@pytest.mark.parametrize("one", OF_A_VOICE, ids=lambda one: one.name)
def test_another_owner_is_told_that_there_is_none(storage, owner, tmp_path, one):
    voice = voice_makers.ready(owner, tmp_path)
    told = asked(one, f"not {owner}", voice.voice_id)
    assert (told.status, told.code) == (404, "not_found"), told
    assert voices.get(owner, voice.voice_id) == voice, "and nothing has changed"
    if one.method == "GET":
        assert asked(one, owner, voice.voice_id).status == 200


def test_each_way_in_which_nobody_let_it_has_a_code_of_its_own(storage, owner, tmp_path):
    (train,) = (one for one in OF_A_VOICE if one.name == "train_voice")
    voice = voice_makers.created(owner)
    assert asked(train, owner, voice.voice_id).code == "consent_missing"
    sentence = voice_makers.taken(voice, tmp_path, "spoken")
    voice_makers.let(voice, sentence, Purpose.SINGING)
    assert asked(train, owner, voice.voice_id).code == "consent_purpose"

    def passed(known):
        known.consent.until = makers.NOON.isoformat()
        return known

    voices.change(owner, voice.voice_id, passed)
    assert asked(train, owner, voice.voice_id).code == "consent_expired"
    voices.change(owner, voice.voice_id, lambda known: known.model_copy(update={"revoked_at": makers.NOON.isoformat()}))
    told = asked(train, owner, voice.voice_id)
    assert (told.status, told.code) == (409, "consent_revoked") and "taken back" in told.detail
