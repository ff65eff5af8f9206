"""What planning knows of a song follows from what was found in it."""

from __future__ import annotations

import pytest

from ripieno.contracts.analysis import Analysis
from ripieno.contracts.sets import Span
from ripieno.music.sets import songs


def test_energy_grows_with_tempo_and_loudness_and_is_the_arousal_where_that_is_known() -> None:
    calm, wild = songs.energy_of(70, -22), songs.energy_of(150, -8)
    assert calm < 0.3 and wild > 0.8
    assert songs.energy_of(70, -22, arousal=0.5) == 0.75
    assert songs.energy_of(None, None) == 0.5


def test_a_voice_is_where_its_stem_is_loud() -> None:
    rate, step = 44100, 256
    second = rate // step
    data: list[int] = []
    for loud in [0] * 2 + [60] * 3 + [1] * 4 + [50] * 2 + [0]:
        data += [-loud, loud] * second
    peaks = {"version": 2, "channels": 1, "sample_rate": rate, "samples_per_pixel": step, "bits": 8,
             "length": len(data) // 2, "data": data}  # fmt: skip
    found = songs.vocals_of(peaks)
    assert [(round(one.start_seconds), round(one.end_seconds)) for one in found] == [(2, 5), (9, 11)]
    assert songs.vocals_of({**peaks, "data": [0, 0] * 500}) == []


def test_an_analysis_becomes_a_song() -> None:
    beats = [{"time": 0.5 * n, "position": n % 3 + 1} for n in range(30)]
    found = Analysis.model_validate(
        {"duration_seconds": 15, "bpm": 120, "key": "D", "mode": "minor", "beats": beats, "loudness_lufs": -12,
         "confidence": {"beats": 0.9}}
    )  # fmt: skip
    song = songs.of_analysis(found, song="a", title="A", vocals=[Span(start_seconds=1, end_seconds=2)])
    assert song.beats_per_bar == 3 and song.downbeats[:2] == [0.0, 1.5]
    assert song.beat_confidence == pytest.approx(0.9) and song.valence < 0
