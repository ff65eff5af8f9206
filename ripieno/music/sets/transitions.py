"""How one song goes over into the next: which kind, over how many bars, from where to where, and why.

Every kind that the two songs allow is tried at the phrases where the first may be left and the second come in; the one
that costs least is taken. At no bar do two voices sound at once: of `blend` both songs are heard in full, of `stems`
the voice of one and the drums of the other, of `cut` and `loop` never both, of `echo` what dies away of the first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from ripieno.contracts.enums import StemType
from ripieno.contracts.sets import Persona, TransitionKind
from ripieno.music.sets import camelot, grid
from ripieno.music.sets.pairs import Pair
from ripieno.music.sets.phrases import Shape

KINDS: tuple[TransitionKind, ...] = ("blend", "stems", "cut", "echo", "loop")
ECHO_BARS, LOOP_BARS = 2, 2
LEAST_ALONE = 4
"""Bars that a song is heard alone between two transitions."""
_LATEST_IN = 0.35  # of a song, until where the set may come into it
_LIKED, _REPEATED = 0.3, 0.08
_LEAP = 0.12  # of energy
_LENGTH, _NO_BORDER, _NOT_LANDING, _SKIPPED, _CUT_OFF = 0.9, 0.12, 0.06, 0.4, 0.2
_SHORTER = 0.04  # for each length that the persona likes less than its favourite


@dataclass(frozen=True)
class Exit:
    """Where a song may be left: it was heard alone from the bar `alone` on, and is to be for `seconds`."""

    alone: int
    seconds: float


@dataclass(frozen=True)
class Choice:
    """A transition by its bars: it begins at the bar `out` of the first and `into` of the second song."""

    kind: TransitionKind
    bars: int
    out: int
    into: int
    cost: float
    keeps: Literal["from", "to"] | None = None
    reasons: tuple[str, ...] = field(default=(), compare=False)

    def alone(self, found: Pair) -> int:
        """The bar of the second song from which on it is heard alone."""
        if self.kind not in ("blend", "stems") or found.tempo is None:
            return self.into
        beats = grid.beats_of_second(self.bars * found.first.song.beats_per_bar, found.tempo.pulse)
        return self.into + beats // found.second.song.beats_per_bar


@dataclass(frozen=True)
class Wanted:
    """What a person wants of one transition."""

    kind: TransitionKind | None = None
    not_kinds: frozenset[TransitionKind] = frozenset()
    bars: int | None = None


def choose(
    found: Pair, persona: Persona, leave: Exit, before: Sequence[TransitionKind] = (), wanted: Wanted | None = None
) -> Choice | None:
    """The transition that costs least; None where none is possible of those that are wanted.

    Parameters
    ----------
    before : the kinds of the transitions before, the last one last
    """
    wanted = wanted or Wanted()
    kinds: list[TransitionKind] = [k for k in KINDS if k not in wanted.not_kinds and wanted.kind in (None, k)]
    best: Choice | None = None
    for kind in kinds:
        price, reasons = worth(kind, found, persona, before)
        for one in _of_kind(kind, found, persona, leave, wanted.bars):
            if best is None or price + one.cost < best.cost:
                best = Choice(kind, one.bars, one.out, one.into, price + one.cost, one.keeps, (*reasons, *one.reasons))
    return best


def worth(
    kind: TransitionKind, found: Pair, persona: Persona, before: Sequence[TransitionKind] = ()
) -> tuple[float, list[str]]:
    """What a kind costs between two songs, wherever it is, and what speaks for it."""
    harmony, leap = found.harmony, found.leap
    stretch = found.tempo.stretch if found.tempo else 0.0
    reasons: list[str] = []
    if kind == "blend":
        price = 0.1 + 0.9 * harmony.cost + 3 * stretch
        reasons.append(f"their keys sound well together: {harmony.words}")
    elif kind == "stems":
        price = 0.3 + 0.15 * harmony.cost + 3 * stretch
        reasons.append("a voice over drums clashes with no key")
    else:
        matched = found.matches(persona)
        price = {"cut": 0.5, "echo": 0.55, "loop": 0.55}[kind]
        if not matched:
            price -= 0.1
        if kind == "echo" and leap < -_LEAP:
            price -= 0.15
            reasons.append("the energy falls, and an echo lets it fall")
        if kind == "loop" and leap > _LEAP:
            price -= 0.2
            reasons.append("the energy rises, and a roll says so")
        if kind == "cut" and abs(leap) > 2 * _LEAP:
            price -= 0.1
            reasons.append("the step of energy is large enough to be one")
    price -= _LIKED * (persona.transitions.get(kind, 1.0) - 1.0)
    run = 0
    for one in reversed(before):
        if one != kind:
            break
        run += 1
    return price + _REPEATED * persona.variety * min(run, 3), reasons


def is_possible(chosen: Choice, found: Pair, leave: Exit, out: int) -> bool:
    """Whether a transition may begin at another bar of the first song: there is room, and no two voices sound."""
    a, b = found.first.shape, found.second.shape
    if out < leave.alone + 1 or out + (chosen.bars if chosen.kind in ("blend", "stems") else 0) > a.bars:
        return False
    taken = chosen.alone(found) - chosen.into
    if chosen.kind == "blend":
        return not _two_voices(a, b, out, chosen.into, chosen.bars, taken)
    if chosen.kind == "stems":
        return _voice_over(found, out, chosen.into, chosen.bars, taken) is not None
    return chosen.kind != "echo" or not (a.sung[out - 1] and any(b.sung[chosen.into : chosen.into + ECHO_BARS]))


def has_room(kind: TransitionKind, found: Pair, persona: Persona, leave: Exit) -> bool:
    """Whether there is any place for a kind, whoever sings there."""
    bars = min(persona.pace.blend_bars) if kind in ("blend", "stems") else 0
    return any(True for _ in _places(found.first.shape, found.second.shape, leave, bars, bars))


# -- where --------------------------------------------------------------------------------------------------------


def _of_kind(
    kind: TransitionKind, found: Pair, persona: Persona, leave: Exit, wanted_bars: int | None
) -> Iterator[Choice]:
    a, b = found.first.shape, found.second.shape
    if not (a.has_bars and b.has_bars):
        return
    if kind in ("blend", "stems"):
        if not found.matches(persona) or (kind == "blend" and found.harmony.cost >= camelot.CLASH):
            return
        assert found.tempo is not None
        for number, bars in enumerate([wanted_bars] if wanted_bars else persona.pace.blend_bars):
            beats = grid.beats_of_second(bars * found.first.song.beats_per_bar, found.tempo.pulse)
            taken, over = divmod(beats, found.second.song.beats_per_bar)
            if over or taken < 1:
                continue
            for out, into, cost, reasons in _places(a, b, leave, bars, taken):
                price = cost
                keeps = _voice_over(found, out, into, bars, taken) if kind == "stems" else None
                if kind == "stems" and keeps is None:
                    continue
                if kind == "blend" and _two_voices(a, b, out, into, bars, taken):
                    continue
                end = out + bars
                if keeps == "from" and end < a.bars and a.sung[end - 1] and a.sung[end]:
                    price += _CUT_OFF / 2
                yield Choice(kind, bars, out, into, price + _SHORTER * number, keeps, tuple(reasons))
        return
    bars = {"cut": 0, "echo": ECHO_BARS, "loop": LOOP_BARS}[kind]
    for out, into, price, reasons in _places(a, b, leave, 0, 0):
        if kind == "echo" and a.sung[out - 1] and any(b.sung[into : into + ECHO_BARS]):
            continue
        stutters = 0.1 if kind == "loop" and a.sung[out - 1] else 0.0
        yield Choice(kind, bars, out, into, price + stutters, None, tuple(reasons))


def _places(a: Shape, b: Shape, leave: Exit, bars: int, taken: int) -> Iterator[tuple[int, int, float, list[str]]]:
    """Bars to go from and to, what they cost, and what speaks for them; `taken` bars of `b` are heard with `a`."""
    lasts = [into for into in b.phrases if into <= _LATEST_IN * b.bars and into + taken + LEAST_ALONE <= b.bars]
    for out in a.phrases:
        if out < leave.alone + LEAST_ALONE or out + bars > a.bars:
            continue
        alone = a.starts[out] - a.starts[leave.alone]
        price = _LENGTH * abs(alone - leave.seconds) / leave.seconds
        why = []
        if out in a.borders:
            why.append(f"it begins where the {a.borders[out]} of the first does" if a.borders[out] else "")
        else:
            price += _NO_BORDER
        if out > 0 and a.sung[out - 1] and out < a.bars and a.sung[out] and not bars:
            price += _CUT_OFF
        for into in lasts:
            landing = into + taken
            here = price + _SKIPPED * into / b.bars
            words = [one for one in why if one]
            if landing in b.borders and taken and b.borders[landing]:
                words.append(f"it ends where the {b.borders[landing]} of the second begins")
            elif taken and landing not in b.borders:
                here += _NOT_LANDING
            yield out, into, here, words


def _two_voices(a: Shape, b: Shape, out: int, into: int, bars: int, taken: int) -> bool:
    """Whether somebody sings in both at any time of a blend; the bars of the second are spread over those of the
    first."""
    for number in range(bars):
        first, last = into + number * taken // bars, into + max(1, -(-(number + 1) * taken // bars))
        if a.sung[out + number] and any(b.sung[first:last]):
            return True
    return False


def _voice_over(found: Pair, out: int, into: int, bars: int, taken: int) -> Literal["from", "to"] | None:
    """Whose voice may stay over whose drums: one that sings there for half the time at least."""
    first, second = found.first.song, found.second.song
    a, b = found.first.shape, found.second.shape
    sung_a, sung_b = sum(a.sung[out : out + bars]) / bars, sum(b.sung[into : into + taken]) / taken
    may = [
        (sung, keeps)
        for sung, keeps, voice, drums in ((sung_a, "from", first, second), (sung_b, "to", second, first))
        if sung >= 0.5 and StemType.VOCALS in voice.stems and StemType.DRUMS in drums.stems
    ]
    return "to" if may and max(may)[1] == "to" else ("from" if may else None)
