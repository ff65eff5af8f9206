"""Any audio file as a stream of float32 blocks, in bounded memory, and a clear reason when there is none.

A foreign file is decoded by `decoder`, in a process with limits that may die (`ripieno.services.confined`), which is
also the check that it is audio at all: whatever else is done with a song is done with the samples that come from there.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import soxr

from gpu_endpoints.audio import decoder
from gpu_endpoints.audio.decoder import HIGHEST_RATE, LOWEST_RATE, MOST_CHANNELS, UNREADABLE, decoded
from gpu_endpoints.audio.levels import LevelMeter
from gpu_endpoints.serving.work import JobFailed
from ripieno.services import confined

BLOCK_SECONDS = 10.0
MIR_RATE = 44100
SILENCE_PEAK = 10 ** (-80 / 20)
_TRUNCATED_SHARE, _TRUNCATED_SECONDS = 0.02, 1.0

_SCAN, _READ = f"{decoder.__name__}:scan", f"{decoder.__name__}:read"
_LONGEST = 1e9  # seconds; JSON knows no infinity

Block = np.ndarray
log = logging.getLogger("ripieno.audio")


@dataclass(frozen=True)
class Audio:
    """A decodable file. `frames` is the true length in samples, known because the whole file was decoded once."""

    path: Path
    sample_rate: int
    channels: int
    frames: int
    is_ours: bool = False

    @property
    def duration(self) -> float:
        return self.frames / self.sample_rate

    def blocks(self, seconds: float = BLOCK_SECONDS) -> Iterator[Block]:
        """The samples as float32 arrays of shape (frames, channels); a foreign file's come from a process that may die.

        Raises
        ------
        JobFailed
            `corrupt_audio`, where a file that was opened without decoding it first turns out to be damaged;
            `decoder_ended`, which may be tried again.
        """
        frames = 0
        try:
            for block in decoded(self.path, seconds) if self.is_ours else self._foreign_blocks(seconds):
                frames += len(block)
                yield block
        except UNREADABLE as fault:
            raise _corrupt(self.path, frames, self.sample_rate, repr(fault)) from fault

    def _foreign_blocks(self, seconds: float) -> Iterator[Block]:
        try:
            for found in confined.results(_READ, str(self.path), seconds, reads=self.path):
                if isinstance(found, dict):
                    raise _refused(self.path, found, 0.0)
                yield np.frombuffer(found, np.float32).reshape(-1, self.channels)
        except confined.Died as death:
            raise _killed(self.path, death) from death

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
    """Decode a foreign file from end to end once, in a process that may die, and say what it is.

    Raises
    ------
    JobFailed
        `corrupt_audio`, `no_audio`, `truncated_audio`, `not_finite`, `absurd_level`, `absurd_format`, `silent_audio`,
        `too_long`, `too_hard_to_decode`; `decoder_ended` alone may be tried again.
    """
    try:
        found = _scanned(path, max_seconds, on_block)
    except confined.Died as death:
        if death.reason != "ended":
            raise _killed(path, death) from death
        try:
            found = _scanned(path, max_seconds, on_block)  # of a whole machine without memory the smallest may go first
        except confined.Died as again:
            raise _killed(path, again) from again
    if "code" in found:
        raise _refused(path, found, max_seconds)
    frames, rate, claimed = int(found["frames"]), int(found["rate"]), found["claimed"]
    if frames == 0:
        raise JobFailed("no_audio", "the file holds no audio: export it again")
    missing = (claimed or 0.0) - frames / rate
    if claimed and missing > _TRUNCATED_SECONDS and missing > _TRUNCATED_SHARE * claimed:
        raise JobFailed(
            "truncated_audio",
            f"the file is cut off: its header says {claimed:.1f} s, {frames / rate:.1f} s are there. Upload it again",
        )
    if found["peak"] < SILENCE_PEAK:
        raise JobFailed("silent_audio", "the audio is silent from beginning to end: there is nothing to analyse")
    return Audio(path, rate, int(found["channels"]), frames)


def open_stem(path: Path) -> Audio:
    """A stem of ours: what it is, without decoding it first; it may be silent. What we wrote is read right here."""
    try:
        about = soundfile.info(path)
    except UNREADABLE as fault:
        raise _corrupt(path, 0, 0, repr(fault)) from fault
    return Audio(path, about.samplerate, about.channels, about.frames, is_ours=True)


def _scanned(path: Path, max_seconds: float, on_block: Callable[[float], None]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for said in confined.results(_SCAN, str(path), min(max_seconds, _LONGEST), BLOCK_SECONDS, reads=path):
        if not isinstance(said, dict):
            break
        found = said
        if found.keys() == {"at"}:
            on_block(found["at"])
    if "code" in found or "frames" in found:
        return found
    raise confined.Died("crash", "it ended without a word")


def _refused(path: Path, found: dict[str, Any], max_seconds: float) -> JobFailed:
    """Why a file is no song, for people."""
    code = found["code"]
    match code:
        case "absurd_format":
            return JobFailed(
                code,
                f"the file says it has {found['channels']} channels at {found['rate']} Hz; songs have 1 to"
                f" {MOST_CHANNELS} at {LOWEST_RATE} to {HIGHEST_RATE} Hz: export it again",
            )
        case "not_finite":
            return JobFailed(code, f"the audio holds NaN or infinite samples (at {found['at']:.2f} s): export it again")
        case "absurd_level":
            return JobFailed(
                code,
                f"the audio is {20 * np.log10(found['peak']):.0f} dB over full scale at {found['at']:.2f} s, which no"
                " recording is: normalise it and export it again",
            )
        case "too_long":
            return JobFailed(code, f"the audio is longer than {max_seconds / 60:.0f} minutes: cut it first")
        case _:
            return _corrupt(path, int(found["frames"]), int(found["rate"]), str(found["why"]))


def _corrupt(path: Path, frames: int, rate: int, why: str) -> JobFailed:
    """What people are told; the decoder's own words, which name files of this machine, are for the log."""
    log.warning("%s cannot be decoded after %d frames: %s", path, frames, why)
    if frames == 0 or not rate:
        return JobFailed(
            "corrupt_audio", "the audio cannot be decoded: it is damaged, or not what it seems. Export it again"
        )
    return JobFailed("corrupt_audio", f"the audio is damaged after {frames / rate:.1f} s: export it again")


def _killed(path: Path, death: confined.Died) -> JobFailed:
    """A decoder that died of a file dies of it the next time too; one that somebody ended does not."""
    log.warning("the decoder of %s died: %s", path, death)
    match death.reason:
        case "memory":
            why = f"decoding it takes {death.detail} of memory"
        case "time":
            why = f"decoding it takes {death.detail}"
        case "crash":
            return JobFailed("corrupt_audio", "the file makes its decoder break down: it is damaged. Export it again")
        case _:
            return JobFailed("decoder_ended", "the decoder was ended by somebody else", retryable=True)
    return JobFailed("too_hard_to_decode", f"{why}, as no recording does: export it again, as WAV or FLAC")
