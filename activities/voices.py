"""Steps of a voice: its samples heard, its versions measured and trained, a vocal sung by it."""

import asyncio

import azure.durable_functions as df

from activities.outcome import tells_final_errors
from ripieno.contracts.workflow import SampleOrder, VersionOrder, VoiceVersionOrder
from ripieno.work import asking, failing, voices_applying, voices_samples, voices_versions

blueprint = df.Blueprint()


@blueprint.function_name("BeginVoiceSample")
@blueprint.activity_trigger(input_name="order")
@tells_final_errors
def begin_voice_sample(order: dict) -> bool:
    """Settle what a sample is held against. Returns whether it is still to be heard."""
    return voices_samples.begin(SampleOrder.model_validate(order))


@blueprint.function_name("SaveVoiceSample")
@blueprint.activity_trigger(input_name="request")
@blueprint.durable_client_input(client_name="client")
@tells_final_errors
async def save_voice_sample(request: dict, client: df.DurableOrchestrationClient) -> bool:
    """Keep what a sample was heard to be, and have the voice measured where that waited for it. Returns whether it has
    to be heard once more, held against others."""
    order = SampleOrder.model_validate(request)
    if await asyncio.to_thread(voices_samples.save, order, request["result"], request["error"]):
        return True
    run = await asyncio.to_thread(voices_versions.first, order.owner, order.voice_id)
    if run is not None:
        await asking.start(client, run)
    if request["error"]:
        await asyncio.to_thread(failing.of_sample, order)
    return False


@blueprint.function_name("BeginVoiceVersion")
@blueprint.activity_trigger(input_name="order")
@tells_final_errors
def begin_voice_version(order: dict) -> dict | None:
    """Returns `{version, learns}`, None where it is no longer wanted."""
    return voices_versions.begin(VoiceVersionOrder.model_validate(order))


@blueprint.function_name("SaveVoiceProfile")
@blueprint.activity_trigger(input_name="request")
@tells_final_errors
def save_voice_profile(request: dict) -> bool:
    """Keep what was measured. Returns whether the version is still wanted."""
    return voices_versions.save_profile(VoiceVersionOrder.model_validate(request), request["profile"])


@blueprint.function_name("SaveVoiceVersion")
@blueprint.activity_trigger(input_name="request")
@tells_final_errors
def save_voice_version(request: dict) -> None:
    """Give the version its end: a model, or the error instead of one."""
    voices_versions.save(VoiceVersionOrder.model_validate(request), request["result"], request["error"])
    if request["error"]:
        failing.of_voice_version(VoiceVersionOrder.model_validate(request))


@blueprint.function_name("PrepareVoiced")
@blueprint.activity_trigger(input_name="order")
@tells_final_errors
def prepare_voiced(order: dict) -> bool:
    """Returns whether the vocal is still to be sung."""
    return voices_applying.is_wanted(VersionOrder.model_validate(order))


@blueprint.function_name("SaveVoiced")
@blueprint.activity_trigger(input_name="request")
@tells_final_errors
def save_voiced(request: dict) -> None:
    """Keep the vocal, or the error instead of it."""
    voices_applying.save(VersionOrder.model_validate(request), request["result"], request["error"])
    if request["error"]:
        failing.of_version(VersionOrder.model_validate(request))
