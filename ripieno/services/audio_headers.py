"""What the headers of an audio file say: its length, layout and tags, read by mutagen, which believes what it reads.

`audio_format.describe` runs this where it may run out of memory and time.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

import mutagen
from mutagen.easymp4 import EasyMP4
from mutagen.flac import FLAC
from mutagen.mp3 import EasyMP3
from mutagen.oggflac import OggFLAC
from mutagen.oggopus import OggOpus
from mutagen.oggvorbis import OggVorbis
from mutagen.wave import WAVE

from ripieno.contracts.enums import AudioFormat
from ripieno.contracts.problems import BadAudio
from ripieno.services.confinement import Send

SUPPORTED = "WAV, MP3, FLAC, OGG (Vorbis, Opus) or M4A"
_TAG_LENGTH = 500
_MOST_NUMBER = 2**31 - 1


@dataclass(frozen=True)
class AudioDescription:
    """What a file's headers say. `duration_seconds` is their claim; decoding may prove it wrong."""

    format: AudioFormat
    duration_seconds: float | None
    sample_rate: int | None
    channels: int | None
    title: str | None = None
    artist: str | None = None


def tell(send: Send, path: str) -> None:
    """Sends the fields of an `AudioDescription`, or `{"code", "message"}`."""
    try:
        with Path(path).open("rb") as file:
            send(asdict(read(file)))
    except BadAudio as fault:
        send({"code": fault.code, "message": fault.message})


def read(file: IO[bytes]) -> AudioDescription:
    """Recognise an audio file by its content; the name it came under plays no part.

    Raises
    ------
    BadAudio
        `unsupported_format`, `no_audio` or `corrupt_audio`, with a sentence that says what to do.
    """
    file.seek(0)
    head = file.read(64)
    audio_format, readers = _recognise(head)
    reason: Exception | None = None
    for reader in readers:
        file.seek(0)
        try:
            found = reader(fileobj=file)
            info = found.info
        except MemoryError:
            raise
        except Exception as fault:  # mutagen's own, and whatever else foreign bytes make of its reading
            reason = fault
            continue
        if getattr(info, "sketchy", False):
            reason = ValueError("no run of valid MPEG frames")
            continue
        if audio_format is AudioFormat.WAV and getattr(info, "length", 0) == 0:
            raise BadAudio("no_audio", "the WAV file holds no audio (zero frames): export it again")
        return AudioDescription(
            format=audio_format,
            duration_seconds=_number(getattr(info, "length", None)),
            sample_rate=_whole(getattr(info, "sample_rate", None)),
            channels=_whole(getattr(info, "channels", None)),
            title=_tag(found, "title", "TIT2"),
            artist=_tag(found, "artist", "TPE1"),
        )
    if audio_format is AudioFormat.MP3 and not head.startswith(b"ID3"):
        raise BadAudio("unsupported_format", f"the bytes are not audio that is known here: upload {SUPPORTED}")
    is_mutagens = isinstance(reason, (mutagen.MutagenError, ValueError))
    said = "".join(char for char in str(reason)[:200] if char.isprintable()) if is_mutagens else "it is damaged"
    raise BadAudio("corrupt_audio", f"the {audio_format.value.upper()} file cannot be read ({said}): export it again")


def _recognise(head: bytes) -> tuple[AudioFormat, list]:
    if head[:4] in (b"RIFF", b"RF64", b"RIFX") and head[8:12] == b"WAVE":
        return AudioFormat.WAV, [WAVE]
    if head[:4] == b"fLaC":
        return AudioFormat.FLAC, [FLAC]
    if head[:4] == b"OggS":
        return AudioFormat.OGG, [OggVorbis, OggOpus, OggFLAC]
    if head[4:8] == b"ftyp":
        return AudioFormat.M4A, [EasyMP4]
    return AudioFormat.MP3, [EasyMP3]  # MP3 has no magic number: a run of frames, perhaps after an ID3 tag


def _number(value: float | None) -> float | None:
    """A length that a recording may have; a table keeps no more, and JSON no infinity."""
    return float(value) if value and 0 < value <= _MOST_NUMBER else None


def _whole(value: int | None) -> int | None:
    return int(value) if value is not None and 0 <= value <= _MOST_NUMBER else None


def _tag(found: mutagen.FileType, easy_name: str, id3_name: str) -> str | None:
    for name in (easy_name, id3_name):
        try:
            value = found.tags[name] if found.tags is not None else None
        except (KeyError, ValueError):
            continue
        text = str(value[0] if isinstance(value, list) and value else value or "")
        text = "".join(char for char in text[: 4 * _TAG_LENGTH] if char.isprintable()).strip()
        if text:
            return text[:_TAG_LENGTH]
    return None
