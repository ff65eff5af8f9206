"""Tell whoever asked for them that stems can be heard, by a signed webhook."""

import azure.durable_functions as df

from ripieno.contracts.workflow import GenerationInput
from ripieno.services import generations, webhooks

blueprint = df.Blueprint()


@blueprint.function_name("NotifyGeneration")
@blueprint.activity_trigger(input_name="request")
def notify_generation(request: dict) -> dict:
    """Returns `{delivered, reason}`."""
    order = GenerationInput.model_validate(request)
    try:
        known = generations.whole(order.owner, order.generation_request_id)
    except generations.RequestMissing:
        return {"delivered": False, "reason": "the request was deleted"}
    url = known.order.webhook_url
    if not url:
        return {"delivered": False, "reason": "nobody asked"}
    payload = {
        "type": f"generation.{known.status}", "generation_request_id": known.generation_request_id,
        "audio_file_id": known.audio_file_id, "status": known.status,
        "stems": [
            {"stem_type": stem.stem_type, "take": stem.takes[-1].take, "status": stem.takes[-1].status}
            for stem in known.stems
        ],
    }  # fmt: skip
    takes = sum(len(stem.takes) for stem in known.stems)
    return webhooks.deliver(url, f"{known.generation_request_id}-{takes}-{known.status}", payload)
