"""The lead's own words and rhythm a third or a sixth from it, in the key, and in the chord where it is heard as such.

Of all lines the one is taken that keeps nearest to its interval and moves least (Viterbi); the distance to the lead is
never less than a minor third nor an octave, so that it neither crosses nor doubles it.
"""

from __future__ import annotations

from collections.abc import Sequence

from ripieno.contracts.composition import BackingWay
from ripieno.music.composing.backing import tones
from ripieno.music.conditioning import Conditioning
from ripieno.music.lyrics.setting import SungBeat

_STEPS: dict[str, int] = {"third above": 2, "third below": -2, "sixth above": 5, "sixth below": -5}
_REACH = {2: range(3, 10), 5: range(5, 12)}  # semitones from the lead: a chord has a tone in any seven
_MIDDLE = {2: 3.5, 5: 8.5}
_MOVED, _LEAP, _FAR = 0.25, 3.0, 9
_SAME_AS_ANOTHER, _PARALLEL = 6.0, 60.0
_LEFT_BY = 0.6  # of a note whose tone does not fit the chord that it lasts into
_INSIDE = 0.01


def line(
    lead: Sequence[SungBeat], way: BackingWay, music: Conditioning, others: Sequence[Sequence[SungBeat]] = ()
) -> list[SungBeat]:
    """One line of the lead as another voice sings it; empty where it would leave the range of singers.

    Parameters
    ----------
    others : what is sung beside it on the same notes, with which it moves in no parallel octaves
    """
    reached = [_candidates(note, way, music) for note in lead]
    if not lead or not all(reached):
        return []
    beside = [[round(other[place].pitch) for other in others] for place in range(len(lead))]
    best: list[dict[int, tuple[float, int]]] = []
    for place, candidates in enumerate(reached):
        known: dict[int, tuple[float, int]] = {}
        for pitch, cost in candidates.items():
            own = cost + _SAME_AS_ANOTHER * (pitch in beside[place])
            if not place:
                known[pitch] = (own, pitch)
                continue
            before = {
                old: so_far + _edge(old, pitch, beside[place - 1], beside[place])
                for old, (so_far, _) in best[-1].items()
            }
            came = min(before, key=lambda old: (before[old], old))
            known[pitch] = (own + before[came], came)
        best.append(known)
    pitch = min(best[-1], key=lambda one: (best[-1][one][0], one))
    found: list[int] = []
    for known in reversed(best):
        found.append(pitch)
        pitch = known[pitch][1]
    return [
        SungBeat(note.start, note.length, float(pitch), note.syllable)
        for note, pitch in zip(lead, reversed(found), strict=True)
    ]


def _candidates(note: SungBeat, way: BackingWay, music: Conditioning) -> dict[int, float]:
    """The pitches that a note may have, each with how far it is from what the interval wants."""
    steps, lead = _STEPS[way], round(note.pitch)
    side, size = (1 if steps > 0 else -1), abs(steps)
    classes = tones.fitting(music, note.start, note.length)
    diatonic = tones.steps_away(lead, steps, music.key_at(note.start).scale)
    wanted = diatonic if diatonic is not None else lead + side * _MIDDLE[size]
    later = note.start + 0.75 * note.length
    stays = tones.passing(music, later) if music.chord_at(later - _INSIDE) is not None else classes
    return {
        pitch: abs(pitch - wanted) + _LEFT_BY * (pitch % 12 not in stays)
        for apart in _REACH[size]
        if (pitch := lead + side * apart) % 12 in classes and tones.LOWEST <= pitch <= tones.HIGHEST
    }


def _edge(old: int, pitch: int, before: Sequence[int], now: Sequence[int]) -> float:
    cost = _MOVED * abs(pitch - old) + _LEAP * (abs(pitch - old) > _FAR)
    if pitch != old:
        for then, other in zip(before, now, strict=True):
            cost += _PARALLEL * ((old - then) % 12 == 0 and (pitch - other) % 12 == 0 and other != then)
    return cost
