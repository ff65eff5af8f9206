"""What a file is, read from its bytes: the format, how long it says it is, and its tags. No audio is decoded here."""

from __future__ import annotations

from dataclasses import dataclass
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

SUPPORTED = "WAV, MP3, FLAC, OGG (Vorbis, Opus) or M4A"
_TAG_LENGTH = 500


@dataclass(frozen=True)
class AudioDescription:
    """What a file's headers say. `duration_seconds` is their claim; decoding may prove it wrong."""

    format: AudioFormat
    duration_seconds: float | None
    sample_rate: int | None
    channels: int | None
    title: str | None = None
    artist: str | None = None


def describe(file: IO[bytes]) -> AudioDescription:
    """Recognise an audio file by its content; the name it came under plays no part.

    Raises
    ------
    BadAudio
        `empty_file`, `unsupported_format` or `corrupt_audio`, with a sentence that says what to do.
    """
    file.seek(0)
    head = file.read(64)
    if not head:
        raise BadAudio("empty_file", "the file is empty (0 bytes): upload it again")
    audio_format, readers = _recognise(head)
    reason: Exception | None = None
    for reader in readers:
        file.seek(0)
        try:
            found = reader(fileobj=file)
        except (mutagen.MutagenError, ValueError, IndexError, KeyError, EOFError, OverflowError) as fault:
            reason = fault
            continue
        info = found.info
        if getattr(info, "sketchy", False):
            reason = ValueError("no run of valid MPEG frames")
            continue
        if audio_format is AudioFormat.WAV and getattr(info, "length", 0) == 0:
            raise BadAudio("no_audio", "the WAV file holds no audio (zero frames): export it again")
        return AudioDescription(
            format=audio_format,
            duration_seconds=getattr(info, "length", None) or None,
            sample_rate=getattr(info, "sample_rate", None),
            channels=getattr(info, "channels", None),
            title=_tag(found, "title", "TIT2"),
            artist=_tag(found, "artist", "TPE1"),
        )
    if audio_format is AudioFormat.MP3 and not head.startswith(b"ID3"):
        raise BadAudio("unsupported_format", f"the bytes are not audio that is known here: upload {SUPPORTED}")
    raise BadAudio("corrupt_audio", f"the {audio_format.value.upper()} file cannot be read ({reason}): export it again")


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


def _tag(found: mutagen.FileType, easy_name: str, id3_name: str) -> str | None:
    for name in (easy_name, id3_name):
        try:
            value = found.tags[name] if found.tags is not None else None
        except (KeyError, ValueError):
            continue
        text = str(value[0] if isinstance(value, list) and value else value or "").strip()
        if text:
            return text[:_TAG_LENGTH]
    return None
