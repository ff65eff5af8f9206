"""What docs/client.md and the docstrings show is run, word for word, against the real stack."""

from __future__ import annotations

import ast
import asyncio
import doctest
import importlib
import inspect
import pkgutil
import re
from pathlib import Path
from types import CodeType
from typing import Any

import pytest

import ripieno.client
from ripieno.client import AsyncRipieno, Ripieno
from ripieno.contracts.composition import CompositionOrder
from ripieno.contracts.generation import GenerationOrder, GenerationParameters, MixOrder

PAGE = Path(ripieno.client.__file__).parents[2] / "docs" / "client.md"
SNIPPETS = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(), re.DOTALL | re.MULTILINE)
LAST = [
    "generate",
    "refine",
    "compose",
    "mix",
    "begin_mix",
    "wait_take",
    "approve",
    "delete_generation",
    "analyze_again",
    "delete",
]
"""What changes the song and the request that the examples are about, in the order in which it may."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, make_clip) -> Path:
    """Where song.flac is."""
    folder = tmp_path_factory.mktemp("examples")
    (folder / "song.flac").write_bytes(make_clip("examples.flac", 10, 8).read_bytes())
    return folder


@pytest.fixture(scope="module")
def song_id(stack, folder: Path) -> str:
    with Ripieno(stack.url) as client:
        return client.wait(client.upload(folder / "song.flac"), timeout=300).audio_file_id


@pytest.fixture(autouse=True)
def there(folder: Path, stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """In that folder, with the stack as the default address."""
    monkeypatch.chdir(folder)
    monkeypatch.setenv("RIPIENO_URL", stack.url)


def test_the_page_has_snippets():
    assert len(SNIPPETS) == 6


@pytest.mark.parametrize("number", range(len(SNIPPETS)))
def test_a_snippet_of_the_page_runs_as_it_stands(number: int, song_id: str, stack, capsys):
    text = SNIPPETS[number].replace("http://127.0.0.1:7071", stack.url)
    exec(compile(text, f"docs/client.md {number}", "exec"), {"__name__": "__main__"})
    assert capsys.readouterr().out


# -- docstrings -----------------------------------------------------------------------------------------------------


def examples(face: str) -> dict[str, doctest.DocTest]:
    """The examples of one face's docstrings by their method's name, those that change things last."""
    package = importlib.import_module(f"ripieno.client.{face}")
    found: dict[str, doctest.DocTest] = {}
    for module in pkgutil.iter_modules(package.__path__):
        for test in doctest.DocTestFinder(exclude_empty=True).find(
            importlib.import_module(f"{package.__name__}.{module.name}")
        ):
            if test.examples:
                found[test.name.rpartition(".")[2]] = test
    return {name: found[name] for name in sorted(found, key=lambda name: (name in LAST and LAST.index(name) + 1, name))}


def public(face: type) -> list[str]:
    return [name for name, _ in inspect.getmembers(face, inspect.isfunction) if not name.startswith("_")]


WITHOUT_EXAMPLE = {
    "close",
    "jams_url",
    "job",
    "removal",
    "rotate_webhook_secret",
    "wait_removal",
    "reject",
    "cancel_generation",
    "wait_mix",
    "roll_back",
    "branch",
    "approve_composition",
    "reject_composition",
    "rate_composition",
    "begin_master",
    "song_master",
    "wait_master",
    "masters",
    "delete_master",
    "cancel_composition",
    "delete_composition",
    "voices",
    "voice",
    "delete_voice",
    "add_sample",
    "send_sample",
    "wait_sample",
    "give_consent",
    "revoke_consent",
    "train_voice",
    "wait_voice",
    "voice_versions",
    "compare_voice_versions",
    "compare_set_versions",
    "roll_back_voice",
    "voice_uses",
    "apply_voice",
    "branch_set",
    "cancel_set",
    "delete_set",
    "dj_set",
    "download_set",
    "edit_set",
    "explain_set",
    "make_set",
    "roll_back_set",
    "set_versions",
    "sets",
    "talk",
    "talk_to_set",
    "wait_answer",
    "wait_set",
    "wait_talk",
    "end_share",
    "audit",
    "appeal",
    "appeals",
    "decide_appeal",
    "refusal",
    "failure",
    "redrive",
    "redrive_all",
    "backlog",
    "overview",
    "purge_history",
    "orphans",
    "check",
    "delete_account",
    "join",
    "revoke_device",
    "begin_visit",
}
"""Used in the examples of others, or too plain for one."""


def test_every_method_shows_its_use():
    assert set(public(Ripieno)) - set(examples("_sync")) == WITHOUT_EXAMPLE


@pytest.mark.parametrize("face", ["_async", "_sync"])
def test_what_the_docstrings_show_is_true(face: str, song_id: str, stack, monkeypatch: pytest.MonkeyPatch):
    """The sync face runs all of them, the async one before it those that change nothing."""
    with Ripieno() as client, asyncio.Runner() as runner:
        order = GenerationOrder(
            audio_file_id=song_id, target_stems=["bass"], parameters=GenerationParameters(random_seed=7)
        )
        request_id = client.wait_generation(client.generate(order, idempotency_key="examples")).generation_request_id
        piece = CompositionOrder(brief="a calm bossa", layers=["piano"], form=[{"label": "verse", "bars": 2}])
        composition_id = client.wait_composition(client.compose(piece, idempotency_key="piece")).composition_id
        given = {"url": stack.url, "song_id": song_id, "request_id": request_id,
                 "composition_id": composition_id, "Path": Path, "MixOrder": MixOrder,
                 "Ripieno": Ripieno, "AsyncRipieno": AsyncRipieno}  # fmt: skip

        async def awaited(code: CodeType, names: dict[str, Any]) -> None:
            found = eval(code, names)
            if inspect.iscoroutine(found):
                await found

        monkeypatch.setattr(doctest, "exec", lambda code, names: runner.run(awaited(code, names)), raising=False)
        talking = client if face == "_sync" else AsyncRipieno()
        tests = examples(face)
        shown = [name for name in tests if face == "_sync" or name not in LAST]
        assert len(shown) > 12
        told: list[str] = []
        for name in shown:
            tests[name].globs = given | {"ripieno": talking}
            checker = doctest.DocTestRunner(optionflags=doctest.IGNORE_EXCEPTION_DETAIL)
            checker.run(tests[name], compileflags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, out=told.append)
        if isinstance(talking, AsyncRipieno):
            runner.run(talking.aclose())
    assert "".join(told) == ""
