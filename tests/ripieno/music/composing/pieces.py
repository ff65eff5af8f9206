"""Pieces as their first stages make them."""

from __future__ import annotations

from ripieno.contracts.composition import CompositionOrder, Context
from ripieno.music.composing import briefs, contexts
from ripieno.music.genres.blending import blend


def composed(brief: str = "", seed: int = 7, style: str | None = None, **fields) -> Context:
    order, said = CompositionOrder(brief=brief, **fields), briefs.read(brief)
    begun = contexts.begin(order, said, blend(style or said.style or "pop"), seed)
    return contexts.arranged(contexts.harmonised(begun))
