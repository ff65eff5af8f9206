"""How long each request to Azure Tables takes, as a policy of the client's pipeline: whoever asks is measured so."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import urlsplit

from azure.core.pipeline import PipelineRequest, PipelineResponse
from azure.core.pipeline.policies import HTTPPolicy

from ripieno.contracts.names import TABLES
from ripieno.services import telemetry
from ripieno.services.telemetry import instruments

_OPERATIONS = {"POST": "create", "PUT": "replace", "MERGE": "merge", "PATCH": "merge", "DELETE": "delete"}
_OF_THE_ACCOUNT = "Tables"


class MeasuredTables(HTTPPolicy[Any, Any]):
    """Before the policy that tries again: what is measured is what whoever asks waits for."""

    def send(self, request: PipelineRequest[Any]) -> PipelineResponse[Any, Any]:
        if not telemetry.is_recording():
            return self.next.send(request)
        began, error = time.perf_counter(), None
        try:
            answer = self.next.send(request)
            if answer.http_response.status_code >= 400:
                error = str(answer.http_response.status_code)
            return answer
        except Exception as fault:
            error = type(fault).__name__
            raise
        finally:
            operation, table = _what(request.http_request)
            telemetry.record(
                instruments.TABLE_DURATION,
                time.perf_counter() - began,
                {"db.operation.name": operation, "db.collection.name": table, "error.type": error},
            )


def _what(request: Any) -> tuple[str, str]:
    """The operation and its table: a page of a query, one entity, or a transaction, which names its table inside."""
    name = urlsplit(request.url).path.rpartition("/")[2]
    operation = _OPERATIONS.get(request.method, "")
    if name == "$batch":
        parts = (request.multipart_mixed_info or [[]])[0]
        name, operation = (urlsplit(parts[0].url).path.rpartition("/")[2] if parts else ""), "transaction"
    elif request.method == "GET":
        operation = "get" if "(PartitionKey=" in name else "query"
    table = name.partition("(")[0]
    return operation, table if table in TABLES else _OF_THE_ACCOUNT
