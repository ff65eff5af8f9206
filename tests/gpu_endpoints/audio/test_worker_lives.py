"""A file that is too much for its decoder ends its job for good; the worker goes on with the next one."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import numpy as np
import pytest
import soundfile

from gpu_endpoints.audio import decoding
from gpu_endpoints.serving.worker import WorkerProcess


def handlers():
    def decode(job_input: dict, context) -> dict:
        audio = decoding.open_audio(
            Path(job_input["path"]), max_seconds=60, on_block=lambda _: context.check_cancelled()
        )
        return {"frames": sum(len(block) for block in audio.blocks()), "worker": os.getpid()}

    return {"decode": decode}


@pytest.fixture
def worker(monkeypatch):
    monkeypatch.setenv("RIPIENO_DECODE_MEMORY_MB", "64")
    found = WorkerProcess(handlers, threads=1)
    yield found
    found.stop()


def test_a_bomb_between_two_songs(worker, tmp_path):
    soundfile.write(tmp_path / "song.wav", 0.1 * np.ones((44100, 2), np.float32), 44100)
    soundfile.write(tmp_path / "bomb.wav", 0.1 * np.ones((384_000, 32), np.float32), 384_000)

    def run(name: str):
        return worker.run(
            name, "decode", {"path": str(tmp_path / name)},
            on_progress=lambda *_: None, on_write=lambda *_: None, on_engine=lambda *_: None,
            is_cancelled=lambda: False, timeout=120,
        )  # fmt: skip

    async def all_three():
        return [await run("song.wav"), await run("bomb.wav"), await run("song.wav")]

    (first, one), (second, why), (third, other) = asyncio.run(all_three())
    assert (first, second, third) == ("succeeded", "failed", "succeeded")
    assert one == other and one["frames"] == 44100, "the same process did both"
    assert (why["code"], why["retryable"]) == ("too_hard_to_decode", False)
    assert "more than 64 MB of memory" in why["message"]
