"""What runs for something ended: its workflows, what looks after their jobs, and the jobs at their endpoints."""

from __future__ import annotations

import asyncio

from azure.durable_functions import DurableOrchestrationClient

from ripieno.contracts import names
from ripieno.contracts.enums import JobState
from ripieno.records import jobs, runs
from ripieno.services import blobs, endpoints
from ripieno.work import asking, metering

_WITHOUT_JOBS = (names.removal_instance(""), names.cancel_instance(""))
_ENDED_FOR_GOOD = {JobState.SUCCEEDED, JobState.FAILED}


def instances_of(owner: str, prefixes: list[str]) -> set[str]:
    """The workflow instances that are known to have been asked for, or to have asked for jobs."""
    noted = {run.instance_id for prefix in prefixes for run in runs.beginning_with(owner, prefix)}
    return noted | {
        names.instance_of_job(job.job_id) for prefix in prefixes for job in jobs.of_instances(owner, prefix)
    }


async def stop(
    client: DurableOrchestrationClient,
    owner: str,
    instances: set[str],
    steps: list[str],
    prefixes: list[str],
    reason: str,
    *,
    forget: bool = False,
) -> int:
    """Terminate instances and what looks after their jobs, and cancel those; returns how many had not ended.

    With `forget` the histories of those that have ended are purged: they carry what people asked for.
    """
    left = 0
    for instance_id in sorted(instances):
        if not instance_id.startswith(_WITHOUT_JOBS):
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
        elif status is not None and forget and not await _forgotten(client, one):
            left += 1
    for prefix in prefixes:
        left += await asyncio.to_thread(cancel_jobs, owner, prefix)
    return left


async def _forgotten(client: DurableOrchestrationClient, instance_id: str) -> bool:
    try:
        await client.purge_instance_history(instance_id)
        return True
    except Exception as fault:
        asking.log.info("the history of %s cannot be forgotten yet: %s", instance_id, fault)
        return False


def cancel_jobs(owner: str, prefix: str) -> int:
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
        if status is not None and status.ended_at is not None:
            metering.ended(owner, job.endpoint_job_id, job.endpoint, job.kind or "", status)
        if status is None or status.ended_at is not None:
            state, ended_at = (status.state, status.ended_at) if status else (JobState.CANCELLED.value, None)
            jobs.record(owner, job.job_id, job.arrived_at, state=state, ended_at=ended_at)
        else:
            left += 1
    return left


def delete_jobs(owner: str, prefix: str) -> None:
    blobs.delete_prefix(names.JOBS, prefix)
    jobs.delete_of_instances(owner, prefix)
