"""One revision of a composition: its context is settled stage by stage, its layers are made in parallel, mixed,
mastered and heard again; what is missed then is made again, once.

It ends early where a person wants to look after a stage: what they say starts a run of its own.
"""

import azure.durable_functions as df

from orchestrators.progress import report
from orchestrators.steps import attempt, child, endpoint_job, fault_of, step
from ripieno.contracts.composition import Stage
from ripieno.contracts.enums import JobKind
from ripieno.contracts.names import CHECKS, job_id, version_instance
from ripieno.contracts.workflow import JobOrder, RevisionOrder, VersionOrder

blueprint = df.Blueprint()
COMPOSED = (Stage.CONTEXT, Stage.HARMONY, Stage.ARRANGEMENT, Stage.MELODY, Stage.LYRICS)


@blueprint.function_name("CompositionOrchestrator")
@blueprint.orchestration_trigger(context_name="context")
def composition(context: df.DurableOrchestrationContext):
    order = RevisionOrder.model_validate(context.get_input())
    told = order.model_dump()

    def version(one: dict):
        its = VersionOrder.model_validate(one)
        instance = version_instance(its.work_id, its.element, its.version)
        return child(context, "VersionOrchestrator", its.model_dump(), instance)

    try:
        for number, stage in enumerate(COMPOSED):
            report(context, stage, 0.02 * number, f"settling the {stage}")
            if not (yield from step(context, "SettleStage", told | {"stage": stage})):
                return (yield from _ended(context, told, "waits"))

        for tried, check in enumerate(CHECKS, start=1):
            wanted = yield from step(context, "PlanLayers", told)
            names = ", ".join(one["element"] for one in wanted)
            report(context, Stage.LAYERS, 0.1, f"playing {names or 'nothing new'}")
            if wanted:
                yield context.task_all([version(one) for one in wanted])
            if not (yield from step(context, "LayersMade", told)):
                return (yield from _ended(context, told, "waits"))

            report(context, Stage.MIX, 0.7, "mixing and mastering")
            mix = yield from step(context, "BeginMix", told)
            if mix:
                its = VersionOrder.model_validate(mix)
                instance = version_instance(its.work_id, its.element, its.version)
                yield child(context, "MixOrchestrator", its.model_dump(), instance)
            if not (yield from step(context, "Mixed", told)):
                return (yield from _ended(context, told, "waits"))

            report(context, Stage.CHECK, 0.9, "hearing it again")
            heard = yield endpoint_job(context, _check(order, job_id(context.instance_id, check)))
            if not (yield from step(context, "SaveCheck", told | heard | {"attempt": tried})):
                break
    except Exception as problem:
        fault = fault_of(problem)
        yield from step(context, "FailRevision", told | {"message": fault["message"]})
        return (yield from _ended(context, told, f"failed: {fault['message']}"))
    return (yield from _ended(context, told, "can be heard"))


def _check(order: RevisionOrder, its_id: str) -> JobOrder:
    return JobOrder(
        job_id=its_id,
        owner=order.owner,
        endpoint="generation",
        kind=JobKind.CHECK,
        subject={"work_id": order.work_id, "revision": order.revision},
        arrived_at=order.arrived_at,
    )


def _ended(context: df.DurableOrchestrationContext, told: dict, outcome: str):
    report(context, "ended", 1.0, f"version {told['revision']} {outcome}")
    yield from attempt(context, "NotifyWork", told)
    return {"work_id": told["work_id"], "revision": told["revision"], "outcome": outcome}
