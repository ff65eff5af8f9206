"""What was refused of somebody's words, and how they and an operator see it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ripieno.contracts.base import Contract, Request

MOST_REFUSED_TEXT = 2000
"""Characters of a refused text that are kept."""
MOST_REFUSALS = 500
"""Of one owner: the oldest goes first, less those that an operator has granted or is asked about."""
MOST_REASON = 1000

RefusalKind = Literal["imitation", "hate", "minors", "other"]
RefusalStatus = Literal["refused", "appealed", "granted", "upheld"]


class Refusal(Contract):
    """What somebody wrote and was not done: `field` of which `door` (a route), by which `rule`, for which `words` of
    the `text`; `times` how often. Who appeals says why in `appeal`; an operator who has granted it lets just this text
    of this owner pass from then on."""

    refusal_id: str
    owner: str
    door: str
    field: str
    kind: RefusalKind
    rule: str
    text: str
    words: str
    message: str
    suggestion: str | None = None
    by: str = "rules"
    refused_at: str
    times: int = Field(default=1, ge=1)
    status: RefusalStatus = "refused"
    appeal: str | None = None
    appealed_at: str | None = None
    decision: str | None = None
    decided_by: str | None = None
    decided_at: str | None = None


class RefusalList(Contract):
    """A page of refusals, newest first."""

    items: list[Refusal]
    next_cursor: str | None = None


class Appeal(Request):
    """`POST /refusals/{id}/appeal`: why it was wrong to refuse it."""

    reason: str = Field(min_length=1, max_length=MOST_REASON)


class Decision(Request):
    """`POST /ops/refusals/{id}/decision`: whether the appeal is granted, and why."""

    granted: bool
    reason: str = Field(default="", max_length=MOST_REASON)


class Appealed(Contract):
    """Where a refusal lies that somebody appeals, for operators, who look at those of all owners."""

    refusal_id: str
    owner: str
    appealed_at: str
    is_open: bool = True
