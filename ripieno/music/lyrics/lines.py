"""One line: the best of the ways to put phrases together that has the syllables and stresses asked for."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field

from ripieno.contracts.lyrics import LinePattern, LyricsBrief
from ripieno.music.lyrics import meter, phrases, themes
from ripieno.music.lyrics.meter import Reading
from ripieno.music.lyrics.phrases import Phrase, Source
from ripieno.music.lyrics.ranking import MISS, Ranking, Said, Shelf

_LONGEST = 12  # syllables in one breath
_SHORTEST_OPENER = 2
_GOOD = 3.0  # a line as good as this is taken without looking further
_LOOKED_AT = 5
_OPENED, _KIN, _UNLIKE = 0.4, 0.6, 1.0  # an opener is welcome, of the same field more, of another function less
_LEAD, _LEAD_AGAIN, _OWN_LEAD = 0.9, 1.6, -4.0
_AGAIN = 30.0
_CRY = "oh"
_TITLE = -1  # what a title is a way of; the writer's own words have lower numbers


@dataclass(frozen=True)
class Line:
    """`rhyme` is the family of its ending, `last` its last word, `sources` what its phrases are ways of."""

    text: str
    score: float
    rhyme: str = ""
    last: str = ""
    sources: tuple[int, ...] = ()
    words: frozenset[str] = frozenset()


@dataclass
class _Stand:
    """What a section's lines are made from."""

    openers: Shelf
    straight: dict[str, Shelf]
    turned: dict[str, Shelf]
    leads: list[Phrase]


@dataclass
class _Wish:
    """What one line should be, and the best there is so far; it may not end with a word of `lasts` nor have a phrase of
    `taken`."""

    stand: _Stand
    family: str
    lasts: set[str]
    taken: set[int]
    best: Line = field(default_factory=lambda: Line("", -1e9))

    @property
    def endings(self) -> Shelf:
        return self.stand.straight[self.family]

    @property
    def after(self) -> Shelf:
        return self.stand.turned[self.family]


