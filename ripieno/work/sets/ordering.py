"""A set is asked for: kept, with the run that makes its first version."""

from __future__ import annotations

from ripieno.contracts.dj_sets import DjSet, SetVersion
from ripieno.contracts.generation import GenerationOrder
from ripieno.contracts.sets import SetOrder
from ripieno.contracts.workflow import Run
from ripieno.contracts.works import Work, WorkKind
from ripieno.music.sets import personas
from ripieno.records import works
from ripieno.services import webhooks
from ripieno.work.sets import knowing, letting, versions
from ripieno.work.sets.knowing import CannotPlan


def begin(owner: str, order: SetOrder, seed: str) -> tuple[Work, Run]:
    """Keep an order, and the run that makes its first version.

    Raises
    ------
    CannotPlan, webhooks.BadWebhookUrl
    """
    if order.webhook_url:
        webhooks.check_user_url(order.webhook_url)
    check_persona(order.persona)
    if not order.brief.strip() and order == SetOrder(stem_format=order.stem_format):
        raise CannotPlan("nothing is asked for: give a brief (a sentence is enough), or any of the fields")
    asked = [*order.songs, *(one.song for one in order.wishes.songs)]
    knowing.check(owner, list(dict.fromkeys(asked)))
    first = SetVersion(
        number=1,
        made_at=versions.now(),
        asked=order.brief,
        wishes=order.wishes,
        journey=order.journey,
        persona=order.persona,
    )
    work = Work(
        work_id=seed,
        owner=owner,
        kind=WorkKind.SET,
        created_at=versions.now(),
        order=GenerationOrder(webhook_url=order.webhook_url),
        message="planning",
        dj_set=DjSet(order=order, versions=[first]),
    )
    run = versions.run_of(work, 1)
    letting.note(run, versions.dj_set(work))
    works.create(work)
    return work, run


def check_persona(name: str | None) -> None:
    """Raises `CannotPlan`, with those that there are."""
    try:
        personas.persona(name)
    except personas.UnknownPersona as fault:
        raise CannotPlan(str(fault)) from None
