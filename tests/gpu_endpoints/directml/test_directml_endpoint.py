"""The DirectML endpoint as a server: the same job contract, real storage, a tiny converted model."""

from __future__ import annotations

import time
from pathlib import Path

import httpx
import numpy as np
import pytest
import soundfile

from gpu_endpoints.directml import convert
from ripieno.contracts import names
from ripieno.local.processes import Child, python_module
from ripieno.services import blobs
from tests.stacks import free_ports

RATE = 44100


@pytest.fixture(scope="module")
def server(stack, tiny_htdemucs, tmp_path_factory):
    folder = tmp_path_factory.mktemp("directml")
    convert.convert(tiny_htdemucs, "htdemucs", folder / "htdemucs-onnx")
    (port,) = free_ports(1)
    env = stack.environment() | {
        "AzureWebJobsStorage": stack.connection_string,
        "RIPIENO_MODELS": str(folder),
        "RIPIENO_WORKERS": "1",
        "RIPIENO_ONNX_PRECISION": "fp16",
    }
    command = python_module("uvicorn", "gpu_endpoints.directml.server:app", "--port", str(port))
    url = f"http://127.0.0.1:{port}"
    child = Child("directml", command, env, folder / "log", f"{url}/health", Path.cwd())
    child.start()
    child.wait_healthy(60)
    yield url
    child.stop()


def test_a_song_is_separated_and_the_result_says_what_computed_it(server, tmp_path):
    mix = np.random.default_rng(0).normal(0, 0.1, (3 * RATE + 5, 2)).astype(np.float32)
    soundfile.write(tmp_path / "mix.wav", mix, RATE)
    song_id = names.audio_file_id("directml", "0" * 64)  # a name ingestion leaves alone
    blobs.upload(names.SONGS, f"{song_id}.wav", (tmp_path / "mix.wav").read_bytes())
    shown = httpx.get(f"{server}/health").json()["engines"]["separate"]["htdemucs-onnx"]
    assert shown["available"] and "fp16 on cpu is not verified: computed in fp32" in shown["detail"]

    order = {"audio_file_id": song_id, "container": names.SONGS, "blob_name": f"{song_id}.wav", "stem_format": "wav"}
    accepted = httpx.put(f"{server}/jobs/directml-test", json={"kind": "separate", "input": order}, timeout=30)
    assert accepted.status_code == 202
    deadline = time.monotonic() + 120
    while (job := httpx.get(f"{server}/jobs/directml-test").json())["state"] not in ("succeeded", "failed"):
        assert time.monotonic() < deadline, job
        time.sleep(0.1)
    assert job["state"] == "succeeded", job["error"]
    engine = job["result"]["engine"]
    assert (engine["engine"], engine["device"], engine["precision"]) == ("htdemucs-onnx", "cpu", "fp32")
    assert "not verified" in engine["reason"]
    for stem in job["result"]["stems"]:
        assert stem["format"] == "wav"
        path = blobs.download_to(names.STEMS, stem["blob_name"], tmp_path / "stem.wav")
        about = soundfile.info(path)
        assert (about.frames, about.samplerate, about.subtype) == (len(mix), RATE, "PCM_24")
