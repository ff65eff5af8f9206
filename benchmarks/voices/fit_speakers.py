"""`python -m benchmarks.voices.fit_speakers`: writes how far what is measured of a voice varies within one voice and
between voices, and below which likeness two are two (`speakers.json`); prints what that is worth on speakers that were
left out."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import numpy as np
import pyworld
import soxr

from benchmarks.voices.speakers import FITTED, LEFT_OUT, SENTENCES, says
from gpu_endpoints.generation.singing.spoken import SPOKEN_RATE
from gpu_endpoints.generation.voices import samples, speakers
from gpu_endpoints.generation.voices.frames import ANALYSIS_RATE, PERIOD, Frames

_LEAST_WITHIN = {"means": 1.5, "spread": 2.5, "formants": 0.06, "pitch": 0.35}
"""Singing moves a person's pitch, a room the spectrum: more than a synthetic speaker ever varies by itself."""
_FILE = Path(speakers.__file__).with_suffix(".json")


def main() -> None:
    measured = {who: windows_of(who) for who in (*FITTED, *LEFT_OUT)}
    fitted = [measured[who] for who in FITTED]
    mean = np.mean([np.mean(one, axis=0) for one in fitted], axis=0)
    within = np.sqrt(np.mean([np.var(one, axis=0) for one in fitted], axis=0))
    cepstra = (len(mean) - 4) // 2
    least = np.repeat(list(_LEAST_WITHIN.values()), [cepstra, cepstra, 3, 1])
    within = np.maximum(within, least)
    about = {
        "about": "mean of known voices and deviation within one, by benchmarks.voices.fit_speakers: synthetic speakers",
        "same_recording": 0.0,
        "same_voice": 0.0,
        "mean": [round(float(one), 4) for one in mean],
        "within": [round(float(one), 4) for one in within],
    }
    _write(about)
    embedded = {who: [speakers.embedding(one) for one in found] for who, found in measured.items()}
    alike, unlike = consistencies(embedded, FITTED)
    same, other = likenesses(embedded, FITTED)
    about["same_recording"] = round(between(alike, unlike), 3)
    about["same_voice"] = round(between(same, other), 3)
    _write(about)
    for who, chosen in (("fitted", FITTED), ("left out", LEFT_OUT)):
        alike, unlike = consistencies(embedded, chosen)
        same, other = likenesses(embedded, chosen)
        print(
            f"{who}: one voice {worst(alike)}, two {best(unlike)}, against {about['same_recording']}"
            f" ({errors(alike, unlike, about['same_recording'])});"
            f" the same again {worst(same)}, another {best(other)}, against {about['same_voice']}"
            f" ({errors(same, other, about['same_voice'])})"
        )


def windows_of(who: str) -> list[np.ndarray]:
    sound = np.asarray(soxr.resample(says(who), SPOKEN_RATE, ANALYSIS_RATE), np.float64)
    rough, times = pyworld.dio(sound, ANALYSIS_RATE, frame_period=1000 * PERIOD)
    f0 = np.where(rough > 0, rough, 0.0)
    logs = np.log(pyworld.cheaptrick(sound, f0, times, ANALYSIS_RATE) + 1e-14)
    return speakers.windows(Frames(f0, logs, np.zeros((len(f0), 1)), ANALYSIS_RATE))


def consistencies(embedded: dict, chosen: tuple[str, ...]) -> tuple[list[float], list[float]]:
    """Of recordings of one voice, and of recordings in which another goes on after half."""
    alike = [samples.consistency(embedded[who]) for who in chosen]
    unlike = []
    for one, other in itertools.combinations(chosen, 2):
        half = len(embedded[one]) // 2
        unlike.append(samples.consistency([*embedded[one][:half], *embedded[other][half:]]))
    return alike, unlike


def likenesses(embedded: dict, chosen: tuple[str, ...]) -> tuple[list[float], list[float]]:
    """Of a voice's second half to its first, and to others' first."""
    halves = {
        who: (
            speakers.together(embedded[who][: len(embedded[who]) // 2]),
            speakers.together(embedded[who][len(embedded[who]) // 2 :]),
        )
        for who in chosen
    }
    same = [speakers.likeness(*halves[who]) for who in chosen]
    other = [speakers.likeness(halves[a][0], halves[b][1]) for a, b in itertools.permutations(chosen, 2)]
    return same, other


def between(alike: list[float], unlike: list[float]) -> float:
    """The threshold that misses one in twenty, where no voice is refused for it: a person in another room, or singing,
    is less like himself than a synthetic speaker ever is."""
    return float(min(np.percentile(unlike, 95), *alike))


def errors(alike: list[float], unlike: list[float], threshold: float) -> str:
    refused, missed = np.mean(np.array(alike) < threshold), np.mean(np.array(unlike) >= threshold)
    return f"{refused:.0%} wrongly refused, {missed:.0%} missed"


def worst(values: list[float]) -> str:
    return f"{np.median(values):.2f} (least {min(values):.2f})"


def best(values: list[float]) -> str:
    return f"{np.median(values):.2f} (most {max(values):.2f})"


def _write(about: dict) -> None:
    _FILE.write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")
    speakers._about.cache_clear()
    speakers._usual.cache_clear()


if __name__ == "__main__":
    print(f"{len(SENTENCES)} sentences of {len(FITTED) + len(LEFT_OUT)} speakers")
    main()
