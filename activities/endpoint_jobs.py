"""One call to a model endpoint each: submit, read, cancel. An endpoint's troubles are answers here, not exceptions."""

import azure.durable_functions as df

from activities.outcome import tells_final_errors
from ripieno.contracts import names
from ripieno.contracts.enums import JobState
from ripieno.contracts.jobs import JobError, JobRequest, JobStatus
from ripieno.contracts.workflow import JobCall, JobOrder
from ripieno.records import backlog, jobs
from ripieno.services import endpoints, webhooks
from ripieno.services.settings import settings
from ripieno.work import job_bodies, metering

blueprint = df.Blueprint()


@blueprint.function_name("SubmitJob")
@blueprint.activity_trigger(input_name="order")
@tells_final_errors
def submit_job(order: dict) -> dict:
    """Write the job's body and put it at the address whose turn it is."""
    job, call = JobOrder.model_validate(order), JobCall.model_validate(order)
    address = _address(call)
    if address is None:
        return _refused("no_endpoint", f"no address is configured for the {job.endpoint} endpoint")
    try:
        job_input = job_bodies.body(job)
    except LookupError as gone:
        return _refused(getattr(gone, "code", "removed"), str(gone))
    instance_id = names.instance_of_job(job.job_id)
    endpoint_job_id = names.attempt_id(job.job_id, call.attempt)
    _record(
        call,
        kind=job.kind,
        audio_file_id=job.audio_file_id,
        instance_id=instance_id,
        endpoint=job.endpoint,
        address=address,
        endpoint_job_id=endpoint_job_id,
        attempt=call.attempt,
        state="submitting",
    )
    callback = settings().public_url + webhooks.CALLBACKS
    request = JobRequest(
        kind=job.kind, input=job_input, owner=job.owner, callback_url=callback, arrived_at=job.arrived_at
    )
    try:
        told = _told(call, endpoints.submit(address, endpoint_job_id, request))
        if jobs.is_stopped(job.owner, instance_id):  # before, or while it was being submitted
            endpoints.cancel(address, endpoint_job_id)
            _record(call, state="cancelled")
            return _refused("cancelled", "the job was cancelled")
        return told
    except endpoints.EndpointBusy as busy:
        known = len(endpoints.addresses(job.endpoint))
        return {"outcome": "busy", "retry_after": busy.retry_after, "addresses": known, "message": str(busy)}
    except endpoints.EndpointDown as fault:
        return {"outcome": "down", "message": str(fault)}
    except endpoints.JobRefused as refusal:
        _record(call, state="refused", error=refusal.error.message[:1000])
        return {"outcome": "refused", "error": refusal.error.model_dump(), "message": refusal.error.message}


@blueprint.function_name("ReadJob")
@blueprint.activity_trigger(input_name="call")
@tells_final_errors
def read_job(call: dict) -> dict:
    """How the job stands at the address that has it."""
    asked = JobCall.model_validate(call)
    try:
        status = endpoints.status(_address(asked) or "", names.attempt_id(asked.job_id, asked.attempt))
    except endpoints.EndpointDown as fault:
        return {"outcome": "down", "message": str(fault)}
    if status is None or status.lost:
        return {"outcome": "lost", "message": "the endpoint lost the job; it is submitted again"}
    return _told(asked, status)


@blueprint.function_name("CancelJob")
@blueprint.activity_trigger(input_name="call")
@tells_final_errors
def cancel_job(call: dict) -> None:
    """Ask the address that has the job to stop it."""
    asked = JobCall.model_validate(call)
    _record(asked, state="cancelled")
    address = _address(asked)
    try:
        stopped = endpoints.cancel(address, names.attempt_id(asked.job_id, asked.attempt)) if address else None
        if stopped is not None:
            _count(asked, stopped)
    except endpoints.EndpointDown:
        pass  # nothing runs there any more


def _address(call: JobCall) -> str | None:
    known = endpoints.addresses(call.endpoint)
    return known[call.address % len(known)] if known else None


def _record(call: JobCall, **fields: str | int | None) -> None:
    jobs.record(call.owner, call.job_id, call.arrived_at, **fields)


def _count(call: JobCall, status: JobStatus) -> None:
    metering.ended(call.owner, names.attempt_id(call.job_id, call.attempt), call.endpoint, call.kind, status)


def _refused(code: str, message: str) -> dict:
    return {"outcome": "refused", "error": JobError(code=code, message=message).model_dump(), "message": message}


def _told(call: JobCall, status: JobStatus) -> dict:
    told = {"progress": status.progress, "stage": status.stage, "message": status.stage or status.state}
    if not JobState(status.state).ended:
        if status.state == JobState.RUNNING:
            backlog.running(call.job_id)
        return {"outcome": "accepted", **told}
    error = status.error.model_dump() if status.error else None
    if status.state == JobState.CANCELLED:
        error = JobError(code="cancelled", message="the job was cancelled").model_dump()
    _record(
        call,
        state=status.state,
        started_at=status.started_at,
        ended_at=status.ended_at,
        error=(error or {}).get("message", "")[:1000] or None,
    )
    _count(call, status)
    known = len(endpoints.addresses(call.endpoint))
    return {"outcome": status.state, "result": status.result, "error": error, "addresses": known, **told}
