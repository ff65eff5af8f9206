"""The worker process: Azure's runtime with the app in it, asked over a connection.

    python -m worker SOCKET APP_FOLDER      with this folder on the path, under a Python 3.13 of its own

What comes and goes are plain values: `(id, function, {parameter: (kind, value)}, trigger metadata)` and
`(id, (kind, value) or None, fault or None)`, after one message with the functions that were indexed.
"""

from __future__ import annotations

import asyncio
import os
import sys
import threading
import uuid
from multiprocessing.connection import Client, Connection
from types import SimpleNamespace
from typing import Any

import messages
from azure_functions_runtime import handle_event
from azure_functions_runtime.utils import threadpool


class Worker:
    def __init__(self, connection: Connection, folder: str):
        self._connection, self._folder = connection, folder
        self._sending = threading.Lock()
        self._ids: dict[str, str] = {}

    async def run(self) -> None:
        threadpool.start_threadpool_executor()
        init = SimpleNamespace(capabilities={}, function_app_directory=self._folder)
        said = await handle_event.worker_init_request(_request(worker_init_request=init))
        if said.result.status != messages.StatusResult.Success:
            self._send(("failed", said.result.exception.message))
            return
        found = (await handle_event.functions_metadata_request(_request())).function_metadata_results
        self._ids = {one.name: one.function_id for one in found}
        for one in found:
            loaded = await handle_event.function_load_request(
                _request(function_load_request=SimpleNamespace(function_id=one.function_id, metadata=one))
            )
            if loaded.result.status != messages.StatusResult.Success:
                self._send(("failed", loaded.result.exception.message))
                return
        self._send(("functions", {one.name: list(one.raw_bindings) for one in found}))
        loop, calls = asyncio.get_running_loop(), set()
        while True:
            try:
                asked = await loop.run_in_executor(None, self._connection.recv)
            except EOFError:
                return  # the host is gone, and so is what it asked for
            call = asyncio.create_task(self._invoke(*asked))
            calls.add(call)
            call.add_done_callback(calls.discard)

    async def _invoke(self, number: int, name: str, given: dict[str, tuple[str, Any]], trigger: dict[str, Any]) -> None:
        asked = SimpleNamespace(
            invocation_id=str(uuid.uuid4()),
            function_id=self._ids[name],
            input_data=[messages.ParameterBinding(name=one, data=_typed(*value)) for one, value in given.items()],
            trigger_metadata={one: _typed(*value) for one, value in trigger.items()},
            trace_context=SimpleNamespace(trace_parent="", trace_state="", attributes={}),
            retry_context=SimpleNamespace(retry_count=0, max_retry_count=0, exception=None),
        )
        answer = await handle_event.invocation_request(_request(invocation_request=asked))
        if answer.result.status == messages.StatusResult.Success:
            self._send((number, _plain(answer.return_value), None))
        else:
            fault = answer.result.exception
            self._send((number, None, (fault.message, fault.stack_trace)))

    def _send(self, answer: tuple) -> None:
        with self._sending:
            self._connection.send(answer)


def _request(**body: Any) -> SimpleNamespace:
    properties = {"host": "127.0.0.1", "protos": messages}
    return SimpleNamespace(request=SimpleNamespace(**body), properties=properties)


def _typed(kind: str, value: Any) -> messages.TypedData:
    if kind != "http":
        return messages.TypedData(**{kind: value})
    return messages.TypedData(http=messages.RpcHttp(**value | {"body": messages.TypedData(bytes=value["body"])}))


def _plain(data: messages.TypedData | None) -> tuple[str, Any] | None:
    kind = data.WhichOneof("data") if data is not None else None
    if kind is None:
        return None
    value = getattr(data, kind)
    if kind != "http":
        return kind, value
    _, body = _plain(value.body) or ("bytes", b"")
    return kind, {"status_code": int(value.status_code), "headers": dict(value.headers), "body": body}


if __name__ == "__main__":
    socket_path, app_folder = sys.argv[1:3]
    os.chdir(app_folder)
    sys.path.insert(0, app_folder)
    asyncio.run(Worker(Client(socket_path, family="AF_UNIX"), app_folder).run())
