"""A file that was dropped into the inbox, or uploaded straight into storage, is taken in."""

from datetime import datetime

import azure.durable_functions as df

from orchestrators.progress import report
from orchestrators.steps import StepFailed, fault_of, step
from ripieno.contracts.workflow import DropOrder

blueprint = df.Blueprint()


@blueprint.function_name("IngestOrchestrator")
@blueprint.orchestration_trigger(context_name="context")
def ingest(context: df.DurableOrchestrationContext):
    order = context.get_input()
    drop = DropOrder.model_validate(order)
    report(context, "ingest", 0.0, "reading the file")
    try:
        told = yield from step(context, "TakeInDrop", drop.model_dump())
        if told["outcome"] == "waiting":
            report(context, "waiting", 0.0, told["message"])
            yield context.create_timer(datetime.fromisoformat(told["until"]))
            context.continue_as_new(order)  # with the trace that it belongs to
            return None
    except StepFailed as problem:  # an outage is no reason: what is still in the inbox is taken in later
        fault = fault_of(problem)
        yield from step(context, "RejectDrop", drop.model_dump() | {"fault": fault})
        told = {"outcome": "rejected", "audio_file_id": None, "message": fault["message"]}
    report(context, told["outcome"], 1.0, told["message"], told["audio_file_id"])
    return told
