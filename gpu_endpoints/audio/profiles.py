"""How a recording sounds beside measured profiles: which styles it is like, how excited and how glad it is.

A profile is the mean of what `measuring` says of pieces of a style that were made and measured (`python -m
benchmarks.composition.fit_profiles`). Valence and arousal are linear functions of the same figures, fitted to what
pieces were asked to be: arousal of all of them, with a little for the loudness; valence of the cues alone, which add up
(Eerola, Friberg and Bresin, Frontiers in Psychology 2013) and of which none may pull where listeners have found it not
to. So it is known whether a recording sounds as others that were made for the same words, not what a listener would say
of it: docs/mood.md has the figures.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict

from gpu_endpoints.audio.levels import SAMPLE_RATE, loudness
from gpu_endpoints.audio.measuring import BALANCE, RHYTHM, SOUND, Measure
from ripieno.music.conditioning import Conditioning

GROUPS = (RHYTHM, BALANCE, SOUND)
MOST_OFF = 4.0  # spreads: one feature that is far off is not all there is


class _Profiles(BaseModel):
    """Everything of a feature is in spreads from its mean. `typical` is the distance to their own style that nine in
    ten pieces are within, `within` the share of pieces whose valence, and whose arousal, was heard within `NEAR`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    about: str
    mean: list[float]
    spread: list[float]
    styles: dict[str, list[float]]
    valence: list[float]
    arousal: list[float]
    mood_mean: tuple[float, float]
    typical: float
    within: tuple[float, float]


_WARMTH = 0.35
"""How much farther off than the nearest a style is e times less likely. The measured pieces are told apart without any
doubt, and other music is not: by hand, and held beside songs of other arrangers, of which the nearest style is right as
often as its weight says (`benchmarks.analysis.impressions`)."""
NEAR = 0.4
"""Either side of a mood's figures: what counts as right for their confidence."""


@dataclass(frozen=True)
class Likeness:
    """`styles` with their weights, which add up to 1, the most like first; `valence` and `arousal` from -1 to 1.
    `familiarity` is 1 for what lies among the measured pieces and falls towards 0 for what is like none of them."""

    styles: tuple[tuple[str, float], ...]
    valence: float
    arousal: float
    familiarity: float

    @property
    def confidence(self) -> tuple[float, float, float]:
        """Of the valence, of the arousal, of the first style."""
        valence, arousal = (share * self.familiarity for share in profiles().within)
        return valence, arousal, self.styles[0][1]


def likeness(audio: np.ndarray, music: Conditioning, loudness_lufs: float | None = None) -> Likeness:
    """Of float32 (frames, 2) at 44.1 kHz that begins with the conditioning's range, all at once."""
    measure = Measure(music.tuning)
    measure.add(audio)
    return beside(measure.features(music, loudness(audio, SAMPLE_RATE) if loudness_lufs is None else loudness_lufs))


def beside(features: np.ndarray) -> Likeness:
    """What `measuring` found beside the profiles."""
    known = profiles()
    measured = (features - np.array(known.mean)) / np.array(known.spread)
    apart = {name: distance(measured, np.array(own)) for name, own in known.styles.items()}
    nearest = sorted(apart, key=apart.__getitem__)
    ratios = np.array([apart[name] for name in nearest]) / max(apart[nearest[0]], 1e-9)
    shares = np.exp(-(ratios - 1) / _WARMTH)
    valence, arousal = moods_of(measured, known.mood_mean, (known.valence, known.arousal))
    weights = tuple((name, float(share)) for name, share in zip(nearest, shares / shares.sum(), strict=True))
    return Likeness(weights, valence, arousal, min(1.0, known.typical / max(apart[nearest[0]], 1e-9)))


def distance(measured: np.ndarray, own: np.ndarray) -> float:
    """Mean square over each group of features, the groups alike."""
    apart = np.minimum(np.abs(measured - own), MOST_OFF) ** 2
    return float(sum(apart[group].mean() for group in GROUPS))


def moods_of(
    measured: np.ndarray, mean: tuple[float, float], weights: tuple[list[float], list[float]]
) -> tuple[float, float]:
    """Valence and arousal of features in spreads from their means."""
    near = np.clip(measured, -MOST_OFF, MOST_OFF)
    found = [float(np.clip(one + near @ np.array(its), -1, 1)) for one, its in zip(mean, weights, strict=True)]
    return round(found[0], 3), round(found[1], 3)


@lru_cache(maxsize=1)
def profiles() -> _Profiles:
    return _Profiles.model_validate_json(Path(__file__).with_suffix(".json").read_text())
