"""The durable management API: private for the SDK's client (`/durabletask`), public with a key for people and tools."""

from __future__ import annotations

import json
import secrets
from typing import Any
from urllib.parse import quote

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from ripieno.local.durable.engine import Engine, InstanceConflict, InstanceEnded, InstanceNotFound
from ripieno.local.durable.history import EventType, iso, parse_time
from ripieno.local.durable.store import RUNNING_STATES, Row

PRIVATE = "/durabletask"
PUBLIC = "/runtime/webhooks/durabletask"
_PAGE = 100
_WITH_REASON = ("terminate", "suspend", "resume", "rewind")


def client_binding(base_url: str, key: str, task_hub: str) -> str:
    """What a durable client binding hands the SDK: the addresses of this API."""
    public, query = f"{base_url}{PUBLIC}", f"code={key}"
    instance = f"{public}/instances/INSTANCEID"
    return json.dumps({
        "taskHubName": task_hub,
        "connectionName": "AzureWebJobsStorage",
        "creationUrls": {
            "createNewInstancePostUri": f"{public}/orchestrators/{{functionName}}[/{{instanceId}}]?{query}",
            "createAndWaitOnNewInstancePostUri":
                f"{public}/orchestrators/{{functionName}}[/{{instanceId}}]?timeout={{timeoutInSeconds}}&{query}",
        },
        "managementUrls": {
            "id": "INSTANCEID",
            "statusQueryGetUri": f"{instance}?{query}",
            "sendEventPostUri": f"{instance}/raiseEvent/{{eventName}}?{query}",
            "purgeHistoryDeleteUri": f"{instance}?{query}",
            **{f"{name}PostUri": f"{instance}/{name}?reason={{text}}&{query}" for name in _WITH_REASON},
            "restartPostUri": f"{instance}/restart?{query}",
        },
        "baseUrl": public,
        "requiredQueryStringParameters": query,
        "rpcBaseUrl": f"{base_url}{PRIVATE}/",
    })  # fmt: skip


def mounts(engine: Engine, *, base_url: str, key: str) -> list[Mount]:
    api = DurableApi(engine, base_url=base_url, key=key)
    return [Mount(PRIVATE, routes=api.routes(needs_key=False)), Mount(PUBLIC, routes=api.routes(needs_key=True))]


