"""The whole app under Azure's own Python worker: what a user does, through the runtime that Azure runs it with."""

from __future__ import annotations

import importlib
import io
import json
import subprocess
import time

import httpx
import jams
import pytest
from azure.storage.blob import BlobServiceClient

from ripieno.client import Ripieno, RipienoError
from ripieno.contracts import names
from ripieno.contracts.generation import GenerationOrder, GenerationParameters, MixOrder
from tests.azure_worker.conftest import TOKEN
from triggers.routing import routes

LOADS = """
import sys
sys.path.insert(0, "")
from pathlib import Path
for folder in ("activities", "orchestrators", "triggers"):
    for path in sorted(Path(folder).glob("*.py")):
        __import__(f"{folder}.{path.stem}")
print(*sorted(name for name in sys.modules if name.startswith(("ripieno.local", "gpu_endpoints", "tests"))))
"""


@pytest.fixture
def ripieno(azure_stack):
    with Ripieno(azure_stack.url, token=TOKEN) as client:
        client._http.headers["authorization"] = f"Bearer {TOKEN}"  # for what is asked past the client's methods
        yield client


def waited(ask, done):
    deadline = time.monotonic() + 90
    while not done(found := ask()):
        assert time.monotonic() < deadline, found
        time.sleep(0.1)
    return found


def test_the_deployed_files_are_all_that_the_app_needs_under_python_3_13(azure_python, deployed):
    done = subprocess.run(
        [str(azure_python), "-W", "ignore", "-c", LOADS], cwd=deployed, env={}, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == ""
    there = {path.name for path in deployed.iterdir()}
    assert {"function_app.py", "host.json", "requirements.txt", "activities", "orchestrators", "triggers"} <= there
    assert not there & {"tests", "gpu_endpoints", "benchmarks", ".venv", ".git", "local.settings.json"}


def test_every_route_is_served_by_the_runtime(ripieno, azure_stack, monkeypatch):
    monkeypatch.setenv("AzureWebJobsStorage", azure_stack.connection_string)
    importlib.import_module("function_app")
    served = ripieno._http.get(f"{azure_stack.url}/api/openapi.json").json()["paths"]
    declared = {(one.method.lower(), f"/{one.path.strip('/')}") for one in routes()}
    assert {(method, path) for path, methods in served.items() for method in methods} == declared


def test_a_song_from_its_upload_to_its_removal(ripieno, make_clip, azure_stack):
    song = ripieno.upload(make_clip("under azure.flac", 4.0, 8.0))
    done = ripieno.wait(song, timeout=120)
    assert done.status == "analyzed", done.error
    annotations = jams.load(io.StringIO(ripieno.jams(song)))
    assert annotations.search(namespace="beat") and annotations.search(namespace="chord")

    given = GenerationParameters(random_seed=7, style="house 70%, bossa 30%")
    request = ripieno.generate(GenerationOrder(audio_file_id=song, target_stems=["bass", "drums"], parameters=given))
    ripieno.wait_generation(request, timeout=120)
    ripieno.reject(request, "bass", "busier, and an octave lower")
    again = waited(
        lambda: ripieno.generation(request),
        lambda one: one.stems[0].takes[-1].take == 2 and one.stems[0].takes[-1].status == "generated",
    )
    assert again.stems[0].takes[-1].plan.density > again.stems[0].takes[0].plan.density
    for stem in ("bass", "drums"):
        ripieno.approve(request, stem)
    assert ripieno.generation(request).status == "completed"
    assert ripieno.mix(request, MixOrder(gains={"bass": -3.0})).status == "generated"

    removal = ripieno.delete(song)
    waited(lambda: ripieno.removal(removal.instance_id), lambda one: one.status == "completed")
    for gone in (lambda: ripieno.get(song), lambda: ripieno.generation(request)):
        with pytest.raises(RipienoError) as told:
            gone()
        assert told.value.code == "not_found"


def test_a_dropped_file_is_taken_in_and_what_is_none_is_put_aside(ripieno, make_clip, azure_stack):
    with BlobServiceClient.from_connection_string(azure_stack.connection_string) as service:
        inbox = service.get_container_client(names.RAW_AUDIO)
        inbox.upload_blob("dropped.flac", make_clip("dropped.flac", 20.0, 5.0).read_bytes())
        inbox.upload_blob("no song.wav", b"these are words")
        (song,) = waited(
            lambda: [one for one in ripieno.search() if one.original_file_name == "dropped.flac"], lambda found: found
        )
        assert ripieno.wait(song.audio_file_id, timeout=120).status == "analyzed"
        rejected = service.get_container_client(names.REJECTED)
        waited(lambda: [one.name for one in rejected.list_blobs()], lambda found: found)
        assert list(inbox.list_blobs()) == []


def test_what_is_wrong_is_told_as_under_the_embedded_host(ripieno):
    told = ripieno._http.post("generations", content=json.dumps({"target_stems": ["kazoo"]}).encode())
    assert told.status_code == 400 and told.headers["content-type"] == "application/problem+json"
    told = ripieno._http.get("audio", params={"cursor": "NQ"})
    assert told.status_code == 400


def test_the_reference_and_what_is_nowhere_are_served_by_the_runtime(azure_stack):
    with httpx.Client(base_url=f"{azure_stack.url}/api/", timeout=60) as http:
        page = http.get("docs")
        assert page.headers["content-type"] == "text/html; charset=utf-8" and "</html>" in page.text
        told = http.get("audios")
        assert (told.status_code, told.json()["code"]) == (404, "no_such_route")
        told = http.put("audio")
        assert (told.status_code, told.headers["allow"]) == (405, "GET, HEAD, POST, OPTIONS")
        assert http.options("audio").status_code == 204
        assert http.head("audio", headers={"authorization": f"Bearer {TOKEN}"}).status_code == 200
        for key in ({"x-functions-key": TOKEN}, {"x-functions-clientid": "default"}, {}):
            told = http.get("audio", headers=key)
            assert (told.status_code, told.json()["code"]) == (401, "not_authenticated")
