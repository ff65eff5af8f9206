"""Title, artist and where it comes from, written into a finished WAV, FLAC or MP3 file; signed where that is set up.

A WAV file beyond 4 GiB, whose RF64 form no tagger knows, stays as it is.
"""

from __future__ import annotations

from pathlib import Path

import mutagen
from mutagen.flac import FLAC
from mutagen.id3 import COMM, TIT2, TPE1

from gpu_endpoints.audio import signing
from gpu_endpoints.audio.wav import RIFF_LIMIT
from ripieno import __version__
from ripieno.contracts.provenance import Origin

_UTF8 = 3
_LONGEST = 2000  # characters of a comment


def mark(path: Path, file_format: str, origin: Origin, *, title: str = "", artist: str = "") -> None:
    """Say in a file what it is and who made it: ID3 in WAV and MP3, Vorbis comments in FLAC, and a signed C2PA manifest
    where the operator has a certificate.

    Raises
    ------
    JobFailed
        `cannot_sign`, see `signing`.
    """
    if path.stat().st_size > RIFF_LIMIT:
        return
    _tag(path, {"title": title, "artist": artist, "comment": comment(origin)})
    signing.sign(path, file_format, origin, title=title)


def comment(origin: Origin) -> str:
    """Who made it, as one line."""
    engines = dict.fromkeys(f"{one.engine} {one.version} ({one.license})" for one in origin.made_by)
    made = f"made with Ripieno {__version__}" + (f": {', '.join(engines)}" if engines else "")
    return (made + ("; some of it is a recording" if origin.recorded else ""))[:_LONGEST]


def _tag(path: Path, tags: dict[str, str]) -> None:
    file = mutagen.File(path)
    assert file is not None, "it was written a moment ago"
    wanted = {name: value for name, value in tags.items() if value}
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
