"""What Azure will install and load."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from importlib.util import find_spec
from pathlib import Path

import pathspec
import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
HEAVY = {"torch", "demucs", "madmom", "librosa", "essentia", "numba", "soundfile", "av", "transformers", "onnxruntime"}
LATE = {"jams", "jinja2", "openai"}  # seconds to import, and few requests need them


def packages(path: Path) -> set[str]:
    lines = (line.partition("#")[0].strip() for line in path.read_text().splitlines())
    return {line.partition("==")[0] for line in lines if line and not line.startswith("-")}


def test_the_directml_build_of_onnx_runtime_resolves_for_windows(tmp_path):
    """Its wheel is for Windows alone, so that nothing here would notice a version that is not there."""
    (line,) = [
        line.partition("#")[0].strip()
        for line in (ROOT / "gpu_endpoints/directml/requirements.txt").read_text().splitlines()
        if line.startswith("onnxruntime-directml")
    ]
    wanted = Requirement(line)
    assert wanted.marker is not None
    assert wanted.marker.evaluate({"sys_platform": "win32"}) and not wanted.marker.evaluate({"sys_platform": "linux"})
    pin = f"{wanted.name}{wanted.specifier}"
    done = subprocess.run(
        [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", "--platform=win_amd64",
         "--python-version=311", f"--dest={tmp_path}", pin], capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert [wheel.name for wheel in tmp_path.glob("*win_amd64.whl")]


def test_the_functions_app_installs_no_machine_learning():
    assert not packages(ROOT / "requirements.txt") & HEAVY


def test_the_functions_app_loads_without_machine_learning(storage):
    """Import the app with every heavy package barred, as on a Functions worker, and what slows its start too."""
    program = f"""
import sys
class Barred:
    def find_spec(self, name, path=None, target=None):
        if name.partition('.')[0] in {HEAVY | LATE!r}:
            raise ImportError(name + ' is not installed on Azure')
sys.meta_path.insert(0, Barred())
import function_app
print(sorted(function.get_function_name() for function in function_app.app.get_functions()))
"""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program], cwd=ROOT, capture_output=True, text=True, check=False,
        env=os.environ | {"RIPIENO_AUTH": "token", "RIPIENO_TOKENS": f"ann:Admin={'0123456789abcdef' * 3}"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "PipelineOrchestrator" in done.stdout and "upload_audio" in done.stdout


@pytest.mark.parametrize("endpoint", ["analysis", "generation", "production"])
def test_an_endpoints_server_starts_without_what_its_workers_need(endpoint):
    """It answers while they load; with numpy and scipy alone it would take twice as long to."""
    program = (
        f"import sys, gpu_endpoints.{endpoint}.server;print(sorted({HEAVY | {'numpy', 'scipy'}!r} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"


def test_what_the_app_reads_is_deployed():
    """Files that are no modules: a deployment has them unless .funcignore leaves them behind."""
    ignored = pathspec.GitIgnoreSpec.from_lines((ROOT / ".funcignore").read_text().splitlines())
    read = [
        path.relative_to(ROOT).as_posix() for path in (ROOT / "triggers").rglob("*") if path.suffix in (".html", ".css")
    ]
    assert len(read) == 2
    assert [name for name in read if ignored.match_file(name)] == []


def data_files(*rooms: str) -> list[Path]:
    """Files that modules read beside them."""
    return [
        path
        for room in rooms
        for path in (ROOT / room).rglob("*")
        if path.suffix in (".json", ".txt", ".md") and not path.name.startswith("requirements")
    ]


def test_what_modules_read_beside_them_is_deployed():
    """Prompts are Markdown, which a deployment leaves behind elsewhere."""
    ignored = pathspec.GitIgnoreSpec.from_lines((ROOT / ".funcignore").read_text().splitlines())
    read = [path.relative_to(ROOT).as_posix() for path in data_files("ripieno/music", "ripieno/services")]
    assert any(name.endswith("prompts/plan.md") for name in read)
    assert [name for name in read if ignored.match_file(name)] == []
    assert ignored.match_file("README.md")


def test_what_modules_read_beside_them_is_installed_with_them():
    packages = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["package-data"]
    installed = {
        path
        for package, patterns in packages.items()
        for pattern in patterns
        for path in (ROOT / package.replace(".", "/")).glob(pattern)
    }
    assert [
        path.relative_to(ROOT).as_posix() for path in data_files("ripieno", "gpu_endpoints") if path not in installed
    ] == []


def test_every_pin_of_a_requirement_file_is_the_constraints_pin():
    lines = (line.partition(";")[0].strip() for line in (ROOT / "constraints.txt").read_text().splitlines())
    pins = dict(line.split("==") for line in lines if "==" in line)
    for path in [*ROOT.glob("requirements*.txt"), *ROOT.glob("gpu_endpoints/**/requirements*.txt")]:
        if "An image of its own" in path.read_text().partition("\n")[0]:
            continue
        for line in path.read_text().splitlines():
            text = line.partition("#")[0].strip()
            if text and not text.startswith("-"):
                wanted = Requirement(text)
                if not is_for_another_python(wanted):
                    assert pins[wanted.name.lower()] == str(wanted.specifier).lstrip("="), (path.name, wanted)


def is_for_another_python(wanted: Requirement) -> bool:
    """What stands in the file for a Python that Azure has and this is not; not what is for another system."""
    return wanted.marker is not None and "python_version" in str(wanted.marker) and not wanted.marker.evaluate()


@pytest.mark.parametrize("version", ["3.11", "3.12", "3.13"])
def test_the_functions_app_installs_on_every_python_that_azure_has_for_it(version, tmp_path):
    if find_spec("uv") is None:
        pytest.skip("uv could not be installed here, and nothing else can resolve for another Python")
    done = subprocess.run(
        [sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--python-version", version, "--python-platform",
         "x86_64-manylinux_2_28", "--only-binary", ":all:", "--no-binary", "jams", "--output-file", str(tmp_path / "all"),
         str(ROOT / "requirements.txt")], capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = (tmp_path / "all").read_text()
    assert ("azure-functions==2." in found) == (version == "3.13") and "azure-functions-durable==1.7.0" in found


def test_host_settings_are_complete_json():
    host = json.loads((ROOT / "host.json").read_text())
    durable = host["extensions"]["durableTask"]
    assert durable["hubName"] == "%TASK_HUB%"
    # What runs and waits goes on with what it was begun by; a later version's instances are not for an older one.
    assert durable["defaultVersion"] and durable["versionMatchStrategy"] == "CurrentOrOlder"
    values = json.loads((ROOT / "local.settings.sample.json").read_text())["Values"]
    assert {"AzureWebJobsStorage", "TASK_HUB", "FUNCTIONS_WORKER_RUNTIME"} <= set(values)
