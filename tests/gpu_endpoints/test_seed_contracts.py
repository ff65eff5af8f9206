"""The seed contracts against bare endpoints, with no platform around them: what is asked, and every field called back."""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Iterator
from datetime import datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from queue import Queue
from threading import Thread

import httpx
import jams
import pytest
import soundfile

from ripieno.contracts import names
from ripieno.local.azurite import ACCOUNT
from ripieno.local.processes import Child, python_module
from ripieno.services import blobs
from tests.stacks import free_ports

SECONDS = 120


class Listener:
    """Whoever asked: hears every callback, in its order."""

    def __init__(self) -> None:
        heard: Queue[dict] = Queue()

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                heard.put(json.loads(self.rfile.read(int(self.headers["content-length"]))))
                self.send_response(200)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.heard = heard
        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/told"
        Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture(scope="module")
def listener() -> Iterator[Listener]:
    one = Listener()
    yield one
    one.close()


@pytest.fixture(scope="module")
def endpoints(azurite_alone: str, listener: Listener, tmp_path_factory) -> Iterator[dict[str, str]]:
    """The address of each endpoint, with storage and nothing else."""
    folder, urls, children = tmp_path_factory.mktemp("bare"), {}, []
    host = listener.url.removesuffix("/told")
    for name, port in zip(("analysis", "generation"), free_ports(2), strict=True):
        env = os.environ | {
            "AzureWebJobsStorage": azurite_alone,
            "RIPIENO_WORKERS": "1",
            "RIPIENO_CALLBACK_HOSTS": host,
        }
        urls[name] = f"http://127.0.0.1:{port}"
        command = python_module("uvicorn", f"gpu_endpoints.{name}.server:app", "--port", str(port))
        child = Child(name, command, env, folder / f"{name}.log", f"{urls[name]}/health", Path.cwd())
        child.start()
        children.append(child)
    try:
        for child in children:
            child.wait_healthy(60)
        yield urls
    finally:
        for child in children:
            child.stop()


@pytest.mark.parametrize("name", ["analysis", "generation"])
def test_health_says_what_there_is(endpoints, name):
    health = httpx.get(f"{endpoints[name]}/health", timeout=30).json()
    assert health["status"] == "ok"
    assert datetime.fromisoformat(health["timestamp"]).tzinfo is not None
    assert health["services"]["storage"]["ok"] is True
    assert isinstance(health["gpu_available"], bool)


def test_analyze_calls_back_with_the_findings_the_stems_and_a_jams_file(
    endpoints, listener, storage, make_clip, tmp_path
):
    clip, song_id = make_clip("asked directly.wav", 14.0, 6.0), f"direct-{uuid.uuid4().hex}"
    blobs.upload(names.RAW_AUDIO, f"{song_id}.wav", clip.read_bytes())
    uri = blobs.read_url(names.RAW_AUDIO, f"{song_id}.wav").partition("?")[0]
    assert f"/{ACCOUNT}/{names.RAW_AUDIO}/" in uri
    asked = {"audio_file_id": song_id, "blob_uri": uri, "callback_url": listener.url}
    answer = httpx.post(f"{endpoints['analysis']}/analyze", json=asked, timeout=30)
    assert answer.status_code == 202
    accepted = answer.json()
    assert (accepted["audio_file_id"], accepted["status"]) == (song_id, "processing") and accepted["message"]

    told = listener.heard.get(timeout=SECONDS)
    assert (told["audio_file_id"], told["status"]) == (song_id, "completed"), told
    assert told["processing_time_seconds"] > 0
    found = told["analysis"]
    assert {"bpm", "key", "tuning_frequency", "sections", "chords", "beats"} <= set(found)
    assert found["bpm"] > 0 and found["tuning_frequency"] > 400 and isinstance(found["key"], str)
    assert found["beats"] and found["chords"] and found["sections"]
    assert told["stems"]
    for stem in told["stems"]:
        assert set(stem) == {"stem_type", "blob_url", "file_size_bytes"}
        fetched = httpx.get(stem["blob_url"]).content
        assert len(fetched) == stem["file_size_bytes"]
        path = tmp_path / stem["stem_type"]
        path.write_bytes(fetched)
        assert soundfile.info(path).duration == pytest.approx(6.0, abs=0.01)
    path = tmp_path / "found.jams"
    path.write_bytes(httpx.get(told["jams_url"]).content)
    document = jams.load(str(path), validate=True, strict=True)
    assert document.file_metadata.duration == pytest.approx(6.0, abs=0.01)
    assert len(document.search(namespace="beat")[0].data) == len(found["beats"])
    assert len(document.search(namespace="chord")[0].data) == len(found["chords"])


