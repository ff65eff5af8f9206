"""The voices behind a lead: each line by singers of its own, who differ in size, pitch, time and place (`choir.json`).

A line is sung stretch by stretch, so that what is silent costs nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import get_args

import numpy as np
from pydantic import BaseModel, ConfigDict, Field
from scipy import signal

from gpu_endpoints.audio.levels import SAMPLE_RATE
from gpu_endpoints.generation.singing.lyrics import Sung
from ripieno.contracts.composition import BackingWay

_APART_SECONDS = 1.0  # between notes: a stretch ends
_LEAD_IN, _TAIL = 0.3, 0.15  # seconds: consonants come before their beat
_CROSSED = np.pi / 4  # both sides alike, at equal power


class Singer(BaseModel):
    """Who sings a line beside others."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    formants: float = Field(gt=0.7, lt=1.4)
    cents: float = Field(ge=-15, le=15)
    ms: float = Field(ge=0, le=40)
    pan: float = Field(ge=-1, le=1)
    vibrato: bool = True
    gain_db: float = Field(default=0.0, ge=-12, le=6)


class _Way(BaseModel):
    """Who sings a line of a way: all of its singers, or `in_turn` one a line."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    singers: list[Singer] = Field(min_length=1)
    in_turn: bool = False
    low_pass_hz: float = Field(ge=2000, le=20000)


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    about: str
    ways: dict[BackingWay, _Way]


Sing = Callable[[list[Sung], float, Singer], np.ndarray]
"""What sings notes that begin at 0: float32 (frames, 2) at 44.1 kHz of at least so many seconds."""


def sung(parts: Sequence[tuple[str, list[Sung]]], seconds: float, sing: Sing) -> np.ndarray:
    """All of them together, float32 (frames, 2) at 44.1 kHz, each line in its way."""
    frames = round(seconds * SAMPLE_RATE)
    out = np.zeros((frames, 2), np.float32)
    lines: Counter[str] = Counter()
    for way, notes in parts:
        its = of(way)
        singers = [its.singers[lines[way] % len(its.singers)]] if its.in_turn else its.singers
        lines[way] += 1
        line = np.zeros((frames, 2), np.float32)
        for singer in singers:
            gains = _gains(singer)
            for begin, stretch in stretches(notes):
                length = stretch[-1].end + _TAIL
                made = sing(stretch, length, singer)[:, 0]
                at = round((begin + singer.ms / 1000) * SAMPLE_RATE)
                a, b = max(0, at), min(frames, at + len(made))
                if b > a:
                    line[a:b] += made[a - at : b - at, None] * gains
        sections = signal.butter(2, its.low_pass_hz, "low", fs=SAMPLE_RATE, output="sos")
        out += np.asarray(signal.sosfilt(sections, line, axis=0), np.float32)
    return out


def stretches(notes: Sequence[Sung]) -> list[tuple[float, list[Sung]]]:
    """Notes apart where nobody sings for a while, each with where it begins; its own times are from there."""
    groups: list[list[Sung]] = [[notes[0]]] if notes else []
    for before, note in pairwise(notes):
        if note.start - before.end > _APART_SECONDS:
            groups.append([])
        groups[-1].append(note)
    found = []
    for group in groups:
        begin = max(0.0, group[0].start - _LEAD_IN)
        found.append((begin, [replace(one, start=one.start - begin, end=one.end - begin) for one in group]))
    return found


def of(way: str) -> _Way:
    """The singers of a way. Raises `ValueError` for one that is not there."""
    known = _data().ways
    found = next((its for name, its in known.items() if name == way), None)
    if found is None:
        raise ValueError(f"nobody sings {way!r} behind a lead: choose from {', '.join(known)}")
    return found


def _gains(singer: Singer) -> np.ndarray:
    """Left and right, at equal power."""
    angle = (singer.pan + 1) * _CROSSED
    return np.array([np.cos(angle), np.sin(angle)], np.float32) * np.float32(2**0.5 * 10 ** (singer.gain_db / 20))


@lru_cache(maxsize=1)
def _data() -> _Data:
    found = _Data.model_validate_json(Path(__file__).with_suffix(".json").read_text())
    if missing := set(get_args(BackingWay)) - set(found.ways):
        raise ValueError(f"choir.json has nobody for {', '.join(sorted(missing))}")
    return found
