"""What reads foreign audio, within the limits of `ripieno.services.confined`: nothing else decodes what comes
from outside.

WAV, FLAC, OGG and MP3 are read by libsndfile (soundfile), everything in an MP4 container by FFmpeg (PyAV): with the MP4
demultiplexer alone, so that no playlist is followed, from this file alone, and by decoders of audio alone.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
import soundfile
from av.error import FFmpegError

from ripieno.services import audio_headers
from ripieno.services.confinement import Send

HIGHEST = 1000.0  # 60 dB over full scale: no recording, and more than resamplers and filters were made for
LOWEST_RATE, HIGHEST_RATE, MOST_CHANNELS = 4000, 384_000, 32
MOST_VALUES = 15_000_000  # of a block, all channels together
UNREADABLE = (soundfile.LibsndfileError, FFmpegError, RuntimeError, ValueError, EOFError, OverflowError, struct.error)
_MP4_OPTIONS = {
    "protocol_whitelist": "file",
    "codec_whitelist": "aac,aac_fixed,aac_latm,alac,mp3,mp3float,flac,opus,libopus,ac3,eac3,vorbis,pcm_s16le,pcm_s16be,"
    "pcm_s24le,pcm_s24be,pcm_s32le,pcm_s32be,pcm_f32le,pcm_f32be,pcm_f64le,pcm_f64be,pcm_s8,pcm_u8",
    "enable_drefs": "0",
}


def scan(send: Send, path: str, max_seconds: float, block_seconds: float) -> None:
    """Decode a file from end to end. Sends `{"at": seconds}` now and then, and in the end what it is, `{"rate",
    "channels", "frames", "peak", "claimed"}`, or why it is nothing, `{"code", ...}`."""
    frames, peak, rate = 0, 0.0, 0
    try:
        rate, channels = layout(Path(path))
        if not (LOWEST_RATE <= rate <= HIGHEST_RATE and 1 <= channels <= MOST_CHANNELS):
            send({"code": "absurd_format", "rate": rate, "channels": channels})
            return
        for block in decoded(Path(path), block_seconds):
            finite = np.isfinite(block)
            if not finite.all():
                send({"code": "not_finite", "at": (frames + int(np.argmin(finite.all(axis=1)))) / rate})
                return
            peak = max(peak, float(np.abs(block).max(initial=0.0)))
            if peak > HIGHEST:
                at = (frames + int((np.abs(block).max(axis=1) > HIGHEST).argmax())) / rate
                send({"code": "absurd_level", "at": at, "peak": peak})
                return
            frames += len(block)
            if frames > max_seconds * rate:
                send({"code": "too_long"})
                return
            send({"at": frames / rate})
        send(
            {
                "rate": rate,
                "channels": channels,
                "frames": frames,
                "peak": peak,
                "claimed": _claimed_seconds(Path(path)),
            }
        )
    except UNREADABLE as fault:
        _refuse_memory(fault)
        send({"code": "corrupt_audio", "frames": frames, "rate": rate, "why": f"{type(fault).__name__}: {fault}"[:500]})


def read(send: Send, path: str, block_seconds: float) -> None:
    """Send a file's samples, block by block, float32 (frames, channels), and `{"code", ...}` where it is damaged."""
    frames, rate = 0, 0
    try:
        rate, _ = layout(Path(path))
        for block in decoded(Path(path), block_seconds):
            frames += len(block)
            samples: Any = np.ascontiguousarray(block, np.float32)
            send(memoryview(samples).cast("B"))
    except UNREADABLE as fault:
        _refuse_memory(fault)
        send({"code": "corrupt_audio", "frames": frames, "rate": rate, "why": f"{type(fault).__name__}: {fault}"[:500]})


def decoded(path: Path, seconds: float) -> Iterator[np.ndarray]:
    """A file's samples as float32 (frames, channels), `seconds` at once, fewer where there are very many channels."""
    if _is_mp4(path):
        yield from _mp4_blocks(path, seconds)
        return
    with soundfile.SoundFile(path) as file:
        size = _block_frames(seconds, file.samplerate, file.channels)
        while len(block := file.read(size, dtype="float32", always_2d=True)):
            yield block


def layout(path: Path) -> tuple[int, int]:
    """The sample rate in Hz, and how many channels. Raises `ValueError` where there is no audio."""
    if _is_mp4(path):
        with _mp4(path) as container:
            if not container.streams.audio:
                raise ValueError("no audio track")
            stream = container.streams.audio[0]
            return stream.rate or 0, stream.codec_context.channels
    with soundfile.SoundFile(path) as file:
        return file.samplerate, file.channels


def _refuse_memory(fault: BaseException) -> None:
    """Raises `MemoryError` where a library says in its own words that there was not enough."""
    if "alloc" in str(fault).lower() or "memory" in str(fault).lower():
        raise MemoryError from fault


def _block_frames(seconds: float, rate: int, channels: int) -> int:
    return max(1, min(round(seconds * rate), MOST_VALUES // max(1, channels)))


def _is_mp4(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(8)[4:] == b"ftyp"


def _mp4(path: Path) -> Any:
    return av.open(str(path), format="mp4", options=_MP4_OPTIONS)


def _mp4_blocks(path: Path, seconds: float) -> Iterator[np.ndarray]:
    with _mp4(path) as container:
        stream = container.streams.audio[0]
        stream.codec_context.thread_count = 1
        channels = stream.codec_context.channels
        size = _block_frames(seconds, stream.rate or 1, channels)
        resampler = av.AudioResampler(format="flt", layout=stream.codec_context.layout, rate=stream.rate)
        pending, waiting = [], 0
        for frame in container.decode(stream):
            for part in resampler.resample(frame):
                pending.append(part.to_ndarray().reshape(-1, channels))
                waiting += len(pending[-1])
            if waiting >= size:
                yield np.concatenate(pending)
                pending, waiting = [], 0
        if pending:
            yield np.concatenate(pending)


def _claimed_seconds(path: Path) -> float | None:
    """How long the file's own header says it is, None where it does not say."""
    with path.open("rb") as file:
        head = file.read(12)
        if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
            return _claimed_wav_seconds(path)
        try:
            return audio_headers.read(file).duration_seconds
        except ValueError:
            return None


def _claimed_wav_seconds(path: Path) -> float | None:
    with path.open("rb") as file:
        file.seek(12)
        bytes_per_second = 0
        while len(header := file.read(8)) == 8:
            name, size = struct.unpack("<4sI", header)
            if name == b"fmt ":
                body = file.read(min(size, 1024))
                bytes_per_second = struct.unpack("<I", body[8:12])[0] if len(body) >= 12 else 0
                file.seek(max(0, size - len(body)) + size % 2, 1)
            elif name == b"data":
                streaming = size in (0, 0xFFFFFFFF)  # written by a program that did not know the length
                return None if streaming or not bytes_per_second else size / bytes_per_second
            else:
                file.seek(size + size % 2, 1)
    return None
