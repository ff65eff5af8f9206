"""24-bit WAV as it grows: RF64 past 4 GiB (EBU Tech 3306), with its place in the song (BWF, EBU Tech 3285)."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np

BYTES_A_SAMPLE = 3
RIFF_LIMIT = 2**32 - 2**16
_FULL_SCALE = 2**23
_DS64_BYTES = 28
_BEXT_BYTES = 602
_BEXT_VERSION = 1


class WavFile:
    """The sizes are written at the end; `start_seconds` goes into a `bext` chunk as samples since the song began."""

    def __init__(self, path: Path, sample_rate: int, channels: int, start_seconds: float | None = None):
        self._channels = channels
        self._bytes = 0
        self._file = path.open("wb")
        self._file.write(b"RIFF\0\0\0\0WAVE")
        self._file.write(struct.pack("<4sI", b"JUNK", _DS64_BYTES) + bytes(_DS64_BYTES))  # where ds64 may have to stand
        if start_seconds is not None:
            self._file.write(_chunk(b"bext", _broadcast_extension(round(start_seconds * sample_rate))))
        frame = channels * BYTES_A_SAMPLE
        layout = struct.pack("<HHIIHH", 1, channels, sample_rate, sample_rate * frame, frame, 8 * BYTES_A_SAMPLE)
        self._file.write(_chunk(b"fmt ", layout) + b"data\0\0\0\0")
        self._data_at = self._file.tell()

    def write(self, block: np.ndarray) -> None:
        """Append float32 (frames, channels); what is over full scale is clipped."""
        scaled = np.clip(np.rint(np.asarray(block, np.float64) * _FULL_SCALE), -_FULL_SCALE, _FULL_SCALE - 1)
        data = scaled.astype("<i4").reshape(-1, 1).view(np.uint8)[:, :BYTES_A_SAMPLE].tobytes()
        self._file.write(data)
        self._bytes += len(data)

    def close(self) -> None:
        if self._file.closed:
            return
        if self._bytes % 2:
            self._file.write(b"\0")
        whole = self._file.tell() - 8
        if whole > RIFF_LIMIT:
            frames = self._bytes // (self._channels * BYTES_A_SAMPLE)
            self._file.seek(0)
            self._file.write(struct.pack("<4sI4s", b"RF64", 0xFFFFFFFF, b"WAVE"))
            self._file.write(struct.pack("<4sIQQQI", b"ds64", _DS64_BYTES, whole, self._bytes, frames, 0))
            riff_size = data_size = 0xFFFFFFFF
        else:
            riff_size, data_size = whole, self._bytes
        self._file.seek(4)
        self._file.write(struct.pack("<I", riff_size))
        self._file.seek(self._data_at - 4)
        self._file.write(struct.pack("<I", data_size))
        self._file.close()


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack("<4sI", name, len(content)) + content + bytes(len(content) % 2)


def _broadcast_extension(samples: int) -> bytes:
    """No date: the same audio is the same bytes."""
    head = struct.pack("<256s32s32s10s8sQH", b"", b"Ripieno", b"", b"", b"", samples, _BEXT_VERSION)
    return head + bytes(_BEXT_BYTES - len(head))
