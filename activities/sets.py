"""Steps of a version of a DJ set, and of what is said to one."""

import azure.durable_functions as df

from activities.outcome import tells_final_errors
from ripieno.contracts.workflow import RevisionOrder, TalkOrder
from ripieno.records import works
from ripieno.work import asking, failing
from ripieno.work.sets import bridging, planning, rendering, speaking, talking, versions

blueprint = df.Blueprint()


@blueprint.function_name("PlanSet")
@blueprint.activity_trigger(input_name="request")
@tells_final_errors
def plan_set(request: dict) -> list[dict]:
    """Plan the version. Returns the orders of the compositions that are made as bridges first."""
    order = RevisionOrder.model_validate(request)
    return [one.model_dump() for one in planning.plan(order, may_bridge=request.get("may_bridge", True))]


@blueprint.function_name("JoinBridges")
@blueprint.activity_trigger(input_name="order")
@tells_final_errors
def join_bridges(order: dict) -> bool:
    """Wish for the bridges that were composed. Returns whether to plan once more."""
    return bridging.join(RevisionOrder.model_validate(order))


@blueprint.function_name("IsSpeechWanted")
@blueprint.activity_trigger(input_name="order")
@tells_final_errors
def is_speech_wanted(order: dict) -> bool:
    """Returns whether lines have to be spoken for the version."""
    return speaking.is_wanted(RevisionOrder.model_validate(order))


@blueprint.function_name("SaveSpeech")
@blueprint.activity_trigger(input_name="request")
@tells_final_errors
def save_speech(request: dict) -> None:
    """Keep what was spoken."""
    speaking.save(RevisionOrder.model_validate(request), request["result"], request["error"])


@blueprint.function_name("BeginSetMix")
@blueprint.activity_trigger(input_name="order")
@tells_final_errors
def begin_set_mix(order: dict) -> bool:
    """Returns whether the mix has to be rendered; else an equal one is there, and is heard."""
    return rendering.begin(RevisionOrder.model_validate(order))


@blueprint.function_name("SaveSetMix")
@blueprint.activity_trigger(input_name="request")
@tells_final_errors
def save_set_mix(request: dict) -> None:
    """Keep the mix; the version is heard from then on."""
    rendering.save(RevisionOrder.model_validate(request), request["result"], request["error"])


@blueprint.function_name("FailSetVersion")
@blueprint.activity_trigger(input_name="request")
@tells_final_errors
def fail_set_version(request: dict) -> None:
    """Give the version its end, with a reason."""
    versions.fail(RevisionOrder.model_validate(request), request["message"])
    failing.of_revision(RevisionOrder.model_validate(request))


@blueprint.function_name("IsRecording")
@blueprint.activity_trigger(input_name="order")
@tells_final_errors
def is_recording(order: dict) -> bool:
    """Returns whether what was said has to be turned into words."""
    return talking.is_to_be_heard(TalkOrder.model_validate(order))


@blueprint.function_name("HeedTalk")
@blueprint.activity_trigger(input_name="request")
@tells_final_errors
def heed_talk(request: dict) -> dict:
    """Understand and do what was said. Returns the order of the version that is made of it, and whether to answer."""
    order = TalkOrder.model_validate(request)
    version = talking.heed(order, request["result"], request["error"])
    return {"version": version.model_dump() if version else None, "speaks": talking.has_answer(order)}


@blueprint.function_name("BeginSetVersion")
@blueprint.activity_trigger(input_name="order")
@blueprint.durable_client_input(client_name="client")
@tells_final_errors
async def begin_set_version(order: dict, client: df.DurableOrchestrationClient) -> bool:
    """Start the run that makes a version, which was noted. Returns whether it was started now."""
    its = RevisionOrder.model_validate(order)
    return await asking.start(client, versions.run_of(works.get_set(its.owner, its.work_id), its.revision))


@blueprint.function_name("SaveAnswer")
@blueprint.activity_trigger(input_name="request")
@tells_final_errors
def save_answer(request: dict) -> None:
    """Keep how the answer sounds."""
    talking.save_answer(TalkOrder.model_validate(request), request["result"], request["error"])


@blueprint.function_name("FailTalk")
@blueprint.activity_trigger(input_name="request")
@tells_final_errors
def fail_talk(request: dict) -> None:
    """Give what was said its end, with a reason."""
    talking.fail(TalkOrder.model_validate(request), request["message"])
    failing.of_talk(TalkOrder.model_validate(request))
