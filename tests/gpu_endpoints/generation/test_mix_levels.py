"""New stems beside the song they are for: as loud as their kind is in a mix, measured by pyloudnorm, which is not ours."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pyloudnorm
import pytest

from gpu_endpoints.audio.levels import CEILING, SAMPLE_RATE
from gpu_endpoints.generation import stems_job
from gpu_endpoints.generation.engine import Wish
from gpu_endpoints.generation.symbolic import SymbolicEngine
from gpu_endpoints.serving.work import JobContext
from ripieno.contracts.analysis import Analysis, Beat, Chord, Section
from ripieno.contracts.enums import StemType
from ripieno.contracts.generation import StemPlan
from ripieno.music import mix_levels
from ripieno.music.conditioning import Conditioning
from ripieno.music.song_conditioning import of_song, within


def loudness(audio: np.ndarray) -> float:
    return pyloudnorm.Meter(SAMPLE_RATE).integrated_loudness(audio.astype(np.float64))


@pytest.fixture(scope="module")
def song(demo) -> tuple[np.ndarray, Analysis]:
    """A minute of the demo song, with what is true of it."""
    score, mix, _ = demo
    audio = mix[: 60 * SAMPLE_RATE]
    beats = [Beat(time=time, position=position) for time, position in score.beats if time < 59.5]
    edges = [round(beat.time * SAMPLE_RATE) for beat in beats if beat.position == 1] + [len(audio)]
    return audio, Analysis(
        duration_seconds=60.0,
        bpm=score.bpm,
        time_signature="4/4",
        key="D",
        mode="major",
        beats=beats,
        chords=[Chord(start_time=one.start, end_time=one.end, chord=one.label, confidence=1) for one in score.chords],
        sections=[
            Section(start_time=one.start, end_time=one.end, label=one.label, confidence=1)
            for one in score.sections
            if one.start < 55
        ],
        bar_levels=[10 * float(np.log10(np.mean(audio[a:b].mean(axis=1) ** 2) + 1e-10)) for a, b in pairwise(edges)],
        loudness_lufs=loudness(audio),
    )


def turned(song, gain_db: float) -> tuple[np.ndarray, Conditioning]:
    audio, found = song
    moved = {"loudness_lufs": found.loudness_lufs + gain_db, "bar_levels": [one + gain_db for one in found.bar_levels]}
    return audio * 10 ** (gain_db / 20), of_song(found.model_copy(update=moved))


def made(conditioning: Conditioning, *stems: str, tmp_path, **wished) -> list[np.ndarray]:
    wishes = [Wish(StemPlan(stem_type=stem, style="pop", random_seed=3), conditioning, **wished) for stem in stems]
    context = JobContext("test", tmp_path, lambda *_: None, lambda: False)
    return [one.audio for _, one, _ in stems_job.made_well(SymbolicEngine(), wishes, context)]


@pytest.mark.parametrize("gain_db", [-22.0, -6.0, 0.0])
def test_a_stem_is_as_loud_as_its_kind_beside_the_song(song, tmp_path, gain_db):
    audio, conditioning = turned(song, gain_db)
    stems = ("bass", "piano", "synth")
    for stem, heard in zip(stems, made(conditioning, *stems, tmp_path=tmp_path), strict=True):
        beside = loudness(heard) - loudness(audio)
        assert beside == pytest.approx({"bass": -7, "piano": -10, "synth": -11}[stem], abs=0.7), stem


def test_a_mix_is_the_song_and_a_part_and_not_much_louder(song, tmp_path):
    audio, conditioning = turned(song, -3.0)
    stems = made(conditioning, "drums", "bass", "piano", tmp_path=tmp_path)
    for stem in stems:
        assert 0 < loudness(audio + stem) - loudness(audio) < 1.6
    assert loudness(audio + sum(stems)) - loudness(audio) < 3.0


def test_a_stem_for_a_quiet_part_is_as_quiet(song, tmp_path):
    audio, conditioning = turned(song, 0.0)
    levels = {}
    for section in ("intro", "chorus"):
        part = within(conditioning, section=section)
        piece = audio[round(part.start_seconds * SAMPLE_RATE) : round(part.end_seconds * SAMPLE_RATE)]
        assert part.loudness == pytest.approx(loudness(piece), abs=1.5), section
        (stem,) = made(part, "piano", tmp_path=tmp_path)
        levels[section] = loudness(stem)
        assert levels[section] - loudness(piece) == pytest.approx(-10, abs=2.0)
    assert levels["intro"] < levels["chorus"] - 2


def test_no_stem_is_over_the_ceiling_however_loud_the_song(song, tmp_path):
    _, conditioning = turned(song, 16.0)
    (drums,) = made(conditioning, "drums", tmp_path=tmp_path)
    assert np.abs(drums).max() <= CEILING + 1e-6


def test_a_loudness_that_was_asked_for_wins(song, tmp_path):
    _, conditioning = turned(song, 0.0)
    (bass,) = made(conditioning, "bass", tmp_path=tmp_path, loudness_lufs=-30.0)
    assert loudness(bass) == pytest.approx(-30, abs=0.2)


def test_without_a_song_or_its_loudness_the_peak_is_what_it_was(song, tmp_path):
    """Analyses from before loudness was measured still work."""
    _, conditioning = turned(song, 0.0)
    older = replace(conditioning, bar_loudness=())
    assert mix_levels.target(StemType.BASS, older) is None
    (bass,) = made(older, "bass", tmp_path=tmp_path)
    assert np.abs(bass).max() == pytest.approx(0.8, abs=1e-3)
