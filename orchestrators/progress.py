"""Progress in the custom status, so that any Durable Functions tool shows it."""

from azure.durable_functions import DurableOrchestrationContext

from ripieno.contracts.audio import Progress

MOST_CHARACTERS = 1000  # of a message; a custom status may have 16 KB


def report(
    context: DurableOrchestrationContext, stage: str, fraction: float, message: str, audio_file_id: str | None = None
) -> None:
    progress = Progress(stage=stage, fraction=fraction, message=message[:MOST_CHARACTERS], audio_file_id=audio_file_id)
    context.set_custom_status(progress.model_dump(exclude_none=True))
