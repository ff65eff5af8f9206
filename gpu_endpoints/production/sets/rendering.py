"""A set as a stream: songs alone by blocks as they are, transitions one at a time."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from typing import Protocol

import numpy as np

from gpu_endpoints.audio.levels import SAMPLE_RATE
from gpu_endpoints.production.sets import blending, hearing, stretching
from gpu_endpoints.production.sets.blending import FADE, SEAM
from gpu_endpoints.production.sets.reading import Reader
from gpu_endpoints.production.sets.stretching import MARGIN
from gpu_endpoints.production.sets.timing import Part, Step
from ripieno.contracts.enums import StemType

_BLOCK = 2 * SAMPLE_RATE
_LAST_FADE = SAMPLE_RATE // 2


class Songs(Protocol):
    """Where a set is read from. A song is asked for in the order of the set, and let go when it was heard."""

    def song(self, number: int) -> Reader: ...

    def stem(self, number: int, kind: StemType) -> Reader: ...

    def done(self, number: int) -> None: ...


def rendered(parts: Sequence[Part], steps: Sequence[Step], songs: Songs) -> Iterator[np.ndarray]:
    """float32 (frames, 2) at 44.1 kHz, from the first song's beginning to the last one's end."""
    here, start = songs.song(0), parts[0].start
    for number, step in enumerate(steps):
        until = step.out if step.is_together else step.out - FADE
        yield from _blocks(here, start, max(start, until))
        after, start = songs.song(number + 1), parts[number + 1].start
        if step.plan.kind == "blend":
            yield from _sliced(_blend(here, after, step))
        elif step.plan.kind == "stems":
            yield from _sliced(_stems(here, after, step, songs, number))
        else:
            start += yield from _apart(here, after, step, parts[number + 1])
        songs.done(number)
        here = after
    yield from _last(here, start, parts[-1].end)
    songs.done(len(steps))


def _blocks(reader: Reader, start: int, end: int) -> Iterator[np.ndarray]:
    for at in range(start, end, _BLOCK):
        yield reader.read(at, min(end, at + _BLOCK))


def _sliced(audio: np.ndarray) -> Iterator[np.ndarray]:
    """In blocks that whoever comes after needs little memory for."""
    for at in range(0, len(audio), _BLOCK):
        yield audio[at : at + _BLOCK]


def _last(reader: Reader, start: int, end: int) -> Iterator[np.ndarray]:
    """To its end, which is faded where it would break off."""
    edge = max(start, end - _LAST_FADE)
    yield from _blocks(reader, start, edge)
    ending = reader.read(edge, end)
    yield ending * np.linspace(1, 0, len(ending), dtype=np.float32)[:, None]


def _blend(here: Reader, after: Reader, step: Step) -> np.ndarray:
    first = _moved(here, step.out, step.own_first, step.beats)
    second = _moved(after, step.into, step.own_second, step.beats)
    if not stretching.is_still(step.own_first, step.beats):
        first[:SEAM] = blending.joined(here.read(step.out, step.out + SEAM), first[:SEAM])
    step.apart_ms = hearing.beats_apart(first, second, step.beats)
    mixed = blending.blended(first, second, step.beat)
    return _handed_over(mixed, after, step)


def _stems(here: Reader, after: Reader, step: Step, songs: Songs, number: int) -> np.ndarray:
    is_first = step.plan.keeps == "from"
    voice = songs.stem(number if is_first else number + 1, StemType.VOCALS)
    drums = songs.stem(number + 1 if is_first else number, StemType.DRUMS)
    first, second = (step.out, step.own_first), (step.into, step.own_second)
    sung = _moved(voice, *(first if is_first else second), step.beats)
    beaten = _moved(drums, *(second if is_first else first), step.beats)
    step.apart_ms = hearing.beats_apart(sung, beaten, step.beats)
    full = here.read(step.out, step.out + step.length)
    end = step.into + round(step.own_second[-1])
    coming = after.read(end - step.length, end)
    return blending.swapped(full, sung, beaten, coming)


def _handed_over(mixed: np.ndarray, after: Reader, step: Step) -> np.ndarray:
    """The end of a blend as the second song goes on, to the sample."""
    if not stretching.is_still(step.own_second, step.beats):
        end = step.into + round(step.own_second[-1])
        mixed[-SEAM:] = blending.joined(mixed[-SEAM:], after.read(end - SEAM, end))
    return mixed


def _apart(here: Reader, after: Reader, step: Step, following: Part) -> Generator[np.ndarray, None, int]:
    """The first ends before its beat, the second begins before its own, for as long as a fade takes; between them a
    roll, over the second an echo. Returns how many frames of the second were heard already."""
    leaving = here.read(step.out - FADE, step.out)
    coming = after.read(step.into - FADE, step.into)
    down = np.linspace(1, 0, FADE, dtype=np.float32)[:, None]
    if step.plan.kind == "loop":
        bar = step.length // max(1, step.plan.bars)
        roll = blending.rolled(here.read(step.out - bar, step.out), step.length)
        yield leaving
        yield roll[:-FADE]
        yield roll[-FADE:] + coming * (1 - down)
        return 0
    yield leaving * down + coming * (1 - down)
    if step.plan.kind != "echo":
        return 0
    tail = blending.echoed(here.read(step.out - 2 * step.beat, step.out), step.beat, step.length)
    length = max(0, min(step.length, following.end - following.start - FADE))
    yield after.read(step.into, step.into + length) + tail[:length]
    return length


def _moved(reader: Reader, start: int, own: Sequence[float], beats: Sequence[float]) -> np.ndarray:
    return stretching.warped(reader.read(start - MARGIN, start + round(own[-1]) + MARGIN), own, beats)
