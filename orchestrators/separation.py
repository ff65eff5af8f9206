"""The stems of one song, by the first of the configured ways that works: GPU, DirectML, CPU, signal processing."""

import azure.durable_functions as df

from orchestrators import retry
from orchestrators.progress import report
from ripieno.contracts.enums import JobKind
from ripieno.contracts.jobs import JobRequest
from ripieno.contracts.names import further_separation, job_id
from ripieno.contracts.workflow import AnalysisInput, EndpointJobInput, SeparationStep

blueprint = df.Blueprint()

FALL_BACK_AFTER = {
    "engine_unavailable", "unreachable", "no_endpoint", "deadline", "timeout", "out_of_memory", "worker_died",
    "internal_error", "lost_too_often",
}  # fmt: skip


@blueprint.function_name("SeparationOrchestrator")
@blueprint.orchestration_trigger(context_name="context")
def separation(context: df.DurableOrchestrationContext):
    song = AnalysisInput.model_validate(context.get_input())
    plan = yield context.call_activity_with_retry("PlanSeparation", retry.STORAGE, {})
    steps = [SeparationStep.model_validate(step) for step in plan]
    in_vain: list[str] = []

    for step in steps:
        is_last = step is steps[-1]
        job = EndpointJobInput(
            job_id=job_id(song.instance_id, JobKind.SEPARATE if step is steps[0] else further_separation(step.name)),
            endpoint=step.endpoint,
            audio_file_id=song.audio_file_id,
            request=JobRequest(
                kind=JobKind.SEPARATE,
                input={
                    "audio_file_id": song.audio_file_id,
                    "blob_name": song.blob_name,
                    "engine": step.engine,
                    "stem_format": step.stem_format,
                },
                arrived_at=song.arrived_at,
            ),
            give_up_when_down=not is_last,
        )
        report(context, job.job_id, 0.0, f"separating ({step.name})")
        done = yield context.call_sub_orchestrator("EndpointJobOrchestrator", job.model_dump(), job.job_id)
        if done["error"] is None:
            return {"result": _signed(done["result"], in_vain), "error": None}
        if is_last or done["error"]["code"] not in FALL_BACK_AFTER:
            return done
        in_vain.append(f"{step.name}: {done['error']['message']}")
    return None


def _signed(result: dict, in_vain: list[str]) -> dict:
    """The result, saying which better ways were tried first and why they did not work."""
    if not in_vain:
        return result
    reasons = [*in_vain, *([result["engine"]["reason"]] if result["engine"]["reason"] else [])]
    return {**result, "engine": {**result["engine"], "fallback": True, "reason": "; ".join(reasons)}}
