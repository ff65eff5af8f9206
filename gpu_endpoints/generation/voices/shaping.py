"""The engine `voice-profile`: sung frames moved towards a voice that was measured.

The envelope is warped along the frequency axis, so that the singer's formants come to lie where the voice's are, then
lifted and lowered by bands to the voice's mean envelope; noise is mixed in or taken out until the voice is as breathy.
The pitch is the melody's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.ndimage import gaussian_filter1d, uniform_filter1d

from gpu_endpoints.generation.voices import formants, frames, measuring
from gpu_endpoints.generation.voices.frames import Frames
from ripieno.contracts.voices import ENVELOPE_BANDS, VoiceProfile

_MOST_WARP = 1.4  # and its inverse: beyond it is another creature
_OF_EACH = 0.5  # of a formant's own ratio, the rest that of the whole tract
_WEIGHTS = np.array([0.15, 0.2, 0.3, 0.35])  # vowels move the low ones, the length of the tract all of them
_MOST_DB = 12.0
_SMOOTH_BANDS = 0.6
_FADE_FRAMES = 5
BREATH_STEP = 0.35  # of all noise, that a setting of 1 adds
_LEAST_BREATH, _MOST_BREATH = 0.02, 0.9


@dataclass(frozen=True)
class Sound:
    """What a singer sounds like before: formants in Hz, mean envelope in dB by bands, breath."""

    formants: list[float]
    envelope: np.ndarray
    breath: float


def sound_of(parts: Sequence[Frames]) -> Sound:
    """What stretches of one vocal sound like together."""
    voiced = [one for one in parts if one.voiced.any()]
    if not voiced:
        return Sound([], np.zeros(ENVELOPE_BANDS), 0.0)
    return Sound(
        formants.usual(np.concatenate([formants.of_frames(one) for one in voiced])),
        np.concatenate([measuring.envelopes(one)[measuring.loud(one)] for one in voiced]).mean(axis=0),
        float(np.median(np.concatenate([measuring.breath(one) for one in voiced]))),
    )


def toward(
    sung: Frames, profile: VoiceProfile, *, strength: float = 1.0, breath: float = 0.0, before: Sound | None = None
) -> Frames:
    """The same sung by another voice.

    Parameters
    ----------
    strength : from the singer (0) to the voice (1)
    breath : less than the voice has (-1) to more (1)
    before : what the singer sounds like in the whole, where these frames are a part of it
    """
    if not sung.voiced.any():
        return sung
    before = before or sound_of([sung])
    moved = sung
    if before.formants and len(profile.formants) == formants.FORMANTS:
        moved = replace(sung, logs=warped(sung.logs, sung.rate, before.formants, profile.formants, strength))
    after = _mean_envelope(before, sung, profile, strength)
    wanted = np.clip(gaussian_filter1d(np.array(profile.envelope) - after, _SMOOTH_BANDS), -_MOST_DB, _MOST_DB)
    lift = frames.over_bins(strength * wanted, sung.logs.shape[1], sung.rate, *measuring.ENVELOPE_HZ)
    share = uniform_filter1d(sung.voiced.astype(float), _FADE_FRAMES)[:, None]
    level = np.log(np.exp(moved.logs).mean(axis=1, keepdims=True))
    lifted = moved.logs + share * lift
    lifted += level - np.log(np.exp(lifted).mean(axis=1, keepdims=True))  # as loud as it was
    noise = before.breath + strength * (profile.breathiness - before.breath)
    return breathed(replace(moved, logs=lifted), before.breath, noise + BREATH_STEP * breath)


def warped(logs: np.ndarray, rate: int, own: list[float], wanted: list[float], strength: float = 1.0) -> np.ndarray:
    """Envelopes (frames, bins) whose formants have moved from `own` to `wanted`."""
    bins = logs.shape[1]
    ends = [0.0, *_targets(own, wanted, strength)]
    begins = [0.0, *own]
    scale = ends[-1] / begins[-1]
    top = rate / 2
    hertz = np.linspace(0, top, bins)
    above = hertz > ends[-1]
    source = np.where(above, hertz / scale, np.interp(hertz, ends, begins))
    place = np.clip(source / top * (bins - 1), 0, bins - 1)
    lower = np.minimum(place.astype(int), bins - 2)
    share = place - lower
    return logs[:, lower] * (1 - share) + logs[:, lower + 1] * share


def breathed(sung: Frames, now: float, wanted: float) -> Frames:
    """With as much noise in voiced sound as is wanted: each band's share raised to one power."""
    wanted = float(np.clip(wanted, _LEAST_BREATH, _MOST_BREATH))
    if not sung.voiced.any() or abs(wanted - now) < 0.01:
        return sung
    voiced = sung.voiced
    inside = (sung.hertz >= 1000.0) & (sung.hertz <= 6000.0)
    sample = np.clip(sung.aperiodicity[np.ix_(voiced, inside)], 1e-4, 1.0)[:: max(1, int(voiced.sum()) // 500)]
    low, high = 0.02, 50.0
    for _ in range(30):
        middle = float(np.sqrt(low * high))
        if float(np.median((sample**middle).mean(axis=1))) > wanted:
            low = middle
        else:
            high = middle
    power = np.where(voiced, np.sqrt(low * high), 1.0)
    power = uniform_filter1d(power, _FADE_FRAMES)[:, None]
    noise = np.clip(sung.aperiodicity, 1e-6, 1.0) ** power
    return replace(sung, aperiodicity=np.where(voiced[:, None], noise, sung.aperiodicity))


# -- parts --------------------------------------------------------------------------------------------------------


def _targets(own: list[float], wanted: list[float], strength: float) -> list[float]:
    """Where formants go, in Hz: by the whole tract's ratio and each by its own, in order."""
    ratios = np.log(np.array(wanted) / np.array(own))
    whole = float((ratios * _WEIGHTS).sum())
    moves = strength * np.clip((1 - _OF_EACH) * whole + _OF_EACH * ratios, -np.log(_MOST_WARP), np.log(_MOST_WARP))
    goes = np.array(own) * np.exp(moves)
    return [float(one) for one in np.maximum.accumulate(goes) + 1e-3 * np.arange(len(goes))]


def _mean_envelope(before: Sound, sung: Frames, profile: VoiceProfile, strength: float) -> np.ndarray:
    """The singer's mean envelope after the warp, by bands."""
    if not before.formants or len(profile.formants) != formants.FORMANTS:
        return before.envelope
    bins = sung.logs.shape[1]
    logs = frames.over_bins(before.envelope, bins, sung.rate, *measuring.ENVELOPE_HZ)[None]
    bands = frames.by_bands(
        warped(logs, sung.rate, before.formants, profile.formants, strength),
        sung.rate,
        len(before.envelope),
        *measuring.ENVELOPE_HZ,
    )[0]
    return bands - bands.mean()
