"""Chords for a melody that a person gives."""

from __future__ import annotations

from pydantic import Field

from ripieno.contracts.base import Contract, Request
from ripieno.contracts.composition import MOST_MIDI, KeyName
from ripieno.contracts.generation import Meter


class HarmonyOrder(Request):
    """`POST /harmony`: chords, one a bar, for a melody: a MIDI file in base64 whose tick 0 is a downbeat. Without a
    `key` it is the one that the melody is most likely in, without a `meter` that of the file, else 4/4."""

    midi: str = Field(min_length=1, max_length=MOST_MIDI)
    key: KeyName | None = None
    meter: Meter | None = None
    sevenths: bool = False


class Harmony(Contract):
    """Chords, one a bar; `fit` is the share of the melody's time that lies on tones of its chord, 0..1."""

    key: str
    meter: str
    chords: list[str]
    fit: float = Field(ge=0, le=1)
