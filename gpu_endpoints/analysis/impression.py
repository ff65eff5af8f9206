"""Which styles a song is like, how glad and how excited it is: the measure that finished pieces are checked with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from gpu_endpoints.analysis import engines
from gpu_endpoints.audio import profiles
from gpu_endpoints.audio.decoding import MIR_RATE, Audio
from gpu_endpoints.audio.measuring import Measure
from ripieno.contracts.analysis import Analysis, MoodHeard, StyleHeard
from ripieno.music.composing import moods
from ripieno.music.song_conditioning import NotConditionable, of_song

MOST_STYLES = 3
LEAST_SHARE = 0.1


def heard(audio: Audio, found: Analysis, on_progress: Callable[[float], None] = lambda done: None) -> Analysis:
    """The findings with mood and styles, of a song in which a pulse was found; as they are where there is none.

    Parameters
    ----------
    on_progress : called with 0..1 after each block; what it raises ends the pass
    """
    try:
        song = of_song(found)
    except NotConditionable:
        return found
    measure, seconds = Measure(song.tuning), 0.0
    for block in audio.stereo_blocks(rate=MIR_RATE):
        measure.add(block)
        seconds += len(block) / MIR_RATE
        on_progress(min(1.0, seconds / max(audio.duration, 1e-9)))
    first = next((float(number) for number, beat in enumerate(found.beats) if beat.position == 1), 0.0)
    like = profiles.beside(measure.features(replace(song, first=first), found.loudness_lufs))
    valence, arousal, style = (round(one, 3) for one in like.confidence)
    shares = [(name, round(share, 3)) for name, share in like.styles[:MOST_STYLES]]
    return found.model_copy(
        update={
            "mood": MoodHeard(
                valence=like.valence, arousal=like.arousal, words=moods.nearest(like.valence, like.arousal)
            ),
            "styles": [
                StyleHeard(name=name, weight=share)
                for place, (name, share) in enumerate(shares)
                if place == 0 or share >= LEAST_SHARE
            ],
            "confidence": found.confidence.model_copy(update={"valence": valence, "arousal": arousal, "styles": style}),
            "engines": found.engines | engines.impression_provenance(),
        }
    )
