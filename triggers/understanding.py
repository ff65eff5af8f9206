"""What is understood of words, without making anything."""

from __future__ import annotations

import azure.durable_functions as df

from ripieno.contracts.enums import Role
from ripieno.contracts.understanding import Understanding, UnderstandRequest
from ripieno.services.understanding import understood
from triggers.routing import Answer, Call, route

blueprint = df.Blueprint()


@route(
    blueprint,
    "POST",
    "/understanding",
    role=Role.GENERATOR,
    changes=False,
    tag="understanding",
    body=UnderstandRequest,
    answers={200: Understanding},
)
def understand_words(call: Call[UnderstandRequest]) -> Answer:
    """What is understood of words, and what is not.

    English, German, Spanish and French, by rule: what for whom, where, how much, and what not. What the rules do not
    read, a language model does where one is configured; it contradicts nothing that they read. Nothing is made.
    """
    said = call.body
    return Answer(understood(said.text, language=said.language, about=said.about))
