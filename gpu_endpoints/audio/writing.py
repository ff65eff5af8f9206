"""The one writer of audio: 24-bit WAV or FLAC by blocks, measured on the way, stored with its peaks beside it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from mutagen.flac import FLAC

from gpu_endpoints.audio import levels, marks
from gpu_endpoints.audio.peaks import PeakMeter
from gpu_endpoints.audio.wav import WavFile
from gpu_endpoints.serving.work import JobFailed
from ripieno.contracts import names
from ripieno.contracts.analysis import StemFormat
from ripieno.contracts.production import Chapter
from ripieno.contracts.provenance import Origin
from ripieno.services import blobs

_BLOCK_FRAMES = 10 * levels.SAMPLE_RATE


@dataclass(frozen=True)
class Written:
    """A finished file. `peak` is linear, `loudness_lufs` integrated, `loudness_range_lu` its range (None where there is
    none or nobody asked)."""

    path: Path
    format: StemFormat
    sample_rate: int
    channels: int
    frames: int
    size: int
    sha256: str
    peak: float
    loudness_lufs: float | None
    loudness_range_lu: float | None
    peaks: dict[str, Any]

    @property
    def duration(self) -> float:
        return self.frames / self.sample_rate

    def store(self, container: str, blob_name: str) -> None:
        """The peaks first: whoever finds the audio finds them too."""
        blobs.upload_json(container, names.peaks_blob(blob_name), self.peaks)
        with self.path.open("rb") as file:
            blobs.upload(container, blob_name, file)


class AudioWriter:
    """
    Parameters
    ----------
    start_seconds : where it begins in its song; WAV files say so in a BWF `bext` chunk, FLAC files in a comment
        `TIME_REFERENCE`, which is what FFmpeg makes of that chunk: samples since the song began
    measured : whether to measure loudness, which costs a filter over all samples
    origin, title, artist, chapters : are said in the finished file, where it has an origin (see `marks`)
    """

    def __init__(
        self,
        path: Path,
        stem_format: StemFormat,
        *,
        sample_rate: int = levels.SAMPLE_RATE,
        channels: int = 2,
        start_seconds: float | None = None,
        measured: bool = True,
        origin: Origin | None = None,
        title: str = "",
        artist: str = "",
        chapters: Sequence[Chapter] = (),
    ):
        self._path, self._rate, self._channels, self._start = path, sample_rate, channels, start_seconds
        self._format: StemFormat = stem_format
        self._origin, self._title, self._artist, self._chapters = origin, title, artist, chapters
        self._file = (
            WavFile(path, sample_rate, channels, start_seconds)
            if stem_format == "wav"
            else soundfile.SoundFile(path, "w", sample_rate, channels, "PCM_24", format="FLAC")
        )
        self._meter = levels.LevelMeter(sample_rate, channels) if measured else None
        self._peaks = PeakMeter(sample_rate)
        self._peak, self._frames = 0.0, 0

    def __enter__(self) -> AudioWriter:
        return self

    def __exit__(self, *_) -> None:
        self._file.close()

    def write(self, block: np.ndarray) -> None:
        """Append float32 (frames, channels).

        Raises
        ------
        JobFailed
            `not_finite`: what was made is NaN or infinite, so that no file could hold it.
        """
        peak = float(np.abs(block).max(initial=0.0))
        if not np.isfinite(peak):
            at = self._frames / self._rate
            raise JobFailed("not_finite", f"what was made is not finite after {at:.1f} s: try another seed or engine")
        self._peak = max(self._peak, peak)
        self._file.write(block)
        self._peaks.add(block)
        if self._meter is not None:
            self._meter.add(block)
        self._frames += len(block)

    def close(self) -> Written:
        self._file.close()
        if self._format == "flac" and self._start is not None:
            tagged = FLAC(self._path)
            tagged["TIME_REFERENCE"] = str(round(self._start * self._rate))
            tagged.save()
        if self._origin is not None:
            marks.mark(
                self._path,
                self._format,
                self._origin,
                title=self._title,
                artist=self._artist,
                chapters=self._chapters,
            )
        with self._path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        return Written(
            path=self._path,
            format=self._format,
            sample_rate=self._rate,
            channels=self._channels,
            frames=self._frames,
            size=self._path.stat().st_size,
            sha256=digest,
            peak=self._peak,
            loudness_lufs=self._meter.loudness() if self._meter else None,
            loudness_range_lu=self._meter.loudness_range() if self._meter else None,
            peaks=self._peaks.document(),
        )


def write(
    audio: np.ndarray,
    path: Path,
    stem_format: StemFormat,
    *,
    start_seconds: float | None = None,
    origin: Origin | None = None,
) -> Written:
    """A whole file at once: float32 (frames, 2) at 44.1 kHz."""
    channels = audio.shape[1]
    with AudioWriter(path, stem_format, channels=channels, start_seconds=start_seconds, origin=origin) as writer:
        for start in range(0, len(audio), _BLOCK_FRAMES):
            writer.write(audio[start : start + _BLOCK_FRAMES])
        return writer.close()
