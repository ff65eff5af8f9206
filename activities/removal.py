"""Steps of removing a song or a work, and of ending what is being made for one."""

import azure.durable_functions as df

from activities.outcome import tells_final_errors
from ripieno.contracts.workflow import RemovalOrder
from ripieno.work import accounts, removal

blueprint = df.Blueprint()


@blueprint.function_name("Hide")
@blueprint.activity_trigger(input_name="order")
@tells_final_errors
def hide(order: dict) -> None:
    """From now on the library knows it no more."""
    its = RemovalOrder.model_validate(order)
    (accounts if its.everything else removal).hide(its)


@blueprint.function_name("StopWhatRuns")
@blueprint.activity_trigger(input_name="order")
@blueprint.durable_client_input(client_name="client")
@tells_final_errors
async def stop_what_runs(order: dict, client: df.DurableOrchestrationClient) -> int:
    """End its workflows and jobs. Returns how many had not ended yet."""
    its = RemovalOrder.model_validate(order)
    return await (accounts if its.everything else removal).stop(client, its)


@blueprint.function_name("DeleteWhatWasMade")
@blueprint.activity_trigger(input_name="order")
@tells_final_errors
def delete_what_was_made(order: dict) -> int:
    """Delete blobs, rows, jobs and features. Returns how much is left, which of a song, work or voice is nothing."""
    its = RemovalOrder.model_validate(order)
    if its.everything:
        return accounts.delete(its)
    removal.delete(its)
    return 0


@blueprint.function_name("ForgetRuns")
@blueprint.activity_trigger(input_name="order")
@tells_final_errors
def forget_runs(order: dict) -> None:
    """Forget the runs that were ended."""
    removal.forget(RemovalOrder.model_validate(order))
