"""The songs of a set as they are needed: fetched and measured while the one before is heard, and let go after it."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np

from gpu_endpoints.audio.decoding import Audio
from gpu_endpoints.audio.levels import SAMPLE_RATE, LevelMeter
from gpu_endpoints.production import sources
from gpu_endpoints.production.sets.reading import Reader
from gpu_endpoints.production.sets.timing import Part
from gpu_endpoints.serving.work import JobContext, JobFailed
from ripieno.contracts.enums import StemType
from ripieno.contracts.production import AudioBlob
from ripieno.contracts.sets import SetSong

_MOST_GAIN_DB, _LEAST_GAIN_DB = 18.0, -30.0
_STEMS = list(StemType)
_A_SONG = 1 + len(_STEMS)  # files


class Sources:
    """
    Parameters
    ----------
    loudness_lufs : what each song is brought to, by what is heard of it alone
    """

    def __init__(self, parts: Sequence[Part], context: JobContext, loudness_lufs: float):
        self._parts, self._context, self._loudness = parts, context, loudness_lufs
        self._ahead = ThreadPoolExecutor(1, thread_name_prefix="set-ahead")
        self._coming: dict[int, Future[tuple[Audio, float]]] = {}
        self._gains: dict[int, float] = {}
        self._files: dict[int, list[Audio]] = {}

    def song(self, number: int) -> Reader:
        """Also begins to fetch the next one."""
        audio, gain = self._asked(number).result()
        self._gains[number] = gain
        self._files.setdefault(number, []).append(audio)
        if number + 1 < len(self._parts):
            self._asked(number + 1)
        return Reader(audio, gain)

    def stem(self, number: int, kind: StemType) -> Reader:
        """One stem of a song that was asked for, as loud in the set as it is in the song."""
        song = self._parts[number].song
        if kind not in song.stems:
            raise JobFailed("bad_plan", f"{song.title} has no stem {kind.value}: plan the set again")
        audio = self._fetched(song.stems[kind], number * _A_SONG + 1 + _STEMS.index(kind), song.title)
        self._files.setdefault(number, []).append(audio)
        return Reader(audio, self._gains[number])

    def done(self, number: int) -> None:
        for audio in self._files.pop(number, []):
            audio.path.unlink(missing_ok=True)

    def close(self) -> None:
        self._ahead.shutdown(wait=True, cancel_futures=True)

    def _asked(self, number: int) -> Future[tuple[Audio, float]]:
        if number not in self._coming:
            self._coming[number] = self._ahead.submit(self._prepared, number)
        return self._coming[number]

    def _prepared(self, number: int) -> tuple[Audio, float]:
        """A song's file and the gain by which it is as loud as the others, where it is heard alone."""
        part = self._parts[number]
        song: SetSong = part.song
        if song.audio is None:
            raise JobFailed("audio_missing", f"nobody says where {song.title} lies: analyse it again")
        audio = self._fetched(song.audio, number * _A_SONG, song.title)
        heard = loudness(audio, part.start, part.end, self._context)
        if heard is None:
            return audio, 1.0
        return audio, 10 ** (min(max(self._loudness - heard, _LEAST_GAIN_DB), _MOST_GAIN_DB) / 20)

    def _fetched(self, blob: AudioBlob, number: int, title: str) -> Audio:
        try:
            return sources.fetch(blob, self._context.silent(), number=number)
        except JobFailed as fault:
            raise JobFailed(fault.code, f"{title}: {fault.message}", retryable=fault.retryable) from fault


def loudness(audio: Audio, start: int, end: int, context: JobContext) -> float | None:
    """How loud a file is between two frames at 44.1 kHz (LUFS); None where it has no loudness."""
    meter, at = LevelMeter(SAMPLE_RATE), 0
    for block in audio.stereo_blocks(sources.BLOCK_SECONDS * 5, rate=SAMPLE_RATE):
        heard = block[max(0, start - at) : max(0, end - at)]
        if len(heard):
            meter.add(np.ascontiguousarray(heard))
        at += len(block)
        if at >= end:
            break
        context.check_cancelled()
    return meter.loudness()
