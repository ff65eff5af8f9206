"""The stems of one song, by the first of the configured ways that works: GPU, DirectML, CPU, signal processing."""

import azure.durable_functions as df

from orchestrators.progress import report
from orchestrators.steps import endpoint_job, result_of
from ripieno.contracts.enums import JobKind
from ripieno.contracts.names import further_separation, job_id
from ripieno.contracts.workflow import JobOrder, SeparationStep, SongOrder

FALL_BACK_AFTER = {
    "engine_unavailable", "unreachable", "no_endpoint", "deadline", "timeout", "out_of_memory", "gpu_out_of_memory",
    "worker_died", "internal_error", "lost_too_often",
}  # fmt: skip


def separated(context: df.DurableOrchestrationContext, song: SongOrder, ways: list[SeparationStep]):
    """The result of the separation. Raises `StepFailed` when no way works."""
    in_vain: list[str] = []
    for way in ways:
        is_last = way is ways[-1]
        stage = JobKind.SEPARATE.value if way is ways[0] else further_separation(way.name)
        job = JobOrder(
            job_id=job_id(song.instance_id, stage),
            owner=song.owner,
            endpoint=way.endpoint,
            kind=JobKind.SEPARATE,
            subject={
                "audio_file_id": song.audio_file_id,
                "born": song.born,
                "engine": way.engine,
                "stem_format": way.stem_format,
            },
            arrived_at=song.arrived_at,
            audio_file_id=song.audio_file_id,
            give_up_when_down=not is_last,
        )
        report(context, stage, 0.05, f"separating the stems ({way.name})", song.audio_file_id)
        told = yield endpoint_job(context, job)
        if told["error"] is None or is_last or told["error"]["code"] not in FALL_BACK_AFTER:
            return _signed(result_of(told), in_vain)
        in_vain.append(f"{way.name}: {told['error']['message']}")
    return None


def _signed(result: dict, in_vain: list[str]) -> dict:
    """The result, saying which better ways were tried first and why they did not work."""
    if not in_vain:
        return result
    reasons = [*in_vain, *([result["engine"]["reason"]] if result["engine"]["reason"] else [])]
    return {**result, "engine": {**result["engine"], "fallback": True, "reason": "; ".join(reasons)}}
