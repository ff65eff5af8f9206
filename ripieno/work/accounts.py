"""Everything of somebody, away: by their own wish, or because a visit is over.

Songs, works and voices go by removals of their own; what is kept beside them goes with it. Asked for again, it is the
same removal until that has ended. Whatever comes in while it runs goes too.
"""

from __future__ import annotations

import asyncio

from azure.durable_functions import DurableOrchestrationClient

from ripieno.contracts import names
from ripieno.contracts.workflow import RemovalOrder, Run
from ripieno.records import (
    devices,
    failures,
    feedback,
    idempotency,
    jobs,
    preferences,
    refusals,
    runs,
    songs,
    uploads,
    voices,
    webhooks,
    works,
)
from ripieno.services import blobs
from ripieno.services.settings import settings
from ripieno.work import asking, removal

_PAGE = 200


def remove(owner: str, seed: str) -> Run:
    """The removal of everything of an owner, noted."""
    if (known := under_way(owner)) is not None:
        return known
    instance_id = names.account_removal_instance(seed)
    order = RemovalOrder(owner=owner, instance_id=instance_id, everything=True, sweep_seconds=settings().sweep_seconds)
    run = asking.run_of(owner, "RemovalOrchestrator", instance_id, order.model_dump())
    runs.note(run)
    return run


def under_way(owner: str) -> Run | None:
    """The removal of everything of an owner that has not ended."""
    known = runs.beginning_with(owner, names.account_removal_instance(""))
    return next((run for run in known if run.order.get("everything")), None)


def hide(order: RemovalOrder) -> None:
    """Begin the removal of every song, work and voice; whoever looks after runs sees to each."""
    owner = order.owner
    while found := songs.documents(owner, limit=_PAGE)[0]:
        for song in found:
            _quietly(lambda song=song: removal.of_song(owner, song.audio_file_id))
    while found := works.documents(owner, limit=_PAGE)[0]:
        for work in found:
            _quietly(lambda work=work: removal.of_work(owner, work.work_id))
    while found := voices.documents(owner, limit=_PAGE)[0]:
        for voice in found:
            _quietly(lambda voice=voice: removal.of_voice(owner, voice.voice_id))


def left(order: RemovalOrder) -> list[Run]:
    """The removals that have not ended yet."""
    return [
        run for run in runs.beginning_with(order.owner, names.removal_instance("")) if not run.order.get("everything")
    ]


async def stop(client: DurableOrchestrationClient, order: RemovalOrder) -> int:
    """See that the removals begin; returns how many have not ended yet."""
    under_way = await asyncio.to_thread(left, order)
    for run in under_way[:_PAGE]:
        await asking.start(client, run)
    return len(under_way)


def delete(order: RemovalOrder) -> None:
    """What is kept of somebody beside their songs, works and voices; what they used stays, for the bills: figures."""
    owner = order.owner
    hide(order)  # what came in since
    for upload_id in uploads.delete_all(owner):
        blobs.delete(names.RAW_AUDIO, names.uploaded_blob(upload_id))
    blobs.delete_prefix(names.RAW_AUDIO, f"{names.OWNER_PREFIX}{owner}/")
    for failure in failures.of_owner(owner):
        if failure.kind == "drop" and failure.subject == failure.order.get("blob_name"):
            blobs.delete(names.REJECTED, failure.subject)
    failures.delete_all(owner)
    feedback.delete_all(owner)
    refusals.delete_all(owner)
    preferences.forget(owner)
    webhooks.forget_owner(owner)
    for device in devices.of(owner):
        devices.delete(owner, device.device_id)
    idempotency.delete_all(owner)
    if not left(order):  # by its jobs a removal finds the workflows whose histories it forgets
        jobs.delete_of_instances(owner, "")


def _quietly(begin) -> None:
    try:
        begin()
    except LookupError:
        pass  # somebody else was faster
