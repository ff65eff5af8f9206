"""Files of any size go through little memory, both ways."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from sink import Sink

from ripieno.client import RipienoError
from ripieno.client._async.uploads import BLOCK_BYTES, MOST_IN_ONE_PUT
from ripieno.contracts.audio import UploadTicket

MEBIBYTE = 1024 * 1024
SIZE = 200 * MEBIBYTE + 1
PROGRAM = """
import asyncio, json, resource, sys
from ripieno.client import AsyncRipieno, Ripieno

url, way, face, size = sys.argv[1:4] + [int(sys.argv[4])]

def most():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)

def calls(client):
    if way == "download":
        return client.download(f"{url}/zeros/{size}", "got")
    return client.upload("large", direct=way == "direct")

async def waiting():
    async with AsyncRipieno(url) as client:
        await client.download(f"{url}/zeros/1000", "warm")
        before = most()
        await calls(client)
        return before

def plain():
    with Ripieno(url) as client:
        client.download(f"{url}/zeros/1000", "warm")
        before = most()
        calls(client)
        return before

before = asyncio.run(waiting()) if face == "async" else plain()
print(json.dumps(most() - before))
"""


@pytest.fixture
def sink():
    server = Sink()
    yield server
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("face", ["sync", "async"])
@pytest.mark.parametrize("way", ["raw", "direct", "download"])
def test_a_large_file_needs_little_memory(sink: Sink, tmp_path: Path, way: str, face: str):
    with (tmp_path / "large").open("wb") as file:
        os.truncate(file.fileno(), SIZE)
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, sink.url, way, face, str(SIZE)], cwd=tmp_path, capture_output=True, text=True,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[3])}, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) < 48 * MEBIBYTE, "a block of 8 MB, and what carries it"
    if way == "download":
        assert (tmp_path / "got").stat().st_size == SIZE
    elif way == "raw":
        assert max(sink.arrived) == SIZE
    else:
        assert (sink.blocks, max(sink.arrived)) == (-(-SIZE // BLOCK_BYTES), BLOCK_BYTES)
        assert sum(one for one in sink.arrived if one in (BLOCK_BYTES, SIZE % BLOCK_BYTES)) == SIZE


def test_a_storage_without_blocks_takes_one_request_up_to_its_limit(sink: Sink, tmp_path: Path, connect, monkeypatch):
    """Another kind of storage than Azure's, some day."""
    client = connect(sink.url)
    ticket = UploadTicket(
        upload_id="u",
        upload_url=f"{sink.url}/elsewhere",
        headers={"x-of-its-own": "1"},
        complete_url="",
        expires_at="2999-01-01T00:00:00+00:00",
    )

    def begin(*_: object, **__: object) -> UploadTicket:
        return ticket

    async def begun(*_: object, **__: object) -> UploadTicket:
        return ticket

    monkeypatch.setattr("ripieno.client._sync.uploads.Uploads.begin_upload", begin)
    monkeypatch.setattr("ripieno.client._async.uploads.AsyncUploads.begin_upload", begun)
    small, large = tmp_path / "small.wav", tmp_path / "large.wav"
    small.write_bytes(bytes(1000))
    assert client.upload(small, direct=True) == "s" and sink.arrived[0] == 1000
    with large.open("wb") as file:
        os.truncate(file.fileno(), MOST_IN_ONE_PUT + 1)
    with pytest.raises(RipienoError, match="5000 MB") as told:
        client.upload(large, direct=True)
    assert told.value.code == "file_too_large"
