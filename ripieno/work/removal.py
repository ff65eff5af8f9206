"""Songs, works and voices away, with everything ever made from them.

The removal's run is noted first; from then on it happens, whoever dies. The song leaves the library at once; what runs
for it is ended and waited for; what was made is deleted; a while later it is looked once more for what was being
written at that moment.

Everything is named by the life of the song that is meant, so that the same bytes may come again while
their last life is being removed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from typing import Any

from azure.durable_functions import DurableOrchestrationClient

from ripieno.contracts import names
from ripieno.contracts.enums import JobKind
from ripieno.contracts.voice_profiles import Voice
from ripieno.contracts.workflow import SEPARATION_WAYS, RemovalOrder, Run
from ripieno.contracts.works import Work
from ripieno.records import failures, feedback, idempotency, runs, shares, songs, uploads, voices, webhooks, works
from ripieno.services import blobs, engines
from ripieno.services.settings import settings
from ripieno.work import (
    analysing,
    asking,
    generating,
    metering,
    revising,
    run_telemetry,
    stopping,
    voices_consent,
    voices_ending,
)
from ripieno.work.sets import versions

_MOST_NAMED = 250  # workflows in an order, which has to fit a row; what ran more often goes by its age

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
        workflows=[names.song_instance(song.audio_file_id, song.born, run) for run in range(1, song.run)][
            -_MOST_NAMED:
        ],
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
        workflows=_without_jobs(work) if work is not None else [],
        sweep_seconds=settings().sweep_seconds,
    )
    return asking.run_of(owner, "RemovalOrchestrator", instance_id, order.model_dump())


def of_voice(owner: str, voice_id: str) -> Run:
    """The removal of a voice, noted, and the voice gone from the list. Raises `VoiceMissing`."""
    instance_id = names.removal_instance(voice_id)
    if voices.find(owner, voice_id) is None:
        known = runs.find(owner, instance_id) if voice_id.isascii() and voice_id.isalnum() else None
        if known is None:
            voices.get(owner, voice_id)
        assert known is not None
        return known
    run = _run_of_voice(owner, voice_id, instance_id)
    runs.note(run)
    hide(RemovalOrder.model_validate(run.order))
    return run


def of_consent(owner: str, voice_id: str, because: str) -> tuple[Voice, Run]:
    """The consent to a voice taken back, and the run that ends what it is used for. Asked for again, the same.

    Raises
    ------
    records.voices.VoiceMissing, voices_using.ConsentMissing
    """
    voice = voices.get(owner, voice_id)
    run = _run_of_voice(owner, voice_id, names.withdrawal_instance(voice_id), withdraws=True, because=because)
    if voice.revoked_at is not None:
        return voice, run
    if voice.consent is not None:
        runs.note(run)
    return voices_consent.take_back(owner, voice_id, because, run.asked_at), run


def _run_of_voice(owner: str, voice_id: str, instance_id: str, **more: Any) -> Run:
    order = RemovalOrder(
        owner=owner, instance_id=instance_id, voice_id=voice_id, sweep_seconds=settings().sweep_seconds, **more
    )
    return asking.run_of(owner, "RemovalOrchestrator", instance_id, order.model_dump())


# -- carried out, each step as often as it takes ------------------------------------------------------------------


def hide(order: RemovalOrder) -> None:
    """From now on the library knows it no more."""
    if order.audio_file_id and order.born:
        songs.delete(order.owner, order.audio_file_id, order.born)
        _end_shares(order.owner, order.audio_file_id, order.born)
    if order.work_id:
        works.delete(order.owner, order.work_id)
        _end_shares(order.owner, order.work_id)
    if order.voice_id:
        voices_ending.hide(order)


async def stop(client: DurableOrchestrationClient, order: RemovalOrder) -> int:
    """End what runs for it; returns how much of that had not ended yet."""
    if order.voice_id:
        return await voices_ending.stop(client, order)
    is_cancel = order.work_id is not None and order.instance_id == names.cancel_instance(order.work_id, order.revision)
    if is_cancel and order.work_id:
        await asyncio.to_thread(_mark_cancelled, order, order.work_id)
    left = 0
    for work_id in await asyncio.to_thread(_works, order):
        further = set(order.workflows) if order.work_id else set()
        left += await stop_work(
            client, order.owner, work_id, "it was removed", order.revision, further=further, forget=not is_cancel
        )
    if order.audio_file_id and order.born:
        prefix = names.song_instances(order.audio_file_id, order.born)
        instances = await asyncio.to_thread(stopping.instances_of, order.owner, [prefix])
        instances |= {order.workflow} if order.workflow else set()
        instances |= set(order.workflows)
        steps = [*(kind.value for kind in JobKind), *map(names.further_separation, SEPARATION_WAYS)]
        left += await stopping.stop(client, order.owner, instances, steps, [prefix], "it was removed", forget=True)
    return left


async def stop_work(
    client: DurableOrchestrationClient,
    owner: str,
    work_id: str,
    reason: str,
    revision: int | None = None,
    *,
    further: Collection[str] = (),
    forget: bool = False,
) -> int:
    """End a work's workflows and its jobs, of a composition those of one revision where that is named: the next one may
    have begun. `further` are workflows of it that its record does not tell of any more; `forget` is as in
    `stopping.stop`. Returns how many had not ended yet."""
    work = await asyncio.to_thread(works.find, owner, work_id)
    if revision is not None:
        instances = set(_instances_of_revision(work, revision)) if work is not None else set()
        prefixes = [names.job_id(instance_id, "") for instance_id in sorted(instances)]
    else:
        prefixes = [names.work_instance(work_id), names.version_instances(work_id)]
        instances = {names.work_instance(work_id)} | await asyncio.to_thread(stopping.instances_of, owner, prefixes)
        instances |= set(_version_instances(work)) if work is not None else set()
        instances |= set(further)
    kinds = (
        JobKind.GENERATE, JobKind.APPLY_VOICE, JobKind.MIX, JobKind.MASTER, JobKind.EXPORT, JobKind.SET, JobKind.SPEAK,
        JobKind.TRANSCRIBE,
    )  # fmt: skip
    steps = [one.value for one in kinds]
    steps += names.CHECKS
    steps += [names.further_generation(number) for number in range(1, engines.most_after_each_other() + 1)]
    return await stopping.stop(client, owner, instances, steps, prefixes, reason, forget=forget)


def delete(order: RemovalOrder) -> None:
    """Delete everything that was ever made from it. A song's works are not known any more when it is looked once more:
    each gets a removal of its own, which is noted before the work is gone."""
    if order.voice_id:
        voices_ending.delete(order)
    for work_id in _works(order):
        if order.work_id is None:
            runs.note(_run_of_work(order.owner, work_id))
        delete_work(order.owner, work_id)
    for part in order.parts:
        its = works.find(order.owner, part)
        if its is not None and its.part_of == order.work_id:  # else it was kept for another
            of_work(order.owner, part)
    if order.audio_file_id and order.born:
        songs.delete(order.owner, order.audio_file_id, order.born)
        analysing.clean_up(order.owner, order.audio_file_id, order.born)
        webhooks.forget(order.owner, names.song_folder(order.audio_file_id, order.born))
        stopping.delete_jobs(order.owner, names.song_instances(order.audio_file_id, order.born))
        uploads.delete_of(order.owner, order.audio_file_id)
        _delete_what_was_told(order.owner, order.audio_file_id)


def delete_work(owner: str, work_id: str) -> None:
    """Delete a work and what was made for it."""
    for prefix in (names.work_instance(work_id), names.version_instances(work_id)):
        stopping.delete_jobs(owner, prefix)
        for run in runs.beginning_with(owner, prefix):
            run_telemetry.removed(run)
            runs.forget(run)
    blobs.delete_prefix(names.GENERATED, f"{work_id}/")
    feedback.delete_of(owner, work_id)
    webhooks.forget(owner, work_id)
    _delete_what_was_told(owner, work_id)
    works.delete(owner, work_id)
    _end_shares(owner, work_id)
    metering.gone(owner, f"work|{work_id}")


def _delete_what_was_told(owner: str, subject: str) -> None:
    """What is kept of something beside it: answers that are given again, and why something of it failed."""
    idempotency.forget_about(owner, subject)
    failures.delete_of(owner, subject)


def forget(order: RemovalOrder) -> None:
    """The last step: what was noted of the runs that it ended, and of itself."""
    prefixes = [order.instance_id]
    if order.audio_file_id and order.born:
        prefixes.append(names.song_instances(order.audio_file_id, order.born))
    for prefix in prefixes:
        for run in runs.beginning_with(order.owner, prefix):
            (run_telemetry.finished if run.instance_id == order.instance_id else run_telemetry.removed)(run)
            runs.forget(run)


# -- parts --------------------------------------------------------------------------------------------------------


def _end_shares(owner: str, item_id: str, born: str | None = None) -> None:
    """Nobody may look at what is gone; whoever shares at this moment looks once more after they have (`sharing`)."""
    for share in shares.of_item(owner, item_id):
        if share.born == born:
            shares.take_back(share)


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


def _without_jobs(work: Work) -> list[str]:
    """The workflows of a work that no job tells of: talks, stages in which nothing was made, takes that never began."""
    found = _version_instances(work)
    found += [names.cancel_instance(work.work_id)]
    if work.dj_set is not None:
        found += [names.talk_instance(work.work_id, one.talk_id) for one in work.dj_set.talks]
        found += [names.revision_instance(work.work_id, one.number) for one in work.dj_set.versions]
    for one in work.composition.revisions if work.composition is not None else []:
        found += [names.revision_instance(work.work_id, one.number, leg) for leg in range(1, one.leg + 1)]
        found += [names.cancel_instance(work.work_id, one.number)]
    known = stopping.instances_of(
        work.owner, [names.work_instance(work.work_id), names.version_instances(work.work_id)]
    )
    return sorted(set(found) - known)[:_MOST_NAMED]


def _version_instances(work: Work) -> list[str]:
    return [
        names.version_instance(work.work_id, element.name, version.number)
        for element in work.elements
        for version in element.versions
    ]


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
