"""What may be asked for here and now: read from what plans and plays, never a list of its own."""

from __future__ import annotations

from pydantic import Field

from ripieno.contracts.base import Contract
from ripieno.contracts.enums import StemType


class StyleEntry(Contract):
    """A genre: the range of its tempo in beats a minute, its beats a bar, where it lies between sad and glad and
    between calm and excited, and its form."""

    name: str
    tempo: tuple[float, float]
    beats_per_bar: int
    valence: float
    arousal: float
    form: str


class InstrumentEntry(Contract):
    """An instrument: the layer that it plays, its General MIDI program from 0, and other words for it."""

    name: str
    stem_type: StemType
    program: int = Field(ge=0, le=127)
    words: list[str] = []


class MoodEntry(Contract):
    """A word for a mood, and where it lies."""

    word: str
    valence: float
    arousal: float


class FormEntry(Contract):
    """A form, with its sections and their bars where nothing makes it shorter or longer."""

    name: str
    sections: list[tuple[str, int]]


class EngineEntry(Contract):
    """What does a task, whether it can be used here and now (under the licences that are allowed), and why not."""

    task: str
    name: str
    endpoint: str
    available: bool
    license: str
    detail: str = ""


class PresetEntry(Contract):
    """A mastering preset: its loudness in LUFS, its ceiling in dB, and what it is for."""

    name: str
    loudness_lufs: float
    ceiling_db: float
    about: str


class PersonaEntry(Contract):
    """Who may play a set: its name, what it is called, how it plays, how daring it is from 0 to 1, and the languages in
    which it has words."""

    name: str
    title: str
    about: str
    daring: float
    languages: list[str] = []


class Catalogue(Contract):
    """`GET /catalogue`. `remarks` say which endpoint did not answer: what it has is not here then."""

    styles: list[StyleEntry]
    instruments: list[InstrumentEntry]
    moods: list[MoodEntry]
    forms: list[FormEntry]
    layers: list[StemType]
    meters: list[str]
    languages: list[str]
    voices: list[str] = []
    engines: list[EngineEntry] = []
    mastering: list[PresetEntry] = []
    personas: list[PersonaEntry] = []
    stem_formats: list[str]
    download_formats: list[str]
    stages: list[str]
    remarks: list[str] = []
