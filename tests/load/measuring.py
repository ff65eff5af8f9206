"""What is measured while there is load, and whether it keeps its bounds."""

from __future__ import annotations

import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TypeVar

import psutil

MEGABYTE = 2**20
SAMPLE_SECONDS = 1.0
T = TypeVar("T")


class Memory:
    """The most resident memory of processes and their children, in MB; those that come and go too."""

    def __init__(self, pids: Callable[[str], int | None], parts: tuple[str, ...]):
        self._pids, self._parts, self._over = pids, parts, threading.Event()
        self.first: dict[str, int] = {}
        self.peak: dict[str, int] = {}
        self._thread = threading.Thread(target=self._sample, daemon=True)

    def __enter__(self) -> Memory:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _sample(self) -> None:
        while True:
            for part in self._parts:
                with suppress(psutil.Error):
                    if (pid := self._pids(part)) is not None:
                        now = memory_of(pid)
                        self.first.setdefault(part, now)
                        self.peak[part] = max(self.peak.get(part, 0), now)
            if self._over.wait(SAMPLE_SECONDS):
                return


def memory_of(pid: int) -> int:
    """Megabytes of a process and its children; what they share counts once (proportional set size)."""
    whole = 0
    process = psutil.Process(pid)
    for one in (process, *process.children(recursive=True)):
        with suppress(psutil.NoSuchProcess):
            found = one.memory_full_info()
            whole += getattr(found, "pss", found.rss)
    return round(whole / MEGABYTE)


class Calls:
    """How long calls took, by name, and what came of them. From any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.seconds: dict[str, list[float]] = defaultdict(list)
        self.faults: Counter[str] = Counter()

    @contextmanager
    def timed(self, name: str) -> Iterator[None]:
        began = time.monotonic()
        try:
            yield
        finally:
            with self._lock:
                self.seconds[name].append(time.monotonic() - began)

    def fault(self, name: str, what: str) -> None:
        with self._lock:
            self.faults[f"{name}: {what}"] += 1

    @property
    def count(self) -> int:
        return sum(len(each) for each in self.seconds.values())

    def table(self) -> str:
        """A line a call: how many, p50, p95 and the longest, in milliseconds."""
        lines = [f"{'call':<28}{'count':>8}{'p50 ms':>10}{'p95 ms':>10}{'max ms':>10}"]
        for name, taken in sorted(self.seconds.items()):
            figures = (percentile(taken, 50), percentile(taken, 95), max(taken))
            lines.append(f"{name:<28}{len(taken):>8}" + "".join(f"{1000 * one:>10.0f}" for one in figures))
        lines += [f"{count:>8} × {what}" for what, count in self.faults.most_common()]
        return "\n".join(lines)


def percentile(values: list[float], at: int) -> float:
    """By nearest rank; 0 of nothing."""
    return sorted(values)[max(0, -(-len(values) * at // 100) - 1)] if values else 0.0


class Bounds:
    """What had to hold."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.are_kept = True

    def check(self, what: str, is_kept: bool, found: object) -> None:
        self.lines.append(f"{'kept  ' if is_kept else 'MISSED'}  {what}: {found}")
        self.are_kept = self.are_kept and is_kept

    def memory(self, memory: Memory, most: dict[str, int]) -> None:
        for part, megabytes in most.items():
            found = f"{memory.peak.get(part, 0)} MB at most, {memory.first.get(part, 0)} MB at first"
            self.check(f"memory of {part} ≤ {megabytes} MB", memory.peak.get(part, megabytes + 1) <= megabytes, found)

    def tell(self) -> bool:
        print("\n".join(self.lines), flush=True)
        return self.are_kept
