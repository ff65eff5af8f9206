"""Align, check, mix, master and export as jobs, with real storage; and that memory does not grow with the length."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import time
import zipfile
from hashlib import sha256
from pathlib import Path

import httpx
import mido
import numpy as np
import pytest
import soundfile
from pydantic import ValidationError

from gpu_endpoints.generation.engine import Wish
from gpu_endpoints.generation.symbolic import SymbolicEngine
from gpu_endpoints.production import engines, handlers
from gpu_endpoints.serving.work import JobCancelled, JobContext, JobFailed
from ripieno.contracts import names
from ripieno.contracts.generation import StemPlan
from ripieno.contracts.production import ExportInput, MixInput, MixSource
from ripieno.local.processes import Child, python_module
from ripieno.music.conditioning import free_standing
from ripieno.services import blobs
from ripieno.services import conditioning as conditionings
from tests.stacks import free_ports

RATE = 44100


@pytest.fixture
def run(stack, tmp_path):
    """Run a job as a worker does, in a folder of its own."""

    def job(kind: str, job_input: dict, cancelled=lambda: False) -> dict:
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        folder.mkdir()
        return handlers.load()[kind](job_input, JobContext("test", folder, lambda *_: None, cancelled))

    return job


def put(name: str, audio: np.ndarray, rate: int = RATE, container: str = names.GENERATED) -> dict:
    data = io.BytesIO()
    soundfile.write(data, audio, rate, "PCM_24", format="WAV")
    blobs.upload(container, name, data.getvalue())
    return {"container": container, "blob_name": name}


def heard(name: str) -> np.ndarray:
    return soundfile.read(io.BytesIO(blobs.read(names.GENERATED, name)), always_2d=True)[0]


def tone(seconds: float, hertz: float = 220.0, level: float = 0.2, rate: int = RATE) -> np.ndarray:
    one = level * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)
    return np.stack([one, one], axis=1)


def test_every_kind_has_a_handler_and_an_engine():
    assert set(handlers.load()) == engines.KINDS and set(engines.describe()) == engines.KINDS


def test_production_is_an_endpoint_by_itself(stack, tmp_path):
    (port,) = free_ports(1)
    env = stack.environment() | {"AzureWebJobsStorage": stack.connection_string, "RIPIENO_WORKERS": "1"}
    command = python_module("uvicorn", "gpu_endpoints.production.server:app", "--port", str(port))
    url = f"http://127.0.0.1:{port}"
    child = Child("production", command, env, tmp_path / "log", f"{url}/health", Path.cwd())
    child.start()
    try:
        child.wait_healthy(60)
        assert set(httpx.get(f"{url}/health").json()["engines"]) == engines.KINDS
        body = {"kind": "mix", "input": {"output": "p/alone", "sources": [put("p/tone.wav", tone(1.0))]}}
        assert httpx.put(f"{url}/jobs/alone-{port}", json=body, timeout=30).status_code == 202
        deadline = time.monotonic() + 60
        while (job := httpx.get(f"{url}/jobs/alone-{port}").json())["state"] not in ("succeeded", "failed"):
            assert time.monotonic() < deadline, job
            time.sleep(0.05)
        assert job["state"] == "succeeded" and job["result"]["blob_name"] == "p/alone.wav", job
    finally:
        child.stop()


def test_a_mix_is_the_sum_to_the_sample(run):
    noise = np.random.default_rng(1).uniform(-0.2, 0.2, (RATE * 3, 2))
    sources = [
        put("p/tone.wav", tone(4.0)),
        {**put("p/noise.wav", noise), "start_seconds": 6.25, "gain_db": -6.0},  # after a silence
        {**put("p/tone.wav", tone(4.0)), "start_seconds": 1.5},
    ]
    made = run("mix", {"output": "p/mixes/first try", "sources": sources})
    assert made["blob_name"] == "p/mixes/first try.wav" and made["gain_db"] == 0.0
    wanted = np.zeros((round(9.25 * RATE), 2))
    wanted[: 4 * RATE] += tone(4.0)
    wanted[round(1.5 * RATE) : round(5.5 * RATE)] += tone(4.0)
    wanted[round(6.25 * RATE) :] += noise * 10 ** (-6 / 20)
    found = heard(made["blob_name"])
    assert found.shape == wanted.shape and np.abs(found - wanted).max() < 1e-6
    drawn = blobs.read_json(names.GENERATED, names.peaks_blob(made["blob_name"]))
    assert drawn["version"] == 2 and drawn["length"] == -(-len(found) // drawn["samples_per_pixel"])
    assert run("mix", {"output": "p/mixes/again", "sources": sources})["sha256"] == made["sha256"]


def test_a_mix_stops_when_it_is_told(run):
    with pytest.raises(JobCancelled):
        run("mix", {"output": "p/never", "sources": [put("p/tone.wav", tone(1.0))]}, cancelled=lambda: True)


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ({"container": "generated", "blob_name": "p/nowhere.wav"}, "audio_missing"),
        ({"container": "generated", "blob_name": "p/text.wav"}, "corrupt_audio"),
        ({"container": "generated", "blob_name": "p/tone.wav", "start_seconds": 1e9}, "too_long"),
    ],
)
def test_what_cannot_be_mixed_says_why(run, source, code):
    put("p/tone.wav", tone(1.0))
    blobs.upload(names.GENERATED, "p/text.wav", b"this is a letter" * 100)
    with pytest.raises(JobFailed) as failed:
        run("mix", {"output": "p/never", "sources": [source]})
    assert failed.value.code == code and "/tmp" not in failed.value.message


def test_a_file_needs_a_place():
    source = MixSource(blob_name="x")
    for wrong in ({}, {"output": "../up"}, {"output": "/root"}, {"output": "a//b"}):
        with pytest.raises(ValidationError):
            MixInput(sources=[source], **wrong)
    assert MixInput(sources=[source], generation_request_id="r", name="mix-1").output is None


def test_a_master_is_as_loud_as_its_preset_says(run):
    noise = np.random.default_rng(1).normal(0, 0.05, (RATE * 8, 2))
    blob = put("p/quiet.wav", noise)
    for preset, lufs, ceiling in (("streaming", -14, -1.0), ("club", -9, -0.5)):
        made = run("master", {**blob, "output": f"p/{preset}", "preset": preset, "stem_format": "flac"})
        assert made["loudness_lufs"] == pytest.approx(lufs, abs=0.5) and made["peak"] <= 10 ** (ceiling / 20) + 1e-4
        assert heard(made["blob_name"]).shape == noise.shape
    silent = run("master", {**put("p/silent.wav", np.zeros((RATE, 2))), "output": "p/still"})
    assert (silent["loudness_lufs"], silent["gain_db"], silent["peak"]) == (None, 0.0, 0.0)


def test_drums_that_come_late_are_checked_aligned_and_checked_again(run):
    given = free_standing(bpm=118, chord_progression=["Dm", "F"], duration_seconds=16)
    blob_name = conditionings.save("production-test", given)
    wish = Wish(StemPlan(stem_type="drums", style="rock", random_seed=1), given)
    (made,) = SymbolicEngine().generate([wish], lambda done: None)
    late = np.concatenate([np.zeros((round(0.11 * RATE), 2), np.float32), made.audio])
    what = {"conditioning": blob_name, "stem_type": "drums", "style": "rock"}
    late_blob = put("p/late.wav", late / np.abs(late).max())
    assert run("check", {"audio": late_blob, **what})["beat_alignment"] < 0.5
    aligned = run("align", {"audio": late_blob, "output": "p/aligned", **what})
    assert aligned["done"] and aligned["start_seconds"] == 0.0
    again = run("check", {"audio": {"container": "generated", "blob_name": aligned["blob_name"]}, **what})
    assert again["beat_alignment"] > 0.9 and abs(again["offset_ms"]) <= 25
    for wrong, code in (
        ({"audio_file_id": "nobody"}, "song_not_analysed"),
        ({"conditioning": "gone"}, "conditioning_missing"),
    ):
        with pytest.raises(JobFailed) as failed:
            run("check", {"audio": late_blob, **wrong})
        assert failed.value.code == code


def test_an_export_holds_what_was_asked_for_under_the_names_that_were_asked_for(run):
    midi = io.BytesIO()
    mido.MidiFile(tracks=[mido.MidiTrack()]).save(file=midi)
    blobs.upload(names.GENERATED, "p/bass.mid", midi.getvalue())
    audio = tone(1.0, rate=48000)
    put("p/bass.wav", audio, 48000)
    order = {
        "output": "p/exports/all",
        "about": {"title": "Lied 🎻"},
        "items": [
            {
                "blob_name": "p/bass.wav",
                "name": "stems/Baß 🎻.wav",
                "format": "wav",
                "start_seconds": 2.5,
                "about": {"engine": "symbolic"},
            },
            {"blob_name": "p/bass.wav", "name": "stems/bass.flac", "format": "flac"},
            {"blob_name": "p/bass.mid", "name": "midi/bass.mid"},
        ],
    }
    made = run("export", order)
    data = blobs.read(names.GENERATED, "p/exports/all.zip")
    assert made["sha256"] == sha256(data).hexdigest() and made["file_size_bytes"] == len(data) and made["files"] == 3
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == [*(item["name"] for item in order["items"]), "manifest.json"]
        manifest = json.loads(archive.read("manifest.json"))
        for about in manifest["files"]:
            content = archive.read(about["name"])
            assert about["sha256"] == sha256(content).hexdigest() and about["file_size_bytes"] == len(content)
        first = archive.read("stems/Baß 🎻.wav")
        assert archive.read("midi/bass.mid") == midi.getvalue()
        flac, rate = soundfile.read(io.BytesIO(archive.read("stems/bass.flac")))
    assert manifest["title"] == "Lied 🎻" and manifest["files"][0]["about"] == {"engine": "symbolic"}
    assert manifest["files"][0]["start_seconds"] == 2.5 and manifest["files"][0]["sample_rate"] == 48000
    at = first.index(b"bext") + 8 + 338
    assert int.from_bytes(first[at : at + 8], "little") == round(2.5 * 48000)
    assert rate == 48000 and np.abs(flac - audio).max() < 1e-6
    assert run("export", order)["sha256"] == made["sha256"]
    gone = {"output": "p/x", "items": [{"blob_name": "p/gone.mid", "name": "a.mid"}]}
    with pytest.raises(JobFailed, match="gone"):
        run("export", gone)


@pytest.mark.parametrize(
    "wrong", ["../a.wav", "/a.wav", "a//b", "a\\b", "a\nb", "con?", "manifest.json", "Manifest.JSON", ".", "a."]
)
def test_names_that_would_leave_the_export_are_refused(wrong):
    with pytest.raises(ValidationError):
        ExportInput(output="x", items=[{"blob_name": "b", "name": wrong}])
    with pytest.raises(ValidationError):
        ExportInput(output="x", items=[{"blob_name": "b", "name": name} for name in ("a.wav", "A.wav")])


def test_memory_of_a_mix_does_not_grow_with_its_length():
    """Two lengths, each in a process of its own: what is held must not follow the length."""
    peaks = [
        json.loads(
            subprocess.run(
                [sys.executable, "-m", "benchmarks.production", "--minutes", str(minutes), "--stems", "4"],
                check=True,
                capture_output=True,
                cwd=Path.cwd(),
                timeout=300,
            ).stdout
        )["peak_megabytes"]
        for minutes in (0.5, 3)
    ]
    assert peaks[1] < 500 and peaks[1] - peaks[0] < 40, peaks  # all of three minutes in memory: 63 MB a stem
