"""Any audio file as a stream of float32 blocks, in bounded memory, and a clear reason when there is none.

WAV, FLAC, OGG and MP3 are read by libsndfile (soundfile), everything in an MP4 container by FFmpeg (PyAV).
"""

from __future__ import annotations

import logging
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
import soundfile
import soxr
from av.error import FFmpegError

from gpu_endpoints.audio.levels import HIGHEST, LevelMeter
from gpu_endpoints.serving.work import JobFailed
from ripieno.services.audio_format import describe

BLOCK_SECONDS = 10.0
MIR_RATE = 44100
SILENCE_PEAK = 10 ** (-80 / 20)
_TRUNCATED_SHARE, _TRUNCATED_SECONDS = 0.02, 1.0

Block = np.ndarray
log = logging.getLogger("ripieno.audio")
_UNREADABLE = (soundfile.LibsndfileError, FFmpegError, RuntimeError, ValueError)


@dataclass(frozen=True)
class Audio:
    """A decodable file. `frames` is the true length in samples, known because the whole file was decoded once."""

    path: Path
    sample_rate: int
    channels: int
    frames: int

    @property
    def duration(self) -> float:
        return self.frames / self.sample_rate

    def blocks(self, seconds: float = BLOCK_SECONDS) -> Iterator[Block]:
        """The samples as float32 arrays of shape (frames, channels).

        Raises
        ------
        JobFailed
            `corrupt_audio`, where a file that was opened without decoding it first turns out to be damaged.
        """
        frames = 0
        try:
            for block in _blocks(self.path, seconds):
                frames += len(block)
                yield block
        except _UNREADABLE as fault:
            raise _corrupt(self.path, frames, self.sample_rate) from fault

    def stereo_blocks(self, seconds: float = BLOCK_SECONDS, *, rate: int | None = None) -> Iterator[Block]:
        """As `blocks`, folded to two channels, resampled to `rate` where one is given."""
        blocks = (to_stereo(block) for block in self.blocks(seconds))
        return resampled(blocks, self.sample_rate, rate or self.sample_rate, 2)

    def mono_blocks(
        self, rate: int = MIR_RATE, seconds: float = BLOCK_SECONDS, *, meter: LevelMeter | None = None
    ) -> Iterator[Block]:
        """The mean of the channels, resampled to `rate`, as float32 arrays of shape (frames,); what passes by is heard
        by a meter of two channels at the file's own rate, where one is given."""

        def mixed_down() -> Iterator[Block]:
            for block in self.blocks(seconds):
                if meter is not None:
                    meter.add(to_stereo(block))
                yield block.mean(axis=1, dtype=np.float32)

        return resampled(mixed_down(), self.sample_rate, rate, 1)


def resampled(blocks: Iterator[Block], rate: int, target: int, channels: int) -> Iterator[Block]:
    """A stream at another sample rate; blocks are (frames,) for one channel, else (frames, channels)."""
    if rate == target:
        yield from blocks
        return
    resampler = soxr.ResampleStream(rate, target, channels, dtype="float32")
    for block in blocks:
        yield resampler.resample_chunk(np.ascontiguousarray(block, dtype=np.float32))
    yield resampler.resample_chunk(np.zeros((0, channels) if channels > 1 else 0, np.float32), last=True)


def to_stereo(block: Block) -> Block:
    """Mono twice; of more than two channels the left-hand ones (even) left, the right-hand ones (odd) right."""
    channels = block.shape[1]
    if channels == 2:
        return block
    if channels == 1:
        return np.repeat(block, 2, axis=1)
    return np.stack([block[:, 0::2].mean(axis=1), block[:, 1::2].mean(axis=1)], axis=1)


