"""Bridges: where two songs of a plan do not meet, a short composition is made that lies between them.

A bridge is a composition like any other, which goes when its set does, unless a branch of that plays it too. Which one
is between two songs follows from the set and both songs: asked for twice it is made once.
"""

from __future__ import annotations

import hashlib

from ripieno.contracts.composition import CompositionOrder, Mood
from ripieno.contracts.dj_sets import SetVersion
from ripieno.contracts.enums import GenerationStatus
from ripieno.contracts.sets import MissingBridge, SetPlan, SongPin
from ripieno.contracts.workflow import RevisionOrder
from ripieno.contracts.works import Work
from ripieno.records import works
from ripieno.work import composing
from ripieno.work.sets import keeping, knowing, versions
from ripieno.work.sets.letting import LEAST_SECONDS, MOST_BRIDGES, MOST_SECONDS

_OF_AN_ID = 13  # digits of a work's id that say when it was made


def begin(work: Work, made: SetPlan) -> list[RevisionOrder]:
    """Ask for the compositions that a plan misses, which are noted first; the orders of the runs that make them,
    nothing where none are wanted or all have ended."""
    known = versions.dj_set(work)
    if not known.order.bridges:
        return []
    named = {id_of(work, one): one for one in made.bridges}
    new = [its_id for its_id in named if its_id not in known.bridges]
    noted = [*known.bridges, *new[: max(0, MOST_BRIDGES - len(known.bridges))]]

    def noting(now: Work) -> Work | None:
        if versions.dj_set(now).bridges == noted:
            return None
        versions.dj_set(now).bridges = noted
        return now

    works.change(work.owner, work.work_id, noting)
    orders = [_composed(work, its_id, one) for its_id, one in named.items() if its_id in noted]
    return [one for one in orders if one is not None]


def join(order: RevisionOrder) -> bool:
    """Wish for the bridges that were composed between their songs, and have the version planned again; whether there
    is any."""
    work, version = versions.opened(order)
    made = keeping.plan(work.work_id, order.revision) if version is not None else None
    pairs: list[tuple[str, str]] = []
    for one in made.bridges if made is not None else []:
        its_id = id_of(work, one)
        its = works.find(work.owner, its_id)
        if its is not None and knowing.heard(its) is not None:
            pairs += [(one.from_song, its_id), (its_id, one.to_song)]
    if not pairs:
        return False
    composed = set(versions.dj_set(work).bridges)

    def wished(_: Work, state: SetVersion) -> None:
        if not set(pairs) <= set(state.wishes.next_to):
            state.wishes = state.wishes.model_copy(
                update={
                    "next_to": [*state.wishes.next_to, *pairs],
                    "songs": [*state.wishes.songs, *(SongPin(song=song) for _, song in pairs if song in composed)],
                }
            )
            state.planned = False

    return versions.change(order, wished) is not None


def id_of(work: Work, bridge: MissingBridge) -> str:
    """The id of the composition between two songs of a set."""
    between = f"{work.work_id}\n{bridge.from_song}\n{bridge.to_song}"
    return work.work_id[:_OF_AN_ID] + hashlib.sha256(between.encode()).hexdigest()[: len(work.work_id) - _OF_AN_ID]


def _composed(work: Work, its_id: str, bridge: MissingBridge) -> RevisionOrder | None:
    known = works.find(work.owner, its_id)
    if known is not None and not GenerationStatus(known.status).is_being_made:
        return None
    if known is None:
        order = CompositionOrder(
            brief=bridge.brief,
            mood=Mood(valence=bridge.valence, arousal=2 * bridge.energy - 1),
            tempo=bridge.bpm,
            key=bridge.key,
            duration_seconds=min(MOST_SECONDS, max(LEAST_SECONDS, bridge.seconds)),
            instrumental=True,
        )
        composing.begin(work.owner, order, its_id, part_of=work.work_id)
    return RevisionOrder(owner=work.owner, work_id=its_id, arrived_at=work.created_at, revision=1)
