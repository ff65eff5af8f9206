"""The storage account: one blob client and one table client a process, by connection string or managed identity."""

from __future__ import annotations

import os
from functools import lru_cache
from typing import TYPE_CHECKING

from azure.core.exceptions import ResourceExistsError
from azure.core.pipeline.transport import RequestsTransport
from azure.data.tables import TableClient, TableServiceClient
from azure.storage.blob import BlobServiceClient, ContainerClient

from ripieno.contracts.names import CONTAINERS, TABLES
from ripieno.services.measured_tables import MeasuredTables
from ripieno.services.settings import settings

if TYPE_CHECKING:
    from azure.identity import DefaultAzureCredential


_HERE = "http://127.0.0.1:"
_READ_BYTES = 1 << 18  # of an answer at once: by the 4096 that are usual, reading a song takes seconds of a processor
_OF_THE_NETWORK = {"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"}


def blob_service() -> BlobServiceClient:
    chosen = settings()
    return _blob_service(chosen.storage, None if chosen.storage else chosen.service_uri("blob"))


def table_service() -> TableServiceClient:
    chosen = settings()
    return _table_service(chosen.storage, None if chosen.storage else chosen.service_uri("table"))


def container(name: str) -> ContainerClient:
    return _container(blob_service(), name)


def table(name: str) -> TableClient:
    return _table(table_service(), name)


# One client an account: each keeps its connections.


@lru_cache(maxsize=4)
def _blob_service(connection: str | None, address: str | None) -> BlobServiceClient:
    if connection:
        return BlobServiceClient.from_connection_string(
            connection, transport=_transport(connection), connection_data_block_size=_READ_BYTES
        )
    return BlobServiceClient(
        address or "", credential=identity(), transport=_transport(), connection_data_block_size=_READ_BYTES
    )


@lru_cache(maxsize=4)
def _table_service(connection: str | None, address: str | None) -> TableServiceClient:
    if connection:
        return TableServiceClient.from_connection_string(
            connection, transport=_transport(connection), per_call_policies=[MeasuredTables()]
        )
    return TableServiceClient(
        endpoint=address or "", credential=identity(), transport=_transport(), per_call_policies=[MeasuredTables()]
    )


def _transport(connection: str = "") -> RequestsTransport:
    """Where the environment does not say how to reach the network, or storage is on this machine, it is not read again
    for each of thousands of requests, which takes longer than some of them."""
    says = any(name.upper() in _OF_THE_NETWORK for name in os.environ)
    return RequestsTransport(use_env_settings=says and _HERE not in connection)


@lru_cache(maxsize=64)
def _container(service: BlobServiceClient, name: str) -> ContainerClient:
    return service.get_container_client(name)


@lru_cache(maxsize=64)
def _table(service: TableServiceClient, name: str) -> TableClient:
    return service.get_table_client(name)


@lru_cache(maxsize=1)
def identity() -> DefaultAzureCredential:
    """The process's identity; the user-assigned one that `__clientId` names, where it does."""
    from azure.identity import DefaultAzureCredential  # late: nobody with a connection string needs it

    return DefaultAzureCredential(managed_identity_client_id=settings().storage_client_id)


def tables_among(wanted: tuple[str, ...]) -> list[str]:
    """Which of some tables exist."""
    return sorted({found.name for found in table_service().list_tables()} & set(wanted))


def create_containers_and_tables() -> None:
    """Make what is missing; in Azure the templates in infra/ have made them already."""
    for name in CONTAINERS:
        try:
            container(name).create_container()
        except ResourceExistsError:
            pass
    for name in TABLES:
        table_service().create_table_if_not_exists(name)
