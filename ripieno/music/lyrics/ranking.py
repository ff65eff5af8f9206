"""Which phrases suit a section of a draft, the best first: imagery, what the section is for, mood, and luck."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from ripieno.contracts.lyrics import LyricsBrief
from ripieno.music.lyrics.phrases import Phrase, Source

MISS = 5.2  # a strong beat without stress; half of it in a line of two phrases
_KEPT = 24  # phrases of one size and stress that are looked at
_ANY_FIELD, _FIRST_FIELD, _NEXT_FIELD, _OWN_WORDS = 0.5, 2.4, 0.4, 3.4
_SUITS, _SUITS_OTHERS = 0.9, -0.7
_VALENCE, _AROUSAL, _FRAGMENT, _LUCK = 0.9, 0.7, -1.2, 1.8
_SAID, _SAID_BEFORE, _SAID_WORD, _SAID_RHYME = 5.0, 3.0, 0.6, 2.0


@dataclass
class Said:
    """What has been said already, in this section, this draft and the drafts before; `changes` counts its changes."""

    drafts: Counter[int] = field(default_factory=Counter)
    draft: Counter[int] = field(default_factory=Counter)
    lines: set[str] = field(default_factory=set)
    words: Counter[str] = field(default_factory=Counter)
    lasts: Counter[str] = field(default_factory=Counter)
    changes: int = 0

    def remember(self, text: str, sources: Iterable[int], words: Iterable[str], last: str) -> None:
        self.changes += 1
        self.draft.update(sources)
        self.lines.add(text.lower())
        self.words.update(words)
        self.lasts[last] += 1

    def next_section(self) -> None:
        """Words may come again, a little less gladly."""
        self.changes += 1
        self.words = Counter(dict.fromkeys(self.words, 1))

    def next_draft(self) -> None:
        self.changes += 1
        self.drafts.update(self.draft)
        for heard in (self.draft, self.words, self.lasts, self.lines):
            heard.clear()

    def price(self, phrase: Phrase) -> float:
        """How much less a phrase is worth for having been said."""
        paid = _SAID * self.draft[phrase.source] + _SAID_BEFORE * self.drafts[phrase.source]
        if self.words:
            paid += _SAID_WORD * sum(self.words[word] for word in phrase.words)
        return paid + (_SAID_RHYME * self.lasts[phrase.last] if phrase.rhyme else 0.0)


class Shelf:
    """Phrases ranked, to be taken by size and stress."""

    def __init__(self, ranked: list[tuple[float, Source]], said: Said) -> None:
        self._ranked, self._said = ranked, said
        self._fitting: dict[tuple[int, int], list[tuple[float, Phrase]]] = {}
        self._chosen: dict[tuple[int, int], list[tuple[float, Phrase]]] = {}
        self._bounds: dict[tuple[int, int], float] = {}
        self._changes = said.changes

    @cached_property
    def weight(self) -> float:
        """How much there is to say."""
        return sum(score for score, _ in self._ranked[:8]) / 8

    @cached_property
    def top(self) -> float:
        """No phrase is worth more."""
        return self._ranked[0][0] if self._ranked else -1e9

    def bound(self, size: int, need: int) -> float:
        """No phrase of this size and stress is worth more."""
        found = self._bounds.get((size, need))
        if found is None:
            fitting = self._of(size, need)
            found = self._bounds[size, need] = fitting[0][0] if fitting else -1e9
        return found

    def best(self, size: int, need: int) -> list[tuple[float, Phrase]]:
        """Phrases of a size by their worth now; `need` has a bit for each syllable that is to have stress."""
        if self._changes != self._said.changes:
            self._chosen.clear()
            self._changes = self._said.changes
        key = (size, need)
        if key not in self._chosen:
            priced = [(score - self._said.price(phrase), phrase) for score, phrase in self._of(size, need)]
            self._chosen[key] = sorted(priced, key=_by_score)
        return self._chosen[key]

    def _of(self, size: int, need: int) -> list[tuple[float, Phrase]]:
        key = (size, need)
        found = self._fitting.get(key)
        if found is None:
            found = []
            for score, source in self._ranked:
                ways = source.ways.get(size)
                if ways:
                    missed, way = min(((need & ~one.stress).bit_count(), n) for n, one in enumerate(ways))
                    if missed < 2:
                        found.append((score - MISS * missed, ways[way]))
            found.sort(key=_by_score)
            found = self._fitting[key] = found[:_KEPT]
        return found


class Ranking:
    """Ranks a language's phrases for one draft."""

    def __init__(self, brief: LyricsBrief, world: tuple[str, ...], said: Said, rng: random.Random) -> None:
        self._brief, self._said, self._rng = brief, said, rng
        self._world = {name: _FIRST_FIELD - _NEXT_FIELD * n for n, name in enumerate(world)} | {"own": _OWN_WORDS}

    def shelf(self, sources: Iterable[Source], function: str) -> Shelf:
        """Those of the draft's fields or of any, for a section's function."""
        ranked = []
        for source in sources:
            near = max((self._world.get(one, 0.0) for one in source.fields), default=_ANY_FIELD)
            if near:
                ranked.append((near + self._suits(source, function) + _LUCK * self._rng.random(), source))
        return Shelf(sorted(ranked, key=lambda one: -one[0]), self._said)

    def all_of(self, shelves: Mapping[str, Shelf]) -> Shelf:
        return Shelf(
            sorted((one for shelf in shelves.values() for one in shelf._ranked), key=lambda one: -one[0]), self._said
        )

    def _suits(self, source: Source, function: str) -> float:
        score = _FRAGMENT * source.is_fragment
        if source.functions:
            score += _SUITS if function in source.functions else _SUITS_OTHERS
        return score + _VALENCE * source.valence * self._brief.valence + _AROUSAL * source.arousal * self._brief.arousal


def _by_score(one: tuple[float, Phrase]) -> float:
    return -one[0]
