"""Drums: the genre's pattern for the energy of each bar, a fill where a section ends, a crash where one begins."""

from __future__ import annotations

import random

from ripieno.music.arranging.feel import Event
from ripieno.music.arranging.rhythm import strokes
from ripieno.music.conditioning import Conditioning
from ripieno.music.genres import DrumPattern, Genre

KIT = {
    "kick": 36, "rim": 37, "snare": 38, "clap": 39, "hat": 42, "pedal_hat": 44, "tom_low": 45, "open_hat": 46,
    "tom_high": 48, "crash": 49, "ride": 51, "crash_ride": 57, "shaker": 70,
}  # fmt: skip
_STRIKE = 0.12  # beats a stroke is held for
_LOUDEST = {"kick": 118, "snare": 112, "hat": 86, "open_hat": 84, "shaker": 70, "ride": 84, "crash": 104}
_LEAST_FILL_BEATS = 2
_VARIED_FROM = 0.4  # energy
_DENSITY = 0.4  # of energy, that a player's density moves the choice of pattern by


def write(conditioning: Conditioning, genre: Genre, rng: random.Random) -> list[Event]:
    """Every stroke of the range, in beats, before the feel is laid on."""
    timeline, drums = conditioning.timeline, genre.drums
    patterns = drums.compound if timeline.compound else drums.four
    events: list[Event] = []
    for bar in conditioning.bars():
        energy = conditioning.energy_of(bar)
        busy = max(0.0, conditioning.fullness_of(bar) + _DENSITY * drums.density)
        pattern = max((one for one in patterns if one.from_energy <= busy), key=lambda one: one.from_energy)
        section = conditioning.section_at(bar.first)
        ends_section = bar.first + bar.beats >= min(section.end, conditioning.last) - 0.01
        has_fill = ends_section and not timeline.compound and bar.beats > _LEAST_FILL_BEATS and energy > 0.35
        fill_from = bar.beats - (2 if energy > 0.7 or rng.random() < 0.4 else 1) if has_fill else bar.beats
        events += _bar(pattern, bar.first, bar.beats, genre, fill_from, energy)
        if not has_fill and conditioning.bar_of_section(bar) % 4 == 3 and energy > _VARIED_FROM:
            events += _turn(bar.first, bar.beats, genre, energy, rng, compound=timeline.compound)
        if has_fill:
            events += _fill(genre, bar.first, bar.beats, fill_from, energy)
        begins = abs(bar.first - section.start) < 0.01
        if drums.crash and begins and energy > 0.6:
            events.append(Event(bar.first, 1.0, KIT["crash"], _LOUDEST["crash"]))
    return events


def _bar(pattern: DrumPattern, first: int, beats: int, genre: Genre, until: float, energy: float) -> list[Event]:
    force = 0.72 + 0.28 * energy
    return [
        Event(first + stroke.at, _STRIKE, KIT[name], _LOUDEST.get(name, 96) * stroke.force * force)
        for name, rhythm in pattern.rhythm.items()
        for stroke in strokes(rhythm, beats, swing=genre.feel.swing)
        if stroke.at < until - 1e-6
    ]


def _turn(first: int, beats: int, genre: Genre, energy: float, rng: random.Random, *, compound: bool) -> list[Event]:
    """What a drummer adds at the end of every fourth bar: a stroke or two on the last half of a beat."""
    half = 2 / 3 if compound else genre.feel.swing
    name, force = rng.choice((("open_hat", 0.9), ("kick", 0.7), ("snare", 0.45), ("tom_low", 0.6)))
    at = [beats - 1 + half] if rng.random() < 0.6 or beats < 2 else [beats - 2 + half, beats - 1 + half]
    force *= 0.72 + 0.28 * energy
    return [Event(first + one, _STRIKE, KIT[name], _LOUDEST.get(name, 96) * force) for one in at]


def _fill(genre: Genre, first: int, beats: int, start: float, energy: float) -> list[Event]:
    """The last beats of the genre's fill, growing."""
    return [
        Event(first + stroke.at, _STRIKE, KIT[name], 112 * stroke.force * (0.7 + 0.3 * energy))
        for name, rhythm in genre.drums.fill.items()
        for stroke in strokes(rhythm, beats, swing=genre.feel.swing)
        if stroke.at >= start - 1e-6
    ]
