"""A small Functions app for the embedded host's tests: every kind of trigger it implements."""

from __future__ import annotations

import json
import os
from pathlib import Path

import azure.durable_functions as df
import azure.functions as func

app = df.DFApp()
LOG = Path(os.environ["TEST_LOG"])
CONNECTION = "AzureWebJobsStorage"


def note(**line) -> None:
    with LOG.open("a") as log:
        log.write(json.dumps(line) + "\n")


@app.queue_trigger(arg_name="message", queue_name="orders", connection=CONNECTION)
def on_order(message: func.QueueMessage) -> None:
    body = message.get_body().decode()
    note(queue=body)
    if body == "poison":
        raise ValueError("this order cannot be carried out")


@app.blob_trigger(arg_name="blob", path="inbox/{name}", connection=CONNECTION)
def on_blob(blob: func.InputStream) -> None:
    note(blob=blob.name, length=blob.length, head=blob.read(5).decode())
    if blob.name.endswith("bad"):
        raise ValueError("this blob cannot be read")


@app.timer_trigger(arg_name="timer", schedule="* * * * * *")
def on_tick(timer: func.TimerRequest) -> None:
    note(timer=True)


@app.route(route="things/{kind}/{*rest}", methods=["GET", "POST"], auth_level=func.AuthLevel.ANONYMOUS)
def things(req: func.HttpRequest) -> func.HttpResponse:
    document = {"kind": req.route_params["kind"], "rest": req.route_params["rest"], "q": req.params.get("q"),
                "body": req.get_body().decode(), "method": req.method}  # fmt: skip
    return func.HttpResponse(
        json.dumps(document), status_code=201, headers={"X-Made": "here"}, mimetype="application/json"
    )


@app.route(route="start/{name}", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@app.durable_client_input(client_name="client")
async def start(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    instance_id = await client.start_new(req.route_params["name"], None, json.loads(req.get_body() or b"null"))
    return client.create_check_status_response(req, instance_id)


@app.orchestration_trigger(context_name="context")
def greet(context: df.DurableOrchestrationContext):
    context.set_custom_status({"waiting": "for a name"})
    name = yield context.wait_for_external_event("name")
    greetings = yield context.task_all([context.call_activity("hello", f"{name}{n}") for n in range(3)])
    return greetings


@app.orchestration_trigger(context_name="context")
def astray(context: df.DurableOrchestrationContext):
    """Not deterministic: it asks the file system what to do."""
    if LOG.with_suffix(".seen").exists():
        yield context.wait_for_external_event("something else")
    yield context.call_activity("hello", "first")
    yield context.call_activity("mark", "seen")
    yield context.call_activity("hello", "second")


@app.orchestration_trigger(context_name="context")
def entity_user(context: df.DurableOrchestrationContext):
    yield context.call_entity(df.EntityId("Counter", "one"), "add", 1)


@app.activity_trigger(input_name="name")
async def hello(name: str) -> str:
    return f"Hello {name}"


@app.activity_trigger(input_name="what")
def mark(what: str) -> None:
    LOG.with_suffix(".seen").touch()
