"""A voice: a sample heard, a version measured and trained, a vocal that exists sung by it."""

import azure.durable_functions as df

from orchestrators.progress import report
from orchestrators.steps import attempt, fault_of, generation_job, result_of, step
from ripieno.contracts.enums import JobKind
from ripieno.contracts.names import VOICE_CHECKS
from ripieno.contracts.workflow import SampleOrder, VersionOrder, VoiceVersionOrder

blueprint = df.Blueprint()
NOTHING = {"result": None, "error": None}


@blueprint.function_name("VoiceSampleOrchestrator")
@blueprint.orchestration_trigger(context_name="context")
def sample(context: df.DurableOrchestrationContext):
    """A sample is heard; once more where others were taken meanwhile, and it was held against none of them."""
    order = SampleOrder.model_validate(context.get_input())
    subject = {"voice_id": order.voice_id, "sample_id": order.sample_id}
    heard = NOTHING
    for check in VOICE_CHECKS:
        try:
            if not (yield from step(context, "BeginVoiceSample", order.model_dump())):
                return {"outcome": "unwanted"}
            report(context, check, 0.1, "hearing the sample")
            heard = yield generation_job(context, order, JobKind.CHECK_VOICE, subject, check)
        except Exception as problem:
            heard = {"result": None, "error": fault_of(problem)}
        try:
            if not (yield from step(context, "SaveVoiceSample", order.model_dump() | heard)):
                break
        except Exception as problem:
            heard = {"result": None, "error": fault_of(problem)}
            yield from attempt(context, "SaveVoiceSample", order.model_dump() | heard)
            break
    return _ended(context, heard, "the sample was heard")


@blueprint.function_name("VoiceVersionOrchestrator")
@blueprint.orchestration_trigger(context_name="context")
def version(context: df.DurableOrchestrationContext):
    """A voice is measured, then a model trained where one was asked for; without one it is sung as it was measured."""
    order = VoiceVersionOrder.model_validate(context.get_input())
    made = NOTHING
    try:
        wanted = yield from step(context, "BeginVoiceVersion", order.model_dump())
        if not wanted:
            return {"outcome": "unwanted"}
        subject = {"voice_id": order.voice_id, "version": wanted["version"]}
        report(context, JobKind.PROFILE_VOICE, 0.05, "measuring the voice")
        profile = result_of((yield generation_job(context, order, JobKind.PROFILE_VOICE, subject)))
        goes_on = yield from step(context, "SaveVoiceProfile", order.model_dump() | {"profile": profile})
        if goes_on and wanted["learns"]:
            report(context, JobKind.TRAIN_VOICE, 0.2, "training the model")
            made = yield generation_job(context, order, JobKind.TRAIN_VOICE, subject)
    except Exception as problem:
        made = {"result": None, "error": fault_of(problem)}
    try:
        yield from step(context, "SaveVoiceVersion", order.model_dump() | made)
    except Exception as problem:
        made = {"result": None, "error": fault_of(problem)}
        yield from attempt(context, "SaveVoiceVersion", order.model_dump() | made)
    return _ended(context, made, "the voice was measured")


@blueprint.function_name("VoiceApplyOrchestrator")
@blueprint.orchestration_trigger(context_name="context")
def apply(context: df.DurableOrchestrationContext):
    """A vocal that exists is sung by another voice."""
    order = VersionOrder.model_validate(context.get_input())
    subject = {"work_id": order.work_id, "element": order.element, "version": order.version}
    try:
        if not (yield from step(context, "PrepareVoiced", order.model_dump())):
            return {"outcome": "unwanted"}
        report(context, JobKind.APPLY_VOICE, 0.1, "singing the vocal")
        made = yield generation_job(context, order, JobKind.APPLY_VOICE, subject)
    except Exception as problem:
        made = {"result": None, "error": fault_of(problem)}
    try:
        yield from step(context, "SaveVoiced", order.model_dump() | made)
    except Exception as problem:
        made = {"result": None, "error": fault_of(problem)}
        yield from attempt(context, "SaveVoiced", order.model_dump() | made)
    return _ended(context, made, "the vocal can be heard")


def _ended(context: df.DurableOrchestrationContext, made: dict, well: str) -> dict:
    failed = made["error"] is not None
    report(context, "failed" if failed else "made", 1.0, made["error"]["message"] if failed else well)
    return {"outcome": "failed" if failed else "made"}
