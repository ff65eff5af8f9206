"""Endpoints use what the app has made in storage; they make no container or table themselves."""

from __future__ import annotations

from fastapi.testclient import TestClient

from gpu_endpoints.serving.server import create_app
from ripieno.contracts import names
from ripieno.services.storage import container, create_containers_and_tables, table_service
from tests.gpu_endpoints.serving import echo_endpoint


def test_an_endpoint_in_an_empty_account_makes_nothing_and_says_that_storage_is_not_well(storage):
    for name in names.CONTAINERS:
        container(name).delete_container()
    for name in names.TABLES:
        table_service().delete_table(name)
    try:
        app = create_app(echo_endpoint.ECHO)
        with TestClient(app, base_url="http://127.0.0.1", client=("127.0.0.1", 1234)) as client:
            health = client.get("/health").json()
            assert (health["status"], health["services"]["storage"]["ok"]) == ("degraded", False)
        assert not [name for name in names.CONTAINERS if container(name).exists()]
        assert not {one.name for one in table_service().list_tables()} & set(names.TABLES)
    finally:
        create_containers_and_tables()
