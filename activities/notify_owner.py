"""Tell whoever asked for it that a song is done, by a signed webhook. Being deaf does not make a song fail."""

import azure.durable_functions as df

from ripieno.services import library, webhooks

blueprint = df.Blueprint()


@blueprint.function_name("NotifyOwner")
@blueprint.activity_trigger(input_name="request")
def notify_owner(request: dict) -> dict:
    """Returns `{delivered, reason}`."""
    try:
        song = library.get(request["owner"], request["audio_file_id"])
    except library.SongMissing:
        return {"delivered": False, "reason": "the song was deleted"}
    if not song.webhook_url:
        return {"delivered": False, "reason": "nobody asked"}
    payload = {
        "type": f"audio.{song.status}", "audio_file_id": song.audio_file_id, "status": song.status,
        "bpm": song.bpm, "key": song.key, "mode": song.mode, "duration_seconds": song.duration_seconds,
        "error": song.error.model_dump() if song.error else None,
    }  # fmt: skip
    return webhooks.deliver(song.webhook_url, f"{song.instance_id}-{song.status}", payload)
