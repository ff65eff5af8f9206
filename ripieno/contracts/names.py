"""Names of blobs, tables and workflow instances. Nobody else spells them out."""

from __future__ import annotations

import hashlib
import uuid

RAW_AUDIO = "raw-audio"
STEMS = "stems"
ANALYSES = "analyses"
JAMS = "jams"
JOBS = "jobs"
GENERATED = "generated"
CONTAINERS = (RAW_AUDIO, STEMS, ANALYSES, JAMS, JOBS, GENERATED)

AUDIO_FILES = "AudioFiles"
ANALYSIS_RESULTS = "AnalysisResults"
SECTIONS = "Sections"
CHORD_ANNOTATIONS = "ChordAnnotations"
GENERATION_REQUESTS = "GenerationRequests"
GENERATED_STEMS = "GeneratedStems"
JOB_RECORDS = "Jobs"
UPLOADS = "Uploads"
IDEMPOTENCY_KEYS = "IdempotencyKeys"
INDEX_BY_DATE = "IndexByDate"
INDEX_BY_KEY = "IndexByKey"
INDEX_BY_STATUS = "IndexByStatus"
INDEX_BY_TEMPO = "IndexByTempo"
INDEX_BY_SONG = "IndexBySong"
TABLES = (
    AUDIO_FILES, ANALYSIS_RESULTS, SECTIONS, CHORD_ANNOTATIONS, GENERATION_REQUESTS, GENERATED_STEMS, JOB_RECORDS,
    UPLOADS, IDEMPOTENCY_KEYS, INDEX_BY_DATE, INDEX_BY_KEY, INDEX_BY_STATUS, INDEX_BY_TEMPO, INDEX_BY_SONG,
)  # fmt: skip

UPLOAD_PREFIX = "uploads/"
# Of the platform's first name: an id never changes with ours.
_SONG_NAMESPACE = uuid.UUID("5e60a1c3-5e60-4e60-8e60-5e6000000001")


def audio_file_id(owner: str, sha256_hex: str) -> str:
    """A song's id follows from its bytes and its owner: the same upload is the same song, with no index to ask."""
    return str(uuid.uuid5(_SONG_NAMESPACE, f"{owner}:{sha256_hex}"))


def raw_audio_blob(song_id: str, extension: str) -> str:
    return f"{song_id}.{extension}"


def is_canonical(blob_name: str) -> bool:
    """Whether a blob in raw-audio was put there by ingestion itself, as `{audio_file_id}.{ext}`."""
    stem, _, extension = blob_name.rpartition(".")
    try:
        return str(uuid.UUID(stem)) == stem and uuid.UUID(stem).version == 5 and "/" not in extension
    except ValueError:
        return False


def uploaded_blob(upload_id: str) -> str:
    """Where a direct upload goes; the name the user gave travels in the upload's table row, never in a path."""
    return f"{UPLOAD_PREFIX}{upload_id}"


def stem_blob(song_id: str, stem: str, extension: str) -> str:
    return f"{song_id}/{stem}.{extension}"


def peaks_blob(name: str) -> str:
    """What the waveform of a stored audio file is drawn from, beside it (BBC audiowaveform JSON)."""
    return f"{name}.peaks.json"


def song_peaks_blob(song_id: str) -> str:
    """The same of the song itself, beside its stems: what lies in raw-audio is taken for a song."""
    return peaks_blob(f"{song_id}/song")


def generated_blob(request_id: str, name: str, extension: str, take: int = 1) -> str:
    """A stem or mix of a generation request; further takes stand beside the first."""
    return f"{request_id}/{name}.{extension}" if take == 1 else f"{request_id}/{name}.take{take}.{extension}"


def conditioning_blob(request_id: str) -> str:
    return f"{request_id}/conditioning.json"


def generation_instance(request_id: str) -> str:
    """The workflow instance of a generation request."""
    return f"generation-{request_id}"


def stem_step(stem: str) -> str:
    """The step that makes and reviews one stem of a request."""
    return f"stem-{stem}"


def take_step(stem: str, take: int) -> str:
    """The endpoint job of one take of a stem."""
    return f"{stem}-{take}"


def review_event(take: int) -> str:
    """The external event that approves or rejects a take; each wait has a name of its own."""
    return f"review-{take}"


def jams_blob(song_id: str) -> str:
    return f"{song_id}.jams"


def analysis_blob(song_id: str) -> str:
    return f"{song_id}.json"


def job_blob(job_id: str) -> str:
    return f"{job_id}.json"


def job_result_blob(job_id: str, name: str) -> str:
    return f"{job_id}/{name}"


def song_instance(song_id: str, run: int) -> str:
    """The workflow instance that ingests and analyses a song for the `run`-th time."""
    return f"song-{song_id}-{run}"


def drop_instance(blob_name: str, etag: str) -> str:
    """The workflow instance of one version of a dropped blob: the same event twice is the same instance."""
    return "drop-" + hashlib.sha256(f"{blob_name}\n{etag}".encode()).hexdigest()[:32]


def job_id(instance_id: str, step: str) -> str:
    """The id of an endpoint job, and of the sub-orchestration that looks after it."""
    return f"{instance_id}:{step}"


def further_separation(way: str) -> str:
    """The step of a way to separate that is tried after the first one."""
    return f"separate-{way}"


def job_done_event(job: str) -> str:
    return f"job-done:{job}"
