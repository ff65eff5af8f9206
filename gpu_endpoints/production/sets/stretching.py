"""Audio whose beats are moved: from anchor to anchor as much faster or slower as it takes, at the same pitch.

By Rubber Band (in pedalboard), all anchors in one pass, so that there is no seam at any of them. Where nothing has to
move, nothing is touched.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version

import numpy as np
from pedalboard import time_stretch

from gpu_endpoints.audio.levels import SAMPLE_RATE
from ripieno.contracts.provenance import Provenance

NAME = "rubberband"
LICENSE = "GPL-3"
MARGIN = SAMPLE_RATE // 4
"""Frames that have to be given before the first and after the last anchor."""
_INAUDIBLE = 0.001 * SAMPLE_RATE  # frames by which nothing has to be moved


def provenance() -> Provenance:
    return Provenance(engine=NAME, version=version("pedalboard"), license=LICENSE)


def is_still(own: Sequence[float], wanted: Sequence[float]) -> bool:
    """Whether anchors lie where they are to lie already, as closely as can be heard."""
    return all(abs((a - own[0]) - (b - wanted[0])) < _INAUDIBLE for a, b in zip(own, wanted, strict=True))


def warped(audio: np.ndarray, own: Sequence[float], wanted: Sequence[float]) -> np.ndarray:
    """Audio from the first to the last anchor, moved.

    Parameters
    ----------
    audio : float32 (frames, 2), `MARGIN` frames longer than the anchors at either end
    own, wanted : frames of the anchors, where they are and where they are to be, from the first anchor on, rising

    Returns
    -------
    float32 (wanted frames, 2)
    """
    length = round(wanted[-1])
    if is_still(own, wanted):
        return audio[MARGIN : MARGIN + length]
    frames = len(audio)
    places = np.array([-MARGIN, *own, frames - MARGIN], float)
    targets = np.array([-MARGIN, *wanted, wanted[-1] + frames - MARGIN - own[-1]], float)
    rates = np.diff(places) / np.diff(targets)
    lengths = np.diff(np.rint(places).astype(int))
    course = np.repeat(rates, lengths)
    moved = np.asarray(time_stretch(np.ascontiguousarray(audio.T), SAMPLE_RATE, course, use_long_fft_window=False)).T
    found = moved[MARGIN : MARGIN + length]
    if len(found) < length:
        found = np.concatenate([found, np.zeros((length - len(found), 2), np.float32)])
    return np.asarray(found, np.float32)
