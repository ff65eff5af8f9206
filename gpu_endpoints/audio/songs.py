"""A song's bytes from storage, and stems into it as they are made."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import numpy as np

from gpu_endpoints.audio import decoding, peaks
from gpu_endpoints.audio.writing import AudioWriter, Written
from gpu_endpoints.serving.work import JobContext, JobFailed
from ripieno.contracts import names
from ripieno.contracts.analysis import StemFile, StemFormat
from ripieno.contracts.enums import StemType
from ripieno.services import blobs
from ripieno.services.settings import settings


def fetch(container: str, blob_name: str, context: JobContext) -> decoding.Audio:
    """
    Raises
    ------
    JobFailed
        `audio_missing`, or why it cannot be decoded.
    """
    context.progress(0.0, "fetching the audio")
    try:
        path = blobs.download_to(container, blob_name, context.folder / "audio")
    except blobs.BlobMissing as fault:
        raise JobFailed("audio_missing", f"the song's bytes are gone ({fault})") from fault
    context.progress(0.02, "decoding")
    return decoding.open_audio(
        path, max_seconds=settings().max_song_seconds, on_block=lambda _: context.check_cancelled()
    )


def store_peaks(audio: decoding.Audio, folder: str) -> None:
    """What the song's waveform is drawn from, beside its stems."""
    blobs.upload_json(names.STEMS, names.song_peaks_blob(folder), peaks.of_audio(audio))


class StemFiles:
    """24-bit stereo files in a job's folder, one a stem, written block after block."""

    def __init__(self, folder: Path, stems: tuple[str, ...], audio: decoding.Audio, stem_format: StemFormat):
        self._audio = audio
        with ExitStack() as opening:
            self._files = {
                stem: opening.enter_context(
                    AudioWriter(
                        folder / f"{stem}.{stem_format}", stem_format, sample_rate=audio.sample_rate, measured=False
                    )
                )
                for stem in stems
            }
            self._open = opening.pop_all()

    def __enter__(self) -> StemFiles:
        return self

    def __exit__(self, *_) -> None:
        self._open.close()

    def write(self, block: dict[str, np.ndarray]) -> None:
        """Append samples, (frames, 2) a stem."""
        for stem, samples in block.items():
            self._files[stem].write(samples)

    def store(self, folder: str) -> list[StemFile]:
        """Close the files and put them into storage, below `folder`."""
        return [self._store(folder, stem, file.close()) for stem, file in self._files.items()]

    def _store(self, folder: str, stem: str, written: Written) -> StemFile:
        name = names.stem_blob(folder, stem, written.format)
        written.store(names.STEMS, name)
        return StemFile(
            stem_type=StemType(stem),
            blob_name=name,
            file_size_bytes=written.size,
            sha256=written.sha256,
            format=written.format,
            sample_rate=self._audio.sample_rate,
            channels=2,
            duration_seconds=self._audio.duration,
        )
