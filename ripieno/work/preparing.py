"""Containers and tables, made by the app at its start; and a library of an older version, which is refused."""

from __future__ import annotations

import logging
import os
from functools import lru_cache

from azure.core.exceptions import AzureError

from ripieno.contracts import names
from ripieno.services import identity, llm, prices, quotas, storage, visitors
from ripieno.work import metering

log = logging.getLogger("ripieno.start")


class OldLibrary(RuntimeError):
    """What is configured is of a version whose library and workflows this one cannot read."""


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
    if os.environ.get("TASK_HUB", "").lower() == names.TASK_HUB_OF_SEGNO:
        raise OldLibrary(
            f"TASK_HUB={names.TASK_HUB_OF_SEGNO} is the task hub of version 0.1, whose workflows this version cannot go"
            " on with: set TASK_HUB to a name of its own, such as ripieno"
        )
    storage.create_containers_and_tables()


def at_start() -> None:
    """What the app does before anything else. Storage that is away, or not yet ours to use, keeps no app from starting:
    `again` looks after it.

    Raises
    ------
    OldLibrary
    ripieno.services.identity.Misconfigured
        Where callers could not be known, or too many would be.
    MissingSetting
        Where visitors are let in and nothing can be signed.
    """
    identity.check()
    quotas.check()
    visitors.check()
    prices.prices()
    llm.tell(metering.answered)
    look_after_storage()


def look_after_storage() -> None:
    """Make what is missing where that can be done now."""
    try:
        storage_ready()
    except AzureError as fault:
        log.warning("containers and tables cannot be looked after yet, and it is tried again: %s", fault)


def again() -> None:
    """What a timer does until it has worked once; then nothing."""
    try:
        look_after_storage()
    except OldLibrary as fault:
        log.error("%s", fault)
