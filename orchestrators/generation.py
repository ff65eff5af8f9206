"""New stems for a song, or for none: plan → condition → every stem in parallel, each until it is reviewed."""

import azure.durable_functions as df

from orchestrators import retry
from orchestrators.progress import report
from ripieno.contracts.names import job_id, stem_step
from ripieno.contracts.workflow import GenerationInput, StemInput

blueprint = df.Blueprint()


@blueprint.function_name("GenerationOrchestrator")
@blueprint.orchestration_trigger(context_name="context")
def generation(context: df.DurableOrchestrationContext):
    request = GenerationInput.model_validate(context.get_input())

    def step(name: str, **more):
        return context.call_activity_with_retry(name, retry.STORAGE, {**request.model_dump(), **more})

    def stem(name: str):
        order = StemInput.model_validate({**request.model_dump(), "stem_type": name})
        instance = job_id(context.instance_id, stem_step(name))
        return context.call_sub_orchestrator("StemOrchestrator", order.model_dump(), instance)

    def failed(message: str):
        yield step("FailGeneration", message=message)
        report(context, "failed", 1.0, message)
        return {"status": "failed", "message": message}

    report(context, "plan", 0.0, "planning the stems")
    plan = yield step("PlanGenerationStrategy")
    if plan["error"]:
        return (yield from failed(plan["error"]))

    report(context, "condition", 0.05, "finding what the stems have to fit")
    conditioning = yield step("PrepareConditioning")
    if conditioning["error"]:
        return (yield from failed(conditioning["error"]))

    report(context, "stems", 0.1, f"generating {', '.join(plan['stems'])}, then waiting for their review")
    try:
        reviewed = yield context.task_all([stem(name) for name in plan["stems"]])
    except Exception as fault:
        return (yield from failed(f"the generation broke off: {str(fault)[:500]}"))
    report(context, "completed", 1.0, "every stem is reviewed")
    return {"status": "completed", "stems": reviewed}
