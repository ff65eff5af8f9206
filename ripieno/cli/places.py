"""Where files are written: nothing that is there is ever overwritten, and the same bytes are not written twice."""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import tempfile
from collections.abc import Callable
from itertools import count
from pathlib import Path

from ripieno.contracts.audio import AudioFile

WITHOUT_A_SONG = Path("new music")
_NOT_IN_A_NAME = re.compile(r'[\x00-\x1f<>:"/\\|?*]+')
_LONGEST_BYTES = 150
_WHOSE = "song.json"

Fetch = Callable[[Path], object]
"""Writes a file."""


def name_for(text: str) -> str:
    """A name that every file system takes."""
    clean = _NOT_IN_A_NAME.sub("_", text).strip(" .") or "untitled"
    return clean.encode()[:_LONGEST_BYTES].decode(errors="ignore").rstrip(" .")


def folder_of(out: Path, file_name: str, song_id: str) -> Path:
    """The song's folder below `out`: called as its file, and with its id too where another song has that name.

    It holds `song.json`, by which it is known whose it is.
    """
    name = name_for(Path(file_name).stem)
    for number in count():
        folder = out / (name if number == 0 else f"{name} ({song_id[: 8 * number]})")
        with contextlib.suppress(FileExistsError):
            folder.mkdir(parents=True)
            _sign(folder, song_id)
            return folder
        if _whose(folder) == song_id:
            return folder
    raise AssertionError("a count has no end")


def default_folder(song: AudioFile | None) -> Path:
    """Where files go when nobody says where: a folder of the song's name in the working folder."""
    return folder_of(Path(), song.original_file_name, song.audio_file_id) if song is not None else WITHOUT_A_SONG


def write(folder: Path, name: str, suffix: str, fetch: Fetch, *, sha256: str | None = None) -> Path:
    """Fetch a file into a folder under the name, or `name (2)` and so on where something else has it.

    A file of the same bytes that is there already is the one that is wanted; with `sha256` that is known beforehand.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if sha256 is not None:
        return _placed(folder, name_for(name), suffix, fetch, sha256)
    with tempfile.TemporaryDirectory(prefix=".ripieno-", dir=folder) as scratch:
        fetched = Path(scratch) / "file"
        fetch(fetched)
        return _placed(folder, name_for(name), suffix, fetched.replace, _digest(fetched))


def _placed(folder: Path, name: str, suffix: str, fetch: Fetch, sha256: str) -> Path:
    for number in count(1):
        path = folder / f"{name if number == 1 else f'{name} ({number})'}{suffix}"
        try:
            path.open("xb").close()  # ours from here on: two commands at once get two names
        except FileExistsError:
            if _digest(path) == sha256:
                return path
            continue
        try:
            fetch(path)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        return path
    raise AssertionError("a count has no end")


def _sign(folder: Path, song_id: str) -> None:
    (folder / _WHOSE).write_text(json.dumps({"audio_file_id": song_id}) + "\n")


def _whose(folder: Path) -> str | None:
    try:
        return json.loads((folder / _WHOSE).read_text())["audio_file_id"]
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
