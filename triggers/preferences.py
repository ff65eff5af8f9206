"""What somebody likes, as it was learned from what they said."""

from __future__ import annotations

import azure.durable_functions as df

from ripieno.contracts.base import Request
from ripieno.contracts.enums import Role
from ripieno.contracts.preferences import Aspect, Preferences, PreferencesFile, Relearned
from ripieno.services import blobs
from ripieno.work import preferring
from triggers.routing import Answer, Call, route

blueprint = df.Blueprint()
TAG = "preferences"
FILE_NAME = "preferences.json"


class ForgetQuery(Request):
    """What is to be forgotten."""

    of: Aspect | None = None


@route(blueprint, "GET", "/preferences", role=Role.VIEWER, for_others=False, tag=TAG, answers={200: Preferences})
def get_preferences(call: Call[None]) -> Answer:
    """What you like, as it was learned from what you said.

    From verdicts, ratings, skips, comments and edits: in words, and in figures. It is played where a request says
    nothing of it. Nobody else sees it.
    """
    return Answer(preferring.shown(call.owner))


@route(
    blueprint,
    "DELETE",
    "/preferences",
    role=Role.GENERATOR,
    tag=TAG,
    query=ForgetQuery,
    answers={200: Preferences},
)
def forget_preferences(call: Call[None]) -> Answer:
    """Forget what you like: all of it, or one thing (`of=styles`, `of=density`).

    The answer is what is left. Nothing of the rest is kept; what you said stays with what you said it of.
    """
    query: ForgetQuery = call.query
    return Answer(preferring.forgotten(call.owner, query.of))


@route(
    blueprint, "GET", "/preferences/export", role=Role.VIEWER, for_others=False, tag=TAG, answers={200: PreferencesFile}
)
def export_preferences(call: Call[None]) -> Answer:
    """All of it as a file, with every lesson that it was learned from."""
    headers = {"Content-Disposition": blobs.disposition(FILE_NAME, "attachment")}
    return Answer(preferring.exported(call.owner), 200, headers)


@route(blueprint, "POST", "/preferences/rebuild", role=Role.GENERATOR, tag=TAG, answers={200: Relearned})
def rebuild_preferences(call: Call[None]) -> Answer:
    """Learn again from all that you said and that is still there, each once.

    It brings back what was forgotten as far as that was said of works that are there: the newest 300 generations and
    300 compositions.
    """
    return Answer(preferring.rebuilt(call.owner))
