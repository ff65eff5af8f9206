"""The most memory this process has held; Linux only."""

from __future__ import annotations

import re
from pathlib import Path


def peak_megabytes() -> int:
    """The high-water mark of this program's own memory (`ru_maxrss` would start at the parent's)."""
    status = Path("/proc/self/status").read_text()
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    assert found is not None
    return int(found.group(1)) // 1024
