"""The storage account: one blob client and one table client a process, by connection string or managed identity."""

from __future__ import annotations

from functools import lru_cache

from azure.core.exceptions import ResourceExistsError
from azure.data.tables import TableClient, TableServiceClient
from azure.identity import DefaultAzureCredential
from azure.storage.blob import BlobServiceClient, ContainerClient

from ripieno.contracts.names import CONTAINERS, TABLES
from ripieno.services.settings import settings


@lru_cache(maxsize=1)
def blob_service() -> BlobServiceClient:
    chosen = settings()
    if chosen.storage:
        return BlobServiceClient.from_connection_string(chosen.storage)
    return BlobServiceClient(chosen.service_uri("blob"), credential=_identity())


@lru_cache(maxsize=1)
def table_service() -> TableServiceClient:
    chosen = settings()
    if chosen.storage:
        return TableServiceClient.from_connection_string(chosen.storage)
    return TableServiceClient(endpoint=chosen.service_uri("table"), credential=_identity())


@lru_cache(maxsize=1)
def _identity() -> DefaultAzureCredential:
    """The process's identity; the user-assigned one that `__clientId` names, where it does."""
    return DefaultAzureCredential(managed_identity_client_id=settings().storage_client_id)


@lru_cache(maxsize=32)
def container(name: str) -> ContainerClient:
    return blob_service().get_container_client(name)


@lru_cache(maxsize=32)
def table(name: str) -> TableClient:
    return table_service().get_table_client(name)


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
