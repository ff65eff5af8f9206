"""Two tempi as one: which beats of the second song fall on those of the first, and by how much they have to give."""

from __future__ import annotations

from dataclasses import dataclass

from ripieno.contracts.sets import Pulse

LEAST_CONFIDENCE = 0.5
"""From here on the beats of a song are trusted to be played against those of another."""
_FACTORS: dict[Pulse, float] = {"normal": 1.0, "half": 0.5, "double": 2.0}
_OTHER_PULSE = 0.02  # half and double time have to be nearer than the beat itself


@dataclass(frozen=True)
class Match:
    """`ratio` is the tempo of the second in beats of the first, by that of the first."""

    pulse: Pulse
    ratio: float

    @property
    def stretch(self) -> float:
        """By how much one of the two has to give, as a share."""
        return abs(self.ratio - 1)


def match(first: float | None, second: float | None) -> Match | None:
    """The nearest of the three ways to count the second; None where one has no tempo."""
    if not first or not second:
        return None
    found = [Match(pulse, second * factor / first) for pulse, factor in _FACTORS.items()]
    return min(found, key=lambda one: one.stretch + (0.0 if one.pulse == "normal" else _OTHER_PULSE))


def words(found: Match, first: float, second: float) -> str:
    """`124 against 126 bpm`."""
    if found.pulse == "half":
        return f"{second:.0f} bpm counted as {second / 2:.0f} against {first:.0f}"
    if found.pulse == "double":
        return f"{second:.0f} bpm counted as {2 * second:.0f} against {first:.0f}"
    return f"{first:.0f} bpm" if abs(first - second) < 0.5 else f"{first:.0f} against {second:.0f} bpm"
