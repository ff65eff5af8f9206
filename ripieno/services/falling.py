"""From an engine that is lost to the next one: which are tried for a stem, and how the one that made it is signed.

`auto` may fall, and so may an engine that the planner chose; one that was named by a person may where they said so.
"""

from __future__ import annotations

from ripieno.contracts.enums import StemType
from ripieno.contracts.generation import GenerateInput, StemPlan
from ripieno.contracts.provenance import Provenance
from ripieno.services import engines


def candidates(order: GenerateInput, plan: StemPlan) -> list[str]:
    """The engines to try for a stem of a job, in order; at the least the one that is wanted.

    Raises
    ------
    engines.UnknownEngine
    """
    if plan.midi is not None:  # no other engine plays given notes
        return [engines.SYMBOLIC]
    is_vocal = plan.stem_type == StemType.VOCALS
    named = f"{engines.DIFFSINGER}@{order.voice}" if order.voice and is_vocal else order.engine
    wanted = plan.engine if named == engines.AUTO else named
    is_sung = is_vocal and bool(order.notes or order.backing or order.parameters.lyrics.strip())
    if is_sung and wanted == engines.SYMBOLIC:  # words are for a singing engine
        wanted = engines.VOICE
    may_fall = named == engines.AUTO or order.allow_fallback
    found = engines.candidates(wanted, is_sung=is_sung, may_fall=may_fall)
    if order.backing:  # the rules play one melody, and know nothing of what others sing
        found = [one for one in found if one != engines.SYMBOLIC]
    lost = {one.partition(":")[0] for one in order.lost}
    return [one for one in found if one not in lost] or found[-1:]


def signed(engine: Provenance, lost: list[str]) -> Provenance:
    """A signature that says which engines were lost before, and why."""
    if not lost:
        return engine
    reasons = [*lost, *([engine.reason] if engine.reason else [])]
    return engine.model_copy(update={"fallback": True, "reason": "; ".join(dict.fromkeys(reasons))[:1000]})
