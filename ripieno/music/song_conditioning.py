"""From what was found in a song to what new music for it has to fit."""

from __future__ import annotations

from dataclasses import replace

from ripieno.contracts.analysis import Analysis
from ripieno.contracts.generation import TempoWay
from ripieno.music import form
from ripieno.music.chord import parse
from ripieno.music.conditioning import ChordSpan, Conditioning, KeyAt, SectionSpan, integrated, likely_key
from ripieno.music.pitch import pitch_class
from ripieno.music.tempo import fitted
from ripieno.music.timeline import Timeline

_QUIETEST, _LOUDEST, _EVEN = 0.3, 1.0, 0.7  # energies; the last for a song that is equally loud throughout
_AUDIBLE_DRIFT = 0.03  # seconds
_RANGE_DB = 3.0  # less than this from quiet to loud bars is even


class NotConditionable(ValueError):
    """Nothing can be fitted to this song; the message says why, and what to do."""


def of_song(analysis: Analysis, tempo: TempoWay = "follow") -> Conditioning:
    """The whole song, its beats as `tempo` says (`ripieno.music.tempo`).

    Raises
    ------
    NotConditionable
        Where no pulse was found.
    """
    if len(analysis.beats) < 2:
        raise NotConditionable("no pulse was found in the song, so nothing can be fitted to it: generate free-standing")
    times = tuple(beat.time for beat in analysis.beats)
    fit = fitted(times, tempo)
    positions = tuple(beat.position for beat in analysis.beats)
    compound = (analysis.time_signature or "").endswith("/8")
    timeline = Timeline(times, positions, max(positions), compound)
    chords = tuple(
        ChordSpan(_on_beat(timeline, one.start_time), _on_beat(timeline, one.end_time), parse(one.chord))
        for one in analysis.chords
        if one.end_time > one.start_time
    )
    sections = tuple(
        SectionSpan(_on_beat(timeline, one.start_time), _on_beat(timeline, one.end_time), one.label)
        for one in analysis.sections
    )
    keys = tuple(
        KeyAt(_on_beat(timeline, one.start_time), _on_beat(timeline, one.end_time), pitch_class(one.key), str(one.mode))
        for one in analysis.keys
    )
    last = len(times) - 1 + 1.0
    if analysis.key and analysis.mode:
        tonic, mode = pitch_class(analysis.key), str(analysis.mode)
    else:
        tonic, mode = likely_key([span.chord for span in chords if span.chord] or [parse("C")])  # pyright: ignore
    remarks = ()
    if fit.drift > _AUDIBLE_DRIFT:
        drift = f"{1000 * fit.drift:.0f} ms" if fit.drift < 1 else f"{fit.drift:.1f} s"
        remarks = (f"the song does not keep to one tempo: it drifts by up to {drift}, which tempo smooth would follow",)
    return Conditioning(
        Timeline(fit.times, positions, timeline.beats_per_bar, compound),
        chords,
        tonic,
        mode,
        sections or (SectionSpan(0.0, last, "verse"),),
        _energies(analysis.bar_levels, len(timeline.bars())),
        0.0,
        last,
        analysis.tuning_frequency or 440.0,
        keys if len(keys) > 1 else (),
        span=(0.0, analysis.duration_seconds),
        remarks=remarks,
        bar_loudness=_loudness(analysis, len(timeline.bars())),
    )


def within(song: Conditioning, *, section: str | None = None, bars: tuple[int, int] | None = None) -> Conditioning:
    """The same for a part of the song: a section by its name (`music.form`), or bars, counted from 1 at the first
    downbeat as musicians do.

    Raises
    ------
    NotConditionable
        Where the song has no such part.
    """
    if bars is not None:
        starts = [number for number, position in enumerate(song.timeline.positions) if position == 1]
        first, last = bars
        if not 1 <= first <= last <= len(starts):
            raise NotConditionable(f"the song has bars 1 to {len(starts)}, not {first} to {last}")
        end = float(starts[last]) if last < len(starts) else song.last
        return replace(song, first=float(starts[first - 1]), last=end, span=None)
    if section is not None:
        labels = [one.label for one in song.sections]
        place = form.find(section, labels)
        if place is None:
            raise NotConditionable(f"the song has no {section!r}: its sections are {', '.join(form.numbered(labels))}")
        start, end = song.sections[place].start, song.sections[place].end
        return replace(song, first=max(0.0, start), last=min(song.last, end), span=None)
    return song


def _on_beat(timeline: Timeline, seconds: float) -> float:
    """The beat at a time, on the beat itself where it is meant."""
    beat = timeline.beat_at(seconds)
    return float(round(beat)) if abs(beat - round(beat)) < 0.1 else beat


def _energies(levels: list[float], bars: int) -> tuple[float, ...]:
    """Levels in dB as energies, by the song's own range."""
    if not levels:
        return (_EVEN,) * max(1, bars)
    padded = _for_each_bar(levels, bars)
    ordered = sorted(levels)
    low, high = ordered[len(ordered) // 20], ordered[-1 - len(ordered) // 20]
    if high - low < _RANGE_DB:
        return (_EVEN,) * len(padded)
    span = _LOUDEST - _QUIETEST
    return tuple(_QUIETEST + span * min(max((level - low) / (high - low), 0.0), 1.0) for level in padded)


def _loudness(analysis: Analysis, bars: int) -> tuple[float, ...]:
    """The level of each bar, moved so that all of them together are as loud as the song."""
    if analysis.loudness_lufs is None:
        return ()
    levels = analysis.bar_levels or [0.0]
    to_lufs = analysis.loudness_lufs - integrated(levels)
    return tuple(level + to_lufs for level in _for_each_bar(levels, bars))


def _for_each_bar(levels: list[float], bars: int) -> list[float]:
    """A first short bar has its neighbour's."""
    return [levels[0]] * (bars - len(levels)) + levels
