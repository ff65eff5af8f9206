"""One call to a model endpoint each: submit, read, cancel. An endpoint's troubles are answers here, not exceptions."""

import azure.durable_functions as df

from ripieno.contracts.enums import JobState
from ripieno.contracts.jobs import JobError, JobStatus
from ripieno.contracts.workflow import EndpointJobInput
from ripieno.services import endpoints, job_records
from ripieno.services.settings import settings

blueprint = df.Blueprint()


@blueprint.function_name("SubmitJob")
@blueprint.activity_trigger(input_name="order")
def submit_job(order: dict) -> dict:
    job, address, endpoint_job_id = _addressed(order)
    if address is None:
        error = JobError(code="no_endpoint", message=f"no address is configured for the {job.endpoint} endpoint")
        return {"outcome": "refused", "error": error.model_dump(), "message": error.message}
    callback = f"{settings().public_url}/api/callbacks/jobs"
    request = job.request.model_copy(update={"callback_url": callback})
    job_records.record(
        job.job_id, audio_file_id=job.audio_file_id, kind=request.kind, address=address,
        endpoint_job_id=endpoint_job_id, attempt=order["attempt"], state="submitting",
    )  # fmt: skip
    try:
        told = _told(job, endpoints.submit(address, endpoint_job_id, request))
        if job_records.is_stopped(job.job_id):  # while it was being submitted
            endpoints.cancel(address, endpoint_job_id)
        return told
    except endpoints.EndpointBusy as busy:
        return {"outcome": "busy", "retry_after": busy.retry_after, "message": str(busy)}
    except endpoints.EndpointDown as fault:
        return {"outcome": "down", "message": str(fault)}
    except endpoints.JobRefused as refusal:
        job_records.record(job.job_id, state="refused", error=refusal.error.message)
        return {"outcome": "refused", "error": refusal.error.model_dump(), "message": refusal.error.message}


@blueprint.function_name("ReadJob")
@blueprint.activity_trigger(input_name="order")
def read_job(order: dict) -> dict:
    job, address, endpoint_job_id = _addressed(order)
    try:
        status = endpoints.status(address or "", endpoint_job_id)
    except endpoints.EndpointDown as fault:
        return {"outcome": "down", "message": str(fault)}
    if status is None or status.lost:
        return {"outcome": "lost", "message": "the endpoint lost the job; it is submitted again"}
    return _told(job, status)


@blueprint.function_name("CancelJob")
@blueprint.activity_trigger(input_name="order")
def cancel_job(order: dict) -> None:
    job, address, endpoint_job_id = _addressed(order)
    job_records.record(job.job_id, state="cancelled")
    try:
        if address:
            endpoints.cancel(address, endpoint_job_id)
    except endpoints.EndpointDown:
        pass  # nothing runs there any more


def _addressed(order: dict) -> tuple[EndpointJobInput, str | None, str]:
    """The job, the address whose turn it is, and the job's id there (a further attempt is a further job)."""
    job, attempt = EndpointJobInput.model_validate(order), order["attempt"]
    known = endpoints.addresses(job.endpoint)
    address = known[order["address"] % len(known)] if known else None
    return job, address, job.job_id if attempt == 1 else f"{job.job_id}:{attempt}"


def _told(job: EndpointJobInput, status: JobStatus) -> dict:
    told = {"progress": status.progress, "stage": status.stage, "message": status.stage or status.state}
    if not JobState(status.state).ended:
        return {"outcome": "accepted", **told}
    error = status.error.model_dump() if status.error else None
    if status.state == JobState.CANCELLED:
        error = JobError(code="cancelled", message="the job was cancelled").model_dump()
    job_records.record(job.job_id, state=status.state, ended_at=status.ended_at, error=(error or {}).get("message"))
    return {"outcome": status.state, "result": status.result, "error": error, **told}
