"""Synthetic speakers for tests of voices, each listened to once a process; their pitch by WORLD's quickest tracker, which
needs a hundredth of the time and is as good on a clean voice."""

from __future__ import annotations

from functools import lru_cache
from unittest import mock

import numpy as np
import pyworld
import soxr

from benchmarks.voices.speakers import SENTENCES, says
from gpu_endpoints.generation.singing import lyrics, voice
from gpu_endpoints.generation.singing.lyrics import Sung
from gpu_endpoints.generation.voices import frames, measuring, tracking
from gpu_endpoints.generation.voices.frames import ANALYSIS_RATE, PERIOD, Frames
from ripieno.contracts.generation import SungNote
from ripieno.contracts.voices import Singer, VoiceProfile, VoiceRef, VoiceSettings

LOW, HIGH = "m3", "f5"
"""A man and a woman that nothing was fitted on."""
VERSE = ["Sea-", "son", "of", "light", "and", "wa-", "ter", "home", "I", "go"]
PITCHES = [57, 59, 60, 62, 60, 59, 57, 64, 62, 60]


class Quick:
    """A `tracking.PitchTracker`: WORLD's DIO and StoneMask."""

    name = "WORLD DIO"

    def track(self, mono: np.ndarray, rate: int) -> np.ndarray:
        sound = np.ascontiguousarray(mono, np.float64)
        rough, times = pyworld.dio(sound, rate, frame_period=1000 * PERIOD)
        f0 = pyworld.stonemask(sound, rough, times, rate)
        return tracking._only_stretches(f0, tracking._level(mono, rate))


def quickly():
    return mock.patch.object(tracking, "best", Quick)


def analysed(sound: np.ndarray, rate: int) -> Frames:
    if rate != ANALYSIS_RATE:
        sound = soxr.resample(sound, rate, ANALYSIS_RATE)
    return frames.analysed(sound, ANALYSIS_RATE, Quick().track(sound, ANALYSIS_RATE))


def alike(one: Frames, other: Frames) -> tuple[Frames, Frames]:
    """Both as long as the shorter."""
    both = slice(0, min(len(one), len(other)))
    first, second = (Frames(it.f0[both], it.logs[both], it.aperiodicity[both], it.rate) for it in (one, other))
    return first, second


@lru_cache(maxsize=8)
def sample(who: str, sentences: int = 3) -> np.ndarray:
    """float32 (samples,) at 24 kHz."""
    return says(who, SENTENCES[:sentences], rate=ANALYSIS_RATE)


@lru_cache(maxsize=8)
def heard(who: str, sentences: int = 3) -> Frames:
    return analysed(sample(who, sentences), ANALYSIS_RATE)


@lru_cache(maxsize=8)
def profile(who: str) -> VoiceProfile:
    with quickly():
        return measuring.measured([heard(who)], samples=1)


def notes() -> list[Sung]:
    given = [
        SungNote(start=0.3 + 0.5 * n, end=0.8 + 0.5 * n, pitch=pitch, syllable=text)
        for n, (pitch, text) in enumerate(zip(PITCHES, VERSE, strict=True))
    ]
    return lyrics.on_notes(given, "en")


@lru_cache(maxsize=1)
def verse() -> Frames:
    """The singing voice, in its own way."""
    return voice.sung(notes(), 5.6, language="en", tuning=440.0)


def singer(profile_blob: str = "v1/versions/1/profile.json", **settings) -> Singer:
    engine, model = settings.pop("engine", "auto"), settings.pop("model", None)
    voice_ref = VoiceRef(voice_id="v1", version=1, name="Ada", profile=profile_blob, model=model)
    return Singer(voice=voice_ref, engine=engine, settings=VoiceSettings(**settings))
