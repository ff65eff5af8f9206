"""What somebody likes, as it was learned from their verdicts: which engines and styles, and how it is to be played.

Shades are those of `generation.Playing`, -1 to 1 beside what a style says; a leaning of -0.3 in density is sparser
than the platform plays it by itself.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ripieno.contracts.base import Contract
from ripieno.contracts.enums import StemType
from ripieno.contracts.generation import Shade

MOST_LESSONS = 300
"""How much is kept of what somebody said: the oldest goes first, and counts for little by then."""

Choice = Literal["engines", "styles"]
ShadeName = Literal["density", "pitch_register", "brightness", "dynamics", "swing", "timing"]
Aspect = Literal["engines", "styles", "density", "pitch_register", "brightness", "dynamics", "swing", "timing"]
"""What can be forgotten by itself."""

Shades = dict[ShadeName, Shade]


class Lesson(Contract):
    """What one thing that somebody said teaches: a verdict, a rating, a skip, a comment or an edit.

    `lesson_id` names what it was said of: said again, it takes the place of what it was before. `chose` are the engines
    and styles of what was heard, with the share that each had; `played` how its layers were played, by stem; `wanted`
    how they should have been.
    """

    lesson_id: str
    told_at: str
    liked: float = Field(default=0.0, ge=-1, le=1)
    chose: dict[Choice, dict[str, float]] = {}
    played: dict[StemType, Shades] = {}
    wanted: dict[StemType, Shades] = {}


class Lessons(Contract):
    """All that is kept of somebody's taste: their lessons, in the order in which they were told."""

    owner: str
    lessons: list[Lesson] = []
    updated_at: str


class Liking(Contract):
    """How much an engine or a style is liked."""

    name: str
    liked: float = Field(ge=0, le=1)
    told: float = Field(ge=0)


class Leaning(Contract):
    """How something is to be played beside how it is played here by itself: of one stem, else of all."""

    shade: ShadeName
    stem_type: StemType | None = None
    mean: float
    deviation: float
    told: float = Field(ge=0)


class Preferences(Contract):
    """`GET /preferences`: what was learned, in words and figures. What was told lately counts most."""

    sentences: list[str] = []
    engines: list[Liking] = []
    styles: list[Liking] = []
    shades: list[Leaning] = []
    verdicts: int = 0
    updated_at: str | None = None


class Relearned(Contract):
    """Answer to `POST /preferences/rebuild`, which is kept for two days with its `Idempotency-Key`: no figures."""

    verdicts: int


class PreferencesFile(Preferences):
    """`GET /preferences/export`: that, and every lesson that it was learned from."""

    lessons: list[Lesson] = []
