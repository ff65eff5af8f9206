"""The generation endpoint as a server: the job contract, real storage, stems that fit a song's findings."""

from __future__ import annotations

import io
import time
import uuid
from pathlib import Path

import httpx
import mido
import numpy as np
import pytest
import soundfile

from ripieno.contracts import names
from ripieno.contracts.analysis import Analysis, Beat, Chord, Section
from ripieno.contracts.enums import Mode
from ripieno.local.processes import Child, python_module
from ripieno.services import blobs
from tests.stacks import free_ports


@pytest.fixture(scope="module")
def server(stack, tmp_path_factory):
    (port,) = free_ports(1)
    env = stack.environment() | {"AzureWebJobsStorage": stack.connection_string, "RIPIENO_WORKERS": "1"}
    command = python_module("uvicorn", "gpu_endpoints.generation.server:app", "--port", str(port))
    url = f"http://127.0.0.1:{port}"
    log = tmp_path_factory.mktemp("generation") / "log"
    child = Child("generation", command, env, log, f"{url}/health", Path.cwd())
    child.start()
    child.wait_healthy(60)
    yield url
    child.stop()


@pytest.fixture(scope="module")
def song(server) -> Analysis:
    """Findings of a song of eight bars that slows down, stored as an analysis leaves them."""
    times = np.cumsum(np.r_[0.6, np.linspace(0.5, 0.55, 32)])
    found = Analysis(
        duration_seconds=float(times[-1]) + 1,
        bpm=114.0,
        time_signature="4/4",
        key="A",
        mode=Mode.MINOR,
        tuning_frequency=442.0,
        bar_levels=[-18.0] * 4 + [-12.0] * 5,
        beats=[Beat(time=time, position=n % 4 + 1) for n, time in enumerate(times)],
        chords=[
            Chord(start_time=times[4 * n], end_time=times[4 * n + 4], chord=("A:min", "F:maj")[n % 2], confidence=1)
            for n in range(8)
        ],
        sections=[
            Section(start_time=0, end_time=times[16], label="verse", confidence=1),
            Section(start_time=times[16], end_time=float(times[-1]) + 1, label="chorus", confidence=1),
        ],
    )
    blobs.upload_json(names.ANALYSES, names.analysis_blob("made-in-the-test"), found.model_dump())
    return found


def ended(server: str, job_id: str) -> dict:
    deadline = time.monotonic() + 120
    while (job := httpx.get(f"{server}/jobs/{job_id}").json())["state"] not in ("succeeded", "failed"):
        assert time.monotonic() < deadline, job
        time.sleep(0.05)
    return job


def run(server: str, job_input: dict, kind: str = "generate") -> dict:
    job_id = f"test-{uuid.uuid4().hex}"
    job_input = {"generation_request_id": job_id, **job_input}
    answer = httpx.put(f"{server}/jobs/{job_id}", json={"kind": kind, "input": job_input}, timeout=30)
    assert answer.status_code == 202, answer.text
    return ended(server, job_id)


def test_stems_for_a_section_lie_where_it_lies_and_last_as_long(server, song):
    parameters = {"style": "rock", "section": "chorus", "random_seed": 7}
    job = run(
        server, {"audio_file_id": "made-in-the-test", "target_stems": ["drums", "bass"], "parameters": parameters}
    )
    assert job["state"] == "succeeded", job["error"]
    start, end = song.sections[1].start_time, song.beats[-1].time
    for stem in job["result"]["stems"]:
        assert stem["start_seconds"] == pytest.approx(start, abs=0.002)
        audio, rate = soundfile.read(io.BytesIO(blobs.read(names.GENERATED, stem["blob_name"])))
        assert (rate, audio.shape[1], stem["format"]) == (44100, 2, "wav")
        assert len(audio) / rate == pytest.approx(end - start, abs=0.6)
        assert np.abs(audio).max() == pytest.approx(0.8, abs=1e-3)
        assert blobs.read(names.GENERATED, stem["midi_blob_name"])[:4] == b"MThd"
        assert stem["engine"]["engine"] == "symbolic" and stem["random_seed"] == 7


