"""Title, artist and what made it, written into a finished WAV, FLAC or MP3 file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import mutagen
from mutagen.flac import FLAC
from mutagen.id3 import COMM, TIT2, TPE1

from gpu_endpoints.audio.wav import RIFF_LIMIT

_UTF8 = 3


def write(path: Path, tags: Mapping[str, str]) -> None:
    """Add `title`, `artist` and `comment` to a file: ID3 in WAV and MP3, Vorbis comments in FLAC.

    A WAV file beyond 4 GiB, whose RF64 form no tagger knows, stays as it is.
    """
    wanted = {name: value for name, value in tags.items() if value}
    if not wanted or path.stat().st_size > RIFF_LIMIT:
        return
    file = mutagen.File(path)
    assert file is not None, "it was written a moment ago"
    if isinstance(file, FLAC):
        for name, value in wanted.items():
            file[name] = value
    else:
        if file.tags is None:
            file.add_tags()
        assert file.tags is not None
        for name, value in wanted.items():
            file.tags.add(_FRAMES[name](value))
    file.save()


_FRAMES = {
    "title": lambda value: TIT2(encoding=_UTF8, text=value),
    "artist": lambda value: TPE1(encoding=_UTF8, text=value),
    "comment": lambda value: COMM(encoding=_UTF8, lang="eng", desc="", text=value),
}
