"""Where a song is missing between two: they go together by neither key, tempo nor energy, and what would lead over."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from ripieno.contracts.sets import MissingBridge, Persona
from ripieno.music.sets import camelot, pairs
from ripieno.music.sets.pairs import Candidate, Pair

MOST = 5
_FAR_ENERGY = 0.35
_LEAST = 2
"""Of key, tempo and energy, how many have to fail."""


def missing(order: Sequence[Candidate], persona: Persona) -> list[MissingBridge]:
    """The places where a song is missing, the worst first."""
    found = [pairs.pair(a, b) for a, b in pairwise(order)]
    gaps = [(pairs.cost(one, persona), one) for one in found if len(_faults(one, persona)) >= _LEAST]
    return [_bridge(one, persona) for _, one in sorted(gaps, key=lambda gap: -gap[0])[:MOST]]


def _faults(found: Pair, persona: Persona) -> list[str]:
    first, second = found.first.song, found.second.song
    faults = []
    if found.harmony.cost >= camelot.CLASH:
        faults.append(f"their keys are {found.harmony.words}")
    if found.tempo is not None and found.tempo.stretch > persona.pace.most_stretch:
        faults.append(f"{first.bpm:.0f} and {second.bpm:.0f} bpm cannot be one beat")
    if abs(found.leap) > _FAR_ENERGY:
        faults.append(f"the energy {'rises' if found.leap > 0 else 'falls'} by {abs(found.leap):.2f} at once")
    return faults


def _bridge(found: Pair, persona: Persona) -> MissingBridge:
    first, second = found.first.song, found.second.song
    bpm = round((first.bpm * second.bpm) ** 0.5, 1) if first.bpm and second.bpm else None
    a, b = found.first.code, found.second.code
    key = camelot.name(camelot.between(a, b)) if a and b else None
    energy, valence = (first.energy + second.energy) / 2, (first.valence + second.valence) / 2
    style = found.first.style or found.second.style
    mood = f"{'calm' if energy < 0.4 else 'driving' if energy > 0.7 else 'groovy'} and "
    mood += "dark" if valence < -0.2 else "happy" if valence > 0.4 else "hopeful"
    brief = f"An instrumental {style + ' ' if style else ''}bridge of a minute and a half, {mood}"
    brief += f", at {bpm:.0f} bpm" if bpm else ""
    brief += f", in {key}" if key else ""
    return MissingBridge(
        from_song=first.song, to_song=second.song, bpm=bpm, key=key, energy=round(energy, 3), valence=round(valence, 3),
        why=f"between {first.title} and {second.title} a song is missing: {'; '.join(_faults(found, persona))}",
        brief=f"{brief}.",
    )  # fmt: skip
