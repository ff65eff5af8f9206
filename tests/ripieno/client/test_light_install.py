"""`pip install .` into an empty environment: the client and the command, nothing else, and both of them work."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
ALLOWED = {
    "ripieno", "click", "cloup", "filelock", "httpx", "pydantic", "rich",
    # what those need
    "annotated-types", "anyio", "certifi", "colorama", "h11", "httpcore", "idna", "markdown-it-py", "mdurl", "pydantic-core",
    "pygments", "sniffio", "typing-extensions", "typing-inspection",
}  # fmt: skip
DRIVE = """
import json, sys
from pathlib import Path
from ripieno.client import Ripieno
from ripieno.contracts.generation import GenerationOrder, GenerationParameters, MixOrder

with Ripieno(sys.argv[1]) as ripieno:
    song = ripieno.wait(ripieno.upload("light.flac"), timeout=300)
    found = ripieno.analysis(song.audio_file_id)
    annotations = json.loads(ripieno.jams(song.audio_file_id))["annotations"]
    stems = ripieno.download_stems(song.audio_file_id, "by the client")
    request = ripieno.generate(GenerationOrder(
        audio_file_id=song.audio_file_id, target_stems=["bass"], parameters=GenerationParameters(random_seed=3)
    ))
    made = ripieno.wait_generation(request, timeout=300)
    mixed = ripieno.mix(request, MixOrder(), timeout=300)
    mix = ripieno.download(mixed.blob_url, "by the client/mix.wav")
    removal = ripieno.wait_removal(ripieno.delete(song.audio_file_id).instance_id)
    print(json.dumps({
        "status": song.status, "beats": len(found.beats), "namespaces": sorted({one["namespace"] for one in annotations}),
        "stems": sorted(path.name for path in stems if path.stat().st_size), "generation": made.status,
        "mix": mix.stat().st_size == mixed.file_size_bytes, "removal": removal.status,
        "loaded": sorted({name.partition(".")[0] for name in sys.modules}),
    }))
"""


@pytest.fixture(scope="module")
def light(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the commands of an environment with nothing but `pip install .` in it."""
    place = tmp_path_factory.mktemp("light")
    source = place / "source"
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "ripieno", "gpu_endpoints",
         "pyproject.toml", "requirements*.txt"], cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    for name in filter(None, listed.stdout.split("\0")):  # a copy, since building writes beside what it builds
        if (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, source / name)
    venv.create(place / "venv", with_pip=False)
    there = place / "venv" / ("Scripts" if os.name == "nt" else "bin")
    done = subprocess.run(
        [*installer(there / "python"), str(source)], cwd=place, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        pytest.fail(f"`pip install .` needs a package index that has setuptools and httpx: {done.stderr[-2000:]}")
    return there


def installer(python: Path) -> list[str]:
    """pip by another environment, as scripts/install.py has it: uv, told what pip is configured to use, else pip."""
    spec = importlib.util.spec_from_file_location("install", ROOT / "scripts" / "install.py")
    assert spec is not None and spec.loader is not None
    install = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(install)
    command: list[str] | None = install.uv_install()
    if command is None:
        return [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet"]
    return [
        str(python) if part == str(install.PYTHON) and command[at - 1] == "--python" else part
        for at, part in enumerate(command)
    ]


@pytest.fixture
def run(light: Path, tmp_path: Path, stack):
    """Run a command of the light environment, in a folder of its own, with nothing of ours in its environment."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "RIPIENO", "AZURE"))}
    kept = {name: value for name, value in kept.items() if not name.startswith("AzureWebJobs")} | {
        "HOME": str(tmp_path)
    }

    def go(name: str, *arguments: str, url: str | None = stack.url, expect: int = 0) -> str:
        env = kept | ({"RIPIENO_URL": url} if url else {})
        done = subprocess.run(
            [str(light / name), *arguments],
            cwd=tmp_path,
            env=env,
            capture_output=True,
            text=True,
            timeout=580,
            check=False,
        )
        assert done.returncode == expect, (done.stdout, done.stderr)
        return done.stdout if expect == 0 else done.stderr

    return go


def test_only_what_the_client_and_the_command_need_is_installed(run):
    listing = (
        "import importlib.metadata as m, json; print(json.dumps([one.metadata['Name'] for one in m.distributions()]))"
    )
    found = {name.lower().replace("_", "-") for name in json.loads(run("python", "-c", listing))}
    assert {"ripieno", "httpx", "pydantic", "click", "rich"} <= found
    assert found - ALLOWED - {"pip", "setuptools"} == set()


def test_the_wheel_has_no_room_of_the_app_and_says_that_it_is_typed(run):
    for room in ("triggers", "activities", "orchestrators", "function_app"):
        assert run("python", "-c", f"import importlib.util as u; print(u.find_spec({room!r}))").strip() == "None"
    assert (
        run(
            "python",
            "-c",
            "import ripieno; from pathlib import Path; print(Path(ripieno.__file__).with_name('py.typed').exists())",
        ).strip()
        == "True"
    )


def test_the_client_drives_a_running_stack(run, stack, make_clip, tmp_path: Path):
    shutil.copy(make_clip("light.flac", 44, 6), tmp_path / "light.flac")
    told: dict[str, Any] = json.loads(run("python", "-W", "error", "-c", DRIVE, stack.url))
    assert told["status"] == "analyzed" and told["beats"] > 6
    assert {"beat", "chord", "tempo"} <= set(told["namespaces"])
    assert told["stems"] == ["bass.flac", "drums.flac", "other.flac"]
    assert (told["generation"], told["mix"], told["removal"]) == ("awaiting_review", True, "completed")
    assert not {"azure", "numpy", "pydantic_settings", "torch", "starlette"} & set(told["loaded"])


def test_the_command_drives_a_running_stack(run, make_clip, tmp_path: Path):
    shutil.copy(make_clip("light command.flac", 52, 6), tmp_path / "song.flac")
    found = json.loads(run("ripieno", "analyze", "song.flac", "--json", "--out", "out"))
    song = found["audio_file_id"]
    assert found["status"] == "analyzed" and Path(tmp_path, found["jams_path"]).stat().st_size > 1000
    assert song in run("ripieno", "list", "--json")
    assert json.loads(run("ripieno", "jams", song))["annotations"]
    assert "drums.flac" in run("ripieno", "stems", song, "--out", "stems")
    made = json.loads(
        run("ripieno", "generate", song, "--stems", "bass", "--seed", "3", "--mix", "--out", "new", "--json")
    )
    assert Path(tmp_path, made["mix"]).stat().st_size > 1000
    assert song in run("ripieno", "delete", song, "--wait")


@pytest.mark.parametrize("command", [["up"], ["down"], ["doctor"], ["models", "list"], ["models", "pull", "htdemucs"]])
def test_what_needs_more_says_in_a_sentence_what_to_install(run, command):
    told = run("ripieno", *command, expect=1)
    assert told.count("\n") == 1 and "pip install -e '.[local" in told


def test_without_a_stack_the_command_says_so_and_looks_for_one_in_the_users_home(run, tmp_path: Path):
    (tmp_path / ".ripieno").mkdir()
    (tmp_path / ".ripieno" / "stack.json").write_text(json.dumps({"url": "http://127.0.0.1:9"}))
    assert "no Ripieno answers at http://127.0.0.1:9" in run("ripieno", "list", url=None, expect=3)
