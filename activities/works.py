"""Steps of a work: planned, conditioned, its versions made, told of."""

import azure.durable_functions as df

from activities.outcome import tells_final_errors
from ripieno.contracts.workflow import VersionOrder, WorkOrder
from ripieno.work import exporting, failing, generating, job_bodies, mixing, telling

blueprint = df.Blueprint()


@blueprint.function_name("PlanWork")
@blueprint.activity_trigger(input_name="order")
@tells_final_errors
def plan_work(order: dict) -> list[dict]:
    """Plan every element. Returns the orders of their first versions."""
    return [one.model_dump() for one in generating.plan(WorkOrder.model_validate(order))]


@blueprint.function_name("ConditionWork")
@blueprint.activity_trigger(input_name="order")
@tells_final_errors
def condition_work(order: dict) -> None:
    """Store what the elements have to fit beside them."""
    generating.condition(WorkOrder.model_validate(order))


@blueprint.function_name("FailWork")
@blueprint.activity_trigger(input_name="request")
@tells_final_errors
def fail_work(request: dict) -> None:
    """Give the work its end, with a reason."""
    generating.fail(WorkOrder.model_validate(request), request["message"])
    failing.of_work(WorkOrder.model_validate(request))


@blueprint.function_name("PrepareVersion")
@blueprint.activity_trigger(input_name="order")
@tells_final_errors
def prepare_version(order: dict) -> bool:
    """Plan a version that heeds a comment. Returns whether it is still wanted."""
    return generating.prepare_version(VersionOrder.model_validate(order))


@blueprint.function_name("LoseEngine")
@blueprint.activity_trigger(input_name="request")
@tells_final_errors
def lose_engine(request: dict) -> list[str]:
    """The engines that were lost with this one, where another may make the version; else nothing."""
    return job_bodies.lost(VersionOrder.model_validate(request), request["lost"], request["error"]["message"])


@blueprint.function_name("SaveVersion")
@blueprint.activity_trigger(input_name="request")
@tells_final_errors
def save_version(request: dict) -> None:
    """Keep what became of a version: its result or its error."""
    generating.save_version(VersionOrder.model_validate(request), request["result"], request["error"])
    if request["error"]:
        failing.of_version(VersionOrder.model_validate(request))


@blueprint.function_name("PrepareMix")
@blueprint.activity_trigger(input_name="order")
@tells_final_errors
def prepare_mix(order: dict) -> list[str]:
    """Returns the elements that are to be made: the mix, then its master."""
    return mixing.wanted(VersionOrder.model_validate(order))


@blueprint.function_name("SaveMix")
@blueprint.activity_trigger(input_name="request")
@tells_final_errors
def save_mix(request: dict) -> None:
    """Keep what became of a mix or master: its result or its error."""
    mixing.save(VersionOrder.model_validate(request), request["result"], request["error"])
    if request["error"]:
        failing.of_version(VersionOrder.model_validate(request))


@blueprint.function_name("PrepareExport")
@blueprint.activity_trigger(input_name="order")
@tells_final_errors
def prepare_export(order: dict) -> bool:
    """Returns whether the export is still wanted."""
    return exporting.is_wanted(VersionOrder.model_validate(order))


@blueprint.function_name("SaveExport")
@blueprint.activity_trigger(input_name="request")
@tells_final_errors
def save_export(request: dict) -> None:
    """Keep what became of an export: its result or its error."""
    exporting.save(VersionOrder.model_validate(request), request["result"], request["error"])
    if request["error"]:
        failing.of_version(VersionOrder.model_validate(request))


@blueprint.function_name("NotifyWork")
@blueprint.activity_trigger(input_name="order")
@tells_final_errors
def notify_work(order: dict) -> dict:
    """Tell whoever asked that the stems can be heard. Returns `{delivered, reason}`."""
    return telling.of_work(WorkOrder.model_validate(order))
