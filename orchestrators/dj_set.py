"""One version of a DJ set: planned, the bridges that it misses composed, what is said spoken, rendered.

It ends when the mix can be heard: no orchestration waits for a person. What somebody says to it is a run of its own.
"""

import azure.durable_functions as df

from orchestrators.progress import report
from orchestrators.steps import attempt, child, fault_of, generation_job, result_of, step
from ripieno.contracts.enums import JobKind
from ripieno.contracts.names import revision_instance
from ripieno.contracts.workflow import RevisionOrder

blueprint = df.Blueprint()


@blueprint.function_name("SetOrchestrator")
@blueprint.orchestration_trigger(context_name="context")
def dj_set(context: df.DurableOrchestrationContext):
    order = RevisionOrder.model_validate(context.get_input())
    told = order.model_dump()

    def job(kind: JobKind):
        return generation_job(context, order, kind, {"work_id": order.work_id, "revision": order.revision})

    def composed(one: dict):
        its = RevisionOrder.model_validate(one)
        instance = revision_instance(its.work_id, its.revision)
        return child(context, "CompositionOrchestrator", its.model_dump(), instance)

    try:
        report(context, "plan", 0.0, "planning the set")
        bridges = yield from step(context, "PlanSet", told)
        if bridges:
            report(context, "bridges", 0.1, f"composing {len(bridges)} songs that are missing between others")
            yield context.task_all([composed(one) for one in bridges])
            if (yield from step(context, "JoinBridges", told)):
                yield from step(context, "PlanSet", told | {"may_bridge": False})

        if (yield from step(context, "IsSpeechWanted", told)):
            report(context, "speech", 0.3, "speaking")
            spoken = yield job(JobKind.SPEAK)
            yield from step(context, "SaveSpeech", told | spoken)

        report(context, "mix", 0.35, "rendering the mix")
        if (yield from step(context, "BeginSetMix", told)):
            made = yield job(JobKind.SET)
            yield from step(context, "SaveSetMix", told | {"result": result_of(made), "error": None})
        outcome = "can be heard"
    except Exception as problem:
        fault = fault_of(problem)
        yield from step(context, "FailSetVersion", told | {"message": fault["message"]})
        outcome = f"failed: {fault['message']}"
    report(context, "ended", 1.0, f"version {order.revision} {outcome}")
    yield from attempt(context, "NotifyWork", told)
    return {"work_id": order.work_id, "revision": order.revision, "outcome": outcome}
