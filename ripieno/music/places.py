"""Where the places that somebody names lie in the music: stretches of beats."""

from __future__ import annotations

from collections.abc import Iterable

from ripieno.contracts.generation import StemPlan
from ripieno.contracts.understanding import Place
from ripieno.music import form
from ripieno.music.conditioning import Conditioning

Span = tuple[float, float]


def spans(places: Iterable[Place], music: Conditioning) -> list[Span]:
    """From and to which beat each place lies; none of one that the music does not have, and several of `chorus`."""
    return [span for place in places for span in _spans(place, music)]


def silent(plan: StemPlan, music: Conditioning) -> list[Span]:
    """Where a stem does not play: at its silent places, and outside of those where alone it sounds."""
    found = spans(plan.silent, music)
    sounding = sorted(spans(plan.sounding, music))
    edge = float("-inf")
    for start, end in sounding:
        if start > edge:
            found.append((edge, start))
        edge = max(edge, end)
    return found + ([(edge, float("inf"))] if sounding else [])


def lies_in(beat: float, found: list[Span]) -> bool:
    return any(start - 1e-6 <= beat < end - 1e-6 for start, end in found)


def missing(places: Iterable[Place], music: Conditioning) -> list[str]:
    """The places that the music does not have, as a person reads them."""
    return [place.words for place in places if not _spans(place, music)]


def _spans(place: Place, music: Conditioning) -> list[Span]:
    stretches = _sections(place.section, music) if place.section else [(0.0, music.last)]
    if place.bars is not None:
        stretches = [span for stretch in stretches if (span := _bars(place.bars, stretch, music)) is not None]
    if place.half is not None:
        stretches = [_half(place.half, stretch, music) for stretch in stretches]
    if place.side == "in" or not stretches:
        return stretches
    first, last = min(start for start, _ in stretches), max(end for _, end in stretches)
    beside = {"before": (0.0, first), "after": (last, float("inf")), "from": (first, float("inf"))}
    return [beside[place.side]]


def _sections(name: str, music: Conditioning) -> list[Span]:
    """Every section of a kind, or the one that a number says."""
    labels = [one.label for one in music.sections]
    same = [number for number, label in enumerate(labels) if _plain(label) == _plain(name)]
    if not same:
        found = form.find(name, labels)
        same = [] if found is None else [found]
    return [(music.sections[number].start, music.sections[number].end) for number in same]


def _plain(name: str) -> str:
    return "".join(name.lower().replace("-", " ").split())


def _bars(bars: tuple[int, int], within: Span, music: Conditioning) -> Span | None:
    """Bars of a stretch, counted from 1 at its first downbeat, below 0 from its end."""
    positions = music.timeline.positions
    starts = [beat for beat, position in enumerate(positions) if position == 1 and within[0] - 0.5 <= beat < within[1]]
    first, last = (bar - 1 if bar > 0 else len(starts) + bar for bar in bars)
    first, last = max(0, first), min(last, len(starts) - 1)
    if not starts or first > last:
        return None
    end = starts[last + 1] if last + 1 < len(starts) else within[1]
    return float(starts[first]), float(end)


def _half(which: int, within: Span, music: Conditioning) -> Span:
    """The first or second half of a stretch, cut at the downbeat nearest to its middle."""
    middle = (within[0] + within[1]) / 2
    downbeats = [float(beat) for beat, position in enumerate(music.timeline.positions) if position == 1]
    inside = [beat for beat in downbeats if within[0] < beat < within[1]]
    cut = min(inside, key=lambda beat: abs(beat - middle), default=middle)
    return (within[0], cut) if which == 1 else (cut, within[1])
