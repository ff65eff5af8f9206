"""What somebody said to a DJ set: turned into words, understood and done, answered in words and by voice.

The version that is made of it is a run of its own, which the answer does not wait for.
"""

import azure.durable_functions as df

from orchestrators.progress import report
from orchestrators.steps import fault_of, generation_job, step
from ripieno.contracts.enums import JobKind
from ripieno.contracts.workflow import TalkOrder

blueprint = df.Blueprint()


@blueprint.function_name("TalkOrchestrator")
@blueprint.orchestration_trigger(context_name="context")
def talk(context: df.DurableOrchestrationContext):
    order = TalkOrder.model_validate(context.get_input())
    told = order.model_dump()

    def job(kind: JobKind):
        return generation_job(context, order, kind, {"work_id": order.work_id, "talk_id": order.talk_id})

    try:
        heard = {"result": None, "error": None}
        if (yield from step(context, "IsRecording", told)):
            report(context, "listen", 0.1, "listening")
            heard = yield job(JobKind.TRANSCRIBE)
        report(context, "understand", 0.4, "understanding")
        heeded = yield from step(context, "HeedTalk", told | heard)
        if heeded["version"]:
            yield from step(context, "BeginSetVersion", heeded["version"])
        if heeded["speaks"]:
            report(context, "answer", 0.7, "answering")
            spoken = yield job(JobKind.SPEAK)
            yield from step(context, "SaveAnswer", told | spoken)
        outcome = "answered"
    except Exception as problem:
        fault = fault_of(problem)
        yield from step(context, "FailTalk", told | {"message": fault["message"]})
        outcome = f"failed: {fault['message']}"
    report(context, "ended", 1.0, outcome)
    return {"work_id": order.work_id, "talk_id": order.talk_id, "outcome": outcome}
