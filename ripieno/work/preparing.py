"""Containers and tables, made by the app at its start; and a library of an older version, which is refused."""

from __future__ import annotations

import logging
from functools import lru_cache

from azure.core.exceptions import AzureError

from ripieno.contracts import names
from ripieno.services import storage

log = logging.getLogger("ripieno.start")


class OldLibrary(RuntimeError):
    """The storage account holds a library that this version cannot read."""


@lru_cache(maxsize=1)
def storage_ready() -> None:
    """Make what is missing, once a process.

    Raises
    ------
    OldLibrary
    """
    old = storage.tables_among(names.TABLES_OF_SEGNO)
    if old:
        raise OldLibrary(
            f"this storage account holds a library of version 0.1 (tables {', '.join(old)}), whose songs lie elsewhere:"
            " use another storage account and upload the songs again (their ids stay), or delete those tables"
        )
    storage.create_containers_and_tables()


def at_start() -> None:
    """What the app does before anything else. Storage that is away for a moment keeps no app from starting: it is asked
    again by the next one."""
    try:
        storage_ready()
    except AzureError as fault:
        log.warning("containers and tables could not be looked after: %s", fault)
