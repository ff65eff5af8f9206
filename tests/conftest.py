"""The real stack for tests: Azurite, the endpoint and the embedded host on free ports, once a session."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import httpx
import makers
import numpy as np
import pytest
import soundfile

from ripieno.client import Ripieno
from ripieno.local.stack import PROJECT, Stack
from ripieno.music import demo_song
from ripieno.music.score import Score
from ripieno.services.identity import loopback
from tests import language_models, warm
from tests.stacks import azurite_of_its_own, new_stack

for _pool in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_pool, "1")  # four processes on two cores: their threads would wait for each other, busily
os.environ.setdefault("RIPIENO_SWEEP_SECONDS", "1")
os.environ.setdefault("RIPIENO_AUTH", "local")
os.environ["RIPIENO_TOKEN_FILE"] = str(PROJECT / ".ripieno" / "tokens of tests.json")  # not where a developer signed in
loopback.vouch()  # the app in this process is called by tests alone
os.environ.setdefault("NUMBA_CACHE_DIR", str(PROJECT / ".ripieno" / "numba"))
RATE = 44100


_LONG = (
    "test_readme.py", "test_lost_engines.py", "test_everyday.py", "test_chaos.py", "test_compositions.py",
    "test_mir.py", "test_main_job.py", "test_ingestion.py", "test_learned_engines.py", "test_equal_posts.py",
    "test_closed_loop.py", "test_edits_by_hand.py", "test_composition_briefs.py", "test_sets.py", "test_directml.py",
    "test_directml_endpoint.py", "test_light_install.py", "test_under_azures_worker.py", "test_many_at_once.py",
    "test_fuzz_slice.py", "test_gpu_script.py", "test_separation.py",
)  # fmt: skip
"""Files that take longest: they begin first, so that no process ends alone with one of them."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: _LONG.index(item.path.name) if item.path.name in _LONG else len(_LONG))


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A whole running stack; the services of this process use its storage too."""
    stack = new_stack(tmp_path_factory.mktemp("stack"))
    stack.start(print)
    os.environ["AzureWebJobsStorage"] = stack.connection_string
    yield stack
    stack.stop()


@pytest.fixture(scope="session")
def azurite_alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The connection string of an Azurite that nothing but tests uses, with every container and table."""
    with azurite_of_its_own(tmp_path_factory.mktemp("azurite")) as connection:
        yield connection


