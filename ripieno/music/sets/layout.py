"""An order of songs as a set in time: where each is left and comes in, and when that is in the set.

From one song to the next: the transition is chosen by bars (`transitions.choose`), its beats are laid on one grid, and
the clock of the set goes on. Songs whose beats nobody knows are cut where a section ends, or at their end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from ripieno.contracts.sets import (
    Persona,
    PlannedSong,
    PlannedTransition,
    SetWishes,
    TransitionKind,
    TransitionPin,
)
from ripieno.music.sets import camelot, grid, pairs, transitions
from ripieno.music.sets.pairs import Candidate, Pair
from ripieno.music.sets.transitions import Choice, Exit, Wanted

_LEAST_SHARE = 0.3  # of a song that is heard at the least, where its beats are not known


@dataclass
class Laid:
    """What came of an order; `remarks` say what could not be as it was wanted."""

    songs: list[PlannedSong] = field(default_factory=list)
    transitions: list[PlannedTransition] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        return self.songs[-1].end_seconds if self.songs else 0.0


@dataclass
class _Clock:
    """Where the set stands: the song that is heard alone, from `own` seconds of it on, at `at` seconds of the set."""

    at: float
    own: float
    bar: int


def lay_out(
    order: Sequence[Candidate], persona: Persona, wishes: SetWishes, *, scale: float = 1.0, loudness: float = -14.0
) -> Laid:
    """
    Parameters
    ----------
    scale : how much longer than the persona would each song is heard
    """
    laid = Laid()
    clock = _Clock(at=0.0, own=0.0, bar=0)
    begun, entered = 0.0, 0.0  # of the set and of the song
    for number, (one, after) in enumerate(pairwise(order), start=1):
        kinds: list[TransitionKind] = [step.kind for step in laid.transitions]
        seconds = wanted_seconds(one, persona) * scale
        step, clock = _step(pairs.pair(one, after), persona, wishes, clock, kinds, seconds, laid)
        step.number = number
        laid.transitions.append(step)
        overlaps = step.kind in ("blend", "stems")
        left = step.from_seconds + (_length(one, step) if overlaps else 0.0)
        ended = step.end_seconds if overlaps or step.kind == "loop" else step.start_seconds
        laid.songs.append(_song(number, one, entered, left, begun, ended, loudness))
        begun = step.end_seconds if step.kind == "loop" else step.start_seconds
        entered = step.to_seconds
    last = order[-1]
    ended = clock.at + last.song.seconds - clock.own
    laid.songs.append(_song(len(order), last, entered, last.song.seconds, begun, ended, loudness))
    return laid


def wanted_seconds(one: Candidate, persona: Persona) -> float:
    """How long the persona stays with a song."""
    pace = persona.pace
    return min(one.song.seconds, max(pace.least_seconds, min(pace.most_seconds, pace.share * one.song.seconds)))


def wish(wishes: SetWishes, found: Pair) -> TransitionPin | None:
    """What is wanted of the transition between two songs."""
    ids = (found.first.song.song, found.second.song.song)
    fits = [one for one in wishes.transitions if one.from_song == ids[0] and one.to_song in (None, ids[1])]
    return max(fits, key=lambda one: one.to_song is not None, default=None)


# -- one step -----------------------------------------------------------------------------------------------------


def _step(
    found: Pair,
    persona: Persona,
    wishes: SetWishes,
    clock: _Clock,
    kinds: Sequence[TransitionKind],
    seconds: float,
    laid: Laid,
) -> tuple[PlannedTransition, _Clock]:
    """A transition, and the clock when the second song is heard alone."""
    pin = wish(wishes, found)
    names = f"{found.first.song.title} to {found.second.song.title}"
    banned = frozenset(wishes.banned_kinds) | (frozenset(pin.not_kinds) if pin else frozenset())
    leave = Exit(clock.bar, seconds)
    wanted = Wanted(
        pin.kind if pin else None, banned - ({pin.kind} if pin and pin.kind else set()), pin.bars if pin else None
    )
    chosen = transitions.choose(found, persona, leave, kinds, wanted)
    if chosen is None and wanted.bars is not None:
        chosen = transitions.choose(found, persona, leave, kinds, Wanted(wanted.kind, wanted.not_kinds))
        if chosen is not None:
            laid.remarks.append(f"{names}: {wanted.bars} bars are not possible there, {chosen.bars} are")
    if chosen is None and wanted.kind is not None:
        chosen = transitions.choose(found, persona, leave, kinds, Wanted(None, banned))
        if chosen is not None:
            laid.remarks.append(f"{names}: no {wanted.kind} is possible: {why_not(wanted.kind, found, persona, leave)}")
    if chosen is None:
        if found.first.shape.has_bars and found.second.shape.has_bars and banned:
            laid.remarks.append(f"{names}: none of the kinds that are allowed is possible, so it is cut at its end")
        return _loose(found, clock, seconds)
    chosen = replace(chosen, reasons=(*_instead(chosen, found, persona, leave, banned), *chosen.reasons))
    if pin is not None and pin.by_bars:
        chosen = _moved(chosen, found, leave, pin.by_bars, names, laid)
    return _placed(
        found, chosen, clock, is_pinned=pin is not None and (pin.kind == chosen.kind or bool(pin.by_bars or pin.bars))
    )


def why_not(kind: TransitionKind, found: Pair, persona: Persona, leave: Exit) -> str:
    """Why a kind is not possible between two songs."""
    if not (found.first.shape.has_bars and found.second.shape.has_bars):
        return "nobody knows the beats of both songs"
    if kind in ("blend", "stems") and not found.matches(persona):
        tempi = " and ".join(f"{one.song.bpm or 0:.0f}" for one in (found.first, found.second))
        return f"their tempi cannot be one beat ({tempi} bpm)"
    if kind == "blend" and found.harmony.cost >= camelot.CLASH:
        return f"their keys would clash: {found.harmony.words}"
    if not transitions.has_room(kind, found, persona, leave):
        return "no phrase of the first leaves room for it"
    if kind == "stems":
        return "nowhere does one of them sing over drums of the other that are there as stems"
    return "wherever it could be, two voices would sound at once"


def _instead(
    chosen: Choice, found: Pair, persona: Persona, leave: Exit, banned: frozenset[TransitionKind]
) -> list[str]:
    """Why it is not a blend, which is what is done where nothing speaks against it."""
    if chosen.kind == "blend":
        return []
    if "blend" in banned:
        return ["a blend is not wanted there"]
    if transitions.choose(found, persona, leave, (), Wanted("blend")) is None:
        return [f"a blend is not possible: {why_not('blend', found, persona, leave)}"]
    if persona.transitions.get(chosen.kind, 1.0) > persona.transitions.get("blend", 1.0):
        return [f"{persona.title} likes that better than a blend"]
    return []


def _placed(found: Pair, chosen: Choice, clock: _Clock, *, is_pinned: bool) -> tuple[PlannedTransition, _Clock]:
    first, second = found.first, found.second
    a, b = first.shape, second.shape
    out, into = a.starts_of(chosen.out), b.starts_of(chosen.into)
    start = clock.at + out - clock.own
    stretch = (1.0, 1.0)
    pulse = found.tempo.pulse if found.tempo else "normal"
    alone = chosen.alone(found)
    own, length = into, 0.0
    if chosen.kind in ("blend", "stems"):
        ones, others = beats_of(found, chosen.out, chosen.into, chosen.bars)
        times = grid.together(ones, others)
        length, own = times[-1], others[-1]
        stretch = tuple(max(grid.stretches(one, times), key=lambda x: abs(x - 1)) for one in (ones, others))
    elif chosen.bars:
        length = chosen.bars * a.bar_seconds
    end = start + length
    factor = {"normal": 1.0, "half": 0.5, "double": 2.0}[pulse]
    step = PlannedTransition(
        number=1, from_song=first.song.song, to_song=second.song.song, kind=chosen.kind, bars=chosen.bars,
        start_seconds=round(start, 4), end_seconds=round(end, 4), from_seconds=round(out, 4), to_seconds=round(into, 4),
        bpm_from=first.song.bpm, bpm_to=None if second.song.bpm is None else round(second.song.bpm * factor, 2),
        pulse=pulse if length and chosen.kind in ("blend", "stems") else "normal",
        stretch_from=round(stretch[0], 4), stretch_to=round(stretch[1], 4), keeps=chosen.keeps,
        harmony=found.harmony.words, pinned=is_pinned, why=list(chosen.reasons),
    )  # fmt: skip
    heard = end if chosen.kind in ("blend", "stems", "loop") else start
    return step, _Clock(at=heard, own=own, bar=alone)


def beats_of(found: Pair, out: int, into: int, bars: int) -> tuple[list[float], list[float]]:
    """The common beats of both songs in a transition of so many bars of the first."""
    assert found.tempo is not None
    a, b = found.first.shape, found.second.shape
    beats = bars * found.first.song.beats_per_bar
    return grid.common(
        a.beats_from(out, beats), b.beats_from(into, grid.beats_of_second(beats, found.tempo.pulse)), found.tempo.pulse
    )


def _moved(chosen: Choice, found: Pair, leave: Exit, by: int, names: str, laid: Laid) -> Choice:
    """So many bars later, or as near to that as there is room without two voices."""
    step = 1 if by > 0 else -1
    for moved in range(by, 0, -step):
        if transitions.is_possible(chosen, found, leave, chosen.out + moved):
            if moved != by:
                laid.remarks.append(f"{names}: it could be moved by {moved} bars only")
            said = f"you moved it by {moved:+d} bars"
            return replace(chosen, out=chosen.out + moved, reasons=(said,))
    laid.remarks.append(f"{names}: it could not be moved: there is no room, or two voices would sound at once")
    return chosen


def _loose(found: Pair, clock: _Clock, seconds: float) -> tuple[PlannedTransition, _Clock]:
    """A cut by sections alone: at the border nearest to where the song is to be left, to where the second begins."""
    first, second = found.first.song, found.second.song
    a, b = found.first.shape, found.second.shape
    latest = clock.own + max(1.0, _LEAST_SHARE * (first.seconds - clock.own))
    edges = [one.end_time for one in first.sections if latest <= one.end_time < first.seconds - 1]
    if a.has_bars:
        edges = [a.starts_of(bar) for bar in a.phrases if a.starts[bar] >= latest]
    out = min([*edges, first.seconds], key=lambda edge: abs(edge - clock.own - seconds))
    out = max(out, clock.own + 0.5)
    into = b.starts_of(0) if b.has_bars else 0.0
    start = clock.at + out - clock.own
    why = "the one ends and the other begins: nobody knows the beats of both, or no kind that is allowed is possible"
    step = PlannedTransition(
        number=1, from_song=first.song, to_song=second.song, kind="cut", bars=0, start_seconds=round(start, 4),
        end_seconds=round(start, 4), from_seconds=round(out, 4), to_seconds=round(into, 4), bpm_from=first.bpm,
        bpm_to=second.bpm, harmony=found.harmony.words, why=[why],
    )  # fmt: skip
    return step, _Clock(at=start, own=into, bar=0)


def _length(one: Candidate, step: PlannedTransition) -> float:
    """How much of the first song a transition takes."""
    bar = one.shape.bar_seconds
    return min(step.bars * bar, one.song.seconds - step.from_seconds)


def _song(
    position: int, one: Candidate, entered: float, left: float, begun: float, ended: float, loudness: float
) -> PlannedSong:
    song = one.song
    return PlannedSong(
        position=position, song=song.song, title=song.title, artist=song.artist, in_seconds=round(entered, 4),
        out_seconds=round(left, 4), start_seconds=round(begun, 4), end_seconds=round(ended, 4), own_bpm=song.bpm,
        bpm=song.bpm, camelot=str(one.code) if one.code else None, energy=round(song.energy, 3),
        valence=round(song.valence, 3),
        gain_db=0.0 if song.loudness_lufs is None else round(loudness - song.loudness_lufs, 2),
    )  # fmt: skip
