"""Rows by what their keys begin with: one range query, whose cost grows with the answer."""

from __future__ import annotations

from typing import Any

from azure.core.paging import ItemPaged
from azure.data.tables import TableEntity

from ripieno.services.storage import table

LAST = "\x7e"  # sorts after whatever row keys are made of


def beginning_with(
    table_name: str,
    prefix: str,
    *,
    owner: str | None = None,
    start: str = "",
    end: str = LAST,
    after: str | None = None,
    where: str = "",
    values: dict[str, Any] | None = None,
    **options: Any,
) -> ItemPaged[TableEntity]:
    """Rows whose keys begin with `prefix` and lie from `start` up to `end` behind it, in their order.

    Of one owner, or (a scan, for housekeeping) of all. `after` is a whole key to go on after; `where` a further
    condition (OData) with `values` for its parameters.
    """
    goes_on = after is not None and after >= prefix + start
    conditions = [
        *(["PartitionKey eq @owner"] if owner is not None else []),
        "RowKey gt @first" if goes_on else "RowKey ge @first",
        "RowKey lt @last",
        *([where] if where else []),
    ]
    given = {"first": after if goes_on else prefix + start, "last": prefix + end} | (values or {})
    if owner is not None:
        given["owner"] = owner
    return table(table_name).query_entities(" and ".join(conditions), parameters=given, **options)
