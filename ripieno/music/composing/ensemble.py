"""What the players of a piece hear of each other: the bass where the kick falls, everybody where somebody sings."""

from __future__ import annotations

from dataclasses import replace

from ripieno.contracts.composition import Context, Layer
from ripieno.contracts.enums import StemType
from ripieno.contracts.generation import StemPlan
from ripieno.music.arranging import playing
from ripieno.music.arranging.arrange import arrange
from ripieno.music.arranging.drums import KIT
from ripieno.music.composing import singing
from ripieno.music.conditioning import Conditioning
from ripieno.music.genres.blending import Blend
from ripieno.music.places import silent

_FINEST = 24  # of a beat: places are kept as far as they are written
_LISTENS_TO_KICK = {StemType.BASS}
_LISTENS_TO_VOICE = {StemType.PIANO, StemType.GUITAR, StemType.SYNTH, StemType.OTHER}


def heard(context: Context, music: Conditioning, style: Blend, plans: list[StemPlan]) -> Conditioning:
    """The same music with what its drummer and its singer do."""
    drummer = next((one for one in plans if one.stem_type == StemType.DRUMS), None)
    sung = [phrase for section in singing.melody(context, style) for phrase in section.phrases]
    return replace(
        music,
        kick=_kicks(drummer, music, style) if drummer else (),
        voice=tuple((_placed(one[0].start), _placed(one[-1].start + one[-1].length)) for one in sung),
    )


def heeded(layer: Layer, music: Conditioning) -> dict[str, object]:
    """What of the others a layer is made from."""
    stem = StemType(layer.stem_type)
    found: dict[str, object] = {}
    if stem in _LISTENS_TO_KICK and music.kick:
        found["kick"] = list(music.kick)
    if stem in _LISTENS_TO_VOICE and music.voice:
        found["voice"] = [list(one) for one in music.voice]
    return found


def _kicks(plan: StemPlan, music: Conditioning, style: Blend) -> tuple[float, ...]:
    part = arrange(
        StemType.DRUMS.value,
        music,
        style,
        seed=plan.random_seed,
        playing=playing.of(plan),
        by_place=playing.by_place(plan, music),
        silent=silent(plan, music),
        humanise=False,
    )
    at = music.timeline.beat_at
    return tuple(sorted({_placed(at(one.start)) for one in part.notes if one.pitch == KIT["kick"]}))


def _placed(beat: float) -> float:
    return round(round(beat * _FINEST) / _FINEST, 4)
