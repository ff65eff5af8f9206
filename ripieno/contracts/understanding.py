"""What was understood of something that a person said of music: statements, and the stretches that nobody read.

The same for requests, refinements and review comments: each statement says what is meant, for whom, where, how much,
whether it is *not* to be, and from which words it comes.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import Field

from ripieno.contracts.base import Contract, Request
from ripieno.contracts.enums import StemType
from ripieno.contracts.provenance import ModelUsage, Provenance

MOST_SAID = 5000
MOST_BARS = 9999
MOST_SECTION_NAME = 40

Language = Literal["en", "de", "es", "fr"]
About = Literal["request", "refinement", "comment"]
Unit = Literal["dB", "LUFS", "bpm", "%", "octave", "semitone", "bar", "second"]


class Kind(StrEnum):
    """What a statement is about."""

    PART = "part"
    KEEP = "keep"
    RANGE = "range"
    PRESENCE = "presence"
    DENSITY = "density"
    REGISTER = "register"
    BRIGHTNESS = "brightness"
    DYNAMICS = "dynamics"
    LOUDNESS = "loudness"
    ENERGY = "energy"
    ARTICULATION = "articulation"
    SWING = "swing"
    PULSE = "pulse"
    TIMING = "timing"
    NOTES = "notes"
    ONSETS = "onsets"
    INSTRUMENT = "instrument"
    STYLE = "style"
    TEMPO = "tempo"
    KEY = "key"
    METER = "meter"
    SECTION = "section"
    LENGTH = "length"
    MOOD = "mood"
    LYRICS = "lyrics"
    THEME = "theme"
    VOICE = "voice"
    BACKING = "backing"
    LANGUAGE = "language"
    EFFECT = "effect"
    VARIATION = "variation"


class Place(Contract):
    """A section by its name (`chorus` is each of them, `chorus 2`, `chorus last` one), or bars, counted from 1; with
    both, bars of that section. Bars below 0 count from the end (-1 is the last). `half` is the first or second one, of
    the section or of it all. `side` is `before` for all that comes before the first of these, `after` for what comes
    after the last, `from` for the first of them and all that comes after."""

    section: str | None = Field(default=None, max_length=MOST_SECTION_NAME)
    bars: tuple[int, int] | None = None
    half: Literal[1, 2] | None = None
    side: Literal["in", "before", "after", "from"] = "in"

    @property
    def words(self) -> str:
        """As a person reads it."""
        bars = f"bars {self.bars[0]} to {self.bars[1]}" if self.bars else ""
        half = ("", "first half", "second half")[self.half or 0]
        there = " of ".join(one for one in (bars, half, self.section or "") if one)
        return {"in": there, "from": f"from {there} on"}.get(self.side, f"{self.side} {there}")


class Stretch(Contract):
    """Characters `start` to `end` of what was said, and the words there."""

    start: int = Field(ge=0)
    end: int = Field(ge=0)
    text: str


class Statement(Contract):
    """One thing that was said.

    `parts` are whom it is about, none is everybody but `but_parts`; `places` where, none is everywhere but
    `but_places`; `only` is true where nothing of the part is wanted elsewhere. `amount` is from -1 (much less) to 1
    (much more), or a number of `unit`; it is a change, or with `absolute` the value to have. `value` is what is no
    number: an instrument, a style, `A minor`. `negated` means that this is not to be: a part left out, a change not
    made. `by` is who read it.
    """

    kind: Kind
    parts: list[StemType] = []
    but_parts: list[StemType] = []
    places: list[Place] = []
    but_places: list[Place] = []
    only: bool = False
    amount: float | None = None
    unit: Unit | None = None
    absolute: bool = False
    value: str | None = None
    negated: bool = False
    by: Literal["rules", "model"] = "rules"
    words: Stretch


class Understanding(Contract):
    """What was said, in which language, and what was understood of it and what was not. `engine` is who read it: the
    rules, or a language model what they did not read; `usage` what that cost."""

    text: str
    language: Language = "en"
    statements: list[Statement] = []
    not_understood: list[Stretch] = []
    engine: Provenance | None = None
    usage: ModelUsage | None = None


class UnderstandRequest(Request):
    """`POST /understanding`: say what is understood, and make nothing. `language` is recognised where it is None."""

    text: str = Field(min_length=1, max_length=MOST_SAID)
    language: Language | None = None
    about: About = "request"