def test_the_seed_contract_makes_music_for_no_song(server):
    request_id = uuid.uuid4().hex
    parameters = {
        "target_bpm": 124, "duration_seconds": 8.5, "style": "house", "chord_progression": ["Am", "F"],
        "stem_format": "flac",
    }  # fmt: skip
    body = {"generation_request_id": request_id, "target_stems": ["synth"], "parameters": parameters}
    answer = httpx.post(f"{server}/generate", json=body, timeout=30)
    assert answer.status_code == 202 and answer.json()["status"] == "processing"
    job = ended(server, f"generate-{request_id}")
    assert job["state"] == "succeeded", job["error"]
    stem = job["result"]["stems"][0]
    audio, rate = soundfile.read(io.BytesIO(blobs.read(names.GENERATED, stem["blob_name"])))
    assert len(audio) == round(8.5 * rate) and stem["format"] == "flac"


def test_music_for_no_song_can_have_a_meter_of_its_own(server):
    parameters = {
        "target_bpm": 60, "duration_seconds": 8, "style": "ballad", "chord_progression": ["Dm"], "time_signature": "6/8",
    }  # fmt: skip
    stem = run(server, {"target_stems": ["drums"], "parameters": parameters})["result"]["stems"][0]
    conductor = mido.MidiFile(file=io.BytesIO(blobs.read(names.GENERATED, stem["midi_blob_name"]))).tracks[0]
    meter = next(message for message in conductor if message.type == "time_signature")
    assert (meter.numerator, meter.denominator) == (6, 8)


@pytest.mark.parametrize(
    ("job_input", "code", "told"),
    [
        ({"audio_file_id": "nobody"}, "song_not_analysed", "analyse it first"),
        ({"audio_file_id": "made-in-the-test", "parameters": {"section": "solo"}}, "cannot_condition", "verse, chorus"),
        (
            {"audio_file_id": "made-in-the-test", "parameters": {"chord_progression": ["H"]}},
            "cannot_condition",
            "chord name",
        ),
        ({"audio_file_id": "made-in-the-test", "parameters": {"style": "polka"}}, "cannot_generate", "choose from"),
        ({"audio_file_id": "made-in-the-test", "parameters": {"duration_seconds": 900}}, "cannot_condition", "lasts"),
        ({"audio_file_id": "made-in-the-test", "engine": "magic"}, "unknown_engine", "symbolic"),
        (
            {"audio_file_id": "made-in-the-test", "engine": "musicgen-small"},
            "engine_unavailable",
            "ripieno models pull",
        ),
        (
            {"audio_file_id": "made-in-the-test", "parameters": {"target_bpm": 99}},
            "cannot_condition",
            "nothing at 99 bpm",
        ),
    ],
)
def test_what_cannot_be_done_says_what_can(server, song, job_input, code, told):
    job = run(server, {"target_stems": ["bass"], **job_input})
    assert job["state"] == "failed"
    assert job["error"]["code"] == code and told in job["error"]["message"]


def test_a_request_for_no_song_needs_nothing_but_a_stem(server):
    body = {"generation_request_id": uuid.uuid4().hex, "target_stems": ["bass"], "parameters": {"target_bpm": 120}}
    assert httpx.post(f"{server}/generate", json=body, timeout=30).status_code == 202
    (stem,) = ended(server, f"generate-{body['generation_request_id']}")["result"]["stems"]
    assert stem["duration_seconds"] == pytest.approx(32) and stem["score"]["chord_agreement"] > 0.7


def test_bars_that_are_none_are_refused_at_once(server):
    for bars in ([5, 3], [0, 3]):
        body = {"generation_request_id": "x", "target_stems": ["bass"], "parameters": {"bars": bars}}
        answer = httpx.post(f"{server}/generate", json=body, timeout=30)
        assert answer.status_code == 400 and "bars count from 1" in answer.json()["detail"]