class Lines:
    """Writes the lines of one draft."""

    def __init__(
        self, brief: LyricsBrief, theme: themes.Theme, world: tuple[str, ...], said: Said, rng: random.Random
    ) -> None:
        self._language, self._said, self._rng = brief.language, said, rng
        self._ranking = Ranking(brief, world, said, rng)
        self._stock = phrases.of(brief.language)
        self._places = [self._own("place", text, n) for n, text in enumerate(theme.places, 2)]
        self._things = [self._own("thing", text, n) for n, text in enumerate(theme.things, 20)]
        self._stands: dict[str, _Stand] = {}

    def families(self, function: str, recent: Sequence[str]) -> list[str]:
        """Rhymes in the order in which to try them: those with most to say here, with luck, not the latest."""
        straight = self._stand(function).straight
        weights = {
            family: straight[family].weight + 1.5 * self._rng.random() - 6 * (family in recent)
            for family in self._stock.endings
        }
        return sorted(weights, key=lambda family: -weights[family])

    def hook_misfit(self, title: str, pattern: LinePattern) -> float:
        """How badly a title begins a line: strong beats that it misses; much where it is too long."""
        phrase = phrases.measured(title, self._language)
        if not 0 < phrase.syllables <= pattern.syllables + 1:
            return 20.0
        if pattern.syllables - phrase.syllables in (1, 2):
            return 2.0  # little can be said after it
        return min(0.5 * MISS * _missed(phrase, one.stressed) + 0.3 * one.cost for one in meter.fitting(pattern))

    def write(
        self, pattern: LinePattern, function: str, family: str, before: Sequence[Line] = (), hook: str = ""
    ) -> Line:
        """The best line that ends in the rhyme (any for none), with other words than the lines that it rhymes with."""
        taken = {source for line in before for source in line.sources}
        wish = _Wish(self._stand(function), family, {line.last for line in before}, taken)
        head = phrases.measured(hook, self._language) if hook else None
        if head and head.syllables > pattern.syllables + 1:
            head = None
        for reading in sorted(meter.fitting(pattern), key=lambda one: one.cost):
            if wish.best.score >= _GOOD - reading.cost:
                break
            if head and head.syllables <= reading.syllables:
                self._hooked(wish, head, reading)
            elif head and wish.best.text:
                continue
            elif reading.syllables > _LONGEST:
                self._long(wish, reading)
            else:
                self._plain(wish, reading)
        if not wish.best.text and head:
            return self.write(pattern, function, family, before)
        if not wish.best.text:
            cry = ", ".join([_CRY] * pattern.syllables)
            return Line(_capital(cry), -20.0, "", _CRY)
        return wish.best

    # -- ways to build a line -------------------------------------------------------------------------------------

    def _plain(self, wish: _Wish, reading: Reading) -> None:
        self._clause(wish, (), reading.syllables, reading.stressed, -reading.cost)
        for lead in wish.stand.leads:
            if lead.syllables < reading.syllables and lead.source not in wish.taken:
                worth = -reading.cost - self._lead_toll(lead) - MISS / 2 * _missed(lead, reading.stressed)
                self._clause(
                    wish, (lead,), reading.syllables - lead.syllables, reading.stressed >> lead.syllables, worth
                )

    def _hooked(self, wish: _Wish, head: Phrase, reading: Reading) -> None:
        """The title, and what it says."""
        size = reading.syllables - head.syllables
        worth = -reading.cost - MISS / 2 * _missed(head, reading.stressed)
        if size == 0 and not wish.family:
            self._offer(wish, (head,), worth + 2.0)
        elif size > 0:
            calling = Phrase(head.text + ",", _TITLE, head.syllables, head.stress, head.words, "")
            self._clause(wish, (calling,), size, reading.stressed >> head.syllables, worth)
            if size <= 3 and not wish.family:
                cry = phrases.measured(", ".join([_CRY] * size), self._language)
                self._offer(wish, (calling, cry), worth - size)

    def _long(self, wish: _Wish, reading: Reading) -> None:
        """Two lines in one breath."""
        half = reading.syllables // 2
        first = _Wish(wish.stand, "", wish.lasts, wish.taken)
        self._plain(first, Reading(half, reading.stressed & ((1 << half) - 1), 0.0))
        if not first.best.text:
            return
        second = _Wish(wish.stand, wish.family, wish.lasts | {first.best.last}, wish.taken | {*first.best.sources})
        self._plain(second, Reading(reading.syllables - half, reading.stressed >> half, 0.0))
        a, b = first.best, second.best
        if b.text:
            text = f"{a.text}, {_lowered(b.text, self._language)}"
            score = (a.score + b.score) / 2 - reading.cost - bool(a.words & b.words)
            if score > wish.best.score:
                wish.best = Line(text, score, b.rhyme, b.last, a.sources + b.sources, a.words | b.words)

    def _clause(self, wish: _Wish, head: tuple[Phrase, ...], size: int, need: int, worth: float) -> None:
        """A clause, or an opener and a clause, after what is there."""
        opened = (wish.stand.openers.top + wish.after.top) / 2 + _OPENED + _KIN
        if max(opened, wish.endings.top) + worth <= wish.best.score:
            return
        before = frozenset(word for part in head for word in part.words)
        if wish.endings.bound(size, need) + worth > wish.best.score:
            for score, ending in wish.endings.best(size, need):
                if score + worth <= wish.best.score:
                    break
                if ending.is_fragment and head and head[-1].source != _TITLE:
                    continue
                if self._is_free(ending, wish) and not ending.words & before:
                    self._offer(wish, (*head, ending), score + worth)
        openers, after = wish.stand.openers, wish.after
        for split in range(_SHORTEST_OPENER, size - 1):
            low_need, high_need = need & ((1 << split) - 1), need >> split
            most = (openers.bound(split, low_need) + after.bound(size - split, high_need)) / 2 + _OPENED + _KIN + worth
            if most <= wish.best.score:
                continue
            first = [one for one in openers.best(split, low_need) if one[1].source not in wish.taken][:_LOOKED_AT]
            for high, ending in after.best(size - split, high_need):
                if not first or (first[0][0] + high) / 2 + _OPENED + _KIN + worth <= wish.best.score:
                    break
                if not self._is_free(ending, wish) or ending.words & before:
                    continue
                for low, opener in first:
                    score = (low + high) / 2 + _OPENED + worth
                    if score + _KIN <= wish.best.score:
                        break
                    if not opener.words & (ending.words | before):
                        self._offer(wish, (*head, opener, ending), score + _kinship(opener, ending))

    @staticmethod
    def _is_free(ending: Phrase, wish: _Wish) -> bool:
        return ending.last not in wish.lasts and ending.source not in wish.taken

    def _offer(self, wish: _Wish, parts: tuple[Phrase, ...], score: float) -> None:
        if score <= wish.best.score:
            return
        text = _capital(" ".join(part.text for part in parts))
        if text.lower() in self._said.lines:
            score -= _AGAIN
        if score > wish.best.score:
            words = frozenset(word for part in parts for word in part.words)
            sources = tuple(part.source for part in parts if part.source != _TITLE)
            wish.best = Line(text, score, parts[-1].rhyme, parts[-1].last, sources, words)

    # -- what there is --------------------------------------------------------------------------------------------

    def _lead_toll(self, lead: Phrase) -> float:
        """A lead is worth less each time; the writer's own words are worth saying once."""
        return (_OWN_LEAD if lead.source < _TITLE else _LEAD) + _LEAD_AGAIN * self._said.draft[lead.source] * (
            4 if lead.source < _TITLE else 1
        )

    def _stand(self, function: str) -> _Stand:
        if function not in self._stands:
            stock, ranking = self._stock, self._ranking
            straight = {family: ranking.shelf(group, function) for family, group in stock.endings.items()}
            turned = {family: ranking.shelf(group, function) for family, group in stock.after.items()}
            straight[""] = ranking.all_of(straight)
            turned[""] = ranking.all_of(turned)
            leads = [
                way
                for source in stock.leads
                if not source.functions or function in source.functions
                for ways in source.ways.values()
                for way in ways
            ]
            if function in "st":
                leads += [way for source in self._things for ways in source.ways.values() for way in ways]
            openers = ranking.shelf([*stock.openers, *self._places], function)
            self._stands[function] = _Stand(openers, straight, turned, leads)
        return self._stands[function]

    def _own(self, kind: str, text: str, number: int) -> Source:
        """The writer's own words, as the language takes up such."""
        frames = self._stock.own.get(kind, ())
        ways: dict[int, list[Phrase]] = {}
        for frame in frames:
            phrase = phrases.measured(frame.replace("{}", text), self._language, source=-number)
            ways.setdefault(phrase.syllables, []).append(phrase)
        return Source(-number, frozenset({"own"}), frozenset(), 0, 0, False, {n: tuple(w) for n, w in ways.items()})


def _kinship(opener: Phrase, ending: Phrase) -> float:
    """Whether two phrases speak of the same thing, and in the same way."""
    apart = bool(opener.functions and ending.functions and not opener.functions & ending.functions)
    return _KIN * bool(opener.fields & ending.fields) - _UNLIKE * apart


def _missed(phrase: Phrase, need: int) -> int:
    return (need & ((1 << phrase.syllables) - 1) & ~phrase.stress).bit_count()


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _lowered(text: str, language: str) -> str:
    """A line's first letter within a line; German nouns and the English I stay as they are."""
    first = text.split(maxsplit=1)[0].rstrip(",").split("'")[0]
    if language == "de" or first == "I":
        return text
    return text[:1].lower() + text[1:]
