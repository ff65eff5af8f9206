"""Why a set is as it is: of a song, of a transition, of the whole."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from ripieno.contracts.dj_sets import SetExplanation
from ripieno.contracts.sets import TransitionPlace
from ripieno.contracts.understanding import Language
from ripieno.music.sets import explaining
from ripieno.music.talking import answering
from ripieno.music.talking.hearing import Question
from ripieno.records import works
from ripieno.work.revising import NoSuchVersion
from ripieno.work.sets import editing, versions

Found = TypeVar("Found")


def why(
    owner: str,
    work_id: str,
    *,
    number: int | None = None,
    song: int | None = None,
    transition: int | None = None,
    language: Language = "en",
) -> SetExplanation:
    """Why the song at a position, or the transition of a number, is as it is; the whole set where neither is given.

    Raises
    ------
    WorkMissing, NoSuchVersion
        Also for a song or transition that the version has not.
    """
    work = works.get_set(owner, work_id)
    try:
        version = versions.dj_set(work).version(number)
    except LookupError as fault:
        raise NoSuchVersion(str(fault)) from None
    if not version.planned:
        raise NoSuchVersion(f"version {version.number} is not planned: there is nothing to explain yet")
    plan = editing.plan_of(work, version)
    told = SetExplanation(set_id=work_id, version=version.number, answer="", why=[])
    question = Question()
    if song is not None:
        one = _at(plan.songs, song, "song")
        question, told.song = Question(song=one.song), one
        told.why = explaining.asked(plan, song=one.song)
    elif transition is not None:
        step = _at(plan.transitions, transition, "transition")
        question = Question(transition=TransitionPlace(from_song=step.from_song, to_song=step.to_song))
        told.transition, told.why = step, step.why
    else:
        told.why = explaining.asked(plan)
    told.answer = answering.whole(answering.why(question, plan, language))
    return told


def _at(found: Sequence[Found], number: int, what: str) -> Found:
    if not 1 <= number <= len(found):
        raise NoSuchVersion(f"there is no {what} {number}: the set has {len(found)}")
    return found[number - 1]
