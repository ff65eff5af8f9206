"""A slice of `make fuzz`, on a stack of its own: 40 files and 60 calls of as many operations, from one seed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fuzz import calls, sounds, uploads
from tests.fuzz.__main__ import KEEP
from tests.stacks import new_stack

SEED = int(os.environ.get("RIPIENO_FUZZ_SEED", "14"))
FILES, CALLS = 40, 60


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Its address. What is called here at random is no other test's business."""
    stack = new_stack(tmp_path_factory.mktemp("fuzzed"))
    stack.start(print)
    yield stack.url
    stack.stop()


def test_every_file_follows_from_the_seed():
    assert [sounds.made(SEED, number) for number in range(30)] == [sounds.made(SEED, number) for number in range(30)]
    assert sounds.made(SEED, 3) != sounds.made(SEED + 1, 3)


def test_mutated_recordings_of_each_format_are_answered_and_have_an_end(fuzzed):
    report = uploads.send(fuzzed, SEED, range(FILES), KEEP)
    assert report.wrong == [], f"seed {SEED}: python -m tests.fuzz --replay .ripieno/fuzz/FILE"
    assert sum(report.answers.values()) == FILES and report.answers["202"], "all of them were refused: nothing is tried"


@pytest.mark.parametrize("name", sounds.FORMATS)
def test_a_whole_recording_is_taken_or_refused_by_its_name(tmp_path: Path, name):
    from gpu_endpoints.audio import decoding
    from ripieno.contracts.problems import BadAudio
    from ripieno.services import audio_format

    (tmp_path / "a").write_bytes(sounds.whole(name))
    if name in sounds.TAKEN:
        audio_format.describe(tmp_path / "a")
        assert decoding.open_audio(tmp_path / "a", max_seconds=60).duration == pytest.approx(sounds.SECONDS, abs=0.1)
        return
    with pytest.raises(BadAudio, match=r"AIFF|WebM|RF64"):
        audio_format.describe(tmp_path / "a")


def test_calls_made_of_the_description_are_answered_as_it_says(fuzzed):
    report = calls.make(fuzzed, SEED, CALLS)
    assert report.wrong == [], "\n".join([f"seed {SEED}", *report.wrong])
    assert sum(report.answers.values()) >= CALLS * 0.9


def test_what_is_wrong_is_told_with_what_does_it_again(tmp_path, monkeypatch):
    monkeypatch.setattr(uploads, "_declared", lambda url: {"202": {}})
    monkeypatch.setattr(uploads, "_sent", lambda *_: ("500", "none", "500: broke"))
    report = uploads.send("http://127.0.0.1:9", SEED, range(2), tmp_path)
    assert len(report.wrong) == 2 and "file 1" in "".join(report.wrong)
    (kept,) = tmp_path.glob(f"{SEED}-1-*")
    assert kept.read_bytes() == sounds.made(SEED, 1)[1]
    assert uploads.replay("http://127.0.0.1:9", kept).wrong == ["500: broke"]
