"""Synthetic speakers: variants of espeak-ng, each with its own pitch, tract and breath, who say sentences. No
people."""

from __future__ import annotations

import numpy as np
import soxr

from gpu_endpoints.generation.singing.spoken import SPOKEN_RATE, speak

FITTED = (
    "m1", "m2", "m4", "m5", "m7", "f1", "f2", "f4", "f5", "Alex", "Annie", "Gene", "Mario", "belinda", "benjamin",
    "linda",
)  # fmt: skip
LEFT_OUT = ("m3", "m6", "f3", "Alicia", "Andy", "Michael", "steph", "zac")
"""Speakers that nothing was fitted on."""
SENTENCES = (
    "The sea at night is never quite as dark as people say",
    "We walked along the water until morning came around",
    "Five young foxes jumped over the garden wall",
    "Please remember to bring your father's umbrella",
    "All the lights in the harbour were shining blue and yellow",
    "She would rather stay another hour than leave without you",
    "Nothing but thunder, far away beyond the mountains",
    "I give my voice to this, and nobody else may use it",
)
_PAUSE_SECONDS = 0.35


def says(who: str, sentences: tuple[str, ...] = SENTENCES, *, rate: int = SPOKEN_RATE, noise_db: float = -70.0):
    """float32 (samples,): the sentences with pauses between them, in a room that is not quite silent."""
    pause = np.zeros(round(_PAUSE_SECONDS * SPOKEN_RATE), np.float32)
    parts = [pause]
    for sentence in sentences:
        parts += [speak(sentence, "en", who).audio, pause]
    sound = np.concatenate(parts)
    if rate != SPOKEN_RATE:
        sound = soxr.resample(sound, SPOKEN_RATE, rate)
    room = np.random.default_rng(len(who)).normal(0, 10 ** (noise_db / 20), len(sound))
    return (0.5 * sound / np.abs(sound).max() + room).astype(np.float32)