@pytest.fixture
def storage(azurite_alone: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Storage without a host, for tests that need none; of this process, for this test."""
    monkeypatch.setenv("AzureWebJobsStorage", azurite_alone)
    return azurite_alone


@pytest.fixture(autouse=True)
def _reads_one_storage(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What a test had read in the background is read before the environment names another storage: a thread that
    finds its stamps in one and its rows in the other remembers an empty library."""
    yield
    makers.wait_for_mirrors()


@pytest.fixture
def language_model(monkeypatch: pytest.MonkeyPatch) -> Iterator[language_models.Model]:
    """The language model of every task, scripted; nothing is known of it yet."""
    from ripieno.services import llm

    if "AzureWebJobsStorage" not in os.environ:
        monkeypatch.setenv("AzureWebJobsStorage", "UseDevelopmentStorage=true")
    with language_models.served() as model:
        monkeypatch.setenv("RIPIENO_LLM_URL", model.url)
        monkeypatch.setenv("RIPIENO_LLM_MODEL", "scripted")
        monkeypatch.setenv("RIPIENO_LLM_PRICES", "scripted=2.5/10")
        llm.forget()
        yield model
    llm.forget()


@pytest.fixture
def owner() -> str:
    """Somebody who has nothing yet."""
    return f"owner-{uuid.uuid4().hex[:8]}"


@pytest.fixture
def ripieno(stack: Stack) -> Iterator[Ripieno]:
    with Ripieno(stack.url) as client:
        yield client


@pytest.fixture(autouse=True)
def _nobody_was_taught_before(request: pytest.FixtureRequest) -> None:
    """What earlier tests said of music changes nothing of what this one gets: all of them are the owner `local`."""
    if "stack" in request.fixturenames:
        stack: Stack = request.getfixturevalue("stack")
        httpx.delete(f"{stack.url}/api/preferences", timeout=60).raise_for_status()


@pytest.fixture(scope="session")
def ripieno_command(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The file `ripieno` to start, see `tests.warm`."""
    with warm.command(tmp_path_factory.mktemp("bin")) as script:
        yield script


@pytest.fixture(scope="session")
def command(stack: Stack, ripieno_command: Path):
    """Run `ripieno` with the session's stack: stdout, or stderr of a command that is expected to mean nothing."""

    def run(*arguments: str, expect: int = 0, cwd: Path = PROJECT, stderr: bool = False) -> str:
        env = os.environ | {"RIPIENO_URL": stack.url, "RIPIENO_HOME": str(stack.home), "PYTHONPATH": str(PROJECT)}
        done = subprocess.run(
            [str(ripieno_command), *arguments],
            env=env,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
            cwd=cwd,
        )
        assert done.returncode == expect, (done.stdout, done.stderr)
        return done.stderr if stderr or expect > 1 else done.stdout

    return run


@pytest.fixture(scope="session")
def demo() -> tuple[Score, np.ndarray, dict[str, np.ndarray]]:
    """The demo song: its score, its mix and its true stems."""
    from gpu_endpoints.generation.soundfont import render

    score = demo_song.compose()
    return score, *render(score)


@pytest.fixture(scope="session")
def make_clip(demo, tmp_path_factory: pytest.TempPathFactory):
    """`make_clip(name, start, seconds)`: a piece of the demo song as a file, in the format of its suffix."""
    folder = tmp_path_factory.mktemp("clips")
    _, mix, _ = demo

    def clip(name: str, start: float = 10.0, seconds: float = 6.0) -> Path:
        path = folder / name
        audio = mix[round(start * RATE) : round((start + seconds) * RATE)]
        if path.suffix == ".m4a":
            write_m4a(path, audio)
        else:
            soundfile.write(path, audio, RATE)
        return path

    return clip


@pytest.fixture(scope="session")
def tiny_htdemucs(tmp_path_factory) -> Path:
    """A randomly initialised, very small HTDemucs, stored as Demucs stores its models, with a catalogue beside it."""
    import torch
    from demucs.htdemucs import HTDemucs

    torch.manual_seed(0)
    model = HTDemucs(
        sources=["drums", "bass", "other", "vocals"],
        channels=8,
        depth=4,  # with two, the transformer has eleven thousand tokens
        t_layers=1,
        t_heads=2,
        bottom_channels=8,
        nfft=2048,
        segment=2,
        samplerate=RATE,
        dconv_depth=1,
    )
    folder = tmp_path_factory.mktemp("models") / "htdemucs"
    folder.mkdir()
    args, kwargs = model._init_args_kwargs
    package = {"klass": HTDemucs, "args": args, "kwargs": kwargs, "state": model.state_dict(), "training_args": {}}
    torch.save(package, folder / "model.th")
    digest = hashlib.sha256((folder / "model.th").read_bytes()).hexdigest()[:8]
    weights = f"0badcafe-{digest}.th"
    (folder / "model.th").rename(folder / weights)
    (folder / "htdemucs.yaml").write_text("models: ['0badcafe']\n")
    entry = {
        "task": "separate", "engine": "htdemucs", "license": "MIT", "commercial": True, "revision": "made in the test",
        "files": [
            {"path": "htdemucs.yaml", "content": "models: ['0badcafe']\n"},
            {"path": weights, "url": "http://127.0.0.1:9/", "sha256": digest},
        ],
    }  # fmt: skip
    (folder.parent / "catalogue.json").write_text(json.dumps({"htdemucs": entry}))
    return folder


def write_m4a(path: Path, audio: np.ndarray) -> None:
    import av

    with av.open(str(path), "w", format="ipod") as container:
        stream = container.add_stream("aac", rate=RATE, layout="stereo")
        for start in range(0, len(audio), 1024):
            frame = av.AudioFrame.from_ndarray(
                np.ascontiguousarray(audio[start : start + 1024].T.astype(np.float32)), format="fltp", layout="stereo"
            )
            frame.sample_rate, frame.pts = RATE, start
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
