"""Title, artist and where it comes from, written into a finished WAV, FLAC or MP3 file; signed where that is set up.

A WAV file beyond 4 GiB, whose RF64 form no tagger knows, stays as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import mutagen
from mutagen.flac import FLAC
from mutagen.id3 import CHAP, COMM, CTOC, TIT2, TPE1, CTOCFlags

from gpu_endpoints.audio import signing
from gpu_endpoints.audio.wav import RIFF_LIMIT
from ripieno import __version__
from ripieno.contracts.production import Chapter
from ripieno.contracts.provenance import Origin

_UTF8 = 3
_LONGEST = 2000  # characters of a comment
_MOST_CHAPTERS, _MOST_ID3_CHAPTERS = 999, 255


def mark(
    path: Path,
    file_format: str,
    origin: Origin,
    *,
    title: str = "",
    artist: str = "",
    chapters: Sequence[Chapter] = (),
) -> None:
    """Say in a file what it is and who made it, and where its chapters begin: ID3 in WAV and MP3, Vorbis comments in
    FLAC, and a signed C2PA manifest where the operator has a certificate.

    Raises
    ------
    JobFailed
        `cannot_sign`, see `signing`.
    """
    if path.stat().st_size > RIFF_LIMIT:
        return
    _tag(path, {"title": title, "artist": artist, "comment": comment(origin)}, chapters)
    signing.sign(path, file_format, origin, title=title)


def comment(origin: Origin) -> str:
    """Who made it, as one line."""
    engines = dict.fromkeys(f"{one.engine} {one.version} ({one.license})" for one in origin.made_by)
    made = f"made with Ripieno {__version__}" + (f": {', '.join(engines)}" if engines else "")
    return (made + ("; some of it is a recording" if origin.recorded else ""))[:_LONGEST]


def _tag(path: Path, tags: dict[str, str], chapters: Sequence[Chapter]) -> None:
    file = mutagen.File(path)
    assert file is not None, "it was written a moment ago"
    wanted = {name: value for name, value in tags.items() if value}
    if isinstance(file, FLAC):
        for name, value in wanted.items():
            file[name] = value
        for number, one in enumerate(chapters[:_MOST_CHAPTERS], start=1):
            file[f"CHAPTER{number:03d}"] = _clock(one.start_seconds)
            file[f"CHAPTER{number:03d}NAME"] = _named(one)
    else:
        if file.tags is None:
            file.add_tags()
        assert file.tags is not None
        for name, value in wanted.items():
            file.tags.add(_FRAMES[name](value))
        for frame in _chapter_frames(chapters, file.info.length):
            file.tags.add(frame)
    file.save()


def _chapter_frames(chapters: Sequence[Chapter], seconds: float) -> list[CHAP | CTOC]:
    """ID3v2 chapters and their table of contents, which holds no more than 255."""
    held = chapters[:_MOST_ID3_CHAPTERS]
    if not held:
        return []
    ends = [*(one.start_seconds for one in held[1:]), seconds]
    ids = [f"chapter{number}" for number in range(1, len(held) + 1)]
    frames = [
        CHAP(
            element_id=name,
            start_time=round(1000 * one.start_seconds),
            end_time=round(1000 * end),
            sub_frames=[TIT2(encoding=_UTF8, text=_named(one))],
        )
        for name, one, end in zip(ids, held, ends, strict=True)
    ]
    return [CTOC(element_id="contents", flags=CTOCFlags.TOP_LEVEL | CTOCFlags.ORDERED, child_element_ids=ids), *frames]


def _named(one: Chapter) -> str:
    return f"{one.artist} – {one.title}" if one.artist else one.title


def _clock(seconds: float) -> str:
    thousandths = round(1000 * seconds)
    whole = thousandths // 1000
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}.{thousandths % 1000:03d}"


_FRAMES = {
    "title": lambda value: TIT2(encoding=_UTF8, text=value),
    "artist": lambda value: TPE1(encoding=_UTF8, text=value),
    "comment": lambda value: COMM(encoding=_UTF8, lang="eng", desc="", text=value),
}
