"""The events that are told of as they happen: OpenTelemetry log records with an event's name.

A start is told where a record changes from waiting to at work, an end where it gets its end: whoever runs a step again
finds it changed, and tells nothing. So no event comes twice but those of which that is said, and one is missing where a
process dies in the instant between the change and the telling.
"""

from __future__ import annotations

from dataclasses import dataclass

_ENDED = ("ripieno.outcome", "ripieno.duration")
AT_LEAST_ONCE = "; may come twice, with the same instance"


@dataclass(frozen=True)
class Event:
    """`attributes` beside `enduser.pseudo.id`, the owner's name hashed, and the trace it belongs to."""

    name: str
    meaning: str
    attributes: tuple[str, ...]


_SONG = ("ripieno.audio_file.id", "ripieno.instance.id")
_WORK = ("ripieno.work.id", "ripieno.stem.type", "ripieno.version")
_RUN = ("ripieno.instance.id",)
ANALYSIS_STARTED = Event("ripieno.analysis.started", "a song begins to be analysed", _SONG)
ANALYSIS_ENDED = Event("ripieno.analysis.ended", "it is analysed, or failed", (*_SONG, *_ENDED, "ripieno.engine"))
GENERATION_STARTED = Event(
    "ripieno.generation.started", f"a version of a stem or layer begins to be made{AT_LEAST_ONCE}", _WORK
)
GENERATION_ENDED = Event(
    "ripieno.generation.ended", "it can be heard, or failed, or was cancelled", (*_WORK, *_ENDED, "ripieno.engine")
)
COMPOSITION_STARTED = Event("ripieno.composition.started", "the workflow of a version of a piece begins", _RUN)
COMPOSITION_ENDED = Event("ripieno.composition.ended", f"it has ended{AT_LEAST_ONCE}", (*_RUN, *_ENDED))
SET_STARTED = Event("ripieno.set.started", "the workflow of a version of a DJ set begins", _RUN)
SET_ENDED = Event("ripieno.set.ended", f"it has ended{AT_LEAST_ONCE}", (*_RUN, *_ENDED))
REMOVAL_STARTED = Event("ripieno.removal.started", "something is about to be removed", _RUN)
REMOVAL_ENDED = Event("ripieno.removal.ended", f"everything of it is deleted{AT_LEAST_ONCE}", (*_RUN, *_ENDED))

ALL: tuple[Event, ...] = tuple(one for one in dict(globals()).values() if isinstance(one, Event))
OF_RUNS = {
    "CompositionOrchestrator": (COMPOSITION_STARTED, COMPOSITION_ENDED),
    "SetOrchestrator": (SET_STARTED, SET_ENDED),
    "RemovalOrchestrator": (REMOVAL_STARTED, REMOVAL_ENDED),
    "AccountRemovalOrchestrator": (REMOVAL_STARTED, REMOVAL_ENDED),
}
"""The first and last event of workflows that have some of their own."""
