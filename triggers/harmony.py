"""Chords for a melody."""

from __future__ import annotations

import azure.durable_functions as df

from ripieno.contracts.enums import Role
from ripieno.contracts.harmony import Harmony, HarmonyOrder
from ripieno.work import harmonizing
from triggers.routing import MOST_WITH_MIDI, Answer, Call, route

blueprint = df.Blueprint()


@route(
    blueprint,
    "POST",
    "/harmony",
    role=Role.GENERATOR,
    changes=False,
    tag="compositions",
    body=HarmonyOrder,
    most_bytes=MOST_WITH_MIDI,
    answers={200: Harmony},
)
def harmonize_melody(call: Call[HarmonyOrder]) -> Answer:
    """Chords for a melody, one a bar.

    The melody is a MIDI file; nothing is kept of it. The chords can be given to a composition (`passages`) or to new
    stems (`chord_progression`).
    """
    return Answer(harmonizing.harmonize(call.body))
