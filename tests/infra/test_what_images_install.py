"""An endpoint's image brings all that its server and its workers import: nothing comes from a neighbour's requirements."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from importlib import metadata

import pytest
from packaging.requirements import Requirement
from planting import ROOT

from infra.docker.packages import known

WITHOUT = """
import importlib, json, sys
barred = set(json.loads(sys.stdin.read()))
class Barred:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in barred:
            raise ModuleNotFoundError(name + " is not in the image", name=name)
sys.meta_path.insert(0, Barred())
server = importlib.import_module(sys.argv[1])
(endpoint,) = [one for one in vars(server).values() if type(one).__name__ == "Endpoint"]
print(sorted(endpoint.load_handlers()))
"""


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def brought_by(files: list[str]) -> set[str]:
    """Every distribution that some requirement files install, with all that those need."""
    lines = [line.partition("#")[0].strip() for file in files for line in (ROOT / file).read_text().splitlines()]
    open_ones = [Requirement(line) for line in lines if line]
    rules = known()
    alone = {_normal(Requirement(one).name) for one in [*rules.FROM_SOURCE, *rules.NOT_WITH_THEIR_DEPENDENCIES]}
    found: set[str] = set()
    while open_ones:
        one = open_ones.pop()
        name = _normal(one.name)
        if name in found or (
            one.marker and not any(one.marker.evaluate({"extra": extra}) for extra in ("", *one.extras))
        ):
            continue
        found.add(name)
        if name in alone:
            continue  # installed without what it needs
        try:
            needed = [Requirement(text) for text in metadata.requires(name) or []]
        except metadata.PackageNotFoundError:
            continue
        open_ones += [
            further for further in needed
            if not further.marker or any(further.marker.evaluate({"extra": extra}) for extra in ("", *one.extras))
        ]  # fmt: skip
    return found


@pytest.mark.parametrize("endpoint", ["analysis", "generation", "production", "directml"])
def test_an_endpoint_needs_nothing_that_its_image_lacks(endpoint: str, monkeypatch):
    # Where pkg_resources was imported, what setuptools carries within itself counts as installed.
    monkeypatch.setattr(sys, "path", [place for place in sys.path if not place.endswith("_vendor")])
    brought = brought_by(["gpu_endpoints/requirements.txt", f"gpu_endpoints/{endpoint}/requirements.txt"])
    barred = {
        module
        for module, whose in metadata.packages_distributions().items()
        if not {_normal(one) for one in whose} & brought and module not in ("ripieno", "gpu_endpoints")
    }
    assert "pytest" in barred and "pydantic" not in barred
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", WITHOUT, f"gpu_endpoints.{endpoint}.server"],
        cwd=ROOT, input=json.dumps(sorted(barred)), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
