"""Verdicts, counted by engine and style: each take's, and of a piece that was approved or rejected those of its takes.

What counts follows from what is there: whoever changes their mind moves a count, and the nightly look counts what a
killed process left out. A style is a genre of the catalogue: of a blend the strongest, of words that name none `other`.
"""

from __future__ import annotations

import logging
import math
import random
import time

from azure.core.exceptions import AzureError

from ripieno.contracts.enums import TakeStatus
from ripieno.contracts.generation import GeneratedStem, StemPlan
from ripieno.contracts.works import Work
from ripieno.music.genres.blending import blend
from ripieno.records import verdicts, works
from ripieno.services.outage import is_final

log = logging.getLogger("ripieno.verdicts")
_SAID = {TakeStatus.APPROVED: True, TakeStatus.REJECTED: False}
OTHER = "other"


def count(owner: str, work_id: str) -> int:
    """Count every verdict on a work as it stands; how many were new. An outage is left to the night.

    Whoever counts looks once more: of two whose verdicts come together, the one who is slower does not leave the older.
    """
    new = 0
    try:
        work = works.find(owner, work_id)
        while work is not None:
            new += sum(_counted(work_id, *one) for one in _of(work))
            after = works.find(owner, work_id)
            if after is None or _said(after) == _said(work):
                break
            work = after
    except (AzureError, TimeoutError) as fault:
        log.warning("verdicts are counted tonight: %s", fault)
    except Exception as fault:
        if not is_final(fault):
            raise
        log.exception("the verdicts of a work could not be counted")
    return new


def count_everything(seconds: float = math.inf) -> int:
    """Those of every work, in no order, as far as there is time, for a timer; how many were not counted yet."""
    until, new = time.monotonic() + seconds, 0
    known = [(owner, work.work_id) for owner, work in works.everything()]
    for owner, work_id in random.sample(known, len(known)):
        if time.monotonic() > until:
            break
        new += count(owner, work_id)
    return new


def _counted(work_id: str, element: str, number: int, stem: GeneratedStem, approved: bool | None) -> bool:
    engine, style = stem.engine.engine, _style(stem.plan)
    return verdicts.count(work_id, element, number, engine=engine, style=style, approved=approved)


def _said(work: Work) -> list[tuple[str, int, bool | None]]:
    return [(element, number, approved) for element, number, _, approved in _of(work)]


def _of(work: Work) -> list[tuple[str, int, GeneratedStem, bool | None]]:
    """(element, number, stem, verdict) of all takes that have been made; None where nobody said anything, or took it
    back. Of a piece a take is judged with the version that it was made for."""
    of_piece: dict[int | None, bool] = {}
    if work.composition is not None:
        of_piece = {one.number: False for one in work.composition.revisions if one.rejected}
        if work.composition.approved is not None:
            of_piece[work.composition.approved] = True
    return [
        (element.name, one.number, one.stem, _SAID.get(TakeStatus(one.status), of_piece.get(one.revision)))
        for element in work.layers
        for one in element.versions
        if one.stem is not None
    ]


def _style(plan: StemPlan) -> str:
    try:
        return max(blend(plan.style).parts, key=lambda part: part[1])[0].name
    except ValueError:
        return OTHER
