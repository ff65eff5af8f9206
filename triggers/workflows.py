"""Starting workflows once, and reading how far they are."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

from azure.durable_functions import DurableOrchestrationClient, OrchestrationRuntimeStatus

from ripieno.contracts.audio import AudioFile, Progress
from ripieno.contracts.enums import AudioFileStatus, JobKind
from ripieno.contracts.generation import Generation
from ripieno.contracts.names import further_separation, generation_instance, job_id, stem_step, take_step
from ripieno.contracts.workflow import SEPARATION_WAYS

ENDED = {
    OrchestrationRuntimeStatus.Completed,
    OrchestrationRuntimeStatus.Failed,
    OrchestrationRuntimeStatus.Terminated,
    OrchestrationRuntimeStatus.Canceled,
}
_STAGE_SPAN = {"separate": (0.05, 0.45), "mir": (0.45, 0.85), "structure": (0.85, 0.92)}


async def start_once(client: DurableOrchestrationClient, name: str, instance_id: str, order: dict) -> bool:
    """Start a workflow unless an instance with this id exists, running or ended; whether it was started now."""
    known = await client.get_status(instance_id)
    if known is not None and known.runtime_status is not None:
        return False
    try:
        await client.start_new(name, instance_id, order)
    except Exception:
        known = await client.get_status(instance_id)  # another request may have been faster
        if known is None or known.runtime_status is None:
            raise
        return False
    return True


async def stop_song(client: DurableOrchestrationClient, song: AudioFile) -> None:
    """End a song's workflow and everything below it."""
    ways = (further_separation(way) for way in SEPARATION_WAYS)
    steps = ("analysis", "separation", *(kind.value for kind in JobKind), *ways)
    await _terminate(client, song.instance_id, steps, "the song was deleted")


async def stop_generation(client: DurableOrchestrationClient, request: Generation, reason: str) -> None:
    """End a request's workflow and everything below it; `request` is whole."""
    stems = [stem.stem_type for stem in request.plan.stems] if request.plan else request.order.target_stems
    takes = {stem.stem_type: len(stem.takes) for stem in request.stems}
    steps = [stem_step(stem) for stem in stems]
    steps += [take_step(stem, take) for stem in stems for take in range(1, takes.get(stem, 0) + 2)]
    await _terminate(client, generation_instance(request.generation_request_id), steps, reason)


async def _terminate(client: DurableOrchestrationClient, instance_id: str, steps: Iterable[str], reason: str) -> None:
    for one in (instance_id, *(job_id(instance_id, step) for step in steps)):
        status = await client.get_status(one)
        if status is not None and status.runtime_status is not None and status.runtime_status not in ENDED:
            with suppress(Exception):  # it may end between the look and the call
                await client.terminate(one, reason)


async def progress(client: DurableOrchestrationClient, song: AudioFile) -> Progress:
    """How far a song's workflow is, down to the endpoint job that runs now."""
    if song.status == AudioFileStatus.ANALYZED:
        return Progress(stage="analyzed", fraction=1, message="done")
    if song.status == AudioFileStatus.FAILED:
        return Progress(stage="failed", fraction=1, message=song.error.message if song.error else "failed")
    seen = Progress(stage="queued", fraction=0, message="waiting")
    for instance_id in (song.instance_id, job_id(song.instance_id, "analysis")):
        status = await client.get_status(instance_id)
        if status is not None and isinstance(status.custom_status, dict):
            seen = Progress.model_validate(status.custom_status)
    if seen.stage in _STAGE_SPAN:
        inner_id = job_id(song.instance_id, seen.stage)
        if seen.stage == "separate":  # one of several ways; the workflow in between says which
            between = await client.get_status(job_id(song.instance_id, "separation"))
            if between is not None and isinstance(between.custom_status, dict):
                inner_id = between.custom_status["stage"]
        status = await client.get_status(inner_id)
        if status is not None and isinstance(status.custom_status, dict):
            inner = Progress.model_validate(status.custom_status)
            start, end = _STAGE_SPAN[seen.stage]
            seen.fraction = start + (end - start) * inner.fraction
            seen.message = f"{seen.message} ({inner.message})"
    return seen
