"""Endpoint jobs as the library knows them."""

import azure.durable_functions as df
import azure.functions as func

from ripieno.services import job_records
from triggers.answers import ApiError, answers, ok

blueprint = df.Blueprint()


@blueprint.function_name("get_job")
@blueprint.route(route="jobs/{id}", methods=["GET"], auth_level=func.AuthLevel.FUNCTION)
@answers
def get_job(req: func.HttpRequest) -> func.HttpResponse:
    """One endpoint job: its kind, song, address and state."""
    found = job_records.find(req.route_params["id"])
    if found is None:
        raise ApiError(404, "not_found", f"there is no job {req.route_params['id']}")
    fields = {name: value for name, value in found.items() if name not in ("PartitionKey", "RowKey", "address")}
    return ok({"job_id": found["RowKey"], **fields})
