"""The original and new stems as one file, mastered where that is asked for."""

import azure.durable_functions as df

from orchestrators import retry
from orchestrators.progress import report
from ripieno.contracts.workflow import EndpointJobInput, MixWorkInput

blueprint = df.Blueprint()


@blueprint.function_name("MixOrchestrator")
@blueprint.orchestration_trigger(context_name="context")
def mix(context: df.DurableOrchestrationContext):
    work = MixWorkInput.model_validate(context.get_input())

    def step(name: str, **more):
        return context.call_activity_with_retry(name, retry.STORAGE, {**work.model_dump(), **more})

    def endpoint_job(job: dict):
        order = EndpointJobInput.model_validate(job)
        return context.call_sub_orchestrator("EndpointJobOrchestrator", order.model_dump(), order.job_id)

    def failed(message: str):
        report(context, "failed", 1.0, message)
        return {"status": "failed", "name": work.name, "message": message}

    report(context, "mix", 0.1, "mixing")
    prepared = yield step("PrepareMix")
    if prepared["error"]:
        return failed(prepared["error"])
    mixed = yield endpoint_job(prepared["job"])
    if mixed["error"]:
        return failed(mixed["error"]["message"])
    yield step("SaveMix", mixed=mixed["result"])

    if work.order.master:
        report(context, "master", 0.6, f"mastering ({work.order.master})")
        mastered = yield endpoint_job((yield step("PrepareMaster", mixed=mixed["result"])))
        if mastered["error"]:
            return failed(mastered["error"]["message"])
        yield step("SaveMix", mixed=mastered["result"])
    report(context, "mixed", 1.0, "done")
    return {"status": "mixed", "name": work.name, "message": "done"}