def test_words_are_sung_at_the_pitches_of_the_style(server, song):
    parameters = {"style": "pop", "section": "verse", "lyrics": "Coda in daylight\nwalking home"}
    job = run(server, {"audio_file_id": "made-in-the-test", "parameters": parameters}, kind="sing")
    assert job["state"] == "succeeded", job["error"]
    (stem,) = job["result"]["stems"]
    assert stem["stem_type"] == "vocals" and stem["engine"]["engine"] == "voice" and stem["engine"]["approximate"]
    audio, rate = soundfile.read(io.BytesIO(blobs.read(names.GENERATED, stem["blob_name"])))
    assert len(audio) == pytest.approx((song.beats[16].time - song.beats[0].time) * rate, abs=0.002 * rate)
    assert np.abs(audio).max() > 0.7
    texts = [
        m.text
        for m in mido.MidiFile(file=io.BytesIO(blobs.read(names.GENERATED, stem["midi_blob_name"]))).tracks[1]
        if m.type == "lyrics"
    ]
    assert texts[0] == "Coda"
    for wrong, code in (
        ({}, "no_lyrics"),
        ({"parameters": parameters, "target_stems": ["bass"]}, "not_vocals"),
        ({"parameters": parameters, "voice": "nobody"}, "engine_unavailable"),
    ):
        failed = run(server, {"audio_file_id": "made-in-the-test", **wrong}, kind="sing")
        assert failed["error"]["code"] == code


def test_a_mix_lays_files_where_they_belong_and_a_master_has_its_loudness(server):
    seconds, rate = 12, 44100
    tone = 0.5 * np.sin(2 * np.pi * 220 * np.arange(seconds * rate) / rate)
    noise = np.random.default_rng(1).normal(0, 0.2, (4 * rate, 2))
    for name, audio, its_rate in (("mix/tone.wav", tone[::2], rate // 2), ("mix/noise.wav", noise, rate)):
        data = io.BytesIO()
        soundfile.write(data, audio, its_rate, format="WAV")
        blobs.upload(names.STEMS, name, data.getvalue())
    sources = [
        {"container": "stems", "blob_name": "mix/tone.wav"},
        {"container": "stems", "blob_name": "mix/noise.wav", "start_seconds": 3.0, "gain_db": -6.0},
    ]
    job = run(server, {"name": "mix-1", "sources": sources, "stem_format": "flac"}, kind="mix")
    assert job["state"] == "succeeded", job["error"]
    mixed = job["result"]
    audio, _ = soundfile.read(io.BytesIO(blobs.read(names.GENERATED, mixed["blob_name"])))
    assert audio.shape == (seconds * rate, 2) and mixed["duration_seconds"] == seconds
    beside = audio[3 * rate : 7 * rate, 0] / 10 ** (mixed["gain_db"] / 20) - tone[3 * rate : 7 * rate]
    assert np.abs(beside - 0.501 * noise[:, 0])[100:-100].max() < 0.01
    assert np.abs(audio).max() <= 10 ** (-1 / 20) + 1e-3
    for preset, wanted in (("streaming", -14), ("club", -9)):
        order = {"name": f"master-{preset}", "blob_name": mixed["blob_name"], "preset": preset}
        mastered = run(server, order, kind="master")["result"]
        assert mastered["loudness_lufs"] == pytest.approx(wanted, abs=1.0) and mastered["peak"] <= 0.95
        assert mastered["engine"]["license"] == "GPL-3"
    told = run(server, {"name": "x", "blob_name": mixed["blob_name"], "preset": "magic"}, kind="master")
    assert told["error"]["code"] == "unknown_preset" and "streaming" in told["error"]["message"]
    gone = run(server, {"name": "x", "sources": [{"container": "stems", "blob_name": "nowhere.wav"}]}, kind="mix")
    assert gone["error"]["code"] == "audio_missing"


def test_health_says_which_engines_there_are_and_what_they_lack(server):
    engines = httpx.get(f"{server}/health").json()["engines"]
    assert engines["generate"]["symbolic"]["available"] and not engines["generate"]["musicgen-melody"]["available"]
    assert engines["sing"]["voice"]["available"] and "voices" in engines["sing"]["diffsinger"]["detail"]
