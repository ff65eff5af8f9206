"""A short recording in every format that people send, and what bad luck and bad people make of it.

Every file follows from the seed and its number: `made(seed, number)` is the same bytes each time.
"""

from __future__ import annotations

import io
import random
import struct
from collections.abc import Callable
from functools import lru_cache

import av
import numpy as np
import soundfile

RATE = 44100
SECONDS = 0.7
FORMATS = ("wav", "aiff", "flac", "mp3", "ogg", "opus", "m4a", "webm", "wav24", "wavfloat", "mp3tagged", "rf64")
TAKEN = {"wav", "flac", "mp3", "ogg", "opus", "m4a", "wav24", "wavfloat", "mp3tagged"}
"""Formats whose whole file is a song; the others are refused by name."""
_NUMBERS = (0, 1, 2, 7, 8, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF)
_MARKS = (
    b"fmt ", b"data", b"fact", b"RIFF", b"RF64", b"ds64", b"COMM", b"SSND", b"fLaC", b"OggS", b"OpusHead", b"vorbis",
    b"ftyp", b"moov", b"trak", b"mdia", b"stbl", b"stsd", b"stsz", b"stco", b"stts", b"mp4a", b"esds", b"mdat", b"ID3",
    b"TIT2", b"APIC", b"Xing", b"Info", b"LAME", b"\x1aE\xdf\xa3", b"\xff\xfb",
)  # fmt: skip


@lru_cache(maxsize=1)
def _sound() -> np.ndarray:
    rng, time = np.random.default_rng(0), np.arange(round(SECONDS * RATE)) / RATE
    tone = sum(np.sin(2 * np.pi * 220 * ratio * time) for ratio in (1, 1.25, 1.5)) * 0.15
    return np.stack([tone, tone * 0.8], axis=1).astype(np.float32) + rng.normal(0, 0.01, (len(time), 2)).astype("f4")


@lru_cache(maxsize=len(FORMATS))
def whole(name: str) -> bytes:
    """The recording in one format."""
    match name:
        case "m4a":
            return _by_ffmpeg("ipod", "aac", RATE)
        case "webm":
            return _by_ffmpeg("webm", "libopus", 48000)
        case "opus":
            return _by_soundfile("OGG", "OPUS", 48000)
        case "mp3":
            return _by_soundfile("MP3", "MPEG_LAYER_III")
        case "mp3tagged":
            return _tagged(_by_soundfile("MP3", "MPEG_LAYER_III"))
        case "wav24":
            return _by_soundfile("WAV", "PCM_24")
        case "wavfloat":
            return _by_soundfile("WAV", "FLOAT")
        case "ogg":
            return _by_soundfile("OGG", "VORBIS")
        case _:
            return _by_soundfile(name.upper(), None)


def made(seed: int, number: int) -> tuple[str, bytes]:
    """One file, and what it is called: its format and what was done to it."""
    rng = random.Random(f"{seed} {number}")
    kind = FORMATS[number % len(FORMATS)]
    data, deeds = whole(kind), []
    for deed in rng.choices(tuple(DEEDS), k=rng.choice((1, 1, 1, 2, 3))):
        data = DEEDS[deed](data, rng)
        deeds.append(deed)
    return f"{kind}-{'-'.join(deeds)}", data


# -- what is done to a file -------------------------------------------------------------------------------------------


