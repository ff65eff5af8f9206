"""Voices behind a lead: each in tune, in time and in its place, of another size than the lead."""

from __future__ import annotations

import io

import mido
import numpy as np
import pytest
import pyworld

from gpu_endpoints.audio.levels import SAMPLE_RATE
from gpu_endpoints.generation.engine import Wish
from gpu_endpoints.generation.singing import choir, lyrics, voice
from gpu_endpoints.generation.singing.engine import SingingEngine
from ripieno.contracts.generation import BackingPart, StemPlan, SungNote
from ripieno.music.conditioning import free_standing

WORDS = [("walk-", 0.5), ("ing", 0.5), ("home", 1.0), ("a-", 0.4), ("lone", 1.2)]
PITCHES = [62, 64, 65, 62, 60]
_IN_TUNE = 30.0  # cents


def line(*, begin: float = 0.5, up: int = 0) -> list[SungNote]:
    found, at = [], begin
    for (text, length), pitch in zip(WORDS, PITCHES, strict=True):
        found.append(SungNote(start=at, end=at + length, pitch=pitch + up, syllable=text))
        at += length
    return found


def pad(*, up: int = 0) -> list[SungNote]:
    return [
        SungNote(start=0.5, end=2.5, pitch=55 + up, syllable="ooh"),
        SungNote(start=2.5, end=4.0, pitch=57 + up, syllable="-"),
    ]


def in_tune(mono: np.ndarray, notes: list[SungNote], late: float = 0.0) -> float:
    """The share of voiced frames that are within 30 cents of their note."""
    audio = np.ascontiguousarray(mono, np.float64)
    rough, times = pyworld.dio(audio, SAMPLE_RATE, f0_floor=70, f0_ceil=1200)
    f0 = pyworld.stonemask(audio, rough, times, SAMPLE_RATE)
    off = []
    for note in notes:
        inside = (times >= note.start + late) & (times < note.end + late) & (f0 > 0)
        off.append(np.abs(1200 * np.log2(f0[inside] / (440 * 2 ** ((note.pitch - 69) / 12)))))
    every = np.concatenate(off)
    assert len(every) > 100, "somebody sings"
    return float((every <= _IN_TUNE).mean())


@pytest.mark.parametrize("way", ["third above", "third below", "sixth below", "answer", "ad-libs", "pad"])
def test_every_singer_of_a_way_is_in_tune(way):
    notes = pad(up=2) if way == "pad" else line(up=-5 if way.endswith("below") else 4)
    for singer in choir.of(way).singers:
        audio = voice.sing(
            lyrics.on_notes(notes, "en"),
            4.5,
            language="en",
            tuning=440.0 * 2 ** (singer.cents / 1200),
            formants=singer.formants,
        )
        assert in_tune(audio[:, 0], notes) >= 0.9, singer


def test_a_bigger_singer_has_lower_formants_and_the_same_pitch():
    notes = [SungNote(start=0.3, end=1.8, pitch=57, syllable="spa")]

    def envelope(formants: float) -> np.ndarray:
        """Of the vowel, in dB, a value each 10 Hz."""
        audio = voice.sing(lyrics.on_notes(notes, "en"), 2.0, language="en", tuning=440.0, formants=formants)[:, 0]
        assert in_tune(audio, notes) >= 0.9
        steady = np.ascontiguousarray(audio[round(0.6 * SAMPLE_RATE) : round(1.4 * SAMPLE_RATE)], np.float64)
        times = np.arange(10, 60) * 0.01
        power = pyworld.cheaptrick(steady, np.full(len(times), 220.0), times, SAMPLE_RATE).mean(axis=0)
        hertz = np.linspace(0, SAMPLE_RATE / 2, len(power))
        return np.interp(np.arange(0, 6000, 10.0), hertz, 10 * np.log10(power))

    own = envelope(1.0)
    at = np.arange(0, 6000, 10.0)
    inside = (at > 300) & (at < 4500)
    for formants in (0.9, 1.1):
        made = envelope(formants)
        alike = {
            size: float(np.corrcoef(made[inside], np.interp(at / size, at, own)[inside])[0, 1])
            for size in np.arange(0.8, 1.21, 0.02)
        }
        assert max(alike, key=alike.__getitem__) == pytest.approx(formants, abs=0.041)


@pytest.fixture(scope="module")
def made():
    given = free_standing(bpm=120, chord_progression=["C", "Am"], duration_seconds=8)
    backing = (
        BackingPart(way="third below", notes=line(up=-4)),
        BackingPart(way="pad", notes=pad()),
        BackingPart(way="third below", notes=line(begin=5.0 - 0.6, up=-3)[:2]),
    )
    wish = Wish(StemPlan(stem_type="vocals", name="backing vocals"), given, backing=backing)
    return SingingEngine().generate([wish], lambda done: None)[0]


def test_they_are_a_stereo_stem_with_all_their_notes(made):
    left, right = (float(np.sqrt(np.mean(made.audio[:, side] ** 2))) for side in (0, 1))
    assert left > 0.001 and right > 1.2 * left, "thirds below stand on the right"
    assert not np.allclose(made.audio[:, 0], made.audio[:, 1])
    file = mido.MidiFile(file=io.BytesIO(made.midi))
    pitches = {message.note for message in file.tracks[1] if message.type == "note_on" and message.velocity}
    assert pitches >= {58, 60, 61, 55, 57}
    assert np.abs(made.audio[round(7.2 * SAMPLE_RATE) :]).max() < 1e-4, "nobody sings any more"


def test_the_same_voices_are_the_same_bytes(made):
    given = free_standing(bpm=120, chord_progression=["C", "Am"], duration_seconds=5)
    wish = Wish(StemPlan(stem_type="vocals"), given, backing=(BackingPart(way="pad", notes=pad()),))
    a, b = (SingingEngine().generate([wish], lambda done: None)[0].audio for _ in range(2))
    assert a.tobytes() == b.tobytes()


def test_what_is_silent_between_is_not_sung():
    notes = lyrics.on_notes([*line(), *line(begin=60.0)], "en")
    first, second = choir.stretches(notes)
    assert first[0] == pytest.approx(0.2) and second[0] == pytest.approx(59.7)
    assert second[1][0].start == pytest.approx(0.3) and len(first[1]) == len(second[1])


def test_a_way_that_nobody_sings_says_so():
    with pytest.raises(ValueError, match="choose from third above"):
        choir.of("fifth")
