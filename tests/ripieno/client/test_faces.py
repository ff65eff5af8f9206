"""The two faces are one client: the plain one is made of the other, has the same methods, and is typed throughout."""

from __future__ import annotations

import inspect
import json
import subprocess
import sys
import typing
from pathlib import Path

import pytest

from ripieno.client import AsyncRipieno, JobFilters, Ripieno, SongFilters
from ripieno.contracts.base import Contract

ROOT = Path(__file__).parents[3]
CONSUMER = """
from pathlib import Path
from typing import assert_type

from ripieno.client import AsyncRipieno, Retries, Ripieno, RipienoError
from ripieno.contracts.audio import AudioFile, AudioSummary, StemLink
from ripieno.contracts.generation import Generation, GenerationOrder, MixOrder, MixView


def plain() -> None:
    with Ripieno("http://127.0.0.1:1", token="k", retries=Retries(tries=2)) as ripieno:
        song = ripieno.wait(ripieno.upload(Path("a.wav"), lambda done, total: print(done / total)), timeout=5)
        assert_type(song, AudioFile)
        assert_type(song.bpm, float | None)
        assert_type(ripieno.stems(song.audio_file_id).stems, list[StemLink])
        for one in ripieno.search(bpm_min=100, key="D", status="analyzed", limit=10):
            assert_type(one, AudioSummary)
        request_id = ripieno.generate(GenerationOrder(audio_file_id=song.audio_file_id))
        assert_type(ripieno.wait_generation(request_id, lambda request: print(request.status)), Generation)
        assert_type(ripieno.mix(request_id, MixOrder()), MixView)
        assert_type(ripieno.download("http://127.0.0.1:1/x", "x.wav"), Path)


async def waiting() -> None:
    async with AsyncRipieno() as ripieno:
        assert_type(await ripieno.get("id"), AudioFile)
        async for one in ripieno.generations(status="completed"):
            assert_type(one, Generation)
        try:
            await ripieno.delete("id")
        except RipienoError as fault:
            assert_type(fault.retry_after, float | None)
"""
WRONG = """
from ripieno.client import Ripieno

Ripieno().search(tempo=120)
Ripieno().get(5)
"""


def test_the_plain_face_is_what_the_script_makes_of_the_other():
    command = [sys.executable, "scripts/unasync.py", "--check"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.stderr}: run python scripts/unasync.py"


def public(face: type) -> dict[str, inspect.Signature]:
    methods = inspect.getmembers(face, inspect.isfunction)
    return {name: inspect.signature(method) for name, method in methods if not name.startswith("_")}


def taken(methods: dict[str, inspect.Signature]) -> dict[str, list[tuple[str, object, object]]]:
    return {
        name: [(one.name, one.kind, one.annotation) for one in method.parameters.values()]
        for name, method in methods.items()
    }


def test_both_faces_have_the_same_methods_which_take_the_same():
    plain, waiting = public(Ripieno), public(AsyncRipieno)
    waiting["close"] = waiting.pop("aclose")
    assert taken(plain) == taken(waiting)


def test_every_wait_has_an_end_unless_somebody_says_otherwise():
    waits = {name: one for name, one in public(Ripieno).items() if "timeout" in one.parameters}
    assert {"wait", "wait_generation", "wait_take", "wait_mix", "wait_removal", "mix", "download", "content"} <= set(
        waits
    )
    assert all(0 < one.parameters["timeout"].default <= 12 * 3600 for one in waits.values())


def test_filters_are_those_of_the_routes(storage):
    from ripieno.records.songs import SongQuery
    from triggers.jobs import JobQuery

    def declared(query: type[Contract]) -> set[str]:
        return set(query.model_fields)

    assert set(typing.get_type_hints(SongFilters)) == declared(SongQuery)
    assert set(typing.get_type_hints(JobFilters)) == declared(JobQuery)


@pytest.mark.parametrize(("text", "errors"), [(CONSUMER, []), (WRONG, [4, 5])], ids=["right", "wrong"])
def test_a_program_that_uses_the_client_is_checked_strictly(text: str, errors: list[int], tmp_path: Path):
    (tmp_path / "consumer.py").write_text(text)
    (tmp_path / "pyproject.toml").write_text(
        f'[tool.basedpyright]\ntypeCheckingMode = "strict"\nextraPaths = ["{ROOT}"]\nreportMissingTypeStubs = false\n'
    )
    command = [sys.executable, "-m", "basedpyright", "--outputjson", "--pythonpath", sys.executable, "consumer.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    found = json.loads(done.stdout)
    assert found["summary"]["filesAnalyzed"] == 1
    told = [(one["range"]["start"]["line"] + 1, one["message"]) for one in found["generalDiagnostics"]]
    assert [line for line, _ in told] == errors, told
