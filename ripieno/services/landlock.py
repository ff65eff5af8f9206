"""Landlock (docs.kernel.org/userspace-api/landlock.html): what this process may read from now on, and nothing else.

It may then write, make, remove and run no file, open no TCP connection (Linux 6.7) and signal nobody (6.12). Before
Linux 5.13, elsewhere, and where a container leaves it out, nothing happens.
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys
from collections.abc import Iterable
from typing import Any

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION = 1  # a flag: which ABI there is
_PATH_BENEATH = 1  # a type of rule
_READ_FILE, _READ_DIR = 1 << 2, 1 << 3
_FILES_BY_ABI = {1: 13, 2: 14, 3: 15, 5: 16}  # how many kinds of access to files each knows, from the lowest bit on
_TCP, _SIGNALS = 0b11, 0b11
_LIBC: Any = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def only_reads(files: Iterable[str], folders: Iterable[str]) -> bool:
    """Whether this process is held to these files and folders from now on. It has to have no new privileges."""
    if _LIBC is None:
        return False
    abi = _LIBC.syscall(_CREATE_RULESET, None, 0, _VERSION)
    if abi < 1:
        return False
    kinds = max(count for known, count in _FILES_BY_ABI.items() if known <= abi)
    handled = struct.pack("<QQQ", (1 << kinds) - 1, _TCP if abi >= 4 else 0, _SIGNALS if abi >= 6 else 0)
    handled = handled[: 24 if abi >= 6 else 16 if abi >= 4 else 8]
    ruleset = _LIBC.syscall(_CREATE_RULESET, handled, len(handled), 0)
    if ruleset < 0:
        return False
    try:
        for path, access in [(one, _READ_FILE) for one in files] + [(one, _READ_FILE | _READ_DIR) for one in folders]:
            _allow(ruleset, path, access)
        return _LIBC.syscall(_RESTRICT_SELF, ruleset, 0) == 0
    finally:
        os.close(ruleset)


def _allow(ruleset: int, path: str, access: int) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:  # what is not there need not be read
        return
    try:
        _LIBC.syscall(_ADD_RULE, ruleset, _PATH_BENEATH, struct.pack("<Qi", access, place), 0)
    finally:
        os.close(place)
