"""Folders that are watched: which of their files are whole and new."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

SUFFIXES = {".wav", ".mp3", ".flac", ".ogg", ".oga", ".opus", ".m4a", ".mp4", ".aac", ".aif", ".aiff"}
RESTS = 2
"""Looks in a row at which a file must be the same before it counts as whole: somebody may still be copying it."""

_State = tuple[int, int]


class Watch:
    """Files below folders. `look` is called again and again, a moment apart."""

    def __init__(self, folders: list[Path]):
        self._folders = folders
        self._seen: dict[Path, tuple[_State, int]] = {}
        self._taken: dict[Path, _State] = {}

    def look(self) -> list[Path]:
        """The files that have rested since the last looks and were not taken as they are now; those that changed since
        they were taken come again."""
        whole = []
        now: dict[Path, tuple[_State, int]] = {}
        for path in audio_files(self._folders):
            state = _state(path)
            if state is None or state == self._taken.get(path):
                continue
            before, rested = self._seen.get(path, (None, 0))
            now[path] = (state, rested + 1 if state == before else 0)
            if now[path][1] >= RESTS:
                self._taken[path] = state
                del now[path]
                whole.append(path)
        self._seen = now
        self._taken = {path: state for path, state in self._taken.items() if path.exists()}
        return whole


def audio_files(places: list[Path]) -> Iterator[Path]:
    """Files as they are named, and the audio files below folders, in the order of their names."""
    for place in places:
        if place.is_dir():
            yield from sorted(
                file for file in place.rglob("*") if file.suffix.lower() in SUFFIXES and not file.name.startswith(".")
            )
        else:
            yield place


def _state(path: Path) -> _State | None:
    """Size and time of the last change; None where there is nothing in it, or it has gone."""
    try:
        known = path.stat()
    except OSError:
        return None
    return (known.st_size, known.st_mtime_ns) if known.st_size else None
