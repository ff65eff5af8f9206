"""A set taken home: its mix in the format it was made in or another, its cue sheet, chapters and tracklist.

A cue sheet names the file that it is beside, so it is written for the name under which it goes out.
"""

from __future__ import annotations

import re
from typing import Any

from ripieno.contracts import names
from ripieno.contracts.dj_sets import SetDownloadFormat, SetVersion
from ripieno.contracts.provenance import Origin
from ripieno.contracts.sets import SetFile
from ripieno.contracts.works import Work
from ripieno.music.sets import personas
from ripieno.records import works
from ripieno.services import blobs
from ripieno.work import exporting
from ripieno.work.exporting import Making, NothingToDownload, Stored, Written
from ripieno.work.revising import NoSuchVersion
from ripieno.work.sets import versions

_SUFFIXES: dict[SetDownloadFormat, str] = {"cue": "cue", "chapters": "ffmeta.txt", "tracklist": "txt"}
_TEXT = "text/plain; charset=utf-8"
_FILE_LINE = re.compile(r'^FILE ".*"', re.MULTILINE)
_META = str.maketrans({one: f"\\{one}" for one in "=;#\\\n"})


def download(owner: str, work_id: str, wanted: SetDownloadFormat, number: int | None) -> Written | Stored | Making:
    """A version of a set in a format.

    Raises
    ------
    WorkMissing, NoSuchVersion, exporting.NothingToDownload, exporting.ExportFailed
    """
    work = works.get_set(owner, work_id)
    try:
        version = versions.dj_set(work).version(number)
    except LookupError as fault:
        raise NoSuchVersion(str(fault)) from None
    file = _file(work, version)
    name = exporting.plain_name(version.title, version.number, _SUFFIXES.get(wanted, wanted))
    match wanted:
        case "cue":
            text = blobs.read(names.GENERATED, file.cue_blob).decode()
            beside = exporting.plain_name(version.title, version.number, file.format)
            return Written(_FILE_LINE.sub(lambda _: f'FILE "{beside}"', text).encode(), name, _TEXT)
        case "tracklist":
            return Written(blobs.read(names.GENERATED, file.tracklist_blob), name, _TEXT)
        case "chapters":
            return Written(chapters(file, version.title).encode(), name, _TEXT)
    if wanted == file.format:
        return Stored(blobs.read_url(names.GENERATED, file.blob_name, file_name=name))
    element, run = exporting.begin(work, _order(work, version, file, wanted), wanted)
    made = element.latest.exported
    if made is not None:
        return Stored(blobs.read_url(names.GENERATED, made.blob_name, file_name=name))
    return Making(version.number, names.version_instance(work_id, element.name, element.latest.number), run)


def chapters(file: SetFile, title: str) -> str:
    """Chapter marks as FFmpeg reads them (FFMETADATA1), which puts them into MP4, Matroska or MP3."""
    lines = [";FFMETADATA1", f"title={title.translate(_META)}"]
    ends = [*(one.start_seconds for one in file.chapters[1:]), file.duration_seconds]
    for one, end in zip(file.chapters, ends, strict=True):
        about = f"{one.artist} - {one.title}" if one.artist else one.title
        lines += ["[CHAPTER]", "TIMEBASE=1/1000", f"START={round(1000 * one.start_seconds)}",
                  f"END={round(1000 * end)}", f"title={about.translate(_META)}"]  # fmt: skip
    return "\n".join(lines) + "\n"


def _file(work: Work, version: SetVersion) -> SetFile:
    place = work.element(version.mix) if version.mix else None
    if version.status != "made" or place is None or place.latest.set_file is None:
        raise NothingToDownload(f"version {version.number} is {version.status}: there is no mix of it yet")
    return place.latest.set_file


def _order(work: Work, version: SetVersion, file: SetFile, wanted: SetDownloadFormat) -> dict[str, Any]:
    """An `ExportInput` less its output, which follows from it."""
    artist = personas.persona(version.persona or versions.dj_set(work).order.persona).title
    origin = Origin(recorded=True).then(file.engine)
    item = {
        "blob_name": file.blob_name, "name": f"mix.{wanted}", "format": wanted, "title": version.title,
        "artist": artist, "origin": origin.model_dump(), "chapters": [one.model_dump() for one in file.chapters],
    }  # fmt: skip
    return {"items": [item], "packed": False}
