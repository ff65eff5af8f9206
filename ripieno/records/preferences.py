"""Taste at rest: one document an owner, with the lessons that it is learned from.

What is told at once adds up, under the document's ETag; the same told twice counts once. Nothing is kept of what was
forgotten: with the last lesson the document goes.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from ripieno.contracts import names
from ripieno.contracts.preferences import Aspect, Lesson, Lessons
from ripieno.music.taste import lessons
from ripieno.records.store import Missing, Store

_KEY = "taste"
_MOST_RACES = 40


def find(owner: str) -> Lessons | None:
    """None where nobody said anything yet."""
    return _store.get(owner, _KEY)


def learn(owner: str, told: Iterable[Lesson]) -> None:
    """Keep further lessons, each once; the oldest go (`contracts.preferences.MOST_LESSONS`)."""
    further = list(told)

    def taught(known: Lessons) -> Lessons | None:
        found = lessons.together(known.lessons, further)
        return None if found == known.lessons else _document(owner, found)

    for _ in range(_MOST_RACES) if further else ():
        try:
            _store.change(owner, _KEY, taught)
            return
        except Missing:  # the first ones, or all was forgotten at this moment
            if _store.create(owner, _document(owner, lessons.together([], further))):
                return
    if further:
        raise TimeoutError(f"the preferences of {owner} were forgotten by others {_MOST_RACES} times in a row")


def forget(owner: str, forgotten: Iterable[Aspect] | None = None) -> None:
    """Forget some of what was learned, or all of it."""
    gone = None if forgotten is None else list(forgotten)

    def left(known: Lessons) -> Lessons | None:
        found = lessons.without(known.lessons, gone or [])
        return None if found == known.lessons else _document(owner, found)

    if gone is not None:
        try:
            _store.change(owner, _KEY, left)
        except Missing:
            return
    _store.delete(owner, _KEY, only=lambda known: gone is None or not known.lessons)


def delete_all(owner: str) -> int:
    """Forget all that was learned of somebody; whether that was anything."""
    known = find(owner)
    _store.delete(owner, _KEY)
    return int(known is not None)


def _document(owner: str, found: list[Lesson]) -> Lessons:
    return Lessons(owner=owner, lessons=found, updated_at=datetime.now(UTC).isoformat())


_store = Store(names.PREFERENCES, Lessons, key=lambda known: _KEY, index=lambda known: {})
everything, sweep = _store.everything, _store.sweep
