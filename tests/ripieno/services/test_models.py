"""Weights: pulled in pieces, checked to the byte, kept in a folder or a container, and refused when they are wrong."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
from click.testing import CliRunner

from ripieno.cli.__main__ import ripieno
from ripieno.client import RipienoError
from ripieno.services.models import catalogue, container, folder
from ripieno.services.models.pull import PullFailed, authorization, pull

WEIGHTS = np.random.default_rng(0).bytes(3_000_000)
SHA256 = hashlib.sha256(WEIGHTS).hexdigest()


class Source(ThreadingHTTPServer):
    """Serves WEIGHTS with ranges; breaks off after `break_after` bytes of a request, as often as `breaks` says."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.breaks, self.break_after = 0, 1_000_000
        self.ranges: list[str | None] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/weights.bin"


class _Handler(BaseHTTPRequestHandler):
    server: Source  # pyright: ignore[reportIncompatibleVariableOverride]

    def do_GET(self) -> None:
        asked = self.headers.get("Range")
        self.server.ranges.append(asked)
        start = int(asked.removeprefix("bytes=").rstrip("-")) if asked else 0
        if start >= len(WEIGHTS):
            self.send_error(416)
            return
        body = WEIGHTS[start:]
        self.send_response(206 if asked else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.server.breaks:
            self.server.breaks -= 1
            body = body[: self.server.break_after]
        self.wfile.write(body)

    def log_message(self, *_) -> None:
        pass


@pytest.fixture
def source() -> Iterator[Source]:
    with Source() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def add_model(tmp_path, monkeypatch):
    def add(**file) -> catalogue.ModelEntry:
        about = {
            "task": "separate", "engine": "htdemucs", "license": "MIT", "commercial": True, "revision": "1",
            "files": [{"path": "tiny.yaml", "content": "models: [a]\n"}, {"path": "weights.bin", **file}],
        }  # fmt: skip
        path = tmp_path / "catalogue.json"
        path.write_text(json.dumps({"tiny": about}))
        monkeypatch.setenv("RIPIENO_MODEL_CATALOGUE", str(path))
        catalogue.catalogue.cache_clear()
        return catalogue.entry("tiny")

    yield add
    catalogue.catalogue.cache_clear()


def test_a_pull_that_breaks_off_goes_on_where_it_was(source, add_model, tmp_path):
    entry = add_model(url=source.url, sha256=SHA256)
    source.breaks = 2
    pull(entry, tmp_path / "models")
    assert source.ranges == [None, "bytes=1000000-", "bytes=2000000-"]
    assert (tmp_path / "models/tiny/weights.bin").read_bytes() == WEIGHTS
    assert folder.missing(entry, tmp_path / "models") == []
    assert folder.damage(entry, tmp_path / "models") == []
    pull(entry, tmp_path / "models")
    assert len(source.ranges) == 3  # what is there and right is not fetched again


def test_a_pull_goes_on_in_another_process(source, add_model, tmp_path):
    entry = add_model(url=source.url, sha256=SHA256)
    part = tmp_path / "models/tiny/weights.bin.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(WEIGHTS[:123_456])
    pull(entry, tmp_path / "models")
    assert source.ranges == ["bytes=123456-"]
    assert (tmp_path / "models/tiny/weights.bin").read_bytes() == WEIGHTS


def test_bytes_with_the_wrong_checksum_are_thrown_away(source, add_model, tmp_path):
    entry = add_model(url=source.url, sha256="0" * 64)
    with pytest.raises(PullFailed, match="was thrown away"):
        pull(entry, tmp_path / "models")
    assert folder.missing(entry, tmp_path / "models") == ["weights.bin"]
    assert not list((tmp_path / "models").rglob("*.part"))


def test_without_a_published_checksum_trust_is_asked_for_and_then_recorded(source, add_model, tmp_path):
    entry = add_model(url=source.url)
    with pytest.raises(PullFailed, match="--trust-first-use"):
        pull(entry, tmp_path / "models")
    assert source.ranges == []
    pull(entry, tmp_path / "models", trust_first_use=True)
    assert folder.read_manifest(entry, tmp_path / "models")["files"]["weights.bin"]["sha256"] == SHA256


def test_offline_it_fails_with_what_to_do(source, add_model, tmp_path):
    entry = add_model(url=source.url, sha256=SHA256)
    source.server_close()
    source.shutdown()
    with pytest.raises(PullFailed, match="cannot be reached from here") as failure:
        pull(entry, tmp_path / "models")
    assert "ripieno models verify tiny" in str(failure.value)


def test_the_command_lists_pulls_and_finds_a_flipped_byte(source, add_model, tmp_path):
    add_model(url=source.url, sha256=SHA256)
    place = ["--to", str(tmp_path / "models")]
    run = CliRunner().invoke
    assert not next(
        m for m in json.loads(run(ripieno, ["models", "list", "--json", *place]).stdout) if m["name"] == "tiny"
    )["here"]
    assert run(ripieno, ["models", "pull", "tiny", *place]).exit_code == 0
    assert next(
        m for m in json.loads(run(ripieno, ["models", "list", "--json", *place]).stdout) if m["name"] == "tiny"
    )["here"]
    assert "ok     tiny" in run(ripieno, ["models", "verify", *place]).stdout
    path = tmp_path / "models/tiny/weights.bin"
    path.write_bytes(bytes([WEIGHTS[0] ^ 1]) + WEIGHTS[1:])
    verified = run(ripieno, ["models", "verify", "tiny", *place])
    assert verified.exit_code == 1
    assert "broken tiny" in verified.stdout and "weights.bin has SHA-256" in verified.stdout
    refused = run(ripieno, ["models", "pull", "nonsense", *place])
    assert refused.exit_code == 2 and "there is no model 'nonsense'" in refused.output


def test_a_container_holds_models_for_endpoints_that_start_empty(stack, source, add_model, tmp_path):
    entry = add_model(url=source.url, sha256=SHA256)
    run = CliRunner().invoke
    assert run(ripieno, ["models", "pull", "tiny", "--to", "blob:weights"], catch_exceptions=False).exit_code == 0
    assert "ok     tiny" in run(ripieno, ["models", "verify", "--to", "blob:weights"]).stdout
    assert container.download_all("weights", tmp_path / "cache") == ["tiny"]
    assert folder.damage(entry, tmp_path / "cache") == []

    container.container("weights").upload_blob("tiny/weights.bin", b"something else", overwrite=True)
    assert container.damage(entry, "weights")
    with pytest.raises(RuntimeError, match="ripieno models pull tiny"):
        container.download_all("weights", tmp_path / "elsewhere")
    assert folder.missing(entry, tmp_path / "elsewhere") == ["weights.bin"]


def test_a_failed_pull_is_a_sentence_on_the_command_line(source, add_model, tmp_path):
    add_model(url=source.url, sha256="f" * 64)
    result = CliRunner().invoke(ripieno, ["models", "pull", "tiny", "--to", str(tmp_path)])
    assert isinstance(result.exception, RipienoError)
    assert "was thrown away" in str(result.exception)


def test_every_file_of_the_catalogue_can_be_checked_or_is_refused(tmp_path):
    catalogue.catalogue.cache_clear()
    for entry in catalogue.catalogue().values():
        if not entry.is_pinned:
            with pytest.raises(PullFailed, match="--trust-first-use"):
                pull(entry, tmp_path)
        assert all((tmp_path / file.path).resolve().is_relative_to(tmp_path.resolve()) for file in entry.files)


def test_a_token_goes_to_its_own_host_and_nowhere_else(monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "secret")
    assert authorization("https://huggingface.co/a/model.safetensors") == {"Authorization": "Bearer secret"}
    for other in ("http://huggingface.co/a", "https://huggingface.co.example.org/a", "http://127.0.0.1/huggingface.co"):
        assert authorization(other) == {}
    monkeypatch.delenv("HF_TOKEN")
    assert authorization("https://huggingface.co/a") == {}
