"""Speech over music: the music gives way to it softly before it begins, and comes back after it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from gpu_endpoints.audio.levels import SAMPLE_RATE

ATTACK, RELEASE = round(0.4 * SAMPLE_RATE), round(0.8 * SAMPLE_RATE)
MOST_SECONDS = 120.0


@dataclass(frozen=True)
class Speech:
    """`at` is its first frame in the set, `frames` how long it is; `load` gives it as float32 (frames, 2), at the level
    that it is heard at."""

    at: int
    frames: int
    duck_db: float
    load: Callable[[], np.ndarray]

    @property
    def span(self) -> tuple[int, int]:
        """The frames of the set in which the music is not as loud as it is."""
        return self.at - ATTACK, self.at + self.frames + RELEASE


def announced(blocks: Iterable[np.ndarray], speeches: Sequence[Speech]) -> Iterator[np.ndarray]:
    """A stream with speech over it."""
    at, loaded = 0, dict[int, np.ndarray]()
    for block in blocks:
        end = at + len(block)
        mixed = block
        for number, one in enumerate(speeches):
            first, last = one.span
            if first >= end or last <= at:
                loaded.pop(number, None)
                continue
            frames = np.arange(at, end)
            course = np.interp(frames, [first, one.at, one.at + one.frames, last], [0.0, one.duck_db, one.duck_db, 0.0])
            mixed = mixed * np.asarray(10 ** (course / 20), np.float32)[:, None]
            if one.at < end and one.at + one.frames > at:
                sound = loaded.setdefault(number, np.zeros((0, 2), np.float32))
                if not len(sound):
                    sound = loaded[number] = one.load()
                a, b = max(at, one.at), min(end, one.at + len(sound))
                if b > a:
                    mixed[a - at : b - at] += sound[a - one.at : b - one.at]
        yield mixed
        at = end
