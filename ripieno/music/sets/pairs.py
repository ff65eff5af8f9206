"""One song after another, from afar: what it costs, before anybody knows where the first is left."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from ripieno.contracts.sets import Persona, SetSong
from ripieno.music.sets import camelot, pulses
from ripieno.music.sets.camelot import Code, Relation
from ripieno.music.sets.phrases import Shape
from ripieno.music.sets.pulses import Match

_UNMATCHED = 0.45  # what two tempi cost that cannot be one
_LEAP = 0.25  # of energy, from which a step is one


@dataclass(frozen=True)
class Candidate:
    """A song and what is asked of it again and again."""

    song: SetSong

    @cached_property
    def shape(self) -> Shape:
        return Shape(self.song)

    @cached_property
    def code(self) -> Code | None:
        return camelot.code(self.song.key, self.song.mode)

    @cached_property
    def style(self) -> str | None:
        return max(self.song.styles, key=lambda name: self.song.styles[name]) if self.song.styles else None

    @cached_property
    def artist(self) -> str:
        return self.song.artist.casefold().strip()


@dataclass(frozen=True)
class Pair:
    """Two songs, one after the other."""

    first: Candidate
    second: Candidate
    harmony: Relation
    tempo: Match | None

    def matches(self, persona: Persona) -> bool:
        """Whether they can be played beat on beat: by their tempi, and as far as their beats can be trusted."""
        return (
            self.tempo is not None
            and self.tempo.stretch <= persona.pace.most_stretch
            and self.first.shape.has_bars
            and self.second.shape.has_bars
            and bool(self.first.song.beats and self.second.song.beats)
            and self.first.song.beats_per_bar == self.second.song.beats_per_bar
        )

    @property
    def leap(self) -> float:
        """By how much the energy goes up."""
        return self.second.song.energy - self.first.song.energy


def pair(first: Candidate, second: Candidate) -> Pair:
    return Pair(first, second, camelot.relation(first.code, second.code), pulses.match(first.song.bpm, second.song.bpm))


def cost(found: Pair, persona: Persona) -> float:
    """What the second after the first costs by key, tempo, energy and style; daring makes leaps cheaper."""
    bold = 1 - 0.7 * persona.daring
    tempo = _UNMATCHED * bold
    if found.tempo is not None and found.tempo.stretch <= persona.pace.most_stretch:
        tempo = 2 * found.tempo.stretch + (0.0 if found.tempo.pulse == "normal" else 0.08)
    leap = max(0.0, abs(found.leap) - _LEAP)
    return 0.6 * persona.harmony * found.harmony.cost * (1 - 0.5 * persona.daring) + tempo + 1.5 * bold * leap
