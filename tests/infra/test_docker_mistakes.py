"""Mistakes in the images and in the compose file are found, each by what it is."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from planting import ROOT, Tree, copy_of_the_tree

from infra.checks import docker
from infra.checks.manifests import env_file
from infra.docker import make_env, packages

D = "infra/docker"
PYTHON = "python:3.11.14-slim-bookworm@sha256:65a93d69fa75478d554f4ad27c85c1e69fa184956261b4301ebaf6dbb0a3543d"
MISTAKES = {
    "a base that changes": (f"{D}/production.Dockerfile", PYTHON, "python:3.11-slim", "pin it by digest"),
    "root": (f"{D}/analysis.Dockerfile", "USER 10001:10001", "USER 0", "runs as root"),
    "nobody named": (f"{D}/directml.Dockerfile", "USER 10001:10001\n", "", "runs as root"),
    "an administrator": (f"{D}/directml-windows.Dockerfile", "USER ContainerUser", "USER ContainerAdministrator", "runs as root"),
    "no health check": (f"{D}/generation.Dockerfile", "HEALTHCHECK", "LABEL", "no HEALTHCHECK"),
    "a file that is not there": (f"{D}/analysis.Dockerfile", "COPY gpu_endpoints ./", "COPY gpu_endpoint ./", "gpu_endpoint is not there"),
    "a file that is kept out": (".dockerignore", "!infra/docker/healthy.py\n", "", "healthy.py is not there"),
    "a stage that is not": (f"{D}/generation.Dockerfile", "--from=build-cuda", "--from=build-gpu", "which is no stage"),
    "everything copied": (f"{D}/weights.Dockerfile", "COPY ripieno ./ripieno", "COPY . .", "copies everything"),
    "a package without a version": (f"{D}/directml-windows.Dockerfile", "msvc-runtime==14.51.36231", "msvc-runtime", "has no version"),
    "a cache in the layer": (f"{D}/app.Dockerfile", "--no-cache-dir ", "", "pip keeps a cache"),
    "lists in the layer": (f"{D}/analysis.Dockerfile", " && rm -rf /var/lib/apt/lists/*", "", "lists of packages"),
    "a secret in a layer": (f"{D}/app.Dockerfile", "MALLOC_ARENA_MAX=2", "RIPIENO_LLM_KEY=abc", "a secret would stay"),
    "what is fetched": (f"{D}/production.Dockerfile", "WORKDIR /build", "RUN curl -O example.org", "nothing pins"),
    "added": (f"{D}/weights.Dockerfile", "COPY ripieno ./ripieno", "ADD ripieno ./ripieno", "COPY only copies"),
    "a loose lock": (f"{D}/audiocraft.lock", "torch==2.1.0", "torch>=2.1.0", "is not pinned"),
    "an image of no file": (f"{D}/images.json", "production.Dockerfile", "productions.Dockerfile", "which is not there"),
    "an image of no target": (f"{D}/images.json", '"target": "cuda"', '"target": "gpu"', "has no target gpu"),
    "a secret that is not made": (f"{D}/compose.yaml", "${RIPIENO_TOKENS:?}", "${RIPIENO_TOKEN:?}", "make_env.py does not make"),
    "a secret written down": (f"{D}/compose.yaml", "${RIPIENO_TOKENS:?}", "me:Admin=x", "it comes out of .env"),
    "open to the network": (f"{D}/compose.yaml", '"127.0.0.1:7071:7071"', '"7071:7071"', "published to the network"),
    "nobody asked who they are": (f"{D}/compose.yaml", "RIPIENO_AUTH: token", "RIPIENO_AUTH: local", "knows nobody by a token"),
    "a setting that is none": (f"{D}/compose.yaml", "RIPIENO_MODELS: /models", "RIPIENO_MODEL: /models", "which nothing reads"),
    "an image that changes": (f"{D}/compose.yaml", "azurite:3.36.0@sha256:", "azurite:3.36.0#", "pin it by digest"),
    "built as another": (f"{D}/compose.yaml", "infra/docker/analysis.Dockerfile, target: cpu", "infra/docker/analysis.Dockerfile, target: cuda", "is not built as"),
    "with capabilities": (f"{D}/compose.yaml", "cap_drop: [ALL]", "cap_drop: [NET_RAW]", "keeps capabilities"),
}  # fmt: skip


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Tree:
    return Tree(copy_of_the_tree(tmp_path_factory.mktemp("tree")), docker.rules)


def test_the_images_have_no_problem():
    assert docker.rules(ROOT) == []


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_found(tree: Tree, mistake: str):
    file, right, wrong, said = MISTAKES[mistake]
    found = tree.with_mistake(file, right, wrong)
    assert any(said in one for one in found), found


def test_a_change_of_code_installs_nothing(tree: Tree):
    early = "COPY ripieno ./ripieno\nCOPY requirements.txt constraints.txt ./"
    found = tree.with_mistake(f"{D}/app.Dockerfile", "COPY requirements.txt constraints.txt ./", early)
    assert any("installs after the code" in one for one in found), found


def test_azurite_is_the_one_of_the_local_stack():
    (version,) = set(re.findall(r"azurite:([\d.]+)@", (ROOT / D / "compose.yaml").read_text()))
    assert f'VERSION = "{version}"' in (ROOT / "ripieno/local/azurite.py").read_text()


def test_each_machine_has_secrets_of_its_own_which_the_settings_take(tmp_path):
    """And a second run keeps them."""
    place = tmp_path / ".env"
    assert make_env.write(place) and not make_env.write(place)
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    made = env_file(place)
    assert made.keys() == make_env.values().keys() and not made.items() & make_env.values().items()
    program = (
        "from ripieno.services.settings import settings; from ripieno.services.identity import modes; s = settings();"
        "print(len(s.endpoint_keys), len(s.callback_secrets), s.storage.startswith('Default'), len(s.tokens))"
    )
    chosen = {name: value for name, value in made.items() if name.startswith("RIPIENO_")}
    chosen |= {"AzureWebJobsStorage": made["STORAGE_CONNECTION"], "RIPIENO_AUTH": "token"}
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RIPIENO_")}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=kept | chosen, capture_output=True, text=True, check=False
    )
    assert done.stdout.split() == ["1", "1", "True", "1"], done.stderr


def test_what_is_installed_differently_is_installed_so():
    """The compiled one last and without isolation, the one with a wrong dependency without any, torch from its index."""
    files = ["gpu_endpoints/requirements.txt", "gpu_endpoints/analysis/requirements.txt"]
    commands = packages.commands(files, Path("/x"), "https://example.org/cpu")
    assert commands[0][-3:] == ["--index-url", "https://example.org/cpu", "torch==2.13.0"]
    assert commands[-1][-3:] == ["--no-deps", "--no-build-isolation", "madmom==0.16.1"]
    assert not any(one.startswith("madmom") for one in commands[2])
    assert "tinysoundfont==0.3.7" in packages.commands(["gpu_endpoints/generation/requirements.txt"], Path("/x"))[-1]
