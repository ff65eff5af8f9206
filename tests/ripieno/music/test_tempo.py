"""Tempo behind jitter: what steady, drifting and changing songs are played to, against what is true of them."""

from __future__ import annotations

import random
from itertools import accumulate, pairwise
from math import pi, sin

import pytest

from ripieno.contracts.analysis import Analysis, Beat
from ripieno.music import tempo_map
from ripieno.music.song_conditioning import of_song
from ripieno.music.tempo import counted, fitted

BEATS = 320


def played(periods: list[float]) -> list[float]:
    return list(accumulate(periods, initial=1.0))


TRUE = {
    "steady": played([0.5] * BEATS),
    "ritardando": played([0.5] * (BEATS - 16) + [0.5 * (1 + 0.6 * n / 15) for n in range(16)]),
    "accelerando": played([0.5 - 0.06 * n / BEATS for n in range(BEATS)]),
    "step": played([0.5] * (BEATS // 2) + [0.6] * (BEATS // 2)),
    "double time": played([1.0] * (BEATS // 2) + [0.5] * (BEATS // 2)),
    "drift": played([0.5 * (1 + 0.03 * sin(2 * pi * n / 100)) for n in range(BEATS)]),
    "rubato": played([0.5 * (1 + 0.05 * sin(2 * pi * n / 32)) for n in range(BEATS)]),
}


def found(true: list[float], jitter: float, seed: int = 1) -> tuple[float, ...]:
    rng = random.Random(seed)
    return tuple(time + rng.gauss(0, jitter) for time in true)


def off(times, true) -> float:
    """Mean distance in seconds."""
    return sum(abs(a - b) for a, b in zip(times, true, strict=True)) / len(true)


def tempi(times: tuple[float, ...]) -> list[float]:
    """The MIDI tempi of a song with these beats, in bpm."""
    beats = [Beat(time=time, position=n % 4 + 1) for n, time in enumerate(times)]
    song = of_song(Analysis(duration_seconds=times[-1] + 1, beats=beats, time_signature="4/4"))
    return [6e7 / one.microseconds for one in tempo_map.of(song).tempi]


@pytest.mark.parametrize("jitter", [0.01, 0.02, 0.03])
@pytest.mark.parametrize("name", TRUE)
def test_smoothed_beats_are_much_nearer_to_the_truth_than_found_ones(name, jitter):
    """Less so the faster the tempo changes by itself."""
    for seed in range(3):
        given = found(TRUE[name], jitter, seed)
        assert off(fitted(given, "smooth").times, TRUE[name]) < (0.75 if name == "rubato" else 0.5) * off(
            given, TRUE[name]
        )


@pytest.mark.parametrize("name", TRUE)
def test_beats_that_are_exact_stay_where_they_are(name):
    given = tuple(TRUE[name])
    assert max(abs(a - b) for a, b in zip(fitted(given, "smooth").times, given, strict=True)) < 0.001


@pytest.mark.parametrize("jitter", [0.01, 0.03])
def test_a_steady_song_has_one_tempo_whatever_the_jitter(jitter):
    given = found(TRUE["steady"], jitter)
    assert len(tempi(given)) > 200, "the beats as they were found have hundreds"
    (_, one) = tempi(fitted(given, "smooth").times)  # the first is that of the silence before
    assert one == pytest.approx(120, abs=0.05)


def test_a_step_of_tempo_stays_a_step():
    smooth = fitted(found(TRUE["step"], 0.01), "smooth").times
    periods = [b - a for a, b in pairwise(smooth)]
    middle = BEATS // 2
    assert periods[middle - 6] == pytest.approx(0.5, abs=0.006) and periods[middle + 6] == pytest.approx(0.6, abs=0.006)
    assert len(tempi(smooth)) < 40


def test_beats_that_were_missed_or_invented_bend_nothing():
    true = TRUE["steady"]
    given = list(found(true, 0.01))
    kept = [n for n in range(len(true)) if n not in (100, 150, 250)]
    holes = fitted(tuple(given[n] for n in kept), "smooth").times
    assert off(holes, [true[n] for n in kept]) < 0.003
    assert counted(tuple(given[n] for n in kept))[-1] == BEATS
    extra = sorted([*given, (given[200] + given[201]) / 2])
    assert counted(tuple(extra))[-1] == BEATS
    assert off(fitted(tuple(extra), "smooth").times, sorted([*true, (true[200] + true[201]) / 2])) < 0.004


def test_one_beat_in_a_wrong_place_pulls_at_no_other():
    given = list(TRUE["steady"])
    given[50] += 0.12
    smooth = fitted(tuple(given), "smooth").times
    assert off(smooth, TRUE["steady"]) < 0.001


def test_a_fermata_is_held():
    true = played([0.5] * 100 + [1.7] + [0.5] * 100)
    given = found(true, 0.01)
    smooth = fitted(given, "smooth").times
    assert smooth[101] - smooth[100] == pytest.approx(1.7, abs=0.4)
    assert off(smooth, true) < off(given, true)


def test_one_tempo_says_how_far_the_song_drifts_from_it():
    beats = [Beat(time=time, position=n % 4 + 1) for n, time in enumerate(found(TRUE["drift"], 0.01))]
    findings = Analysis(duration_seconds=beats[-1].time + 1, beats=beats, time_signature="4/4")
    constant = of_song(findings, "constant")
    periods = [b - a for a, b in pairwise(constant.timeline.times)]
    assert max(periods) - min(periods) < 1e-6
    assert "drifts by up to" in constant.remarks[0] and "ms" in constant.remarks[0]
    assert of_song(findings, "smooth").remarks == () == of_song(findings, "follow").remarks
    steady = [Beat(time=time, position=n % 4 + 1) for n, time in enumerate(found(TRUE["steady"], 0.01))]
    assert of_song(findings.model_copy(update={"beats": steady}), "constant").remarks == ()


def test_hardly_any_beats_are_taken_as_they_are():
    for count in range(2, 8):
        times = tuple(found(TRUE["steady"], 0.01)[:count])
        assert fitted(times, "smooth").times == times == fitted(times, "constant").times


def test_beats_always_rise():
    rng = random.Random(3)
    times = tuple(accumulate([rng.choice([0.03, 0.4, 2.0]) for _ in range(300)], initial=0.0))
    for way in ("smooth", "constant"):
        smooth = fitted(times, way).times
        assert all(b > a for a, b in pairwise(smooth)) and len(smooth) == len(times)
