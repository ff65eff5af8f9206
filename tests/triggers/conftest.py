"""Two owners with things of every kind, one of whom asks."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from unittest import mock

import pytest

from ripieno.local.host import durable_api
from tests.access_asking import KEY, DurableHost, Me, World
from tests.access_world import Somebody


@pytest.fixture(scope="module")
def world(azurite_alone, tmp_path_factory) -> Iterator[World]:
    host = DurableHost()
    folder = tmp_path_factory.mktemp("things")
    binding = durable_api.client_binding(f"http://127.0.0.1:{host.server_port}", KEY, "hub")
    with mock.patch.dict("os.environ", {"AzureWebJobsStorage": azurite_alone, "RIPIENO_SWEEP_SECONDS": "0"}):
        with asyncio.Runner() as loop:  # the SDK keeps its connections, which belong to a loop
            yield World(Somebody("anna", folder), Me("ben", folder), binding, loop)
    host.shutdown()
    host.server_close()
