"""What a listing of songs can be narrowed by."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, field_validator

from ripieno.contracts.base import Request
from ripieno.contracts.enums import AudioFileStatus, Mode
from ripieno.music.composing import moods
from ripieno.music.genres import all_genres
from ripieno.music.pitch import pitch_class

Tempo = Annotated[float, Field(ge=0, le=1e5, allow_inf_nan=False)]
Figure = Annotated[float, Field(ge=-1, le=1, allow_inf_nan=False)]
FIGURES: tuple[Literal["valence", "arousal"], ...] = ("valence", "arousal")


class SongQuery(Request):
    """The filters of a listing; all given ones must hold. Times are ISO 8601.

    `named` is the beginning of the song's id or of its file's name, in any case, without a folder. `chords` are some
    that follow each other in the song (`C, G, Am, F`), in its own key; `form` are sections that do (`verse, chorus,
    bridge`). `sha256` is the hash of its file. `mood` is a word for one, and means songs that are heard near its place:
    within .8 of its valence and .5 of its arousal; `style` a genre that the song is like.
    """

    named: str | None = Field(default=None, min_length=1, max_length=1024)
    sha256: str | None = Field(default=None, pattern=r"^[0-9a-f]{64}$")
    bpm_min: Tempo | None = None
    bpm_max: Tempo | None = None
    key: str | None = Field(default=None, max_length=10)
    mode: Mode | None = None
    mood: str | None = Field(default=None, min_length=1, max_length=60)
    style: str | None = Field(default=None, min_length=1, max_length=60)
    valence_min: Figure | None = None
    valence_max: Figure | None = None
    arousal_min: Figure | None = None
    arousal_max: Figure | None = None
    status: AudioFileStatus | None = None
    uploaded_after: datetime | None = None
    uploaded_before: datetime | None = None
    chords: str | None = Field(default=None, max_length=200)
    form: str | None = Field(default=None, max_length=200)
    limit: int = Field(default=50, ge=1, le=200)
    cursor: str | None = Field(default=None, max_length=1000)

    @field_validator("named")
    @classmethod
    def _without_folder(cls, named: str | None) -> str | None:
        if named is not None:
            named = named.replace("\\", "/").rpartition("/")[2]
            if not named:
                raise ValueError("it ends with a folder: give the beginning of a file's name, or of an id")
        return named

    @field_validator("key")
    @classmethod
    def _is_a_note(cls, key: str | None) -> str | None:
        """Any spelling of a note; `f#` is as good as `F#`."""
        if key is not None:
            key = key.strip()[:1].upper() + key.strip()[1:]
            pitch_class(key)
        return key

    @field_validator("mood")
    @classmethod
    def _is_a_mood(cls, mood: str | None) -> str | None:
        if mood is not None and moods.place(mood) is None:
            raise ValueError(
                f"no mood is called {mood[:40]!r}: take a word such as calm, happy, sad, tense or energetic"
            )
        return mood

    @field_validator("style")
    @classmethod
    def _is_a_style(cls, style: str | None) -> str | None:
        if style is None:
            return None
        name = " ".join(style.lower().replace("-", " ").replace("_", " ").split())
        if name not in all_genres():
            raise ValueError(f"no style is called {style[:40]!r}: choose from {', '.join(sorted(all_genres()))}")
        return name

    def within(self, figure: Literal["valence", "arousal"]) -> tuple[float | None, float | None]:
        """The least and the most of a figure that its bounds and its mood leave."""
        low, high = (getattr(self, f"{figure}_{end}") for end in ("min", "max"))
        place = moods.place(self.mood) if self.mood is not None else None
        if place is None:
            return low, high
        middle, around = (place[0], moods.NEAR[0]) if figure == "valence" else (place[1], moods.NEAR[1])
        lows = [one for one in (low, round(middle - around, 3)) if one is not None]
        highs = [one for one in (high, round(middle + around, 3)) if one is not None]
        return max(lows), min(highs)