def open_audio(path: Path, *, max_seconds: float, on_block: Callable[[float], None] = lambda seconds: None) -> Audio:
    """Decode a file from end to end once and say what it is.

    Raises
    ------
    JobFailed
        `corrupt_audio`, `no_audio`, `truncated_audio`, `not_finite`, `absurd_level`, `silent_audio` or `too_long`.
    """
    frames, peak, rate, channels = 0, 0.0, 0, 0
    try:
        rate, channels = _layout(path)
        for block in _blocks(path, BLOCK_SECONDS):
            if not np.isfinite(block).all():
                at = (frames + int(np.argmin(np.isfinite(block).all(axis=1)))) / rate
                raise JobFailed(
                    "not_finite", f"the audio holds NaN or infinite samples (at {at:.2f} s): export it again"
                )
            peak = max(peak, float(np.abs(block).max(initial=0.0)))
            if peak > HIGHEST:
                at = (frames + int((np.abs(block).max(axis=1) > HIGHEST).argmax())) / rate
                raise JobFailed(
                    "absurd_level",
                    f"the audio is {20 * np.log10(peak):.0f} dB over full scale at {at:.2f} s, which no recording is:"
                    " normalise it and export it again",
                )
            frames += len(block)
            if frames > max_seconds * rate:
                raise JobFailed("too_long", f"the audio is longer than {max_seconds / 60:.0f} minutes: cut it first")
            on_block(frames / rate)
    except _UNREADABLE as fault:
        raise _corrupt(path, frames, rate) from fault
    if frames == 0:
        raise JobFailed("no_audio", "the file holds no audio: export it again")
    claimed = _claimed_seconds(path)
    missing = (claimed or 0.0) - frames / rate
    if claimed and missing > _TRUNCATED_SECONDS and missing > _TRUNCATED_SHARE * claimed:
        raise JobFailed(
            "truncated_audio",
            f"the file is cut off: its header says {claimed:.1f} s, {frames / rate:.1f} s are there. Upload it again",
        )
    if peak < SILENCE_PEAK:
        raise JobFailed("silent_audio", "the audio is silent from beginning to end: there is nothing to analyse")
    return Audio(path, rate, channels, frames)


def open_stem(path: Path) -> Audio:
    """A stem of ours: what it is, without decoding it first; it may be silent."""
    try:
        about = soundfile.info(path)
    except _UNREADABLE as fault:
        raise _corrupt(path, 0, 0) from fault
    return Audio(path, about.samplerate, about.channels, about.frames)


def _corrupt(path: Path, frames: int, rate: int) -> JobFailed:
    """What people are told; the decoder's own words, which name files of this machine, are for the log."""
    log.warning("%s cannot be decoded after %d frames", path, frames, exc_info=True)
    if frames == 0:
        return JobFailed(
            "corrupt_audio", "the audio cannot be decoded: it is damaged, or not what it seems. Export it again"
        )
    return JobFailed("corrupt_audio", f"the audio is damaged after {frames / rate:.1f} s: export it again")


def _is_mp4(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(8)[4:] == b"ftyp"


def _layout(path: Path) -> tuple[int, int]:
    if _is_mp4(path):
        with av.open(str(path)) as container:
            if not container.streams.audio:
                raise JobFailed("no_audio", "the MP4 file has no audio track: export its sound alone")
            stream = container.streams.audio[0]
            return stream.rate, stream.codec_context.channels
    with soundfile.SoundFile(path) as file:
        return file.samplerate, file.channels


def _blocks(path: Path, seconds: float) -> Iterator[Block]:
    if _is_mp4(path):
        yield from _mp4_blocks(path, seconds)
        return
    with soundfile.SoundFile(path) as file:
        size = max(1, round(seconds * file.samplerate))
        while len(block := file.read(size, dtype="float32", always_2d=True)):
            yield block


def _mp4_blocks(path: Path, seconds: float) -> Iterator[Block]:
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        resampler = av.AudioResampler(format="flt", layout=stream.codec_context.layout, rate=stream.rate)
        channels, pending, waiting = stream.codec_context.channels, [], 0
        for frame in container.decode(stream):
            for part in resampler.resample(frame):
                pending.append(part.to_ndarray().reshape(-1, channels))
                waiting += len(pending[-1])
            if waiting >= seconds * stream.rate:
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
            return describe(file).duration_seconds
        except ValueError:
            return None


def _claimed_wav_seconds(path: Path) -> float | None:
    with path.open("rb") as file:
        file.seek(12)
        bytes_per_second = 0
        while len(header := file.read(8)) == 8:
            name, size = struct.unpack("<4sI", header)
            if name == b"fmt ":
                bytes_per_second = struct.unpack("<I", file.read(size)[8:12])[0]
                file.seek(size % 2, 1)
            elif name == b"data":
                streaming = size in (0, 0xFFFFFFFF)  # written by a program that did not know the length
                return None if streaming or not bytes_per_second else size / bytes_per_second
            else:
                file.seek(size + size % 2, 1)
    return None
