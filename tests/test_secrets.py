"""The scanner of `make check` finds what it is for, and calls nothing by its value."""

from __future__ import annotations

import importlib.util

import pytest

from ripieno.local.stack import PROJECT

_spec = importlib.util.spec_from_file_location("ripieno_secrets_scanner", PROJECT / "scripts" / "scan_secrets.py")
assert _spec is not None and _spec.loader is not None
scanner = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(scanner)
EMULATOR = next(iter(scanner.ALLOWED))


@pytest.mark.parametrize(
    "line",
    [
        'connection = "AccountName=a;AccountKey='
        + ("q8Zk3vT1mYw7" + "Rb5Xc9Nf2Lh4" + "Jd6Gs0Pa") * 2
        + "aBcDeFgHiJkL"
        + 'mNoPqRsTuw==;"',
        'password = "' + "Tr0ub4dor&3xyz" + '"',
        "-----BEGIN RSA " + "PRIVATE KEY-----",
        'token = "' + "ghp_" + "a1B2c3D4e5F6" + "g7H8i9J0k1L2" + "m3N4o5P6q7R8" + '"',
        'url = "https://anna:' + "s3cr3tpw@example.com/" + '"',
    ],
)
def test_a_secret_is_found_and_not_shown(tmp_path, line):
    path = tmp_path / "settings.py"
    path.write_text(f"{line}\n")
    found = scanner.findings(path)
    assert len(found) >= 1 and found[0].startswith(f"{path}:1:")
    assert not any(part in found[0] for part in ("q8Zk3", "Tr0ub4", "ghp_", "s3cr3t"))


@pytest.mark.parametrize(
    "line",
    [
        f'KEY = "{EMULATOR}"',
        'SHA = "9f2c1b7a4de05c1f6a0b3e8d7c4f2a19e6b5d4c3f2a1908f7e6d5c4b3a291807"',
        'key = "C# minor"',
        "callback_secret = settings().callback_secret",
    ],
)
def test_what_is_none_is_left_alone(tmp_path, line):
    path = tmp_path / "settings.py"
    path.write_text(f"{line}\n")
    assert scanner.findings(path) == []


def test_files_of_a_checkout_are_those_that_git_knows():
    found = {path.relative_to(PROJECT).as_posix() for path in scanner.committed()}
    assert {"ripieno/services/settings.py", "local.settings.sample.json", "Makefile"} <= found
    assert not any(name.startswith((".venv", ".ripieno/")) for name in found)
