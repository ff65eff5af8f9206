"""What was used, what it costs and what is left; and what is accepted and rejected, for whoever tunes the engines."""

from __future__ import annotations

import azure.durable_functions as df

from ripieno.contracts.enums import Role
from ripieno.contracts.usage import UsageQuery, UsageReport, VerdictCount, VerdictCounts
from ripieno.records import verdicts
from ripieno.services import blobs
from ripieno.work import billing
from triggers import problems
from triggers.routing import Answer, Call, route

blueprint = df.Blueprint()
ALL = "all"


@route(
    blueprint,
    "GET",
    "/usage",
    role=Role.VIEWER,
    tag="usage",
    query=UsageQuery,
    answers={200: UsageReport},
)
def get_usage(call: Call[None]) -> Answer:
    """What you used in a month, with its price, and what is left of your quotas.

    Operators may ask for another `owner`, or for `all`. With `Accept: text/csv` it comes as a table, for whoever writes
    the bills.
    """
    query: UsageQuery = call.query
    if query.owner in (None, call.owner):
        report = billing.of_owner(call.owner, query.month, call.caller.roles)
    elif Role.ADMIN not in call.caller.roles:
        raise problems.lacks(Role.ADMIN)
    else:
        report = billing.for_operators(None if query.owner == ALL else query.owner, query.month)
    if "text/csv" not in call.request.headers.get("accept", "").lower():
        return Answer(report, headers={"Vary": "Accept"})
    name = blobs.disposition(f"ripieno-{report.month}.csv", "attachment")
    headers = {"Vary": "Accept", "Content-Disposition": name}
    return Answer(billing.as_csv(report), headers=headers, media_type="text/csv")


@route(blueprint, "GET", "/ops/verdicts", role=Role.ADMIN, tag="usage", answers={200: VerdictCounts})
def count_verdicts(call: Call[None]) -> Answer:
    """How many takes were accepted and rejected, by engine and style: no names, no words."""
    found = [VerdictCount(**vars(one)) for one in verdicts.counted()]
    return Answer(VerdictCounts(items=found))
