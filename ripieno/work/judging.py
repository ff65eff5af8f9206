"""Verdicts, counted by engine and style: each take's, and of a piece that was approved or rejected those of its takes.

What counts follows from what is there: whoever changes their mind moves a count, and the nightly look counts what a
killed process left out. A style is a genre of the catalogue: of a blend the strongest, of words that name none `other`.
"""

from __future__ import annotations

import logging

from azure.core.exceptions import AzureError

from ripieno.contracts.enums import TakeStatus
from ripieno.contracts.generation import StemPlan
from ripieno.contracts.works import Version, Work
from ripieno.music.genres.blending import blend
from ripieno.records import verdicts, works
from ripieno.services.outage import is_final

log = logging.getLogger("ripieno.verdicts")
_SAID = {TakeStatus.APPROVED: True, TakeStatus.REJECTED: False}
OTHER = "other"


def count(work: Work) -> int:
    """Count every verdict on a work as it stands; how many were new. An outage is left to the night."""
    try:
        return sum(
            verdicts.count(
                work.work_id,
                element,
                version.number,
                engine=version.stem.engine.engine,
                style=_style(version.stem.plan),
                approved=said,
            )
            for element, version, said in _of(work)
            if version.stem is not None
        )
    except (AzureError, TimeoutError) as fault:
        log.warning("verdicts are counted tonight: %s", fault)
    except Exception as fault:
        if not is_final(fault):
            raise
        log.exception("the verdicts of a work could not be counted")
    return 0


def count_everything() -> int:
    """Those of every work, for a timer; how many were not counted yet."""
    return sum(count(work) for _, work in works.everything())


def _of(work: Work) -> list[tuple[str, Version, bool | None]]:
    """(element, version, its verdict) of all takes that have been made; None where nobody said anything, or took it
    back. Of a piece a take is judged with the version that it was made for."""
    of_piece: dict[int | None, bool] = {}
    if work.composition is not None:
        of_piece = {one.number: False for one in work.composition.revisions if one.rejected}
        if work.composition.approved is not None:
            of_piece[work.composition.approved] = True
    return [
        (element.name, version, _SAID.get(TakeStatus(version.status), of_piece.get(version.revision)))
        for element in work.layers
        for version in element.versions
        if version.stem is not None
    ]


def _style(plan: StemPlan) -> str:
    try:
        return max(blend(plan.style).parts, key=lambda part: part[1])[0].name
    except ValueError:
        return OTHER
