"""The end of a voice: its consent taken back, or the voice deleted. What is being made in it ends, with the reason;
what it is made of is deleted; what was made before is kept and marked.

Each step may be repeated, and everything is found again by what is in storage: works by the voices in them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

from azure.durable_functions import DurableOrchestrationClient

from ripieno.contracts import names
from ripieno.contracts.enums import JobKind, TakeStatus
from ripieno.contracts.voice_profiles import Voice
from ripieno.contracts.workflow import RemovalOrder, RevisionOrder
from ripieno.contracts.works import Version, Work
from ripieno.records import failures, idempotency, jobs, runs, voices, works
from ripieno.services import blobs
from ripieno.work import composing, metering, stopping, voices_consent, voices_using

_STEPS = [*names.VOICE_CHECKS, JobKind.PROFILE_VOICE.value, JobKind.TRAIN_VOICE.value]
_AT_ONCE = 8
_FORMATS = ("wav", "flac", "mid")


def hide(order: RemovalOrder) -> None:
    """From now on nobody may use the voice."""
    assert order.voice_id is not None
    if not order.withdraws:
        voices.delete(order.owner, order.voice_id)
        return
    try:
        voices_consent.take_back(order.owner, order.voice_id, order.because, datetime.now(UTC).isoformat())
    except (voices.VoiceMissing, voices_using.ConsentMissing):
        pass  # deleted meanwhile


async def stop(client: DurableOrchestrationClient, order: RemovalOrder) -> int:
    """End what is being made of the voice, and in it; returns how much of that had not ended yet."""
    owner, voice_id = order.owner, order.voice_id
    assert voice_id is not None
    why = await asyncio.to_thread(_why, owner, voice_id)
    own = names.voice_instances(voice_id)
    instances = await asyncio.to_thread(stopping.instances_of, owner, [own])
    instances |= set() if order.withdraws else {names.withdrawal_instance(voice_id)}
    left = await stopping.stop(client, owner, instances, _STEPS, [own], why, forget=True)
    return left + await asyncio.to_thread(_end_uses, owner, voice_id, why)


def delete(order: RemovalOrder) -> None:
    """Delete what the voice is made of, mark what was made with it, and where it is deleted forget the voice."""
    owner, voice_id = order.owner, order.voice_id
    assert voice_id is not None
    own, why = names.voice_instances(voice_id), _why(owner, voice_id)
    stopping.delete_jobs(owner, own)
    for run in runs.beginning_with(owner, own):
        runs.forget(run)
    blobs.delete_prefix(names.VOICES, f"{names.voice_folder(voice_id)}/")
    metering.gone(owner, f"voice|{voice_id}")
    at = datetime.now(UTC).isoformat()
    _each(works.of_voice(owner, voice_id), lambda work_id: _mark(owner, work_id, voice_id, at, why))
    idempotency.forget_about(owner, voice_id)
    failures.delete_of(owner, voice_id)
    if order.withdraws:
        try:
            voices.change(owner, voice_id, _emptied)
        except voices.VoiceMissing:
            pass
        return
    voices.delete_uses(owner, voice_id)
    voices.delete(owner, voice_id)


# -- what is being made in it -------------------------------------------------------------------------------------


def _end_uses(owner: str, voice_id: str, why: str) -> int:
    """End every take that is being made in a voice; returns how many of their jobs had not ended yet."""
    return sum(_each(works.of_voice(owner, voice_id), lambda work_id: _end_use(owner, work_id, voice_id, why)))


def _end_use(owner: str, work_id: str, voice_id: str, why: str) -> int:
    def ended(work: Work) -> Work | None:
        being_made = [one for _, one in _takes(work, voice_id) if one.is_open]
        for version in being_made:
            version.status, version.error = TakeStatus.FAILED, why[:500]
        return work if being_made else None

    try:
        work = works.change(owner, work_id, ended)
        _end_revision(work, voice_id, why)
    except works.WorkMissing:
        return 0
    left = 0
    for element, version in _takes(work, voice_id):
        if version.status == TakeStatus.FAILED and version.error == why[:500]:
            instance_id = names.version_instance(work_id, element, version.number)
            jobs.stop(owner, instance_id)
            left += stopping.cancel_jobs(owner, names.job_id(instance_id, ""))
    return left


def _end_revision(work: Work, voice_id: str, why: str) -> None:
    """End the version of a composition that is being made with the voice."""
    making = work.composition.open if work.composition is not None else None
    if making is None or making.status != "making":
        return
    singer = making.context.singer if making.context is not None else work.composition and work.composition.singer
    if singer is not None and singer.voice_id == voice_id:
        order = RevisionOrder(
            owner=work.owner, work_id=work.work_id, arrived_at="", revision=making.number, leg=making.leg
        )
        composing.fail(order, why)


# -- what was made with it ----------------------------------------------------------------------------------------


def _mark(owner: str, work_id: str, voice_id: str, at: str, why: str) -> None:
    """Mark a work whose voice is gone, and delete what may have been written of a take that was ended."""

    def marked(work: Work) -> Work | None:
        new = [one for one in work.marks if one.voice_id == voice_id and one.withdrawn_at is None]
        for mark in new:
            mark.withdrawn_at, mark.withdrawn_because = at, why[:500]
        return work if new else None

    try:
        work = works.change(owner, work_id, marked)
    except works.WorkMissing:
        return
    for element, version in _takes(work, voice_id):
        if version.status == TakeStatus.FAILED and version.stem is None:
            for format_ in _FORMATS:
                name = names.generated_blob(work_id, names.slug(element), format_, version.number)
                blobs.delete(names.GENERATED, name)
                blobs.delete(names.GENERATED, names.peaks_blob(name))


def _takes(work: Work, voice_id: str) -> list[tuple[str, Version]]:
    """Every take in a voice, with the name of its element."""
    return [
        (element.name, version)
        for element in work.elements
        for version in element.versions
        if version.voice is not None and version.voice.voice_id == voice_id
    ]


def _emptied(voice: Voice) -> Voice | None:
    """A voice that says who let it be used, for what and until when, and nothing of how it sounds."""
    if not voice.samples and all(one.status == "deleted" for one in voice.versions):
        return None
    voice.samples, voice.current = [], None
    voice.versions = [
        one.model_copy(
            update={"status": "deleted", "samples": [], "profile": None, "model": None, "error": None, "remarks": []}
        )
        for one in voice.versions
    ]
    return voice


def _why(owner: str, voice_id: str) -> str:
    voice = voices.find(owner, voice_id)
    if voice is None:
        return voices_using.DELETED
    try:
        voices_using.check(voice)
    except voices_using.NotAllowed as fault:
        return str(fault)
    return voices_using.DELETED


def _each(work_ids: Iterable[str], do: Callable[[str], Any]) -> list[Any]:
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return list(pool.map(do, work_ids))
