"""The closed vocabularies of the platform."""

from enum import StrEnum


class StemType(StrEnum):
    VOCALS = "vocals"
    DRUMS = "drums"
    BASS = "bass"
    GUITAR = "guitar"
    PIANO = "piano"
    SYNTH = "synth"
    OTHER = "other"


class AudioFormat(StrEnum):
    """File formats that can be ingested; the value is the canonical file extension."""

    WAV = "wav"
    MP3 = "mp3"
    FLAC = "flac"
    OGG = "ogg"
    M4A = "m4a"


class AudioFileStatus(StrEnum):
    UPLOADED = "uploaded"
    ANALYZING = "analyzing"
    ANALYZED = "analyzed"
    FAILED = "failed"


class JobState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def ended(self) -> bool:
        return self in (JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED)


class JobKind(StrEnum):
    SEPARATE = "separate"
    MIR = "mir"
    ANALYZE = "analyze"
    GENERATE = "generate"
    SING = "sing"
    SPEAK = "speak"
    TRANSCRIBE = "transcribe"
    MIX = "mix"
    MASTER = "master"
    ALIGN = "align"
    CHECK = "check"
    EXPORT = "export"
    CHECK_VOICE = "check-voice"
    PROFILE_VOICE = "profile-voice"
    TRAIN_VOICE = "train-voice"
    APPLY_VOICE = "apply-voice"
    SET = "set"


class GenerationStatus(StrEnum):
    PENDING = "pending"
    PLANNING = "planning"
    GENERATING = "generating"
    AWAITING_REVIEW = "awaiting_review"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def ended(self) -> bool:
        return self in (GenerationStatus.COMPLETED, GenerationStatus.FAILED, GenerationStatus.CANCELLED)

    @property
    def is_being_made(self) -> bool:
        return self in (GenerationStatus.PENDING, GenerationStatus.PLANNING, GenerationStatus.GENERATING)


class TakeStatus(StrEnum):
    GENERATING = "generating"
    GENERATED = "generated"
    APPROVED = "approved"
    REJECTED = "rejected"
    FAILED = "failed"
    CANCELLED = "cancelled"
    UNREVIEWED = "unreviewed"


class Mode(StrEnum):
    MAJOR = "major"
    MINOR = "minor"


class Role(StrEnum):
    """What somebody may do: look, bring songs in and have them analysed, make music of them, or everything. Whatever
    scales the endpoints reads how much waits for them, and nothing else. What includes what is `services.access.MAY`.
    """

    VIEWER = "Viewer"
    ANALYST = "Analyst"
    GENERATOR = "Generator"
    ADMIN = "Admin"
    SCALER = "Scaler"


class ItemKind(StrEnum):
    """What a route's `{id}` names. Works are generations, compositions and masters; sets are theirs as well, and have
    a kind of their own to be shared as."""

    SONGS = "songs"
    WORKS = "works"
    SETS = "sets"
    VOICES = "voices"
    UPLOADS = "uploads"
    REFUSALS = "refusals"
    APPEALS = "appeals"
    SHARES = "shares"
    DEVICES = "devices"
    FAILURES = "failures"
    JOBS = "jobs"
    REMOVALS = "removals"
