"""The twenty briefs that are composed and heard in `benchmarks.composition`, as they are read: cheap, so that no change
of the language takes a style, key or tempo from them unseen."""

from __future__ import annotations

import json

import pytest

from benchmarks.composition import run
from ripieno.contracts.composition import CompositionOrder
from ripieno.music.composing import briefs, contexts
from ripieno.music.genres.blending import blend

BRIEFS = json.loads(run.BRIEFS.read_text())


@pytest.mark.parametrize("one", BRIEFS, ids=lambda one: one["brief"])
def test_what_a_brief_says_is_settled(one):
    order, holds = CompositionOrder(brief=one["brief"], **one.get("order", {})), one["holds"]
    said = briefs.read(order.brief)
    made = contexts.begin(order, said, blend(said.style or "pop"), 1)
    leading = max(made.styles, key=lambda share: share.weight).name
    told = {
        "style": leading, "key": made.key, "meter": made.meter, "language": made.language,
        "sung": any(layer.stem_type == "vocals" for layer in made.layers), "tempo": pytest.approx(made.tempo, rel=0.005),
    }  # fmt: skip
    asked = {name: value for name, value in holds.items() if name in told}
    if "rock ballad" in order.brief:  # half of each
        assert {share.name for share in made.styles} == {"rock", asked.pop("style")}
    assert asked == {name: told[name] for name in asked}
