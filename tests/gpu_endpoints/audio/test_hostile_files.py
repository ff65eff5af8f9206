"""Files that are made to harm: each ends with a sentence, within the limits, and whoever asked lives."""

from __future__ import annotations

import io
import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
import soundfile
from mutagen.flac import FLAC, Picture

from gpu_endpoints.audio import decoder, decoding
from gpu_endpoints.serving.work import JobFailed
from ripieno.contracts.problems import BadAudio
from ripieno.services import audio_format, confined

RATE = 8000


def tone(seconds: float = 2.0, channels: int = 1, rate: int = RATE) -> np.ndarray:
    wave = 0.3 * np.sin(np.arange(round(seconds * rate)) * 0.3)
    return np.repeat(wave[:, None], channels, axis=1).astype(np.float32)


def encoded(kind: str, subtype: str | None = None, **options) -> bytes:
    data = io.BytesIO()
    soundfile.write(data, tone(**options), options.get("rate", RATE), format=kind, subtype=subtype)
    return data.getvalue()


def wav(*, channels: int = 1, rate: int = RATE, data: bytes | None = None, claim: int | None = None, bits: int = 16):
    data = tone().astype("<f4").tobytes() if data is None else data
    size = len(data) if claim is None else claim
    block = channels * bits // 8
    head = struct.pack("<HHIIHH", 1, channels, rate, min(rate * block, 2**32 - 1), block % 65536, bits)
    body = b"WAVEfmt " + struct.pack("<I", 16) + head + b"data" + struct.pack("<I", size) + data
    return b"RIFF" + struct.pack("<I", (4 + len(body)) % 2**32) + body


def flac_claiming(samples: int) -> bytes:
    """Its STREAMINFO says so many samples, 36 bits of them."""
    data = bytearray(encoded("FLAC"))
    packed = int.from_bytes(data[18:26], "big")
    data[18:26] = (packed >> 36 << 36 | samples).to_bytes(8, "big")
    return bytes(data)


def id3(*frames: bytes) -> bytes:
    body = b"".join(frames)
    size = bytes((len(body) >> shift) & 0x7F for shift in (21, 14, 7, 0))
    return b"ID3\x04\x00\x00" + size + body


def frame(name: bytes, body: bytes, flags: int = 0) -> bytes:
    size = bytes((len(body) >> shift) & 0x7F for shift in (21, 14, 7, 0))
    return name + size + flags.to_bytes(2, "big") + body


def compressed_title(megabytes: int) -> bytes:
    """A title that is a thousand times as long as its bytes (ID3v2.4, 4.1: compression with its length before it)."""
    packer = zlib.compressobj(9)
    parts = [packer.compress(b"\x03")] + [packer.compress(b"a" * 2**20) for _ in range(megabytes)] + [packer.flush()]
    length = (megabytes * 2**20) & 0x0FFFFFFF
    told = bytes((length >> shift) & 0x7F for shift in (21, 14, 7, 0))
    return frame(b"TIT2", told + b"".join(parts), 0x0009)


