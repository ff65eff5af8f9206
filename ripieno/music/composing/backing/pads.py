"""Chords on a vowel below the lead: each voice goes to the nearest tone that makes a chord with the others."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, pairwise

from ripieno.music.chord import Chord
from ripieno.music.composing.backing import tones
from ripieno.music.conditioning import Conditioning, SectionSpan
from ripieno.music.lyrics.setting import MELISMA, SungBeat

_LOWEST, _HIGHEST = 50, 67  # D3 to G4
_BELOW = 3  # semitones, of the lead
_LEAST_ROOM = 9  # semitones: in so many there are chords
_CLOSE, _WIDE = 3, 8  # semitones between neighbours
_BREATH_BARS, _BREATH = 2, 0.3  # beats
_WITHOUT_THIRD, _AS_THE_LEAD, _FROM_MIDDLE = 3.0, 8.0, 0.3
_LEAST_BEATS = 0.5

Stretch = tuple[float, float, Chord, bool]


def voices(
    music: Conditioning, section: SectionSpan, lead: Sequence[SungBeat], *, count: int, vowel: str
) -> list[list[SungBeat]]:
    """The notes of each of some voices, the lowest first, through a section; they breathe every other bar.

    Parameters
    ----------
    lead : what is sung meanwhile, below which they stay
    """
    found: list[list[SungBeat]] = [[] for _ in range(count)]
    before: tuple[int, ...] = ()
    lead_before: float | None = None
    for start, end, chord, breathes in _stretches(music, section):
        over = [note.pitch for note in lead if note.start < end and note.start + note.length > start]
        lead_now = next((note.pitch for note in lead if note.start <= start < note.start + note.length), None)
        voicing = _voicing(chord, count, min(over, default=None), before, (lead_before, lead_now))
        until = end - (_BREATH if breathes else 0.0)
        for voice, pitch in zip(found, voicing, strict=False):
            last = voice[-1] if voice else None
            goes_on = last is not None and abs(last.start + last.length - start) < 1e-6
            if last is not None and goes_on and last.pitch == pitch:
                voice[-1] = SungBeat(last.start, until - last.start, last.pitch, last.syllable)
            else:
                voice.append(SungBeat(start, until - start, float(pitch), MELISMA if goes_on else vowel))
        before, lead_before = voicing or before, lead_now
    return [voice for voice in found if voice]


def _stretches(music: Conditioning, section: SectionSpan) -> list[Stretch]:
    """The section's chords, cut where a breath is taken, which is said by the last of each."""
    cut = _BREATH_BARS * music.timeline.beats_per_bar
    found: list[Stretch] = []
    for span in music.chords:
        start, end = max(span.start, section.start), min(span.end, section.end)
        if span.chord is None:
            continue
        while end - start >= _LEAST_BEATS:
            breath = section.start + cut * (int((start - section.start) / cut + 1e-6) + 1)
            until = min(end, breath, section.end)
            found.append((start, until, span.chord, until >= min(breath, section.end) - 1e-6))
            start = until
    merged: list[Stretch] = []
    for one in found:
        if merged and merged[-1][2] == one[2] and merged[-1][1] == one[0] and not merged[-1][3]:
            merged[-1] = (merged[-1][0], one[1], one[2], one[3])
        else:
            merged.append(one)
    return merged


def _voicing(
    chord: Chord,
    count: int,
    lead: float | None,
    before: tuple[int, ...],
    leads: tuple[float | None, float | None],
) -> tuple[int, ...]:
    """The chord's tones that lie best after those before, as many as can be."""
    high = _HIGHEST if lead is None else min(_HIGHEST, int(lead) - _BELOW)
    low = max(tones.LOWEST - 5, min(_LOWEST, high - _LEAST_ROOM))
    pitches = [pitch for pitch in range(low, high + 1) if pitch % 12 in chord.pitch_classes]
    third = (chord.root + chord.tones[1]) % 12 if len(chord.tones) > 2 else None

    def cost(voicing: tuple[int, ...]) -> float:
        moved = sum(abs(now - then) for now, then in zip(voicing, before, strict=False))
        missing = _WITHOUT_THIRD * (third is not None and third not in {one % 12 for one in voicing})
        middle = _FROM_MIDDLE * abs(sum(voicing) / len(voicing) - (low + high) / 2)
        return moved + missing + middle + _AS_THE_LEAD * _doubles(voicing, before, leads)

    for voices_now in range(count, 0, -1):
        fitting = [
            one
            for one in combinations(pitches, voices_now)
            if len({pitch % 12 for pitch in one}) == voices_now
            and all(_CLOSE <= b - a <= _WIDE for a, b in pairwise(one))
        ]
        if fitting:
            return min(fitting, key=lambda one: (cost(one), one))
    return ()


def _doubles(voicing: tuple[int, ...], before: tuple[int, ...], leads: tuple[float | None, float | None]) -> int:
    """How many voices would move in octaves with the lead."""
    then, now = leads
    if then is None or now is None or then == now:
        return 0
    return sum(
        (now - here) % 12 == 0 and (then - there) % 12 == 0 for here, there in zip(voicing, before, strict=False)
    )
