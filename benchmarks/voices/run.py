"""`python -m benchmarks.voices`: profiles of synthetic speakers, how near what is sung and what is converted comes to
them, a conversion model learned from one of them, and how long each takes. Under two minutes on two cores.

Storage is left out: what is measured is the work on the samples.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import soxr

from benchmarks.voices.speakers import LEFT_OUT, SENTENCES, says
from gpu_endpoints.audio.levels import SAMPLE_RATE
from gpu_endpoints.generation.engine import Wish
from gpu_endpoints.generation.singing.engine import SingingEngine, SungAs
from gpu_endpoints.generation.voices import applying, engines, features, measuring, speakers, store, tracking
from gpu_endpoints.generation.voices.frames import ANALYSIS_RATE, Frames
from ripieno.contracts.generation import StemPlan
from ripieno.contracts.voices import Singer, VoiceProfile, VoiceRef, VoiceSettings
from ripieno.music.conditioning import free_standing

WORDS = (
    "The sea at night is never dark\nWe walk along until the morning\nAnd all the lights are far away\nI take it home"
)
_VERSE_SECONDS = 30.0
_LISTENED_SECONDS = 10


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--speakers", nargs="+", default=["m3", "f5"], help="variants of espeak-ng")
    parser.add_argument("--steps", type=int, default=400, help="of training; 0 trains nothing")
    chosen = parser.parse_args()
    print(json.dumps(measured(chosen.speakers, chosen.steps), indent=1))


def measured(who: list[str], steps: int) -> dict[str, Any]:
    samples = {one: says(one, SENTENCES[:4], rate=ANALYSIS_RATE) for one in who}
    seconds = {one: len(sound) / ANALYSIS_RATE for one, sound in samples.items()}
    tracking.best()  # loads what it needs
    heard, listening = timed(lambda: {one: store.analysed(sound, ANALYSIS_RATE) for one, sound in samples.items()})
    profiles = {one: measuring.measured([found], samples=1) for one, found in heard.items()}
    report: dict[str, Any] = {
        "pitch": tracking.best().name,
        "listened_s": round(listening, 2),
        "of_s": round(sum(seconds.values()), 1),
        "profiles": {one: shown(found) for one, found in profiles.items()},
        "sung": {one: sung(found) for one, found in profiles.items()},
        "applied": applied(profiles),
    }
    if steps:
        report["learned"] = learned(heard, profiles, steps)
    return report


def shown(profile: VoiceProfile) -> dict[str, Any]:
    return profile.model_dump(include={"lowest", "median", "highest", "formants", "breathiness", "tilt"})


def sung(profile: VoiceProfile) -> dict[str, Any]:
    """A verse of half a minute by the singing voice, and by it in the voice of the profile."""
    given = free_standing(bpm=96, chord_progression=["Am", "F", "C", "G"], duration_seconds=_VERSE_SECONDS)
    wish = Wish(StemPlan(stem_type="vocals", style="pop", random_seed=3), given, lyrics=WORDS)
    own, plainly = timed(lambda: SingingEngine().generate([wish], lambda done: None)[0])
    with mock.patch.object(store, "profile_of", lambda voice: profile):
        made, took = timed(lambda: SungAs(SingingEngine(), a_singer()).generate([wish], lambda done: None)[0])
    return {
        "verse_s": _VERSE_SECONDS,
        "took_s": round(took, 2),
        "without_a_voice_s": round(plainly, 2),
        "likeness_before": like(own.audio, profile),
        "likeness_after": like(made.audio, profile),
        "remarks": made.remarks,
    }


def applied(profiles: dict[str, VoiceProfile]) -> dict[str, Any]:
    """Every other speaker's words in each voice."""
    sound = soxr.resample(says(LEFT_OUT[-1], SENTENCES[:2]), 22050, SAMPLE_RATE)
    stereo = np.repeat(sound[:, None], 2, axis=1).astype(np.float32)
    found: dict[str, Any] = {}
    for one, profile in profiles.items():
        mover = engines.Shaper(a_singer(), profile, reason=None)
        made, took = timed(lambda mover=mover: applying.converted(stereo, mover, shift=None))
        others = {other: like(made.audio, known) for other, known in profiles.items() if other != one}
        found[one] = {
            "of_s": round(len(sound) / SAMPLE_RATE, 1),
            "took_s": round(took, 2),
            "shift": made.shift,
            "before": made.before,
            "after": made.after,
            "to_others": others,
        }
    return found


def learned(heard: dict[str, Frames], profiles: dict[str, VoiceProfile], steps: int) -> dict[str, Any]:
    """A conversion model of the first speaker, and another's words through it."""
    from gpu_endpoints.generation.voices import learned as models
    from gpu_endpoints.generation.voices import training

    (who, own), *rest = heard.items()
    found, took = timed(lambda: training.learn([features.heard(own)], steps=steps, seed=1))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.onnx"
        parity, exporting = timed(lambda: training.export(found, path))
        network = models.Network(path.read_bytes())
    report: dict[str, Any] = {
        "voice": who,
        "steps": steps,
        "took_s": round(took, 1),
        "export_s": round(exporting, 1),
        "loss_before": round(found.before, 4),
        "loss_after": round(found.after, 4),
        "parity": parity,
    }
    for other, said in rest:
        parts = [features.heard(said)]
        mean, loud = features.mean_shape(parts), features.loudness(parts)
        made = models.converted(said, network, mean=mean, loud=loud, strength=1.0)
        report[f"{other}_before"] = distance(said, profiles[who])
        report[f"{other}_after"] = distance(made, profiles[who])
    return report


def like(audio: np.ndarray, profile: VoiceProfile) -> float:
    mono = soxr.resample(audio[: _LISTENED_SECONDS * SAMPLE_RATE].mean(axis=1), SAMPLE_RATE, ANALYSIS_RATE)
    found = [speakers.embedding(one) for one in speakers.windows(store.analysed(mono, ANALYSIS_RATE))]
    return speakers.likeness(speakers.together(found), profile.embedding)


def distance(said: Frames, profile: VoiceProfile) -> float:
    """dB between mean envelopes."""
    mean = measuring.envelopes(said)[measuring.loud(said)].mean(axis=0)
    return round(float(np.abs(mean - np.array(profile.envelope)).mean()), 2)


def a_singer() -> Singer:
    voice = VoiceRef(voice_id="bench", version=1, name="the speaker", profile="bench/versions/1/profile.json")
    return Singer(voice=voice, settings=VoiceSettings())


def timed(do: Callable[[], Any]) -> tuple[Any, float]:
    began = time.perf_counter()
    return do(), time.perf_counter() - began
