"""A piece made without storage, by the very functions that a workflow calls: for measures that need many of them.

Nobody sings in it, and what it sounds like is all that is kept.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from gpu_endpoints.audio.levels import SAMPLE_RATE
from gpu_endpoints.generation.engine import Wish
from gpu_endpoints.generation.finishing import finish
from gpu_endpoints.generation.symbolic import SymbolicEngine
from gpu_endpoints.production.console import Console, sound_of
from gpu_endpoints.production.mastering import master, presets
from gpu_endpoints.production.scratch import BLOCK_FRAMES, Scratch
from gpu_endpoints.serving.work import JobContext
from ripieno.contracts.composition import CompositionOrder, Context
from ripieno.contracts.enums import StemType
from ripieno.music import mix_levels
from ripieno.music.composing import briefs, contexts, ensemble, sounding
from ripieno.music.conditioning import Conditioning
from ripieno.music.genres.blending import blend
from ripieno.work import composing


def made(order: CompositionOrder, seed: int, folder: Path) -> tuple[Context, Conditioning, np.ndarray]:
    """What is settled of the piece, what it has to fit, and its master: float32 (frames, 2) at 44.1 kHz."""
    said = briefs.read(order.brief)
    style = contexts.blended(order.styles) if order.styles else blend(said.style or "pop")
    context = contexts.begin(order.model_copy(update={"instrumental": True}), said, style, seed)
    context = contexts.arranged(contexts.harmonised(context))
    plan = composing._plan(context, [])
    alone = contexts.conditioning_of(context)
    whole = ensemble.heard(context, alone, blend(composing.style_of(context)), plan.stems)
    wishes = [Wish(one, whole) for one in plan.stems if one.stem_type != StemType.VOCALS]
    layers = [
        finish(
            one.audio, wish.seconds, SAMPLE_RATE, loudness_lufs=mix_levels.target(StemType(wish.plan.stem_type), whole)
        )
        for wish, one in zip(wishes, SymbolicEngine().generate(wishes, lambda done: None), strict=True)
    ]
    desk = Console([StemType(wish.plan.stem_type) for wish in wishes], sound_of(style.weights), whole)
    plain = Scratch(folder / "plain")
    for start in range(0, len(layers[0]), BLOCK_FRAMES):
        plain.write(desk.mixed([layer[start : start + BLOCK_FRAMES] for layer in layers]))
    preset = presets()[sounding.preset(style.leading.name, context.mood)]
    preset = preset.model_copy(update={"loudness_lufs": context.loudness_lufs})
    done = master(plain, preset, JobContext("benchmark", folder, lambda *_: None, lambda: False))
    return context, whole, np.concatenate(list(done.signal.blocks()))
