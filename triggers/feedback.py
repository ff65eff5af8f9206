"""What people think of what was made."""

from __future__ import annotations

import azure.durable_functions as df
from pydantic import Field

from ripieno.contracts.base import Request
from ripieno.contracts.enums import ItemKind, Role
from ripieno.contracts.feedback import Feedback, FeedbackList, FeedbackOrder, Opinion
from ripieno.contracts.works import WorkKind
from ripieno.records import feedback
from ripieno.work import rating
from triggers.routing import Answer, Call, route

blueprint = df.Blueprint()
TAG = "feedback"


class FeedbackQuery(Request):
    """The filters of a listing."""

    target: str | None = Field(default=None, max_length=100, pattern=r"^[A-Za-z0-9]+$")
    limit: int = Field(default=50, ge=1, le=200)
    cursor: str | None = Field(default=None, max_length=1000)


@route(
    blueprint,
    "POST",
    "/feedback",
    role=Role.GENERATOR,
    tag=TAG,
    body=FeedbackOrder,
    answers={201: Feedback},
    problems=("not_found",),
)
def give_feedback(call: Call[FeedbackOrder]) -> Answer:
    """Say what you think of a composition or a generation.

    A rating from 1 to 5, or that it was skipped, with a comment. It is kept with it and removed with it.
    """
    return Answer(rating.give(call.owner, call.body, call.seed), 201)


@route(
    blueprint,
    "POST",
    "/compositions/{id}/feedback",
    role=Role.GENERATOR,
    of=ItemKind.WORKS,
    for_others=False,
    tag=TAG,
    body=Opinion,
    answers={201: Feedback},
)
def rate_composition(call: Call[Opinion]) -> Answer:
    """Say what you think of a version of a composition."""
    order = FeedbackOrder(target=call.path["id"], **call.body.model_dump())
    return Answer(rating.give(call.owner, order, call.seed, kind=WorkKind.COMPOSITION), 201)


@route(
    blueprint,
    "GET",
    "/feedback",
    role=Role.VIEWER,
    tag=TAG,
    query=FeedbackQuery,
    answers={200: FeedbackList},
)
def list_feedback(call: Call[None]) -> Answer:
    """What you said, newest first; of one composition or generation, or of all."""
    query: FeedbackQuery = call.query
    found, cursor = feedback.listed(call.owner, target=query.target, limit=query.limit, cursor=query.cursor)
    return Answer(FeedbackList(items=found, next_cursor=cursor))
