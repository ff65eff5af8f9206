"""What the command says of itself: every command in a group, every one with examples, every shape of JSON described."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from ripieno.cli import exits, shapes
from ripieno.cli.__main__ import ripieno
from ripieno.contracts.base import Contract
from ripieno.local.stack import PROJECT

PAGE = (PROJECT / "docs" / "cli.md").read_text()


def commands(group: click.Group = ripieno, prefix: str = "") -> dict[str, click.Command]:
    found: dict[str, click.Command] = {}
    for name, one in group.commands.items():
        if isinstance(one, click.Group):
            found |= commands(one, f"{prefix}{name} ")
        else:
            found[f"{prefix}{name}"] = one
    return found


def run(*arguments: str) -> str:
    done = CliRunner().invoke(ripieno, arguments, prog_name="ripieno")
    return done.output


def test_the_help_names_every_command_in_a_group_and_every_exit_code():
    said = run("--help")
    assert "Other commands" not in said
    assert all(re.search(rf"^  {name} ", said, re.M) for name in ripieno.commands)
    for code, meaning in exits.MEANINGS.items():
        assert re.search(rf"^  {code} +{re.escape(meaning)}$", said, re.M)
        assert re.search(rf"^\| {code} \| {re.escape(re.split('[:;]', meaning)[0])}", PAGE, re.M)


@pytest.mark.parametrize("name", commands())
def test_every_command_says_what_it_does_and_shows_it(name):
    said = run(*name.split(), "--help")
    assert "..." not in said.split("\n\n")[1]
    assert re.search(rf"^Examples:\n  ripieno {name}", said, re.M)
    options = commands()[name].params
    assert all(one.help or one.metavar for one in options if isinstance(one, click.Option)), options
    assert ("--json" in said) == (name != "completion")


@pytest.mark.parametrize("name", commands())
def test_a_line_of_the_list_of_commands_is_not_cut(name):
    assert not commands()[name].get_short_help_str(60).endswith("...")


@pytest.mark.parametrize(
    "shape", [one for one in vars(shapes).values() if isinstance(one, type) and issubclass(one, Contract)]
)
def test_every_shape_of_json_is_described(shape):
    if shape.__module__ != shapes.__name__:
        return
    own = set(shape.model_fields) - {name for base in shape.__bases__ for name in getattr(base, "model_fields", {})}
    assert all(f"`{name}`" in PAGE for name in own), shape


@pytest.mark.parametrize(
    ("typed", "meant"),
    [(["anlyze", "x.wav"], "analyze"), (["generat"], "generate"), (["list", "--satus", "failed"], "--status")],
)
def test_what_is_mistyped_is_asked_back(typed, meant):
    done = CliRunner().invoke(ripieno, typed)
    assert done.exit_code == 2 and "Did you mean" in done.output and f"'{meant}'" in done.output


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_every_shell_gets_a_script_that_completes_commands(shell):
    assert "_RIPIENO_COMPLETE" in run("completion", shell)
    asked = {
        "_RIPIENO_COMPLETE": f"{shell}_complete",
        "COMP_WORDS": "ripieno gen",
        "COMP_CWORD": "gen" if shell == "fish" else "1",
    }
    done = subprocess.run(
        [sys.executable, "-c", "from ripieno.cli.__main__ import main; main()"],
        env=asked | {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(PROJECT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
        cwd=Path("/"),
    )
    assert "generate" in done.stdout and "generations" in done.stdout and "analyze" not in done.stdout


def test_colours_are_off_where_they_are_not_wanted(monkeypatch):
    bold = "\x1b[1m"
    shown = CliRunner().invoke(ripieno, ["--help"], color=True).output
    assert bold in shown
    done = subprocess.run(
        [sys.executable, "-m", "ripieno.cli", "--help"],
        env={"NO_COLOR": "1", "PATH": "/usr/bin:/bin"}, capture_output=True, text=True, timeout=120, check=True,
        cwd=PROJECT,
    )  # fmt: skip
    assert "\x1b" not in done.stdout
