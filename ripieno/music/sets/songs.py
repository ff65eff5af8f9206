"""What planning knows of a song, from what was found in it.

Energy is how a listener would place it between rest and dance: with a known arousal it is that, else it is made of
tempo and loudness alone, which says nothing of how dense or bright a song is. A voice is where the separated voice is
loud, read from the peaks that are stored beside each stem, so that no audio has to be read again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ripieno.contracts.analysis import Analysis
from ripieno.contracts.enums import StemType
from ripieno.contracts.production import AudioBlob
from ripieno.contracts.sets import SetSong, Span

_SLOW, _FAST = 60.0, 170.0  # bpm
_QUIET, _LOUD = -28.0, -8.0  # LUFS
_TEMPO_SHARE = 0.55
_AUDIBLE = 0.06  # of full scale, from which a separated voice is one, and not what is left of the others
_BESIDE_LOUDEST = 0.1
_WINDOW, _GAP, _LEAST = 0.25, 0.8, 0.4  # seconds: looked at once; a breath; the shortest that counts


def energy_of(bpm: float | None, loudness_lufs: float | None, arousal: float | None = None) -> float:
    """0 (rest) to 1 (dance)."""
    if arousal is not None:
        return round((arousal + 1) / 2, 3)
    tempo = 0.5 if bpm is None else min(1.0, max(0.0, (bpm - _SLOW) / (_FAST - _SLOW)))
    loud = 0.5 if loudness_lufs is None else min(1.0, max(0.0, (loudness_lufs - _QUIET) / (_LOUD - _QUIET)))
    return round(_TEMPO_SHARE * tempo + (1 - _TEMPO_SHARE) * loud, 3)


def vocals_of(peaks: Mapping[str, Any]) -> list[Span]:
    """Where somebody sings, from the peaks of the separated voice (BBC audiowaveform JSON, version 2)."""
    pairs, rate = peaks["data"], peaks["sample_rate"] / peaks["samples_per_pixel"]
    full = float(1 << (peaks["bits"] - 1))
    width = max(1, round(_WINDOW * rate))
    heights = [(pairs[n + 1] - pairs[n]) / (2 * full) for n in range(0, len(pairs) - 1, 2)]
    windows = [sum(heights[n : n + width]) / width for n in range(0, len(heights), width)]
    least = max(_AUDIBLE / 2, _BESIDE_LOUDEST * max(windows, default=0.0))
    step = width / rate
    spans: list[Span] = []
    for number, height in enumerate(windows):
        if height < least:
            continue
        begin, end = number * step, (number + 1) * step
        if spans and begin - spans[-1].end_seconds <= _GAP:
            spans[-1].end_seconds = end
        else:
            spans.append(Span(start_seconds=begin, end_seconds=end))
    return [one for one in spans if one.end_seconds - one.start_seconds >= _LEAST]


def of_analysis(
    found: Analysis,
    *,
    song: str,
    title: str,
    artist: str = "",
    audio: AudioBlob | None = None,
    stems: Mapping[StemType, AudioBlob] | None = None,
    vocals: Sequence[Span] | None = None,
    styles: Mapping[str, float] | None = None,
    valence: float | None = None,
    arousal: float | None = None,
    is_composition: bool = False,
) -> SetSong:
    """A song as planning sees it.

    Parameters
    ----------
    vocals : where somebody sings (`vocals_of`), None where nobody looked
    valence, arousal : -1 to 1, where they were measured; else major is a little glad, minor a little sad
    """
    bars = [one.time for one in found.beats if one.position == 1]
    return SetSong(
        song=song,
        is_composition=is_composition,
        title=title,
        artist=artist,
        seconds=max(found.duration_seconds, 0.001),
        bpm=found.bpm,
        beats_per_bar=min(12, max((one.position for one in found.beats), default=4)),
        beats=[one.time for one in found.beats],
        downbeats=bars,
        beat_confidence=found.confidence.beats,
        key=found.key,
        mode=found.mode,
        sections=found.sections,
        bar_levels=found.bar_levels,
        energy=energy_of(found.bpm, found.loudness_lufs, arousal),
        valence=valence if valence is not None else {"major": 0.2, "minor": -0.2}.get(str(found.mode), 0.0),
        arousal=arousal if arousal is not None else 0.0,
        loudness_lufs=found.loudness_lufs,
        styles=dict(styles or {}),
        vocals=None if vocals is None else list(vocals),
        audio=audio,
        stems=dict(stems or {}),
    )
