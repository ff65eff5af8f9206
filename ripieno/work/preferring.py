"""Somebody's preferences: looked at, taken home, forgotten. Nobody but their owner sees them."""

from __future__ import annotations

from ripieno.contracts.preferences import Aspect, Preferences, PreferencesFile, Relearned
from ripieno.music.taste import showing
from ripieno.records import preferences
from ripieno.work import teaching


def shown(owner: str) -> Preferences:
    """In words and figures; empty of somebody who never said anything."""
    return showing.preferences(preferences.find(owner))


def exported(owner: str) -> PreferencesFile:
    """With every lesson that they were learned from."""
    known = preferences.find(owner)
    its = showing.preferences(known).model_dump()
    return PreferencesFile.model_validate(its | {"lessons": known.lessons if known else []})


def forgotten(owner: str, of: Aspect | None) -> Preferences:
    """What is left after some of it, or all where `of` is None, was forgotten."""
    preferences.forget(owner, [of] if of else None)
    return shown(owner)


def rebuilt(owner: str) -> Relearned:
    """Learn from all that is kept of what somebody said, beside what is known."""
    teaching.again(owner)
    return Relearned(verdicts=shown(owner).verdicts)
