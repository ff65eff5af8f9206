"""A song's chords bar by bar."""

from __future__ import annotations

from ripieno.contracts.analysis import Analysis
from ripieno.music.chart import chart


def analysis(positions: list[int], chords: list[tuple[float, str]], sections: list[tuple[float, str]] = ()) -> Analysis:
    """A beat a second; chords and sections last until the next."""
    ends = [start for start, _ in chords[1:]] + [float(len(positions))]
    return Analysis.model_validate({
        "duration_seconds": len(positions),
        "beats": [{"time": at, "position": position} for at, position in enumerate(positions)],
        "chords": [{"start_time": start, "end_time": end, "chord": name, "confidence": 1}
                   for (start, name), end in zip(chords, ends, strict=True)],
        "sections": [{"start_time": start, "end_time": start + 4, "label": label, "confidence": 1}
                     for start, label in sections],
    })  # fmt: skip


def test_each_bar_has_the_chords_that_sound_in_it_with_their_beats():
    bars = chart(analysis([1, 2, 3, 4] * 2, [(0, "C"), (2.05, "G"), (4, "A:min")]))
    assert [(bar.number, bar.chords) for bar in bars] == [(1, ((1, "C"), (3, "G"))), (2, ((1, "A:min"),))]


def test_bars_are_counted_from_the_first_downbeat_and_the_pickup_is_bar_0():
    bars = chart(analysis([3, 4, 1, 2, 3, 4, 1], [(0, "C")]))
    assert [(bar.number, bar.start_time, bar.beats) for bar in bars] == [(0, 0, 2), (1, 2, 4), (2, 6, 1)]


def test_a_section_stands_at_the_bar_that_it_begins_nearest_to():
    bars = chart(analysis([1, 2, 3] * 4, [(0, "C")], [(0, "intro"), (5.8, "verse"), (9.2, "chorus")]))
    assert [bar.section for bar in bars] == ["intro", None, "verse", "chorus"]


def test_a_song_without_a_pulse_has_no_bars():
    assert chart(analysis([], [(0, "C")])) == []
    assert chart(analysis([2, 3], [(0, "C")])) == []
