"""One export of a work: a file in another format, or its stems as a zip."""

import azure.durable_functions as df

from orchestrators.progress import report
from orchestrators.steps import attempt, endpoint_job, fault_of, step
from ripieno.contracts.enums import JobKind
from ripieno.contracts.names import job_id
from ripieno.contracts.workflow import JobOrder, VersionOrder

blueprint = df.Blueprint()


@blueprint.function_name("ExportOrchestrator")
@blueprint.orchestration_trigger(context_name="context")
def export(context: df.DurableOrchestrationContext):
    order = VersionOrder.model_validate(context.get_input())
    job = JobOrder(
        job_id=job_id(context.instance_id, JobKind.EXPORT),
        owner=order.owner,
        endpoint="generation",
        kind=JobKind.EXPORT,
        arrived_at=order.arrived_at,
        subject={"work_id": order.work_id, "element": order.element, "version": order.version},
    )
    try:
        if not (yield from step(context, "PrepareExport", order.model_dump())):
            return {"outcome": "unwanted", "message": f"{order.element} is no longer wanted"}
        report(context, JobKind.EXPORT, 0.1, f"making {order.element}")
        made = yield endpoint_job(context, job)
    except Exception as problem:
        made = {"result": None, "error": fault_of(problem)}
    try:
        yield from step(context, "SaveExport", order.model_dump() | made)
    except Exception as problem:
        made = {"result": None, "error": fault_of(problem)}
        yield from attempt(context, "SaveExport", order.model_dump() | made)
    outcome = "failed" if made["error"] else "exported"
    report(context, outcome, 1.0, made["error"]["message"] if made["error"] else "done")
    return {"outcome": outcome}