def test_analyze_of_a_blob_that_is_not_there_calls_back_that_it_failed(endpoints, listener, storage):
    song_id = f"nowhere-{uuid.uuid4().hex}"
    asked = {
        "audio_file_id": song_id,
        "callback_url": listener.url,
        "blob_uri": blobs.read_url(names.RAW_AUDIO, f"{song_id}.wav").partition("?")[0],
    }
    assert httpx.post(f"{endpoints['analysis']}/analyze", json=asked, timeout=30).status_code == 202
    told = listener.heard.get(timeout=SECONDS)
    assert (told["audio_file_id"], told["status"]) == (song_id, "failed")
    assert told["error"]["message"] and told["processing_time_seconds"] >= 0


def test_analyze_asked_again_is_called_back_again_without_being_done_again(endpoints, listener, storage, make_clip):
    song_id = f"again-{uuid.uuid4().hex}"
    blobs.upload(names.RAW_AUDIO, f"{song_id}.wav", make_clip("again.wav", 12.0, 4.0).read_bytes())
    asked = {
        "audio_file_id": song_id,
        "callback_url": listener.url,
        "blob_uri": blobs.read_url(names.RAW_AUDIO, f"{song_id}.wav").partition("?")[0],
    }
    address = f"{endpoints['analysis']}/analyze"
    assert httpx.post(address, json=asked, timeout=30).status_code == 202
    also = asked | {"callback_url": f"{listener.url}?also"}  # while it runs, for somebody else
    assert httpx.post(address, json=also, timeout=30).status_code == 202
    first, second = (listener.heard.get(timeout=SECONDS) for _ in range(2))
    assert first["status"] == "completed" and second["analysis"] == first["analysis"]
    assert httpx.post(address, json=asked, timeout=30).status_code == 202
    third = listener.heard.get(timeout=SECONDS)
    assert (third["job_id"], third["analysis"]) == (first["job_id"], first["analysis"])
    assert third["processing_time_seconds"] == first["processing_time_seconds"]

    blobs.upload(names.RAW_AUDIO, f"{song_id}.wav", make_clip("another.wav", 30.0, 5.0).read_bytes())
    assert httpx.post(address, json=asked, timeout=30).status_code == 202
    other = listener.heard.get(timeout=SECONDS)
    assert other["status"] == "completed" and other["job_id"] != first["job_id"]
    assert other["analysis"]["beats"] != first["analysis"]["beats"]


def test_analyze_after_a_failure_is_tried_again(endpoints, listener, storage, make_clip):
    """First there is no blob; then one that is no song, asked for twice; then it is a song."""
    song_id = f"late-{uuid.uuid4().hex}"
    asked = {
        "audio_file_id": song_id,
        "callback_url": listener.url,
        "blob_uri": blobs.read_url(names.RAW_AUDIO, f"{song_id}.wav").partition("?")[0],
    }

    def told() -> dict:
        assert httpx.post(f"{endpoints['analysis']}/analyze", json=asked, timeout=30).status_code == 202
        return listener.heard.get(timeout=SECONDS)

    assert told()["status"] == "failed"
    blobs.upload(names.RAW_AUDIO, f"{song_id}.wav", b"no song")
    failed = [told(), told()]
    assert [one["status"] for one in failed] == ["failed"] * 2 and len({one["job_id"] for one in failed}) == 1
    document = httpx.get(f"{endpoints['analysis']}/jobs/{failed[0]['job_id']}", timeout=30).json()
    assert document["state"] == "failed" and document["attempt"] == 1
    blobs.upload(names.RAW_AUDIO, f"{song_id}.wav", make_clip("late.wav", 20.0, 4.0).read_bytes())
    assert told()["status"] == "completed"


