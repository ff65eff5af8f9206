"""Steps of a revision of a composition."""

import azure.durable_functions as df

from activities.outcome import tells_final_errors
from ripieno.contracts.composition import Stage
from ripieno.contracts.workflow import RevisionOrder
from ripieno.work import composing, failing

blueprint = df.Blueprint()


@blueprint.function_name("SettleStage")
@blueprint.activity_trigger(input_name="request")
@tells_final_errors
def settle_stage(request: dict) -> bool:
    """Take the context through one stage. Returns whether the run goes on after it."""
    return composing.settle(RevisionOrder.model_validate(request), Stage(request["stage"]))


@blueprint.function_name("PlanLayers")
@blueprint.activity_trigger(input_name="order")
@tells_final_errors
def plan_layers(order: dict) -> list[dict]:
    """Returns the orders of the versions that have to be made."""
    return [one.model_dump() for one in composing.plan_layers(RevisionOrder.model_validate(order))]


@blueprint.function_name("LayersMade")
@blueprint.activity_trigger(input_name="order")
@tells_final_errors
def layers_made(order: dict) -> bool:
    """Returns whether the run goes on to the mix."""
    return composing.layers_made(RevisionOrder.model_validate(order))


@blueprint.function_name("BeginMix")
@blueprint.activity_trigger(input_name="order")
@tells_final_errors
def begin_mix(order: dict) -> dict | None:
    """Returns the order of the mix's run, None where an equal mix is there."""
    begun = composing.begin_mix(RevisionOrder.model_validate(order))
    return begun.model_dump() if begun else None


@blueprint.function_name("Mixed")
@blueprint.activity_trigger(input_name="order")
@tells_final_errors
def mixed(order: dict) -> bool:
    """Returns whether the run goes on to the check."""
    return composing.mixed(RevisionOrder.model_validate(order))


@blueprint.function_name("SaveCheck")
@blueprint.activity_trigger(input_name="request")
@tells_final_errors
def save_check(request: dict) -> bool:
    """Keep what the piece was heard to be. Returns whether some layers are to be made again; else it is made."""
    return composing.save_check(
        RevisionOrder.model_validate(request), request["result"], request["error"], request["attempt"]
    )


@blueprint.function_name("FailRevision")
@blueprint.activity_trigger(input_name="request")
@tells_final_errors
def fail_revision(request: dict) -> None:
    """Give the revision its end, with a reason."""
    composing.fail(RevisionOrder.model_validate(request), request["message"])
    failing.of_revision(RevisionOrder.model_validate(request))