def _flip(data: bytes, rng: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(rng.choice((1, 3, 10, 100))):
        if changed:
            changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def _flip_head(data: bytes, rng: random.Random) -> bytes:
    return _flip(data[:200], rng) + data[200:]


def _truncate(data: bytes, rng: random.Random) -> bytes:
    return data[: rng.choice((rng.randrange(64), rng.randrange(max(1, len(data)))))]


def _behead(data: bytes, rng: random.Random) -> bytes:
    return data[rng.choice((1, 2, 4, 12, 44, rng.randrange(max(1, len(data))))) :]


def _splice(data: bytes, rng: random.Random) -> bytes:
    other = whole(rng.choice(FORMATS))
    return data[: rng.randrange(len(data) + 1)] + other[rng.randrange(len(other)) :]


def _repeat(data: bytes, rng: random.Random) -> bytes:
    begin = rng.randrange(len(data) + 1)
    piece = data[begin : begin + rng.choice((1, 4, 27, 418, 4096))]
    return data[:begin] + piece * rng.choice((2, 10, 100)) + data[begin:]


def _number(data: bytes, rng: random.Random) -> bytes:
    """A number of the header, right behind one of the format's marks, becomes one of those that programs fear."""
    places = [data.find(mark) + len(mark) for mark in _MARKS if mark in data] or [0]
    at = rng.choice(places) + rng.choice((0, 0, 1, 2, 4, 6, 8, 10, 12, 14, 16, 20))
    packed = struct.pack(rng.choice(("<I", ">I")), rng.choice(_NUMBERS))[: rng.choice((1, 2, 4, 4))]
    return data[:at] + packed + data[at + len(packed) :]


def _before_mark(data: bytes, rng: random.Random) -> bytes:
    """The size before a mark, as in MP4."""
    places = [data.find(mark) - 4 for mark in _MARKS if data.find(mark) >= 4] or [0]
    at = rng.choice(places)
    return data[:at] + struct.pack(">I", rng.choice((*_NUMBERS, len(data)))) + data[at + 4 :]


def _rename(data: bytes, rng: random.Random) -> bytes:
    there = [mark for mark in _MARKS if mark in data]
    if not there:
        return data
    mark = rng.choice(there)
    return data.replace(mark, rng.choice([one for one in _MARKS if len(one) == len(mark)]), 1)


def _noise(data: bytes, rng: random.Random) -> bytes:
    begin = rng.randrange(len(data) + 1)
    end = min(len(data), begin + rng.choice((1, 16, 500, 5000)))
    return data[:begin] + rng.randbytes(end - begin) + data[end:]


def _zeros(data: bytes, rng: random.Random) -> bytes:
    begin = rng.randrange(len(data) + 1)
    end = min(len(data), begin + rng.choice((4, 64, 5000, len(data))))
    return data[:begin] + bytes(end - begin) + data[end:]


def _append(data: bytes, rng: random.Random) -> bytes:
    return data + rng.choice((rng.randbytes(500), data, b"PK\x05\x06" + bytes(18), b"TAG" + bytes(125), bytes(5000)))


def _prepend(data: bytes, rng: random.Random) -> bytes:
    return rng.choice((bytes(100), b"\n", b"ID3\x04\x00\x00\x7f\x7f\x7f\x7f", b"<html>", b"PK\x03\x04")) + data


DEEDS: dict[str, Callable[[bytes, random.Random], bytes]] = {
    "flip": _flip, "flip-head": _flip_head, "truncate": _truncate, "behead": _behead, "splice": _splice,
    "repeat": _repeat, "number": _number, "size": _before_mark, "rename": _rename, "noise": _noise, "zeros": _zeros,
    "append": _append, "prepend": _prepend,
}  # fmt: skip


# -- the whole files --------------------------------------------------------------------------------------------------


def _by_soundfile(kind: str, subtype: str | None, rate: int = RATE) -> bytes:
    data = io.BytesIO()
    soundfile.write(data, _sound(), rate, format=kind, subtype=subtype)
    return data.getvalue()


def _by_ffmpeg(container_name: str, codec: str, rate: int) -> bytes:
    data, sound = io.BytesIO(), _sound()
    with av.open(data, "w", format=container_name) as container:
        stream = container.add_stream(codec, rate=rate, layout="stereo")
        size = stream.codec_context.frame_size or 960
        for start in range(0, len(sound) - size, size):
            piece = np.ascontiguousarray(sound[start : start + size].T)
            if stream.codec_context.format.name == "flt":
                frame = av.AudioFrame.from_ndarray(piece.T.reshape(1, -1), format="flt", layout="stereo")
            else:
                frame = av.AudioFrame.from_ndarray(piece, format="fltp", layout="stereo")
            frame.sample_rate, frame.pts = rate, start
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return data.getvalue()


def _tagged(data: bytes) -> bytes:
    def frame(name: bytes, body: bytes) -> bytes:
        return name + struct.pack(">I", len(body)) + b"\0\0" + body

    body = frame(b"TIT2", b"\x03A title") + frame(b"TPE1", b"\x03Somebody")
    body += frame(b"APIC", b"\x00image/png\x00\x03\x00" + bytes(100))
    return b"ID3\x03\x00\x00" + bytes((len(body) >> shift) & 0x7F for shift in (21, 14, 7, 0)) + body + data
