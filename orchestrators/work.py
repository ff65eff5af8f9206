"""New stems for a song, or for none: plan → condition → every element in parallel → whoever asked is told.

It ends when everything can be heard: no orchestration waits for a person. What a review asks for is a run of its own.
"""

import azure.durable_functions as df

from orchestrators.progress import report
from orchestrators.steps import attempt, child, fault_of, step
from ripieno.contracts.names import version_instance
from ripieno.contracts.workflow import VersionOrder, WorkOrder

blueprint = df.Blueprint()


@blueprint.function_name("WorkOrchestrator")
@blueprint.orchestration_trigger(context_name="context")
def work(context: df.DurableOrchestrationContext):
    order = WorkOrder.model_validate(context.get_input())

    def version(one: dict):
        its = VersionOrder.model_validate(one)
        instance = version_instance(its.work_id, its.element, its.version)
        return child(context, "VersionOrchestrator", its.model_dump(), instance)

    try:
        report(context, "plan", 0.0, "planning the stems")
        wanted = yield from step(context, "PlanWork", order.model_dump())

        report(context, "condition", 0.05, "finding what the stems have to fit")
        yield from step(context, "ConditionWork", order.model_dump())

        report(context, "stems", 0.1, f"generating {', '.join(one['element'] for one in wanted)}")
        if wanted:
            yield context.task_all([version(one) for one in wanted])
    except Exception as problem:
        fault = fault_of(problem)
        yield from step(context, "FailWork", order.model_dump() | {"message": fault["message"]})
        report(context, "failed", 1.0, fault["message"])
    else:
        report(context, "made", 1.0, "the stems can be heard")
    yield from attempt(context, "NotifyWork", order.model_dump())
    return {"work_id": order.work_id}
