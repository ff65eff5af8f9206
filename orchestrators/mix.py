"""The original and new stems as one file, mastered where that is asked for."""

import azure.durable_functions as df

from orchestrators.progress import report
from orchestrators.steps import attempt, endpoint_job, fault_of, step
from ripieno.contracts.enums import JobKind
from ripieno.contracts.names import job_id
from ripieno.contracts.workflow import JobOrder, VersionOrder

blueprint = df.Blueprint()


@blueprint.function_name("MixOrchestrator")
@blueprint.orchestration_trigger(context_name="context")
def mix(context: df.DurableOrchestrationContext):
    order = VersionOrder.model_validate(context.get_input())

    def job(kind: JobKind, element: str):
        its = JobOrder(
            job_id=job_id(context.instance_id, kind),
            owner=order.owner,
            endpoint="generation",
            kind=kind,
            subject={"work_id": order.work_id, "element": element, "version": order.version},
            arrived_at=order.arrived_at,
        )
        return endpoint_job(context, its)

    told = {"outcome": "mixed", "message": "done"}
    wanted = yield from step(context, "PrepareMix", order.model_dump())
    for element in wanted:
        kind = JobKind.MIX if element == order.element else JobKind.MASTER
        report(context, kind.value, 0.1 if kind == JobKind.MIX else 0.6, f"making {element}")
        try:
            made = yield job(kind, element)
        except Exception as problem:
            made = {"result": None, "error": fault_of(problem)}
        try:
            yield from step(context, "SaveMix", order.model_dump() | {"element": element} | made)
        except Exception as problem:
            made = {"result": None, "error": fault_of(problem)}
            yield from attempt(context, "SaveMix", order.model_dump() | {"element": element} | made)
        if made["error"]:
            told = {"outcome": "failed", "message": made["error"]["message"]}
            break
    report(context, told["outcome"], 1.0, told["message"])
    return told
