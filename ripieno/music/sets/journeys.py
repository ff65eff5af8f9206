"""Journeys: energy and valence over the time of a set, as a line through points."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from ripieno.contracts.sets import JourneyPoint

_PEAK_AT = 0.62  # of the way, where it is the middle one of three stations
_USUAL = ((0.0, 0.4, 0.1), (0.35, 0.6, 0.2), (0.7, 0.9, 0.3), (1.0, 0.5, 0.3))


def usual() -> list[JourneyPoint]:
    """What a night is like where nobody says: it begins easily, has its peak after two thirds, and lets go."""
    return [JourneyPoint(at=at, energy=energy, valence=valence) for at, energy, valence in _USUAL]


def through(stations: Sequence[tuple[float, float]]) -> list[JourneyPoint]:
    """Through places (energy, valence) in their order, evenly; where the middle one of three is the highest, later."""
    if len(stations) == 1:
        energy, valence = stations[0]
        return [JourneyPoint(at=at, energy=energy, valence=valence) for at in (0.0, 1.0)]
    places = [number / (len(stations) - 1) for number in range(len(stations))]
    if len(stations) == 3 and stations[1][0] == max(energy for energy, _ in stations):
        places[1] = _PEAK_AT
    return [
        JourneyPoint(at=round(at, 3), energy=energy, valence=valence)
        for at, (energy, valence) in zip(places, stations, strict=True)
    ]


def at(journey: Sequence[JourneyPoint], share: float) -> tuple[float, float]:
    """Energy and valence after a share (0..1) of the set; before the first point and after the last they stay."""
    points = sorted(journey, key=lambda one: one.at)
    after = bisect_right([one.at for one in points], share)
    if after == 0 or after == len(points):
        edge = points[max(0, after - 1)]
        return edge.energy, edge.valence
    a, b = points[after - 1], points[after]
    part = (share - a.at) / max(1e-9, b.at - a.at)
    return a.energy + part * (b.energy - a.energy), a.valence + part * (b.valence - a.valence)