def with_cover(megabytes: int, folder: Path) -> bytes:
    path = folder / "cover.flac"
    path.write_bytes(encoded("FLAC"))
    file = FLAC(path)
    for _ in range(megabytes // 8):
        picture = Picture()
        picture.data = os.urandom(8 * 2**20)
        file.add_picture(picture)
    file.save()
    return path.read_bytes()


def with_blocks(count: int) -> bytes:
    """A FLAC with so many empty blocks of an application before its sound."""
    data = encoded("FLAC")
    one = b"\x02" + (4).to_bytes(3, "big") + b"abcd"
    return data[:42] + one * count + data[42:]


def chained_oggs() -> bytes:
    return (
        encoded("OGG", "VORBIS") + encoded("OGG", "VORBIS", rate=44100, channels=2) + encoded("OGG", "OPUS", rate=48000)
    )


def boxes(depth: int) -> bytes:
    """An MP4 whose boxes lie in one another."""
    inner = b""
    for _ in range(depth):
        inner = struct.pack(">I4s", 8 + len(inner), b"moov") + inner
    return struct.pack(">I4s4sI", 16, b"ftyp", b"M4A ", 0) + inner


BOMBS = {
    "a WAV that claims 4 GB": lambda folder: wav(claim=0xFFFFFFF0),
    "a WAV of 65,535 channels": lambda folder: wav(channels=65535, bits=16),
    "a WAV of 100 channels": lambda folder: wav(channels=100, data=bytes(100 * 2 * 4000)),
    "a WAV of no channels": lambda folder: wav(channels=0),
    "a WAV at 1 Hz": lambda folder: wav(rate=1),
    "a WAV at 0 Hz": lambda folder: wav(rate=0),
    "a WAV at 10 MHz": lambda folder: wav(rate=10_000_000),
    "a WAV at 4 GHz": lambda folder: wav(rate=2**32 - 1),
    "a WAV of no samples": lambda folder: wav(data=b""),
    "a FLAC that claims 95 days": lambda folder: flac_claiming(2**36 - 1),
    "an MP4 in an MP4 in an MP4": lambda folder: boxes(20_000),
    "a title of 700 MB": lambda folder: id3(compressed_title(700)) + encoded("MP3", "MPEG_LAYER_III", rate=44100),
    "nothing": lambda folder: b"",
    "one byte": lambda folder: b"R",
    "an MP4 of nothing": lambda folder: b"\0\0\0\x18ftypM4A \0\0\0\0" + bytes(64),
}
HARMLESS = {
    "a FLAC with 10,000 blocks": lambda folder: with_blocks(10_000),
    "a FLAC with covers of 96 MB": lambda folder: with_cover(96, folder),
    "chained OGGs": lambda folder: chained_oggs(),
}


def arrived(path: Path) -> str:
    """What becomes of a file that arrives: it is described, then decoded; the code of its end."""
    try:
        audio_format.describe(path)
        audio = decoding.open_audio(path, max_seconds=3 * 3600)
        assert sum(len(block) for block in audio.blocks()) == audio.frames
    except (BadAudio, JobFailed) as fault:
        assert not getattr(fault, "retryable", False), "what the file does, it does again"
        assert str(path.parent) not in fault.message and len(fault.message) < 400
        assert ": " in fault.message or ". " in fault.message, f"it does not say what to do: {fault.message}"
        return fault.code
    return "taken"


@pytest.mark.parametrize("name", BOMBS)
def test_it_ends_with_a_sentence(tmp_path, name):
    (tmp_path / "a").write_bytes(BOMBS[name](tmp_path))
    assert arrived(tmp_path / "a") != "taken"


@pytest.mark.parametrize("name", HARMLESS)
def test_what_is_only_odd_is_taken(tmp_path, name):
    (tmp_path / "a").write_bytes(HARMLESS[name](tmp_path))
    assert arrived(tmp_path / "a") == "taken"


@pytest.mark.parametrize("kind", ["WAV", "FLAC", "OGG", "MP3"])
def test_a_file_that_is_cut_off_anywhere_has_an_end(tmp_path, kind):
    data, ends = encoded(kind), set()
    for at in {*range(0, min(len(data), 200), 7), *range(0, len(data), max(1, len(data) // 25))}:
        (tmp_path / "a").write_bytes(data[:at])
        ends.add(arrived(tmp_path / "a"))
    assert ends <= {
        "empty_file", "unsupported_format", "corrupt_audio", "no_audio", "truncated_audio", "silent_audio", "taken",
        "absurd_format",
    }  # fmt: skip


OTHERS = {
    "a ZIP": b"PK\x03\x04" + bytes(100), "a program": b"MZ\x90\x00" + bytes(100), "HTML": b"  <!DOCTYPE html><script>",
    "XML": b'\xef\xbb\xbf<?xml version="1.0"?>', "a playlist": b"#EXTM3U\nhttp://127.0.0.1:9/x.mp3\n",
    "a concat list": b"ffconcat version 1.0\nfile /etc/passwd\n", "a PDF": b"%PDF-1.7", "a picture": b"\x89PNG\r\n",
    "MIDI": b"MThd" + bytes(10), "AIFF": b"FORM\0\0\0\0AIFF", "WebM": b"\x1a\x45\xdf\xa3" + bytes(60),
    "AVI": b"RIFF\0\0\0\0AVI LIST", "an ELF": b"\x7fELF" + bytes(60), "a script": b"#!/bin/sh\nrm -rf /\n",
}  # fmt: skip


@pytest.mark.parametrize("name", OTHERS)
def test_what_is_something_else_is_told_so(tmp_path, name):
    """Also with a whole song behind it: it is decided by what it begins with."""
    for rest in (b"", encoded("MP3", rate=44100) * 3):
        (tmp_path / "song.mp3").write_bytes(OTHERS[name] + rest)
        with pytest.raises(BadAudio) as bad:
            audio_format.describe(tmp_path / "song.mp3")
        assert bad.value.code == "unsupported_format" and "the bytes are " in bad.value.message
        assert "not audio that is known" not in bad.value.message


@pytest.mark.parametrize("kind", ["WAV", "FLAC", "OGG", "MP3"])
def test_a_song_that_is_an_archive_too_is_refused_and_one_that_only_mentions_one_is_not(tmp_path, kind):
    import zipfile

    song = encoded(kind, rate=44100)
    path = tmp_path / "a"
    path.write_bytes(song)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("evil.js", "alert(1)")
    assert zipfile.is_zipfile(path)
    with pytest.raises(BadAudio, match="a recording and a ZIP archive in one"):
        audio_format.describe(path)
    path.write_bytes(song + b"PK\x05\x06")
    assert audio_format.describe(path).format == kind.lower()


def test_no_playlist_makes_a_decoder_open_anything(tmp_path):
    """FFmpeg would follow them: whatever is no MP4 is never given to it, and what is, to its MP4 reader alone."""
    secret = tmp_path / "secret.wav"
    secret.write_bytes(wav())
    for list_ in (f"#EXTM3U\n{secret}\n", f"ffconcat version 1.0\nfile {secret}\n"):
        for head in (b"", b"\0\0\0\x18ftypM4A \0\0\0\0"):
            path = tmp_path / "list"
            path.write_bytes(head + list_.encode())
            with pytest.raises(JobFailed):
                decoding.open_audio(path, max_seconds=60)
            with pytest.raises(decoder.UNREADABLE):
                list(decoder.decoded(path, 1.0))


def test_a_decoder_that_takes_too_much_ends_with_a_sentence_that_is_final(tmp_path, monkeypatch):
    soundfile.write(tmp_path / "a.wav", tone(600, rate=48000), 48000)
    tight = confined.Limits(memory=2**20, cpu=300, wall=300)
    monkeypatch.setattr(confined.Limits, "of_settings", staticmethod(lambda: tight))
    with pytest.raises(JobFailed) as failed:
        decoding.open_audio(tmp_path / "a.wav", max_seconds=1e9)
    assert (failed.value.code, failed.value.retryable) == ("too_hard_to_decode", False)
    assert "more than 1 MB of memory" in failed.value.message and "export it again" in failed.value.message


@pytest.mark.parametrize(
    ("reason", "code", "retryable"),
    [
        ("memory", "too_hard_to_decode", False),
        ("time", "too_hard_to_decode", False),
        ("crash", "corrupt_audio", False),
        ("ended", "decoder_ended", True),
    ],
)
def test_only_a_decoder_that_somebody_ended_is_worth_another_try(tmp_path, monkeypatch, reason, code, retryable):
    (tmp_path / "a.wav").write_bytes(wav())

    def dies(*_, **__):
        raise confined.Died(reason, "more than it may")
        yield

    audio = decoding.open_audio(tmp_path / "a.wav", max_seconds=60)
    monkeypatch.setattr(confined, "results", dies)
    for opened in (lambda: decoding.open_audio(tmp_path / "a.wav", max_seconds=60), lambda: list(audio.blocks())):
        with pytest.raises(JobFailed) as failed:
            opened()
        assert (failed.value.code, failed.value.retryable) == (code, retryable)


def test_what_we_wrote_is_read_without_a_process(tmp_path, monkeypatch):
    (tmp_path / "a.wav").write_bytes(wav())
    monkeypatch.delattr(confined, "results")
    audio = decoding.open_stem(tmp_path / "a.wav")
    assert sum(map(len, audio.blocks())) == audio.frames > 0
