"""Two plans of one set beside each other: its songs, its transitions, its length, journey and who plays; in fields and
in sentences.

A song has `moved` where it left the order of the others; one that is only earlier or later because others came or went
is the `same`. A transition is that of two songs: it is another where it is of another kind, takes other bars, or begins
at another place of one of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher

from ripieno.contracts.composition import FieldChange
from ripieno.contracts.dj_sets import SetSongChange, SetTransitionChange, SetTransitionState
from ripieno.contracts.sets import JourneyPoint, PlannedTransition, SetPlan
from ripieno.music.sets import journeys

_FIELDS = ("title", "persona", "duration_seconds", "journey")
_THIRDS = ("beginning", "middle", "end")
_STEPS = 10  # places of a third that a journey is read at
_HEARD = 0.05  # of energy or valence, in the mean of a third
_NEAR = 0.05  # seconds: two places that nobody tells apart


def songs(a: SetPlan, b: SetPlan) -> list[SetSongChange]:
    """Every song of both, in the order of `b`; then those that went."""
    before, after = ([one.song for one in plan.songs] for plan in (a, b))
    places, titles = {one.song: one.position for one in a.songs}, {one.song: one.title for one in a.songs}
    in_order = _in_order([one for one in before if one in set(after)], [one for one in after if one in places])
    found = []
    for one in b.songs:
        change = "came" if one.song not in places else "same" if one.song in in_order else "moved"
        found.append(
            SetSongChange(song=one.song, title=one.title, a=places.get(one.song), b=one.position, change=change)
        )
    gone = [one for one in before if one not in set(after)]
    return found + [SetSongChange(song=one, title=titles[one], a=places[one], change="went") for one in gone]


def transitions(a: SetPlan, b: SetPlan) -> list[SetTransitionChange]:
    """Those that are another, or lie between two songs that only one of the plans has beside each other; in the order
    of `b`, then those that are gone."""
    before, after = ({(one.from_song, one.to_song): one for one in plan.transitions} for plan in (a, b))
    titles = {one.song: one.title for plan in (a, b) for one in plan.songs}
    found = []
    for pair in [*after, *(pair for pair in before if pair not in after)]:
        one, other = before.get(pair), after.get(pair)
        if one is None or other is None or not _is_same(one, other):
            found.append(
                SetTransitionChange(
                    from_song=pair[0],
                    to_song=pair[1],
                    from_title=titles[pair[0]],
                    to_title=titles[pair[1]],
                    a=_state(one),
                    b=_state(other),
                )
            )
    return found


def fields(a: SetPlan, b: SetPlan) -> list[FieldChange]:
    """What is another of the whole."""
    before, after = (plan.model_dump(mode="json", include=set(_FIELDS)) for plan in (a, b))
    return [FieldChange(field=one, a=before[one], b=after[one]) for one in _FIELDS if before[one] != after[one]]


def sentences(
    songs: Sequence[SetSongChange], transitions: Sequence[SetTransitionChange], a: SetPlan, b: SetPlan
) -> list[str]:
    """What is another, as a person says it; transitions only where both plans have the two songs beside each other."""
    said = [_of_song(one) for one in songs if one.change != "same"]
    said += [_of_transition(one, one.a, one.b) for one in transitions if one.a is not None and one.b is not None]
    longer = b.duration_seconds - a.duration_seconds
    if abs(longer) >= 1:
        more = "longer" if longer > 0 else "shorter"
        said.append(f"It is {_clock(abs(longer))} {more}: {_clock(b.duration_seconds)}.")
    if a.persona != b.persona:
        said.append(f"{b.persona} plays instead of {a.persona}.")
    said += _of_journeys(a.journey, b.journey)
    if a.title != b.title:
        said.append(f"It is called {b.title} instead of {a.title}.")
    return said


# -- parts --------------------------------------------------------------------------------------------------------


def _in_order(before: Sequence[str], after: Sequence[str]) -> set[str]:
    """Those that are one after the other as they were."""
    blocks = SequenceMatcher(a=before, b=after, autojunk=False).get_matching_blocks()
    return {song for block in blocks for song in before[block.a : block.a + block.size]}


def _is_same(one: PlannedTransition, other: PlannedTransition) -> bool:
    places = ((one.from_seconds, other.from_seconds), (one.to_seconds, other.to_seconds))
    is_there = all(abs(before - after) < _NEAR for before, after in places)
    return is_there and (one.kind, one.bars, one.keeps) == (other.kind, other.bars, other.keeps)


def _state(one: PlannedTransition | None) -> SetTransitionState | None:
    return None if one is None else SetTransitionState(**one.model_dump(include=set(SetTransitionState.model_fields)))


def _of_song(one: SetSongChange) -> str:
    match one.change:
        case "came":
            return f"{one.title} came in as number {one.b}."
        case "went":
            return f"{one.title}, number {one.a}, went."
        case _:
            return f"{one.title} moved from {one.a} to {one.b}."


def _of_transition(one: SetTransitionChange, a: SetTransitionState, b: SetTransitionState) -> str:
    where = f"From {one.from_title} to {one.to_title}:"
    if a.kind != b.kind:
        return f"{where} {_what(b)} instead of {_what(a)}."
    if a.bars != b.bars:
        return f"{where} {a.kind} over {b.bars} bars instead of {a.bars}."
    if abs(b.from_seconds - a.from_seconds) >= _NEAR:
        later = "later" if b.from_seconds > a.from_seconds else "earlier"
        return f"{where} {a.kind} {abs(b.from_seconds - a.from_seconds):.0f} s {later}."
    if abs(b.to_seconds - a.to_seconds) >= _NEAR:
        return f"{where} {one.to_title} comes in at {_clock(b.to_seconds)} of it instead of {_clock(a.to_seconds)}."
    return f"{where} the voice of {one.from_title if b.keeps == 'from' else one.to_title} stays instead of the other."


def _what(one: SetTransitionState) -> str:
    return f"{one.kind} over {one.bars} bars" if one.bars else str(one.kind)


def _of_journeys(a: Sequence[JourneyPoint], b: Sequence[JourneyPoint]) -> list[str]:
    if a == b or not a or not b:
        return []
    said = []
    for number, (name, words) in enumerate(
        (("energy", ("more energy", "less energy")), ("valence", ("brighter", "darker")))
    ):
        parts: Mapping[str, float] = {
            where: sum(journeys.at(b, at)[number] - journeys.at(a, at)[number] for at in _third(third)) / _STEPS
            for third, where in enumerate(_THIRDS)
        }
        for more, word in zip((1, -1), words, strict=True):
            where = [part for part, off in parts.items() if more * off >= _HEARD]
            if where:
                at = "throughout" if len(where) == len(_THIRDS) else f"at the {' and at the '.join(where)}"
                most = max(more * parts[part] for part in where)
                said.append(f"The journey asks for {word if name == 'energy' else f'a {word} mood'} {at} ({most:.2f}).")
    return said or ["The journey is another by little."]


def _third(number: int) -> list[float]:
    return [(number + (step + 0.5) / _STEPS) / len(_THIRDS) for step in range(_STEPS)]


def _clock(seconds: float) -> str:
    return f"{int(seconds + 0.5) // 60}:{int(seconds + 0.5) % 60:02d}"