def test_generate_asked_again_is_called_back_again(endpoints, listener, storage):
    asked = {
        "generation_request_id": uuid.uuid4().hex, "audio_file_id": None, "target_stems": ["bass"],
        "parameters": {"target_bpm": 120, "duration_seconds": 2, "chord_progression": ["C"], "random_seed": 7},
        "callback_url": listener.url,
    }  # fmt: skip
    told = []
    for _ in range(2):
        assert httpx.post(f"{endpoints['generation']}/generate", json=asked, timeout=30).status_code == 202
        told.append(listener.heard.get(timeout=SECONDS))
    assert told[0]["status"] == told[1]["status"] == "completed"
    assert told[0]["processing_time_seconds"] == told[1]["processing_time_seconds"]


def test_generate_for_a_song_that_nobody_knows_is_free_standing(endpoints, listener, storage, tmp_path):
    request_id, song_id = uuid.uuid4().hex, f"unknown-{uuid.uuid4().hex}"
    parameters = {
        "target_bpm": 120, "duration_seconds": 4, "style": "pop", "chord_progression": ["Am", "F"],
        "prompt": "a warm bass", "temperature": 0.8, "random_seed": 7,
    }  # fmt: skip
    asked = {
        "generation_request_id": request_id, "audio_file_id": song_id, "target_stems": ["bass", "drums"],
        "parameters": parameters, "callback_url": listener.url,
    }  # fmt: skip
    answer = httpx.post(f"{endpoints['generation']}/generate", json=asked, timeout=30)
    assert answer.status_code == 202
    assert (answer.json()["generation_request_id"], answer.json()["status"]) == (request_id, "processing")

    told = listener.heard.get(timeout=SECONDS)
    assert (told["generation_request_id"], told["audio_file_id"]) == (request_id, song_id)
    assert told["status"] == "completed", told
    assert told["processing_time_seconds"] > 0
    assert {name: told["parameters"][name] for name in parameters} == parameters
    assert [stem["stem_type"] for stem in told["generated_stems"]] == ["bass", "drums"]
    for stem in told["generated_stems"]:
        fetched = httpx.get(stem["blob_url"]).content
        assert len(fetched) == stem["file_size_bytes"]
        path = tmp_path / f"{stem['stem_type']}.{stem['format']}"
        path.write_bytes(fetched)
        about = soundfile.info(path)
        assert (about.samplerate, about.channels) == (stem["sample_rate"], stem["channels"])
        assert about.duration == pytest.approx(4.0, abs=0.01)


def test_a_direct_job_carries_its_owner_who_names_nothing_of_anothers(endpoints, storage):
    address = f"{endpoints['analysis']}/analyze"

    def asked(container: str, name: str, **fields) -> httpx.Response:
        uri = blobs.read_url(container, name).partition("?")[0]
        body = {"audio_file_id": f"of-{uuid.uuid4().hex}", "blob_uri": uri, **fields}
        return httpx.post(address, json=body, timeout=30)

    name = f"owners/ann/{uuid.uuid4().hex}.wav"
    assert asked(names.RAW_AUDIO, name).status_code == 400, "it is not the default owner's"
    refused = asked(names.RAW_AUDIO, name, owner="ben")
    assert refused.status_code == 400 and "ben may not name it" in refused.json()["detail"]
    assert asked(names.VOICES, "v/samples/s.wav", owner="ben").json()["code"] == "bad_blob_uri"
    assert asked(names.RECORDS, "x", owner="ben").status_code == 400
    assert asked(names.RAW_AUDIO, name, owner="ann", audio_file_id="a-song/its-life").status_code == 400
    accepted = asked(names.RAW_AUDIO, name, owner="ann")
    assert accepted.status_code == 202
    job_id = accepted.headers["location"].removeprefix("/jobs/")
    assert blobs.read_json(names.JOBS, names.job_blob(job_id))["request"]["owner"] == "ann"


def test_equal_direct_jobs_of_two_owners_are_two(endpoints, storage):
    body = {"generation_request_id": f"two{uuid.uuid4().hex}", "target_stems": ["bass"],
            "parameters": {"target_bpm": 100, "duration_seconds": 2, "chord_progression": ["C"]}}  # fmt: skip
    told = {
        owner: httpx.post(f"{endpoints['generation']}/generate", json=body | {"owner": owner}, timeout=30)
        for owner in ("ann", "ben")
    }
    assert {one.status_code for one in told.values()} == {202}
    assert len({one.json()["message"] for one in told.values()}) == 2
