"""Lyrics: what is asked for, the drafts there are to choose from, and words in time.

Syllables are written as in `SungNote`: `Co-`, `da` are one word. Positions in a line count from 0.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from ripieno.contracts.base import Contract, Request
from ripieno.contracts.provenance import Provenance

MOST_THEME = 1000
MOST_LINE_SYLLABLES = 24
MOST_SECTION_LINES = 32
MOST_SECTIONS = 40
MOST_DRAFTS = 8

LyricsLanguage = Literal["en", "de", "es", "fr"]


class LinePattern(Contract):
    """The syllables that a line should have, and those of them that fall on strong beats."""

    syllables: int = Field(ge=1, le=MOST_LINE_SYLLABLES)
    strong: list[Annotated[int, Field(ge=0, lt=MOST_LINE_SYLLABLES)]] = []

    @model_validator(mode="after")
    def _strong_beats_lie_in_the_line(self) -> LinePattern:
        if any(place >= self.syllables for place in self.strong):
            raise ValueError(f"a line of {self.syllables} syllables has no strong beat beyond {self.syllables - 1}")
        return self


class LyricSectionForm(Contract):
    """A section that words are wanted for: `verse 1`, `chorus`; without lines nothing is sung in it."""

    label: str = Field(min_length=1, max_length=60)
    lines: list[LinePattern] = Field(default=[], max_length=MOST_SECTION_LINES)


class LyricsBrief(Request):
    """What lyrics are to be about: a theme in free words, a mood (valence and arousal, -1 to 1), and the form."""

    theme: str = Field(default="", max_length=MOST_THEME)
    title: str | None = Field(default=None, max_length=120)
    valence: float = Field(default=0.0, ge=-1, le=1)
    arousal: float = Field(default=0.0, ge=-1, le=1)
    language: LyricsLanguage = "en"
    form: list[LyricSectionForm] = Field(min_length=1, max_length=MOST_SECTIONS)
    seed: int = Field(default=0, ge=0, lt=2**32)


class LyricSyllable(Contract):
    """`text` ends with a hyphen where its word goes on; `stress` is 1 where the word or a promoted syllable has it."""

    text: str
    stress: Literal[0, 1]


class LyricLine(Contract):
    """`rhyme` is a letter that lines of the same section share which rhyme; empty for none."""

    text: str
    syllables: list[LyricSyllable]
    rhyme: str = ""


class LyricSection(Contract):
    """`theme` says what this section is about."""

    label: str
    theme: str = ""
    lines: list[LyricLine] = []


class Lyrics(Contract):
    """`engine` is who wrote them, None for a person."""

    title: str = ""
    language: str
    sections: list[LyricSection]
    engine: Provenance | None = None

    @property
    def text(self) -> str:
        """The words as a singer reads them: sections apart, each under its name."""
        return "\n\n".join(
            "\n".join([f"[{section.label}]", *(line.text for line in section.lines)]) for section in self.sections
        )


class Drafts(Contract):
    """Lyrics to choose from."""

    drafts: list[Lyrics] = Field(min_length=1, max_length=MOST_DRAFTS)


class TimedWord(Contract):
    """A word as it is sung; seconds."""

    start: float = Field(ge=0)
    end: float = Field(ge=0)
    text: str


class TimedLine(Contract):
    """A line as it is sung; seconds. Without `words` only the line's own times are known."""

    start: float = Field(ge=0)
    end: float = Field(ge=0)
    text: str
    words: list[TimedWord] = []
