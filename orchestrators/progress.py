"""Progress in the custom status, so that any Durable Functions tool shows it."""

import json

from azure.durable_functions import DurableOrchestrationContext

from ripieno.contracts.audio import Progress

# Of what may come from elsewhere, in JSON, where a letter of another script takes six characters and an emoji twelve;
# a custom status may have 16 KB of two bytes a character.
MOST_OF_MESSAGE = 6000
MOST_OF_STAGE = 600


def report(
    context: DurableOrchestrationContext, stage: str, fraction: float, message: str, audio_file_id: str | None = None
) -> None:
    progress = Progress(
        stage=_cut(stage, MOST_OF_STAGE),
        fraction=fraction,
        message=_cut(message, MOST_OF_MESSAGE),
        audio_file_id=audio_file_id,
    )
    context.set_custom_status(progress.model_dump(exclude_none=True))


def _cut(text: str, most: int) -> str:
    """As much of a text from its beginning as takes `most` characters in JSON."""
    taken = 0
    for at, character in enumerate(text):
        taken += len(json.dumps(character)) - len('""')
        if taken > most:
            return text[:at]
    return text
