"""The job `export`: many files as one zip, with a manifest of what each is, or one file in another format; one file at
a time, from disk to disk."""

from __future__ import annotations

import hashlib
import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

import soundfile

from gpu_endpoints.audio import marks
from gpu_endpoints.audio.decoding import Audio
from gpu_endpoints.audio.levels import SAMPLE_RATE
from gpu_endpoints.audio.writing import AudioWriter
from gpu_endpoints.production import sources
from gpu_endpoints.serving.work import JobContext, JobFailed
from ripieno.contracts import names
from ripieno.contracts.production import MANIFEST, ExportedFile, ExportInput, ExportItem
from ripieno.services import blobs

_CHUNK_BYTES = 1024 * 1024
_SMALLER_PACKED = {"json", "jams", "mid", "txt", "lrc", "csv", "xml"}
_NO_DATE = (1980, 1, 1, 0, 0, 0)  # the same files are the same zip


def run(job_input: dict, context: JobContext) -> dict:
    order = ExportInput.model_validate(job_input)
    if not order.packed:
        path, _ = _prepared(order.items[0], context.part(0.0, 0.9))
        return _stored(path, f"{order.output}.{order.items[0].format}", 1, context)
    path = context.folder / "export.zip"
    found: list[dict[str, Any]] = []
    with zipfile.ZipFile(path, "w") as archive:
        for number, item in enumerate(order.items):
            share = context.part(0.9 * number / len(order.items), 0.9 * (number + 1) / len(order.items))
            share.progress(0.0, f"adding {item.name}")
            file, about = _prepared(item, share)
            with file.open("rb") as source:
                found.append({"name": item.name, "sha256": _digest(source), "file_size_bytes": file.stat().st_size})
            found[-1] |= about
            _add(archive, item.name, file, share)
            file.unlink()
        manifest = json.dumps({**order.about, "files": found}, ensure_ascii=False, indent=1).encode()
        archive.writestr(_entry(MANIFEST), manifest)
    return _stored(path, f"{order.output}.zip", len(found), context)


def _stored(path: Path, blob_name: str, files: int, context: JobContext) -> dict:
    context.progress(0.92, "storing the export")
    with path.open("rb") as file:
        digest = _digest(file)
        file.seek(0)
        blobs.upload(names.GENERATED, blob_name, file)
    return ExportedFile(
        blob_name=blob_name,
        format=blob_name.rpartition(".")[2],
        file_size_bytes=path.stat().st_size,
        sha256=digest,
        files=files,
    ).model_dump()


def _prepared(item: ExportItem, context: JobContext) -> tuple[Path, dict[str, Any]]:
    """The file as it goes in, and what the manifest says of it beside its name, size and hash."""
    about: dict[str, Any] = {"about": item.about} if item.about else {}
    if item.start_seconds is not None:
        about["start_seconds"] = item.start_seconds
    path = context.folder / "source-0"
    if item.format is None:
        try:
            return blobs.download_to(item.container, item.blob_name, path), about
        except blobs.BlobMissing as fault:
            raise JobFailed("file_missing", f"a file of the export is gone ({fault})") from fault
    audio = sources.fetch(item, context)
    if item.format == "mp3":
        converted = _as_mp3(audio, context)
        path.unlink()
        if item.origin is not None:
            marks.mark(converted, "mp3", item.origin, title=item.title, artist=item.artist, chapters=item.chapters)
        return converted, about | {"format": "mp3", "sample_rate": SAMPLE_RATE, "channels": 2}
    channels = min(audio.channels, 2)
    blocks = audio.stereo_blocks() if audio.channels > channels else audio.blocks()
    converted = context.folder / "converted"
    with AudioWriter(
        converted,
        item.format,
        sample_rate=audio.sample_rate,
        channels=channels,
        start_seconds=item.start_seconds,
        measured=False,
        origin=item.origin,
        title=item.title,
        artist=item.artist,
        chapters=item.chapters,
    ) as writer:
        for block in blocks:
            writer.write(block)
            context.check_cancelled()
        written = writer.close()
    path.unlink()
    about |= {
        "format": written.format, "sample_rate": written.sample_rate, "channels": channels,
        "duration_seconds": written.duration,
    }  # fmt: skip
    return converted, about


def _as_mp3(audio: Audio, context: JobContext) -> Path:
    """Stereo at 44.1 kHz and 320 kbit/s, by LAME."""
    path = context.folder / "converted.mp3"
    with soundfile.SoundFile(
        path, "w", SAMPLE_RATE, 2, "MPEG_LAYER_III", format="MP3", bitrate_mode="CONSTANT", compression_level=0.0
    ) as file:
        for block in audio.stereo_blocks(rate=SAMPLE_RATE):
            file.write(block)
            context.check_cancelled()
    return path


def _add(archive: zipfile.ZipFile, name: str, file: Path, context: JobContext) -> None:
    entry = _entry(name)
    entry.file_size = file.stat().st_size  # tells the archive whether this takes a ZIP64 entry
    with file.open("rb") as source, archive.open(entry, "w") as target:
        shutil.copyfileobj(source, target, _CHUNK_BYTES)
    context.check_cancelled()


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _NO_DATE)
    packed = name.rpartition(".")[2].lower() in _SMALLER_PACKED
    entry.compress_type = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
    entry.external_attr = 0o644 << 16
    return entry


def _digest(file) -> str:
    return hashlib.file_digest(file, "sha256").hexdigest()
