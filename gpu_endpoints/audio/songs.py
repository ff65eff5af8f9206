"""A song's bytes from storage, and stems into it as they are made."""

from __future__ import annotations

import hashlib
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import soundfile

from gpu_endpoints.audio import decoding
from gpu_endpoints.serving.work import JobContext, JobFailed
from ripieno.contracts import names
from ripieno.contracts.analysis import StemFile, StemFormat
from ripieno.contracts.enums import StemType
from ripieno.services import blobs
from ripieno.services.settings import settings

_SUBTYPE = "PCM_24"
_BYTES_A_FRAME = 6
_WAV_LIMIT = 2**32 - 2**16


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


class StemFiles:
    """24-bit stereo files in a job's folder, one a stem, written block after block."""

    def __init__(self, folder: Path, stems: tuple[str, ...], audio: decoding.Audio, stem_format: StemFormat):
        self._audio, self._format = audio, stem_format
        is_huge = stem_format == "wav" and audio.frames * _BYTES_A_FRAME > _WAV_LIMIT
        self._paths = {stem: folder / f"{stem}.{stem_format}" for stem in stems}
        container = "RF64" if is_huge else stem_format.upper()
        with ExitStack() as opening:
            self._files = {
                stem: opening.enter_context(
                    soundfile.SoundFile(path, "w", audio.sample_rate, 2, _SUBTYPE, format=container)
                )
                for stem, path in self._paths.items()
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
        self._open.close()
        return [self._store(folder, stem, path) for stem, path in self._paths.items()]

    def _store(self, folder: str, stem: str, path: Path) -> StemFile:
        name = names.stem_blob(folder, stem, self._format)
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            file.seek(0)
            blobs.upload(names.STEMS, name, file)
        return StemFile(
            stem_type=StemType(stem), blob_name=name,
            file_size_bytes=path.stat().st_size, sha256=digest, format=self._format,
            sample_rate=self._audio.sample_rate, channels=2, duration_seconds=self._audio.duration,
        )  # fmt: skip
