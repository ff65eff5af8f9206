"""A stream made in a thread of its own, a few blocks ahead of whoever takes them."""

from __future__ import annotations

import queue
import threading
from collections.abc import Generator, Iterator

import numpy as np

_BLOCKS = 3
_LOOK_AGAIN = 0.2  # seconds after which a thread that waits looks whether anybody still wants its blocks


def ahead(blocks: Iterator[np.ndarray]) -> Generator[np.ndarray, None, None]:
    """The same blocks; what the stream raises is raised here. The thread ends with the stream, or with who takes it."""
    waiting: queue.Queue[np.ndarray | BaseException | None] = queue.Queue(_BLOCKS)
    over = threading.Event()

    def put(item: np.ndarray | BaseException | None) -> bool:
        while not over.is_set():
            try:
                waiting.put(item, timeout=_LOOK_AGAIN)
                return True
            except queue.Full:
                continue
        return False

    def make() -> None:
        try:
            for block in blocks:
                if not put(block):
                    return
            put(None)
        except BaseException as fault:
            put(fault)

    thread = threading.Thread(target=make, name="set-mixing", daemon=True)
    thread.start()
    try:
        while (item := waiting.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        over.set()
        thread.join()
