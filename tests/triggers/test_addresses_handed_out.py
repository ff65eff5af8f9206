"""Which routes hand out signed addresses: from the declarations, so that a new one has to be thought of here."""

from __future__ import annotations

import importlib
import json
from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from ripieno.contracts import names
from triggers.routing import routes

SIGNED_FIELDS = {
    "MixView.blob_url", "SampleView.blob_url", "SetMixView.blob_url", "SetMixView.cue_url", "SetMixView.tracklist_url",
    "SetTalkView.answer_url", "StemLink.blob_url", "Take.blob_url", "Take.midi_url", "UploadTicket.upload_url",
}  # fmt: skip
OF_THE_API = {"status_url", "complete_url", "webhook_url", "Share.url", "Undelivered.url"}
"""Addresses of this API, or of people's own servers."""
SIGNED_LOCATIONS = {
    ("GET", "/audio/{id}/content"), ("GET", "/compositions/{id}/download"), ("GET", "/sets/{id}/download"),
}  # fmt: skip


@pytest.fixture
def document(storage):
    importlib.import_module("function_app")
    from triggers.openapi import document

    return json.loads(json.dumps(document()))


def test_every_address_in_an_answer_is_signed_for_one_purpose_or_the_apis_own(document):
    found = {
        f"{model}.{name}"
        for model, schema in document["components"]["schemas"].items()
        for name in schema.get("properties", {})
        if name.endswith(("url", "uri")) and not {name, f"{model}.{name}"} & OF_THE_API
    }
    assert found == SIGNED_FIELDS
    assert {(one.method, one.path) for one in routes() if 307 in one.answers} == SIGNED_LOCATIONS


def test_an_upload_ticket_holds_for_its_blob_as_long_as_it_says(stack):
    ticket = httpx.post(f"{stack.url}/api/uploads", json={"file_name": "a.wav", "file_size_bytes": 9}).json()
    parts = urlsplit(ticket["upload_url"])
    about = {name: values[0] for name, values in parse_qs(parts.query).items()}
    assert parts.path.endswith(f"/{names.RAW_AUDIO}/{names.uploaded_blob(ticket['upload_id'])}")
    assert (about["sp"], about["sr"]) == ("cw", "b")
    ends = datetime.fromisoformat(about["se"])
    assert abs(ends - datetime.fromisoformat(ticket["expires_at"])) < timedelta(seconds=10)


def test_a_songs_stems_and_large_recordings_can_be_read_for_an_hour(stack, ripieno, make_clip):
    song = ripieno.wait(ripieno.upload(make_clip("addresses.wav")), timeout=180)
    for stem in ripieno.stems(song.audio_file_id).stems:
        about = {name: values[0] for name, values in parse_qs(urlsplit(str(stem.blob_url)).query).items()}
        life = datetime.fromisoformat(about["se"]) - datetime.fromisoformat(about["st"])
        assert (about["sp"], about["sr"], life) == ("r", "b", timedelta(minutes=65))
        assert f"/{names.STEMS}/{song.audio_file_id}/" in urlsplit(str(stem.blob_url)).path
