"""How far a workflow is, a song's or a set's, down to the endpoint job that runs now."""

from __future__ import annotations

from azure.durable_functions import DurableOrchestrationClient

from ripieno.contracts.audio import AudioFile, Progress
from ripieno.contracts.enums import AudioFileStatus, JobKind
from ripieno.contracts.names import job_id, revision_instance
from ripieno.contracts.works import Work
from ripieno.work import asking

_STAGE_SPAN = {"separate": (0.05, 0.45), "mir": (0.45, 0.92)}
_JOB_OF_SET = {"speech": (JobKind.SPEAK, 0.3, 0.35), "mix": (JobKind.SET, 0.35, 1.0)}


async def of_song(client: DurableOrchestrationClient, song: AudioFile) -> Progress:
    if song.status == AudioFileStatus.ANALYZED:
        return Progress(stage="analyzed", fraction=1, message="done")
    if song.status == AudioFileStatus.FAILED:
        return Progress(stage="failed", fraction=1, message=song.error.message if song.error else "failed")
    seen = await _reported(client, song.instance_id) or Progress(stage="queued", fraction=0, message="waiting")
    stage = seen.stage.partition("-")[0]  # one of several ways to separate is `separate-{way}`
    if stage in _STAGE_SPAN:
        inner = await _reported(client, job_id(song.instance_id, seen.stage))
        if inner is not None:
            start, end = _STAGE_SPAN[stage]
            seen.fraction = start + (end - start) * inner.fraction
            seen.message = f"{seen.message} ({inner.message})"
    return seen


async def of_set(client: DurableOrchestrationClient, work: Work) -> Progress | None:
    """None where nothing is being made."""
    here = work.dj_set.open if work.dj_set is not None else None
    if here is None:
        return None
    instance_id = revision_instance(work.work_id, here.number)
    seen = await _reported(client, instance_id) or Progress(stage="queued", fraction=0, message="waiting")
    if seen.stage in _JOB_OF_SET:
        kind, start, end = _JOB_OF_SET[seen.stage]
        inner = await _reported(client, job_id(instance_id, kind))
        if inner is not None:
            seen.fraction = start + (end - start) * inner.fraction
            seen.message = f"{seen.message} ({inner.message})"
    return seen


async def _reported(client: DurableOrchestrationClient, instance_id: str) -> Progress | None:
    status = await asking.status_of(client, instance_id)
    if status is None or not isinstance(status.custom_status, dict):
        return None
    return Progress.model_validate(status.custom_status)
