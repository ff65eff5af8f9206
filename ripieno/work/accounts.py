"""Everything of somebody, away: by their own wish, or because a visit is over.

Songs, works and voices go by removals of their own, so many at a time; what is kept beside them goes with it
(`leaving`). Asked for again, it is the same removal until that has ended. Whatever comes in while it runs goes too.
"""

from __future__ import annotations

import asyncio

from azure.durable_functions import DurableOrchestrationClient

from ripieno.contracts import names
from ripieno.contracts.workflow import RemovalOrder, Run
from ripieno.records import jobs, runs, songs, voices, works
from ripieno.services.settings import settings
from ripieno.work import asking, inbox, leaving, removal, stopping

AT_ONCE = 200
"""Of each kind, in one step: of ten minutes it takes one at most."""


def remove(owner: str, seed: str) -> Run:
    """The removal of everything of an owner, noted."""
    if (known := under_way(owner)) is not None:
        return known
    instance_id = names.account_removal_instance(seed)
    order = RemovalOrder(owner=owner, instance_id=instance_id, everything=True, sweep_seconds=settings().sweep_seconds)
    run = asking.run_of(owner, "AccountRemovalOrchestrator", instance_id, order.model_dump())
    runs.note(run)
    return run


def under_way(owner: str) -> Run | None:
    """The removal of everything of an owner that has not ended."""
    known = runs.beginning_with(owner, names.account_removal_instance(""))
    return next((run for run in known if run.order.get("everything")), None)


def has_something(owner: str) -> bool:
    """Whether there is anything that takes a workflow to remove."""
    return any(kept.documents(owner, limit=1)[0] for kept in (songs, works, voices)) or bool(_taking_in(owner))


# -- carried out, each step as often as it takes ------------------------------------------------------------------


def hide(order: RemovalOrder) -> None:
    """What lies in the inbox is taken in no more, and the first songs, works and voices are gone from the library."""
    inbox.forget_owner(order.owner)
    _begin_removals(order.owner)


async def stop(client: DurableOrchestrationClient, order: RemovalOrder) -> int:
    """Remove so many further songs, works and voices, and end what takes something in; how much is left of both."""
    begun = await asyncio.to_thread(_begin_removals, order.owner)
    waiting = await _end_taking_in(client, order.owner)
    under_way = await asyncio.to_thread(left, order)
    for run in [*begun, *(run for run in under_way[:AT_ONCE] if run not in begun)]:
        await asking.start(client, run)
    return waiting + len(under_way)


def left(order: RemovalOrder) -> list[Run]:
    """The removals that have not ended yet."""
    return [
        run for run in runs.beginning_with(order.owner, names.removal_instance("")) if not run.order.get("everything")
    ]


def delete(order: RemovalOrder) -> int:
    """Delete what is kept of somebody beside their songs, works and voices; how much is left that came in since."""
    owner = order.owner
    _begin_removals(owner)
    leaving.forget(owner)
    still = len(left(order)) + len(_taking_in(owner))
    if not still:  # by its jobs a removal finds the workflows whose histories it forgets
        jobs.delete_of_instances(owner, "")
    return still


# -- parts --------------------------------------------------------------------------------------------------------


def _begin_removals(owner: str) -> list[Run]:
    """The removals of so many songs, works and voices, noted; whoever looks after runs sees to each."""
    begun: list[Run] = []
    for song in songs.documents(owner, limit=AT_ONCE)[0]:
        begun += _begun(lambda song=song: removal.of_song(owner, song.audio_file_id))
    for work in works.documents(owner, limit=AT_ONCE)[0]:
        begun += _begun(lambda work=work: removal.of_work(owner, work.work_id))
    for voice in voices.documents(owner, limit=AT_ONCE)[0]:
        begun += _begun(lambda voice=voice: removal.of_voice(owner, voice.voice_id))
    return begun


def _begun(begin) -> list[Run]:
    try:
        return [begin()]
    except LookupError:
        return []  # somebody else was faster


def _taking_in(owner: str) -> list[Run]:
    """What is being taken in of an owner's, or waits until it may be."""
    return runs.beginning_with(owner, names.drop_instances())


async def _end_taking_in(client: DurableOrchestrationClient, owner: str) -> int:
    """End what takes something in, and forget that it did: its order and history have the file's name. How much of it
    has not ended yet."""
    found = await asyncio.to_thread(_taking_in, owner)
    not_ended = 0
    for run in found[:AT_ONCE]:
        if await stopping.stop(client, owner, {run.instance_id}, [], [], "everything is deleted", forget=True):
            not_ended += 1
        else:
            await asyncio.to_thread(runs.forget, run)
    return not_ended + len(found[AT_ONCE:])
