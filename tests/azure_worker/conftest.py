"""What is deployed, and a stack whose host is the embedded one in front of Azure's worker."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pathspec
import pytest

from ripieno.local.processes import python_module
from ripieno.local.stack import Ports, Stack
from tests.azure_worker import runtime
from tests.stacks import free_ports

ROOT = Path(__file__).parents[2]
TOKEN = "yL0Fh2vEoXq5dT9uR7wKpZ3cN8mB1sGa"


@pytest.fixture(scope="session")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the files that .funcignore lets through."""
    folder = tmp_path_factory.mktemp("deployed")
    ignored = pathspec.GitIgnoreSpec.from_lines((ROOT / ".funcignore").read_text().splitlines())
    for name in ignored.match_tree_files(ROOT, negate=True):
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, target)
    return folder


@pytest.fixture(scope="session")
def azure_python() -> Path:
    """Python 3.13 with Azure's runtime."""
    try:
        return runtime.environment()
    except runtime.NoRuntime as missing:
        pytest.skip(str(missing))


class StackUnderAzuresWorker(Stack):
    def __init__(self, home: Path, ports: Ports, python: Path, app: Path):
        super().__init__(home, ports)
        self._python, self._app = python, app

    def _host_command(self) -> list[str]:
        return python_module(
            "tests.azure_worker.host",
            "--python",
            str(self._python),
            "--app",
            str(self._app),
            "--port",
            str(self.ports.host),
            "--state",
            str(self.home / "host"),
        )


@pytest.fixture(scope="module")
def azure_stack(tmp_path_factory: pytest.TempPathFactory, azure_python: Path, deployed: Path) -> Iterator[Stack]:
    host, analysis, generation, blob, queue, table = free_ports(6)
    ports = Ports(host=host, analysis=analysis, generation=generation, blob=blob, queue=queue, table=table)
    stack = StackUnderAzuresWorker(tmp_path_factory.mktemp("azure"), ports, azure_python, deployed)
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("AzureWebJobsStorage", raising=False)  # the session's stack has set its own
        patch.setenv("RIPIENO_AUTH", "token")  # Azure's worker is another process: nobody vouches for it
        patch.setenv("RIPIENO_TOKENS", f"local:Admin={TOKEN}")
        stack.start(print)
    yield stack
    stack.stop()