class DurableApi:
    def __init__(self, engine: Engine, *, base_url: str, key: str):
        self._engine = engine
        self._base_url = base_url
        self._key = key

    def routes(self, *, needs_key: bool) -> list[Route]:
        def guarded(handler):
            async def endpoint(request: Request) -> Response:
                if needs_key and not secrets.compare_digest(request.query_params.get("code", ""), self._key):
                    return _refusal(401, "the query parameter `code` is missing or wrong")
                try:
                    body = (await request.body()).decode()
                    return await to_thread.run_sync(handler, request, body)
                except InstanceNotFound as fault:
                    return _refusal(404, str(fault))
                except InstanceEnded as fault:
                    return _refusal(410, str(fault))
                except (InstanceConflict, LookupError, ValueError) as fault:
                    return _refusal(400, str(fault))

            return endpoint

        return [
            Route("/orchestrators/{name}", guarded(self._start), methods=["POST"]),
            Route("/orchestrators/{name}/{instance_id}", guarded(self._start), methods=["POST"]),
            Route("/instances", guarded(self._list), methods=["GET"]),
            Route("/instances/", guarded(self._list), methods=["GET"]),
            Route("/instances", guarded(self._purge_many), methods=["DELETE"]),
            Route("/instances/", guarded(self._purge_many), methods=["DELETE"]),
            Route("/instances/{instance_id}", guarded(self._status), methods=["GET"]),
            Route("/instances/{instance_id}", guarded(self._purge), methods=["DELETE"]),
            Route("/instances/{instance_id}/raiseEvent/{name}", guarded(self._raise_event), methods=["POST"]),
            Route("/instances/{instance_id}/{operation}", guarded(self._operate), methods=["POST"]),
            Route("/entities/{rest:path}", guarded(_no_entities), methods=["GET", "POST", "DELETE"]),
        ]

    def _start(self, request: Request, body: str) -> Response:
        given = request.path_params
        input_json = _unwrap(body) if body.strip() else None
        instance_id = self._engine.start(
            given["name"], input_json, given.get("instance_id"), version=request.query_params.get("version")
        )
        binding = json.loads(client_binding(self._base_url, self._key, ""))
        urls = {
            name: url.replace("INSTANCEID", quote(instance_id, safe=""))
            for name, url in binding["managementUrls"].items()
        }
        return JSONResponse(
            urls | {"id": instance_id}, 202, {"Location": urls["statusQueryGetUri"], "Retry-After": "1"}
        )

    def _status(self, request: Request, _: str) -> Response:
        instance = self._engine.store.instance(request.path_params["instance_id"])
        if instance is None:
            raise InstanceNotFound(f"no instance has the id {request.path_params['instance_id']!r}")
        document = self._document(instance, request)
        return JSONResponse(document, 202 if instance["status"] in RUNNING_STATES else 200)

    def _list(self, request: Request, _: str) -> Response:
        where, values = _filters(request)
        start = int(request.headers.get("x-ms-continuation-token") or 0)
        size = min(int(request.query_params.get("top", _PAGE)), 1000)
        rows = self._engine.store.rows(
            f"SELECT * FROM instances WHERE {where} ORDER BY created, instance_id LIMIT ? OFFSET ?",
            *values,
            size + 1,
            start,
        )
        headers = {"x-ms-continuation-token": str(start + size)} if len(rows) > size else {}
        return JSONResponse([self._document(row, request) for row in rows[:size]], headers=headers)

    def _raise_event(self, request: Request, body: str) -> Response:
        given = request.path_params
        json.loads(body or "null")  # events are JSON, kept verbatim
        self._engine.raise_event(given["instance_id"], given["name"], body or "null")
        return Response(status_code=202)

    def _operate(self, request: Request, _: str) -> Response:
        instance_id, operation = request.path_params["instance_id"], request.path_params["operation"]
        match operation:
            case "terminate":
                self._engine.terminate(instance_id, request.query_params.get("reason", ""))
            case "suspend":
                self._engine.suspend(instance_id)
            case "resume":
                self._engine.resume(instance_id)
            case "restart":
                new_id = request.query_params.get("restartWithNewInstanceId", "true").lower() != "false"
                return JSONResponse({"id": self._engine.restart(instance_id, new_id=new_id)}, 202)
            case "rewind":
                return _refusal(501, "the embedded host does not implement rewind: restart the instance instead")
            case _:
                return _refusal(404, f"there is no operation {operation!r}")
        return Response(status_code=202)

    def _purge(self, request: Request, _: str) -> Response:
        gone = self._engine.purge(request.path_params["instance_id"])
        self._engine.store.checkpoint()
        return JSONResponse({"instancesDeleted": gone})

    def _purge_many(self, request: Request, _: str) -> Response:
        if "createdTimeFrom" not in request.query_params:
            raise ValueError("purging many instances needs createdTimeFrom")
        where, values = _filters(request)
        rows = self._engine.store.rows(
            f"SELECT instance_id FROM instances WHERE {where} AND parent_id IS NULL"
            " AND status NOT IN ('Pending', 'Running')",
            *values,
        )
        gone = sum(self._engine.purge(row["instance_id"]) for row in rows)
        self._engine.store.checkpoint()
        if not gone:
            raise InstanceNotFound("no instance matches")
        return JSONResponse({"instancesDeleted": gone})

    def _document(self, instance: Row, request: Request) -> dict[str, Any]:
        asked = {name.lower(): value.lower() for name, value in request.query_params.items()}
        document = {
            "name": instance["name"],
            "instanceId": instance["instance_id"],
            "runtimeStatus": "Suspended" if instance["suspended"] else instance["status"],
            "input": _value(instance["input"]) if asked.get("showinput") != "false" else None,
            "customStatus": _value(instance["custom_status"]),
            "output": _value(instance["output"]),
            "createdTime": instance["created"],
            "lastUpdatedTime": instance["updated"],
        }
        if asked.get("showhistory") == "true":
            outputs = asked.get("showhistoryoutput") == "true"
            document["historyEvents"] = self._history(instance["instance_id"], outputs=outputs)
        return document

    def _history(self, instance_id: str, *, outputs: bool) -> list[dict[str, Any]]:
        """The history as people read it: who was called when, and how that ended."""
        names: dict[int, str] = {}
        shown = []
        for entry in self._engine.store.history(instance_id):
            kind = EventType(entry["EventType"])
            if kind in (EventType.TASK_SCHEDULED, EventType.SUB_ORCHESTRATION_CREATED):
                names[entry["EventId"]] = entry["Name"]
            if kind in (EventType.ORCHESTRATOR_STARTED, EventType.ORCHESTRATOR_COMPLETED):
                continue
            title = kind.name.title().replace("_", "")
            line = {"EventType": title, "Timestamp": entry["Timestamp"]}
            name = entry.get("Name") or names.get(entry.get("TaskScheduledId", -1))
            line |= {"FunctionName": name} if name else {}
            line |= {field: entry[field] for field in ("Reason", "Details", "FireAt") if field in entry}
            if outputs and "Result" in entry:
                line["Result"] = _value(entry["Result"])
            shown.append(line)
        return shown


def _no_entities(request: Request, _: str) -> Response:
    return _refusal(501, "the embedded host does not implement durable entities: run the app with Core Tools")


def _refusal(status: int, message: str) -> Response:
    return JSONResponse({"message": message}, status)


def _unwrap(body: str) -> str:
    """The SDK's client sends JSON inside a JSON string; people send JSON."""
    value = json.loads(body)
    if isinstance(value, str):
        try:
            json.loads(value)
            return value
        except ValueError:
            pass
    return body


def _value(text: str | None) -> Any:
    return None if text is None else json.loads(text)


def _filters(request: Request) -> tuple[str, list[str]]:
    where, values = ["1 = 1"], []
    query = request.query_params
    for name, condition in (("createdTimeFrom", "created >= ?"), ("createdTimeTo", "created <= ?")):
        if query.get(name):
            where.append(condition)
            values.append(iso(parse_time(query[name].replace(" ", "+"))))
    if query.get("instanceIdPrefix"):
        where.append("substr(instance_id, 1, length(?)) = ?")
        values += [query["instanceIdPrefix"]] * 2
    wanted = [one for text in query.getlist("runtimeStatus") for one in text.split(",") if one]
    if wanted:
        where.append(f"(CASE suspended WHEN 1 THEN 'Suspended' ELSE status END) IN ({', '.join('?' * len(wanted))})")
        values += wanted
    return " AND ".join(where), values
