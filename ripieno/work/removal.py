"""Songs and works away, with everything ever made from them.

The removal's run is noted first; from then on it happens, whoever dies. The song leaves the library at once; what runs
for it is ended and waited for; what was made is deleted; a while later it is looked once more for what was being
written at that moment.

Everything is named by the life of the song that is meant, so that the same bytes may come again while
their last life is being removed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from azure.durable_functions import DurableOrchestrationClient

from ripieno.contracts import names
from ripieno.contracts.enums import JobKind, JobState
from ripieno.contracts.workflow import SEPARATION_WAYS, RemovalOrder, Run
from ripieno.contracts.works import Work
from ripieno.records import feedback, jobs, runs, songs, works
from ripieno.services import blobs, endpoints, engines
from ripieno.services.settings import settings
from ripieno.work import analysing, asking, generating, revising
from ripieno.work.sets import versions

_ENDED_FOR_GOOD = {JobState.SUCCEEDED, JobState.FAILED}

# -- asked for ----------------------------------------------------------------------------------------------------


def of_song(owner: str, audio_file_id: str) -> Run:
    """The removal of a song: noted, and the song gone from the library. Asked for again, the same removal.

    Raises
    ------
    records.songs.SongMissing
        When there is no such song, and none that is being removed.
    """
    song = songs.find(owner, audio_file_id)
    if song is None:
        known = _removals(owner, audio_file_id)
        if not known:
            raise songs.SongMissing(f"there is no song {audio_file_id[:100]}")
        return max(known, key=lambda run: run.asked_at)
    instance_id = names.removal_instance(song.audio_file_id, song.born)
    order = RemovalOrder(
        owner=owner,
        instance_id=instance_id,
        audio_file_id=song.audio_file_id,
        born=song.born,
        workflow=song.instance_id,
        sweep_seconds=settings().sweep_seconds,
    )
    run = asking.run_of(owner, "RemovalOrchestrator", instance_id, order.model_dump())
    runs.note(run)
    hide(order)
    return run


def _removals(owner: str, audio_file_id: str) -> list[Run]:
    """Those of all lives of a song that have not ended."""
    if not audio_file_id.isascii():
        return []
    found = runs.beginning_with(owner, names.removal_instance(audio_file_id) + "-")
    return [run for run in found if run.order.get("audio_file_id") == audio_file_id]  # not of one that begins so


def of_work(owner: str, work_id: str) -> Run:
    """The removal of a work, noted. Raises `WorkMissing`."""
    work = works.find(owner, work_id)
    instance_id = names.removal_instance(work_id)
    if work is None:
        known = runs.find(owner, instance_id) if work_id.isalnum() else None
        if known is None:
            works.get(owner, work_id)
        assert known is not None
        return known
    run = _run_of_work(owner, work_id)
    runs.note(run)
    hide(RemovalOrder.model_validate(run.order))
    return run


def _run_of_work(owner: str, work_id: str) -> Run:
    instance_id, work = names.removal_instance(work_id), works.find(owner, work_id)
    order = RemovalOrder(
        owner=owner,
        instance_id=instance_id,
        work_id=work_id,
        parts=work.dj_set.bridges if work is not None and work.dj_set is not None else [],
        sweep_seconds=settings().sweep_seconds,
    )
    return asking.run_of(owner, "RemovalOrchestrator", instance_id, order.model_dump())


# -- carried out, each step as often as it takes ------------------------------------------------------------------


def hide(order: RemovalOrder) -> None:
    """From now on the library knows it no more."""
    if order.audio_file_id and order.born:
        songs.delete(order.owner, order.audio_file_id, order.born)
    if order.work_id:
        works.delete(order.owner, order.work_id)


async def stop(client: DurableOrchestrationClient, order: RemovalOrder) -> int:
    """End what runs for it; returns how much of that had not ended yet."""
    if order.work_id and order.instance_id == names.cancel_instance(order.work_id, order.revision):
        await asyncio.to_thread(_mark_cancelled, order, order.work_id)
    left = 0
    for work_id in await asyncio.to_thread(_works, order):
        left += await stop_work(client, order.owner, work_id, "it was removed", order.revision)
    if order.audio_file_id and order.born:
        prefix = names.song_instances(order.audio_file_id, order.born)
        instances = await asyncio.to_thread(_instances, order.owner, [prefix])
        instances |= {order.workflow} if order.workflow else set()
        steps = [*(kind.value for kind in JobKind), *map(names.further_separation, SEPARATION_WAYS)]
        left += await _stop(client, order.owner, instances, steps, [prefix], "it was removed")
    return left


async def stop_work(
    client: DurableOrchestrationClient, owner: str, work_id: str, reason: str, revision: int | None = None
) -> int:
    """End a work's workflows and its jobs, of a composition those of one revision where that is named: the next one may
    have begun. Returns how many had not ended yet."""
    work = await asyncio.to_thread(works.find, owner, work_id)
    if revision is not None:
        instances = set(_instances_of_revision(work, revision)) if work is not None else set()
        prefixes = [names.job_id(instance_id, "") for instance_id in sorted(instances)]
    else:
        prefixes = [names.work_instance(work_id), names.version_instances(work_id)]
        instances = {names.work_instance(work_id)} | await asyncio.to_thread(_instances, owner, prefixes)
        instances |= set(_version_instances(work)) if work is not None else set()
    steps = [
        one.value
        for one in (
            JobKind.GENERATE, JobKind.MIX, JobKind.MASTER, JobKind.EXPORT, JobKind.SET, JobKind.SPEAK,
            JobKind.TRANSCRIBE,
        )
    ]  # fmt: skip
    steps += names.CHECKS
    steps += [names.further_generation(number) for number in range(1, engines.most_after_each_other() + 1)]
    return await _stop(client, owner, instances, steps, prefixes, reason)


def delete(order: RemovalOrder) -> None:
    """Delete everything that was ever made from it. A song's works are not known any more when it is looked once more:
    each gets a removal of its own, which is noted before the work is gone."""
    for work_id in _works(order):
        if order.work_id is None:
            runs.note(_run_of_work(order.owner, work_id))
        delete_work(order.owner, work_id)
    for part in order.parts:
        if works.find(order.owner, part) is not None:
            of_work(order.owner, part)
    if order.audio_file_id and order.born:
        songs.delete(order.owner, order.audio_file_id, order.born)
        analysing.clean_up(order.owner, order.audio_file_id, order.born)
        _delete_jobs(order.owner, names.song_instances(order.audio_file_id, order.born))


def delete_work(owner: str, work_id: str) -> None:
    """Delete a work and what was made for it."""
    for prefix in (names.work_instance(work_id), names.version_instances(work_id)):
        _delete_jobs(owner, prefix)
        for run in runs.beginning_with(owner, prefix):
            runs.forget(run)
    blobs.delete_prefix(names.GENERATED, f"{work_id}/")
    feedback.delete_of(owner, work_id)
    works.delete(owner, work_id)


def forget(order: RemovalOrder) -> None:
    """The last step: what was noted of the runs that it ended, and of itself."""
    prefixes = [order.instance_id]
    if order.audio_file_id and order.born:
        prefixes.append(names.song_instances(order.audio_file_id, order.born))
    for prefix in prefixes:
        for run in runs.beginning_with(order.owner, prefix):
            runs.forget(run)


# -- parts --------------------------------------------------------------------------------------------------------


def _mark_cancelled(order: RemovalOrder, work_id: str) -> None:
    """What was asked for is cancelled before anything of it is ended: whoever asked may have died after their note."""
    work = works.find(order.owner, work_id)
    try:
        if work is not None and work.dj_set is not None:
            versions.cancel(order.owner, work_id, order.revision)
        elif work is not None and work.composition is None:
            generating.cancel(order.owner, work_id)
        elif work is not None and order.revision is not None:
            revising.cancel(order.owner, work_id, order.revision)
    except works.WorkMissing:
        pass  # removed at this moment


def _works(order: RemovalOrder) -> list[str]:
    """The works that it is about: the one, or all that were made for that life of the song."""
    if order.work_id:
        return [order.work_id]
    if order.audio_file_id and order.born:
        return works.of_song(order.owner, order.audio_file_id, order.born)
    return []


def _instances_of_revision(work: Work, number: int) -> list[str]:
    """The workflows of a revision: its own, legs and all, of the layers first made for it, and of its mix; of a set its
    own does all."""
    if work.dj_set is not None:
        return [names.revision_instance(work.work_id, number)]
    assert work.composition is not None
    revision = next(one for one in work.composition.revisions if one.number == number)
    own = [names.revision_instance(work.work_id, number, leg) for leg in range(1, revision.leg + 1)]
    layers = [
        names.version_instance(work.work_id, element.name, version.number)
        for element in work.layers
        for version in element.versions
        if version.revision == number
    ]
    return [*own, *layers, *([names.version_instance(work.work_id, revision.mix, 1)] if revision.mix else [])]


def _version_instances(work: Work) -> list[str]:
    return [
        names.version_instance(work.work_id, element.name, version.number)
        for element in work.elements
        for version in element.versions
    ]


def _instances(owner: str, prefixes: list[str]) -> set[str]:
    """The workflow instances that are known to have been asked for, or to have asked for jobs."""
    noted = {run.instance_id for prefix in prefixes for run in runs.beginning_with(owner, prefix)}
    return noted | {
        names.instance_of_job(job.job_id) for prefix in prefixes for job in jobs.of_instances(owner, prefix)
    }


async def _stop(
    client: DurableOrchestrationClient,
    owner: str,
    instances: set[str],
    steps: list[str],
    prefixes: list[str],
    reason: str,
) -> int:
    """Terminate instances and what looks after their jobs, and cancel those; returns how many had not ended."""
    left = 0
    for instance_id in sorted(instances):
        await asyncio.to_thread(jobs.stop, owner, instance_id)
    for one in (
        i for instance_id in sorted(instances) for i in (instance_id, *(names.job_id(instance_id, s) for s in steps))
    ):
        status = await asking.status_of(client, one)
        if status is not None and status.runtime_status not in asking.ENDED:
            left += 1
            try:
                await client.terminate(one, reason)
            except Exception as fault:  # it may end between the look and the call
                asking.log.info("%s was not terminated: %s", one, fault)
    for prefix in prefixes:
        left += await asyncio.to_thread(_cancel_jobs, owner, prefix)
    return left


def _cancel_jobs(owner: str, prefix: str) -> int:
    """Cancel the jobs of instances at their endpoints; returns how many have not ended there yet."""
    left = 0
    for job in jobs.of_instances(owner, prefix):
        if not job.endpoint or not job.address or not job.endpoint_job_id or job.state in _ENDED_FOR_GOOD:
            continue
        try:
            status = endpoints.cancel_anywhere(job.endpoint, job.address, job.endpoint_job_id)
        except endpoints.EndpointDown as away:
            asking.log.info("%s cannot be ended yet: %s", job.job_id, away)
            left += 1
            continue
        if status is None or status.ended_at is not None:
            state, ended_at = (status.state, status.ended_at) if status else (JobState.CANCELLED.value, None)
            jobs.record(owner, job.job_id, job.arrived_at, state=state, ended_at=ended_at)
        else:
            left += 1
    return left


def _delete_jobs(owner: str, prefix: str) -> None:
    blobs.delete_prefix(names.JOBS, prefix)
    jobs.delete_of_instances(owner, prefix)


def cancelled(owner: str, work_id: str, cancel: Callable[[str, str], Work] = generating.cancel) -> tuple[Work, Run]:
    """A work cancelled, and the run that ends what is being made for it. Raises `WorkMissing`."""
    work = works.get(owner, work_id)
    revision = (work.composition.open or work.composition.revisions[-1]).number if work.composition else None
    if work.dj_set is not None:
        revision = (work.dj_set.open or work.dj_set.versions[-1]).number
    instance_id = names.cancel_instance(work_id, revision)
    order: dict[str, Any] = RemovalOrder(
        owner=owner, instance_id=instance_id, work_id=work_id, revision=revision, sweep_seconds=0
    ).model_dump()
    run = asking.run_of(owner, "CancelOrchestrator", instance_id, order)
    runs.note(run)
    return cancel(owner, work_id), run
