"""The README is true: its recipes run word for word, its Python too, its picture is of a real run; so are the examples
in every command's help."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import click
import mido
import pytest
import recording
import soundfile
import voice_makers

from ripieno.cli.__main__ import ripieno as command_line
from ripieno.local.stack import PROJECT

README = (PROJECT / "README.md").read_text()
STARTS_OR_STOPS = {"up", "down", "doctor"}  # tried on a stack of their own, in test_local_stack
NEEDS_A_NETWORK = {"models pull"}


@pytest.fixture(scope="module")
def workplace(stack, make_clip, ripieno_command, tmp_path_factory) -> tuple[Path, dict[str, str]]:
    """A folder with a song and an album, and a shell in which `ripieno` is the command."""
    folder = tmp_path_factory.mktemp("workplace")
    for name in ("song.mp3", "long.mp3"):
        shutil.copy(make_clip("readme.mp3", 0.0, 110.0), folder / name)
    shutil.copy(make_clip("short.mp3", 0.0, 6.0), folder / "short.mp3")
    track = mido.MidiTrack([mido.Message("note_on", note=60), mido.Message("note_off", note=60, time=1920)])
    mido.MidiFile(type=0, tracks=[track]).save(folder / "melody.mid")
    voice_makers.recorded(folder / "anna.wav")
    voice_makers.recorded(folder / "sentence.wav", sentences=voice_makers.SENTENCE)
    (folder / "album").mkdir()
    for number in (1, 2):
        shutil.copy(make_clip(f"album {number}.flac", 12.0 * number, 6.0), folder / "album" / f"{number}.flac")
    env = os.environ | {
        "PATH": f"{ripieno_command.parent}:{os.environ['PATH']}",
        "PYTHONPATH": str(PROJECT),
        "RIPIENO_URL": stack.url,
        "RIPIENO_HOME": str(stack.home),
    }
    return folder, env


def shell(script: str, workplace: tuple[Path, dict[str, str]]) -> str:
    folder, env = workplace
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script], cwd=folder, env=env, capture_output=True, text=True, timeout=300,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, (script, done.stdout, done.stderr)
    return done.stdout


def test_the_recipes_run_word_for_word_and_end_in_a_folder_for_a_daw(workplace):
    recipes = re.findall(r"```sh\n(.*?)```", README.partition("## Five recipes")[2], re.S)
    assert len(recipes) == 5
    said = [shell(recipe, workplace) for recipe in recipes]
    assert "112.0" in said[0] and " | " in said[0]
    folder, _ = workplace
    session = folder / "session"
    whole = soundfile.info(folder / "song.mp3").duration
    for name in (
        "bass.wav",
        "bass-take-2.wav",
        "mix-streaming.wav",
        "song/drums.flac",
        "song/bass.flac",
        "song/other.flac",
    ):
        assert soundfile.info(session / name).duration > 5
    assert soundfile.info(session / "mix-streaming.wav").duration == pytest.approx(whole, abs=0.1)
    for name in ("bass.mid", "bass-take-2.mid"):
        tempi = [one for one in mido.MidiFile(session / name).tracks[0] if one.type == "set_tempo"]
        assert mido.tempo2bpm(tempi[0].tempo) == pytest.approx(112, rel=0.02)
    assert sorted(path.name for path in (folder / "found").iterdir()) == ["1", "2"]
    assert {path.suffix for path in (folder / "new").iterdir()} == {".wav", ".mid"}


def test_the_python_of_the_readme_runs(workplace):
    (snippet,) = re.findall(r"```python\n(.*?)```", README, re.S)
    folder, env = workplace
    done = subprocess.run(
        [sys.executable, "-c", snippet], cwd=folder, env=env, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("112.") and "Section(" in done.stdout


def examples(group: click.Group = command_line, prefix: str = "") -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for name, one in group.commands.items():
        if isinstance(one, click.Group):
            found += examples(one, f"{prefix}{name} ")
        elif prefix + name not in STARTS_OR_STOPS | NEEDS_A_NETWORK:
            block = (one.epilog or "").partition("Examples:\n")[2].partition("\n\n")[0]
            found += [(f"{prefix}{name}", line.strip()) for line in block.splitlines()]
    return found


def test_every_example_of_the_help_runs(workplace):
    """In the order of a user's day: a song before its stems, a verdict before it is deleted."""
    bass_line = "ripieno generate song.mp3 --stems bass --bars 1-4 --json"
    shell(f"ripieno analyze song.mp3 && {bass_line}", workplace)
    last = {"mix": 1, "approve": 2, "reject": 3, "cancel": 4, "delete": 5}
    for name, line in sorted(examples(), key=lambda one: last.get(one[0], 0)):
        if name in ("mix", "approve", "reject", "cancel"):  # each wants a bass line that nobody has judged yet
            shell(bass_line, workplace)
        if name == "delete":  # each wants a song
            shell("cp short.mp3 song.mp3 && ripieno analyze song.mp3", workplace)
        if name == "appeal":  # wants something that was refused
            shell("! ripieno understand 'in the style of Coldplay'", workplace)
        shell(line if name != "cancel" else f"{line} 2>&1 | grep -E 'cancelled|nothing to cancel'", workplace)
    shell("cp long.mp3 song.mp3 && ripieno delete song.mp3 --wait", workplace)


def test_the_picture_is_of_a_run_like_this_one(workplace):
    """RIPIENO_RECORD=1 .venv/bin/pytest tests/e2e/test_readme.py -k picture draws it anew."""
    folder, env = workplace
    for made in ("session", "song"):
        shutil.rmtree(folder / made, ignore_errors=True)
    drawn = recording.record(
        [
            "ripieno analyze song.mp3",
            'ripieno generate song.mp3 --stems bass --section "second chorus" --seed 7 --out session/',
            "ripieno mix song.mp3 --gain bass=-3 --out session/",
        ],
        cwd=folder,
        env=env,
    )
    page = PROJECT / "docs" / "terminal.svg"
    if os.environ.get("RIPIENO_RECORD"):
        page.write_text(drawn)
    assert recording.words(page.read_text()) == recording.words(drawn)
    assert "http" not in re.sub(r"http://www\.w3\.org/\S*", "", drawn)
