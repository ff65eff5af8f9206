"""What a file is, decided by its bytes: the format, how long it says it is, and its tags. No audio is decoded here.

This is the first thing that is done with whatever arrives. What begins as something else, or is something else as well,
is named and refused by a look at its ends; headers are read where they can take no more memory and time than they may.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import IO, Any

from ripieno.contracts.enums import AudioFormat
from ripieno.contracts.problems import BadAudio
from ripieno.services import audio_headers, confined
from ripieno.services.audio_headers import SUPPORTED, AudioDescription

_TELL = f"{audio_headers.__name__}:tell"
_HEAD, _TAIL = 1024, 22 + 65535  # a ZIP archive is found by its end, which may have a comment of 65,535 bytes
_END_OF_ZIP, _ENTRY_OF_ZIP = b"PK\x05\x06", b"PK\x01\x02"
_BEGINNINGS: tuple[tuple[bytes, str], ...] = (
    (b"PK\x03\x04", "a ZIP archive: unpack it and upload the recordings in it"),
    (b"PK\x05\x06", "a ZIP archive: unpack it and upload the recordings in it"),
    (b"Rar!", "a RAR archive: unpack it and upload the recordings in it"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive: unpack it and upload the recordings in it"),
    (b"\x1f\x8b", "compressed by gzip: unpack it first"),
    (b"BZh", "compressed by bzip2: unpack it first"),
    (b"\xfd7zXZ\x00", "compressed by xz: unpack it first"),
    (b"MZ", "a program of Windows"),
    (b"\x7fELF", "a program of Linux"),
    (b"\xcf\xfa\xed\xfe", "a program of macOS"),
    (b"\xca\xfe\xba\xbe", "a program"),
    (b"#!", "a script"),
    (b"\xd0\xcf\x11\xe0", "an Office document"),
    (b"\x89PNG", "a picture"),
    (b"GIF8", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"#EXTM3U", "a playlist: upload the recordings that it names"),
    (b"[playlist]", "a playlist: upload the recordings that it names"),
    (b"ffconcat", "a playlist: upload the recordings that it names"),
    (b"MThd", "a MIDI file, which holds no sound"),
    (b"FORM", f"an AIFF file, which is not read here: export it as {SUPPORTED}"),
    (b"caff", f"a CAF file, which is not read here: export it as {SUPPORTED}"),
    (b"\x1a\x45\xdf\xa3", f"a WebM or Matroska file, which is not read here: export its sound as {SUPPORTED}"),
    (b"\x30\x26\xb2\x75", f"a Windows Media file, which is not read here: export it as {SUPPORTED}"),
)
_OF_MARKUP = (b"<!doctype", b"<html", b"<head", b"<body", b"<script", b"<svg", b"<?xml", b"<?php", b"<iframe")


def describe(path: Path) -> AudioDescription:
    """Recognise an audio file by its content; the name it came under plays no part.

    Raises
    ------
    BadAudio
        `empty_file`, `unsupported_format`, `no_audio` or `corrupt_audio`, with a sentence that says what to do.
    confined.Died
        When somebody ended the process that reads it, twice: another time it may be read.
    """
    with path.open("rb") as file:
        _refuse_others(file)
    try:
        found = _told(path)
    except confined.Died as death:
        if death.reason != "ended":
            raise _unreadable(death) from death
        found = _told(path)
    if "code" in found:
        raise BadAudio(str(found["code"]), str(found["message"]))
    fields: dict[str, Any] = found | {"format": AudioFormat(found["format"])}
    return AudioDescription(**fields)


def _told(path: Path) -> dict[str, Any]:
    for found in confined.results(_TELL, str(path), reads=path):
        if isinstance(found, dict):
            return found
    raise BadAudio("corrupt_audio", "the file's headers cannot be read: export it again")


def _unreadable(death: confined.Died) -> BadAudio:
    if death.reason == "crash":
        return BadAudio("corrupt_audio", "the file's headers cannot be read: export it again")
    return BadAudio(
        "corrupt_audio",
        f"reading the file's headers takes {death.detail}, as no recording's do: export it again, without pictures",
    )


def _refuse_others(file: IO[bytes]) -> None:
    """Raises `BadAudio` for what is something else by its first bytes, or an archive by its last."""
    size = file.seek(0, 2)
    if size == 0:
        raise BadAudio("empty_file", "the file is empty (0 bytes): upload it again")
    file.seek(0)
    head = file.read(_HEAD)
    for beginning, name in _BEGINNINGS:
        if head.startswith(beginning):
            raise _other(name)
    if head.lstrip(b"\xef\xbb\xbf \t\r\n\x00").lower().startswith(_OF_MARKUP):
        raise _other("a page of markup")
    if head.startswith(b"RIFF") and head[8:12] != b"WAVE":
        raise _other(f"a RIFF file, but no WAV: export its sound as {SUPPORTED}")
    if b"%PDF-" in head:
        raise _other("a PDF document")
    if _ends_as_zip(file, size):
        raise _other("a recording and a ZIP archive in one: export the recording again, by itself")


def _ends_as_zip(file: IO[bytes], size: int) -> bool:
    """Whether a reader of ZIP archives (APPNOTE.TXT, 4.3.16) would find entries in it."""
    begin = max(0, size - _TAIL)
    file.seek(begin)
    tail = file.read(_TAIL)
    at = tail.rfind(_END_OF_ZIP)
    while at >= 0:
        if len(tail) - at >= 22:
            length, _, comment = struct.unpack("<IIH", tail[at + 12 : at + 22])
            directory = begin + at - length
            if at + 22 + comment == len(tail) and 0 <= directory < begin + at:
                file.seek(directory)
                if file.read(4) == _ENTRY_OF_ZIP:
                    return True
        at = tail.rfind(_END_OF_ZIP, 0, at)
    return False


def _other(name: str) -> BadAudio:
    is_advice = ":" in name
    return BadAudio("unsupported_format", f"the bytes are {name}" + ("" if is_advice else f": upload {SUPPORTED}"))
