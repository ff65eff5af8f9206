"""Which songs in which order: a beam search along the journey, then single changes for as long as they help.

The search keeps the best few beginnings and goes on from each with the songs that fit the journey there; it cannot know
what is left for the end, so afterwards songs change places with each other, and with those left out. What a person
wants (`SetWishes`) is never given up for a better figure.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ripieno.contracts.sets import JourneyPoint, Persona, SetWishes
from ripieno.music.sets import journeys, pairs
from ripieno.music.sets.pairs import Candidate

_BEAM, _AT_ONCE = 16, 48
_ROUNDS, _FAR, _OUTSIDE = 4, 12, 24
_ENERGY, _VALENCE, _TASTE, _LIKING = 4.0, 0.8, 0.3, 0.5
_SAME_ARTIST = ((1, 0.9), (2, 0.5), (3, 0.25))  # so many songs before, and what it costs
_SAME_STYLE, _SAME_KEY, _RUN = 0.12, 0.15, 3
_CHANCE = 0.03
_AS_BEFORE, _THERE_BEFORE = 0.25, 0.3  # what a pair, and a song, are cheaper by that were there before an edit
_WAVE, _STEADY = 0.18, 0.3  # how far who dares more than that lets the energy go up and down from song to song
IMPOSSIBLE = 1e6


@dataclass
class Search:
    """All that the cost of an order is made of; `before` is the order that an edit was made to, `known` what pairs of
    the same candidates cost."""

    candidates: Sequence[Candidate]
    persona: Persona
    journey: Sequence[JourneyPoint]
    count: int
    wishes: SetWishes = field(default_factory=SetWishes)
    liking: Mapping[str, float] = field(default_factory=dict)
    tastes: Mapping[str, float] = field(default_factory=dict)
    before: Sequence[str] = ()
    seed: int = 0
    known: dict[tuple[int, int], float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._place = {one.song.song: number for number, one in enumerate(self.candidates)}
        rng = random.Random(self.seed)
        chance = _CHANCE * (1 + self.persona.daring)
        was_there = set(self.before)
        self._own = [
            self._of_song(one) + rng.uniform(0, chance) - _THERE_BEFORE * (one.song.song in was_there)
            for one in self.candidates
        ]
        self._targets = [self._target(place) for place in range(self.count)]
        self._was_next = {(a, b) for a, b in zip(self.before, self.before[1:], strict=False)}
        self._apart = set(self.wishes.apart)
        self._at = {
            one.position - 1: self._place[one.song]
            for one in self.wishes.songs
            if one.position is not None and one.song in self._place and one.position <= self.count
        }
        self._must = {self._place[one.song] for one in self.wishes.songs if one.song in self._place}
        chained = [(a, b) for a, b in self.wishes.next_to if a in self._place and b in self._place]
        self._after = {self._place[a]: self._place[b] for a, b in chained}
        self._leads = {b: a for a, b in self._after.items()}
        self._must |= set(self._after) | set(self._leads)

    # -- costs ----------------------------------------------------------------------------------------------------

    def cost(self, order: Sequence[int]) -> float:
        """Of a whole order, as places among the candidates."""
        return sum(self._step(order, place) for place in range(len(order))) + self._wanted(order)

    def _step(self, order: Sequence[int], place: int) -> float:
        total = self._fit(place, order[place])
        return total + self._link(order, place) if place else total

    def _fit(self, place: int, number: int) -> float:
        song = self.candidates[number].song
        energy, valence = self._targets[place]
        off = abs(song.energy - energy)
        return _ENERGY * off * off + _ENERGY * 0.2 * off + _VALENCE * (song.valence - valence) ** 2 + self._own[number]

    def _link(self, order: Sequence[int], place: int) -> float:
        before, here = order[place - 1], order[place]
        total = self._between(before, here)
        one, variety = self.candidates[here], self.persona.variety
        for back, price in _SAME_ARTIST:
            if place >= back and one.artist and self.candidates[order[place - back]].artist == one.artist:
                total += price * variety
        run = [self.candidates[order[n]] for n in range(max(0, place - _RUN + 1), place + 1)]
        if len(run) == _RUN:
            if one.style is not None and all(other.style == one.style for other in run):
                total += _SAME_STYLE * variety
            if one.code is not None and all(other.code == one.code for other in run):
                total += _SAME_KEY * variety
        return total

    def _between(self, before: int, here: int) -> float:
        known = self.known.get((before, here))
        if known is None:
            first, second = self.candidates[before], self.candidates[here]
            known = pairs.cost(pairs.pair(first, second), self.persona)
            ids = (first.song.song, second.song.song)
            if ids in self._apart:
                known = IMPOSSIBLE
            elif ids in self._was_next:
                known -= _AS_BEFORE
            self.known[before, here] = known
        return known

    def _of_song(self, one: Candidate) -> float:
        """What a song costs by itself: what the persona, the brief and its listener like."""
        liked = sum(
            weight * (self.persona.taste.styles.get(style, 0.0) + 2 * self.tastes.get(style, 0.0))
            for style, weight in one.song.styles.items()
        )
        return -_TASTE * liked - _LIKING * self.liking.get(one.song.song, 0.0)

    def _target(self, place: int) -> tuple[float, float]:
        share = place / (self.count - 1) if self.count > 1 else 0.5
        energy, valence = journeys.at(self.journey, share)
        taste = self.persona.taste
        energy += _WAVE * max(0.0, self.persona.daring - _STEADY) * (1 if place % 2 else -1)
        return min(1.0, max(0.0, energy + taste.energy)), min(1.0, max(-1.0, valence + taste.valence))

    def _wanted(self, order: Sequence[int]) -> float:
        """What a person wants and does not get; no order may cost less for it."""
        broken = sum(order[place] != number for place, number in self._at.items() if place < len(order))
        broken += len(self._must - set(order))
        at = {number: place for place, number in enumerate(order)}
        broken += sum(at[b] != at[a] + 1 for a, b in self._after.items() if a in at and b in at)
        return IMPOSSIBLE * broken

    # -- the search -----------------------------------------------------------------------------------------------

    def best(self) -> list[int]:
        """The order that was found, as places among the candidates."""
        return self._improved(self._beam())

    def _beam(self) -> list[int]:
        beam: list[tuple[float, tuple[int, ...]]] = [(0.0, ())]
        for place in range(self.count):
            nearest = heapq.nsmallest(_AT_ONCE + place, range(len(self.candidates)), key=lambda n: self._fit(place, n))
            further = []
            for total, order in beam:
                for number in self._choices(place, order, nearest):
                    longer = (*order, number)
                    further.append((total + self._step(longer, place), longer))
            if not further:
                break
            beam = _different(heapq.nsmallest(4 * _BEAM, further))
        return list(beam[0][1])

    def _choices(self, place: int, order: tuple[int, ...], nearest: Sequence[int]) -> list[int]:
        """Which songs may be next: one that is wanted here, else those that fit and are not wanted elsewhere."""
        used = set(order)
        if place in self._at and self._at[place] not in used:
            return [self._at[place]]
        if order and (follows := self._after.get(order[-1])) is not None and follows not in used:
            return [follows]
        elsewhere = {number for at, number in self._at.items() if at != place}
        owed = [n for n in self._must - used - elsewhere if self._leads.get(n) is None or self._leads[n] in used]
        free = self.count - place - len([at for at in self._at if at >= place])
        if len(self._must - used - elsewhere) >= free and owed:
            return sorted(owed)
        held = used | elsewhere | {n for n, leader in self._leads.items() if leader not in used}
        chosen = [number for number in nearest if number not in held][:_AT_ONCE]
        found = sorted({*chosen, *(n for n in owed if n not in held)})
        if found:
            return found
        return [n for n in range(len(self.candidates)) if n not in used]  # all others are wanted elsewhere

    def _improved(self, order: list[int]) -> list[int]:
        """Songs change places, move, and give way to others, until none of it helps."""
        for _ in range(_ROUNDS):
            helped = False
            for place in range(len(order)):
                for until, changed in self._changes(order, place):
                    if self._part(changed, place, until) < self._part(order, place, until) - 1e-9:
                        order, helped = changed, True
                        break
            if not helped:
                break
        return order

    def _part(self, order: Sequence[int], place: int, until: int) -> float:
        """What an order costs from one place on to where a change there is no longer felt."""
        steps = range(place, min(len(order), until + 1 + len(_SAME_ARTIST)))
        return sum(self._step(order, at) for at in steps) + self._wanted(order)

    def _changes(self, order: list[int], place: int) -> Iterator[tuple[int, list[int]]]:
        """Orders that are another from `place` on, and where they end to be."""
        for other in range(place + 1, min(len(order), place + 1 + _FAR)):
            swapped = [*order]
            swapped[place], swapped[other] = swapped[other], swapped[place]
            yield other, swapped
            if other > place + 1:
                moved = [*order[:place], *order[place + 1 : other + 1], order[place], *order[other + 1 :]]
                yield other, moved
                back = [*order[:place], order[other], *order[place:other], *order[other + 1 :]]
                yield other, back
        outside = set(range(len(self.candidates))) - set(order)
        for number in heapq.nsmallest(_OUTSIDE, outside, key=lambda n: (self._fit(place, n), n)):
            yield place, [*order[:place], number, *order[place + 1 :]]


def _different(found: list[tuple[float, tuple[int, ...]]]) -> list[tuple[float, tuple[int, ...]]]:
    """The best beginnings, but no more than a quarter of them with the same last song."""
    kept: list[tuple[float, tuple[int, ...]]] = []
    lasts: dict[int, int] = {}
    for total, order in found:
        if lasts.get(order[-1], 0) < max(1, _BEAM // 4):
            lasts[order[-1]] = lasts.get(order[-1], 0) + 1
            kept.append((total, order))
    return kept[:_BEAM]
