"""One line: the best of the ways to put phrases together that has the syllables and stresses asked for."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from ripieno.contracts.lyrics import LinePattern, LyricsBrief
from ripieno.music.lyrics import meter, phrases, themes
from ripieno.music.lyrics.phrases import Phrase

_MISS = 2.2  # a strong beat without stress
_LONGEST = 12  # syllables in one opener and clause
_SHORTEST_OPENER = 2
_CANDIDATES = 6
_CALLS = {"en": "oh", "de": "oh", "es": "oh", "fr": "oh"}


@dataclass(frozen=True)
class Line:
    """`rhyme` is the family of its ending, `last` its last word, `sources` the phrases it is made of."""

    text: str
    score: float
    rhyme: str = ""
    last: str = ""
    sources: tuple[int, ...] = ()
    words: frozenset[str] = frozenset()
    lead: str = ""


@dataclass
class Said:
    """What has been said already, in this section, this draft and the drafts before."""

    drafts: Counter[int] = field(default_factory=Counter)
    draft: Counter[int] = field(default_factory=Counter)
    lines: set[str] = field(default_factory=set)
    words: Counter[str] = field(default_factory=Counter)
    lasts: Counter[str] = field(default_factory=Counter)
    leads: Counter[str] = field(default_factory=Counter)

    def remember(self, line: Line) -> None:
        self.draft.update(line.sources)
        self.lines.add(line.text.lower())
        self.words.update(line.words)
        self.lasts[line.last] += 1
        self.leads[line.lead] += bool(line.lead)

    def next_section(self) -> None:
        self.words = Counter({word: 1 for word, _ in self.words.most_common(40)})

    def next_draft(self) -> None:
        self.drafts.update(self.draft)
        self.draft.clear()
        self.words.clear()
        self.lasts.clear()
        self.leads.clear()
        self.lines.clear()


class Lines:
    """Writes the lines of one draft."""

    def __init__(
        self, brief: LyricsBrief, theme: themes.Theme, world: tuple[str, ...], said: Said, rng: random.Random
    ) -> None:
        self._brief, self._said, self._rng = brief, said, rng
        self._stock = phrases.of(brief.language)
        self._world = {name: 2.4 - 0.5 * n for n, name in enumerate(world)}
        self._own = _own(theme, self._stock, brief.language)
        self._ready: dict[str, _Ready] = {}
        self._filtered: dict[tuple[int, int, int], list[tuple[float, Phrase]]] = {}

    def families(self, function: str, recent: Sequence[str]) -> list[str]:
        """Rhymes in the order in which to try them: those with most to say here, with luck, not the latest."""
        ready = self._prepared(function)
        weights = {
            family: ready.weight[family] + 5 * self._rng.random() - 6 * (family in recent)
            for family in self._stock.endings
        }
        return sorted(weights, key=lambda family: -weights[family])

    def hook_misfit(self, title: str, pattern: LinePattern) -> float:
        """Strong beats that a title at the head of a line misses; much for one that is too long."""
        phrase = phrases.measured(title, self._brief.language)
        if not phrase.syllables or phrase.syllables > pattern.syllables + 1:
            return 9.0
        if phrase.syllables in (pattern.syllables - 1,):
            return 1.0
        head = (1 << phrase.syllables) - 1
        return min(
            _MISS * ((reading.stressed & head & ~phrase.stress).bit_count()) + 0.3 * reading.cost
            for reading in meter.fitting(pattern)
        )

    def write(
        self, pattern: LinePattern, function: str, family: str, lasts: set[str], hook: str, section: Sequence[str]
    ) -> Line:
        """The best line that ends in the rhyme (any for none) with another word than `lasts`."""
        best = Line("", -1e9)
        for reading in meter.fitting(pattern):
            if best.score > 2.6 - reading.cost:
                continue
            for line in self._ways(reading, function, family, lasts, hook, section):
                if line.score > best.score:
                    best = line
        if best.score < -1e8:
            best = self._called(pattern, hook)
        return best

    # -- ways to build a line -------------------------------------------------------------------------------------

    def _ways(
        self, reading: meter.Reading, function: str, family: str, lasts: set[str], hook: str, section: Sequence[str]
    ) -> Iterable[Line]:
        n, need = reading.syllables, reading.stressed
        if n < 1:
            return
        if hook:
            head = phrases.measured(hook, self._brief.language)
            if 0 < head.syllables <= n:
                yield from self._hooked(head, reading, function, family, lasts)
                return
        if n > _LONGEST:
            yield from self._long(reading, function, family, lasts)
            return
        ready = self._prepared(function)
        leads = ready.leads
        for lead in (None, *leads):
            taken = lead.syllables if lead else 0
            if taken >= n:
                continue
            toll = reading.cost
            if lead is not None:
                toll += 0.9 + 1.2 * self._said.leads[lead.text]
                toll += _MISS * (need & ((1 << taken) - 1) & ~lead.stress).bit_count()
            rest, wanted = n - taken, need >> taken
            for ending in self._best(ready.endings(family), rest, wanted, lasts):
                yield self._line((lead, ending[1]), ending[0] - toll + 0.1, family)
            for split in range(_SHORTEST_OPENER, rest - 1):
                openers = self._best(ready.openers, split, wanted & ((1 << split) - 1), ())
                if not openers:
                    continue
                for low, ending in self._best(ready.after(family), rest - split, wanted >> split, lasts)[:3]:
                    for high, opener in openers[:3]:
                        if not opener.words & ending.words:
                            kin = 0.5 * bool(opener.fields & ending.fields) - 1.5 * (ending.is_fragment and rest > 4)
                            yield self._line((lead, opener, ending), (low + high) / 2 - toll + 0.5 + kin, family)

    def _hooked(self, head: Phrase, reading: meter.Reading, function: str, family: str, lasts: set[str]) -> Iterable[Line]:
        """The title, and what it says."""
        n, need = reading.syllables, reading.stressed
        missed = _MISS * (need & ((1 << head.syllables) - 1) & ~head.stress).bit_count()
        if n == head.syllables:
            if not family:
                yield Line(head.text, 2.0 - missed - reading.cost, "", head.last, (), head.words)
            return
        ready = self._prepared(function)
        calling = Phrase(head.text + ",", -1, head.syllables, head.stress, head.words, "", frozenset(), frozenset())
        rest, wanted = n - head.syllables, need >> head.syllables
        for score, ending in self._best(ready.endings(family), rest, wanted, lasts):
            if not ending.words & head.words:
                yield self._line((calling, ending), score - missed - reading.cost, family)
        for split in range(_SHORTEST_OPENER, rest - 1):
            for high, opener in self._best(ready.openers, split, wanted & ((1 << split) - 1), ())[:2]:
                for low, ending in self._best(ready.after(family), rest - split, wanted >> split, lasts)[:2]:
                    if not ending.words & (head.words | opener.words):
                        yield self._line(
                            (calling, opener, ending), (low + high) / 2 - missed - reading.cost, family
                        )
        if not family and rest <= 3:
            cry = _CALLS[self._brief.language]
            text = head.text + "".join(f", {cry}" for _ in range(rest))
            yield Line(text, -0.5 - missed - reading.cost - rest, "", cry, (), head.words)

    def _long(self, reading: meter.Reading, function: str, family: str, lasts: set[str]) -> Iterable[Line]:
        """Two lines in one breath."""
        n, need = reading.syllables, reading.stressed
        half = n // 2
        first = max(
            self._ways(meter.Reading(half, need & ((1 << half) - 1), 0.0), function, "", set(), "", ()),
            key=lambda line: line.score, default=None,
        )  # fmt: skip
        if first is None:
            return
        for line in self._ways(meter.Reading(n - half, need >> half, 0.0), function, family, lasts, "", ()):
            if not line.words & first.words and line.last != first.last:
                text = f"{first.text}, {_lowered(line.text, self._brief.language)}"
                yield Line(
                    text, (line.score + first.score) / 2 - reading.cost, line.rhyme, line.last,
                    first.sources + line.sources, first.words | line.words,
                )  # fmt: skip

    def _called(self, pattern: LinePattern, hook: str) -> Line:
        """Where no words fit, a call."""
        cry = _CALLS[self._brief.language]
        return Line(_capital(", ".join([cry] * pattern.syllables)), -20.0, "", cry, (), frozenset())

    def _line(self, parts: Sequence[Phrase | None], score: float, family: str) -> Line:
        there = [part for part in parts if part is not None]
        text = _capital(" ".join(part.text for part in there))
        if text.lower() in self._said.lines:
            score -= 30
        words = frozenset(word for part in there for word in part.words)
        return Line(
            text, score, there[-1].rhyme, there[-1].last,
            tuple(part.source for part in there if part.source >= 0), words, parts[0].text if parts[0] in self._stock.leads else "",
        )  # fmt: skip

    # -- candidates -----------------------------------------------------------------------------------------------

    def _best(
        self, stock: dict[int, list[tuple[float, Phrase]]], size: int, need: int, lasts: Iterable[str]
    ) -> list[tuple[float, Phrase]]:
        """The best few of a size by what they say, the strong beats they miss, and what has been said."""
        said = self._said
        key = (id(stock), size, need)
        plain = self._filtered.get(key)
        if plain is None:
            plain = self._filtered[key] = _filtered(stock.get(size, ()), need)
        found = []
        for score, phrase in plain:
            if phrase.last in lasts:
                continue
            score -= 5.0 * said.draft[phrase.source] + 1.2 * said.drafts[phrase.source]
            score -= 0.6 * sum(said.words[word] for word in phrase.words)
            if phrase.rhyme:
                score -= 2.0 * said.lasts[phrase.last]
            found.append((score, phrase))
        found.sort(key=_by_score)
        return found[:_CANDIDATES]

    def _prepared(self, function: str) -> _Ready:
        if function not in self._ready:
            stock = self._stock
            openers = self._weighed([*stock.openers, *self._own], function)
            straight = {family: self._weighed(group, function) for family, group in stock.endings.items()}
            turned = {family: self._weighed(group, function) for family, group in stock.after.items()}
            leads = [one for one in stock.leads if not one.functions or function in one.functions]
            self._ready[function] = _Ready(openers, straight, turned, leads)
        return self._ready[function]

    def _weighed(self, group: Iterable[Phrase], function: str) -> dict[int, list[tuple[float, Phrase]]]:
        """By size, the most fitting first; phrases of other fields are left out."""
        brief, rng = self._brief, self._rng
        luck: dict[int, float] = {}
        found: dict[int, list[tuple[float, Phrase]]] = {}
        for phrase in group:
            near = max((self._world.get(one, 0.0) for one in phrase.fields), default=0.8)
            if phrase.fields and near == 0.0 and "own" not in phrase.fields:
                continue
            score = 3.6 if "own" in phrase.fields else near
            if phrase.functions:
                score += 0.9 if function in phrase.functions else -0.7
            score += 0.9 * phrase.valence * brief.valence + 0.7 * phrase.arousal * brief.arousal
            score -= 1.2 * phrase.is_fragment
            if phrase.source not in luck:
                luck[phrase.source] = 1.6 * rng.random()
            found.setdefault(phrase.syllables, []).append((score + luck[phrase.source] + 0.5 * rng.random(), phrase))
        for ranked in found.values():
            ranked.sort(key=lambda one: -one[0])
        return found


def _by_score(one: tuple[float, Phrase]) -> float:
    return -one[0]


def _filtered(ranked: Iterable[tuple[float, Phrase]], need: int) -> list[tuple[float, Phrase]]:
    """The first few of a ranking that miss one strong beat at most, a way or two of each phrase."""
    found: list[tuple[float, Phrase]] = []
    ways: Counter[int] = Counter()
    for plain, phrase in ranked:
        missed = (need & ~phrase.stress).bit_count()
        if missed > 1 or (missed and ways[phrase.source]) or ways[phrase.source] > 1:
            continue
        ways[phrase.source] += 1
        found.append((plain - _MISS * missed, phrase))
    found.sort(key=_by_score)
    return found[: 4 * _CANDIDATES]


class _Ready:
    """What there is for one kind of section: by size, the most fitting first."""

    def __init__(self, openers, straight, turned, leads) -> None:
        self.openers: dict[int, list[tuple[float, Phrase]]] = openers
        self.leads: list[Phrase] = leads
        self._straight, self._turned = straight, turned
        self._any: dict[int, dict[int, list[tuple[float, Phrase]]]] = {}
        self.weight = {
            family: sum(ranked[0][0] for ranked in sizes.values()) / max(1, len(sizes)) + 0.3 * len(sizes)
            for family, sizes in straight.items()
        }

    def endings(self, family: str) -> dict[int, list[tuple[float, Phrase]]]:
        return self._straight[family] if family else self._merged(0, self._straight)

    def after(self, family: str) -> dict[int, list[tuple[float, Phrase]]]:
        return self._turned[family] if family else self._merged(1, self._turned)

    def _merged(self, key: int, families) -> dict[int, list[tuple[float, Phrase]]]:
        if key not in self._any:
            merged: dict[int, list[tuple[float, Phrase]]] = {}
            for sizes in families.values():
                for size, ranked in sizes.items():
                    merged.setdefault(size, []).extend(ranked)
            for ranked in merged.values():
                ranked.sort(key=lambda one: -one[0])
            self._any[key] = merged
        return self._any[key]


def _own(theme: themes.Theme, stock: phrases.Phrases, language: str) -> list[Phrase]:
    """Openers with the writer's own words in them."""
    found = []
    for kind, texts in (("place", theme.places), ("thing", theme.things)):
        for number, text in enumerate(texts):
            for frame in stock.own.get(kind, ()):
                source = 100_000 + number if kind == "place" else 200_000 + number
                found.append(
                    phrases.measured(frame.replace("{}", text), language, source=source, fields=frozenset({"own"}))
                )
    return found


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _lowered(text: str, language: str) -> str:
    """A line's first letter within a line; German nouns and the English I stay as they are."""
    first = text.split()[0]
    if language == "de" or first.split("'")[0] == "I":
        return text
    return text[:1].lower() + text[1:]
