"""Names of blobs, tables and workflow instances. Nobody else spells them out, or takes them apart.

A song is named by its id, which follows from its bytes, and by `born`, which is new each time the same bytes come
into the library: whatever is being deleted of the one before can never be taken for a part of the one that came after.
"""

from __future__ import annotations

import hashlib
import re
import uuid
from datetime import datetime

RAW_AUDIO = "raw-audio"
REJECTED = "rejected"
SONGS = "songs"
STEMS = "stems"
ANALYSES = "analyses"
JAMS = "jams"
JOBS = "jobs"
GENERATED = "generated"
RECORDS = "records"
VOICES = "voices"
CONTAINERS = (RAW_AUDIO, REJECTED, SONGS, STEMS, ANALYSES, JAMS, JOBS, GENERATED, RECORDS, VOICES)

WITH_AUDIO = (RAW_AUDIO, SONGS, STEMS, GENERATED)
"""Where there is music. Voices are their owners' alone, and the rest is the platform's own."""

SONGS_TABLE = "Songs"
ANALYSES_TABLE = "Analyses"
SONG_CHORDS = "SongChords"
SONG_FORMS = "SongForms"
WORKS = "Works"
JOB_RECORDS = "Jobs"
RUNS = "Runs"
UPLOADS = "Uploads"
IDEMPOTENCY_KEYS = "IdempotencyKeys"
FEEDBACK = "Feedback"
PREFERENCES = "Preferences"
REFUSALS = "Refusals"
APPEALS = "Appeals"
VOICES_TABLE = "Voices"
VOICE_USES = "VoiceUses"
DEVICES = "Devices"
PAIRING_CODES = "PairingCodes"
SHARES = "Shares"
SHARED_WITH = "SharedWith"
AUDIT = "Audit"
USAGE = "Usage"
VERDICTS = "Verdicts"
VISITS = "Visits"
WEBHOOKS = "Webhooks"
HEARD = "HeardMessages"
FAILURES = "Failures"
OPEN_JOBS = "OpenJobs"
TABLES = (
    SONGS_TABLE, ANALYSES_TABLE, SONG_CHORDS, SONG_FORMS, WORKS, JOB_RECORDS, RUNS, UPLOADS, IDEMPOTENCY_KEYS,
    FEEDBACK, PREFERENCES, REFUSALS, APPEALS, VOICES_TABLE, VOICE_USES, DEVICES, PAIRING_CODES,
    SHARES, SHARED_WITH, AUDIT, USAGE, VERDICTS, VISITS, WEBHOOKS, HEARD, FAILURES, OPEN_JOBS,
)  # fmt: skip
TABLES_OF_SEGNO = ("AudioFiles", "GenerationRequests")  # a library of version 0.1, under the platform's first name
TASK_HUB_OF_SEGNO = "segno"

DROPS_QUEUE = "drops"
POISON_DROPS = f"{DROPS_QUEUE}-poison"
"""Where the host puts a message that a queue trigger could not handle however often."""

DIRECT_ANALYSIS = "analyze-"
DIRECT_GENERATION = "generate-"
UPLOAD_PREFIX = "uploads/"
OWNER_PREFIX = "owners/"
UPLOAD_HOLD = "upload-"
_FAR_FUTURE_MS = 9_999_999_999_999
# Of the platform's first name: an id never changes with ours.
_SONG_NAMESPACE = uuid.UUID("5e60a1c3-5e60-4e60-8e60-5e6000000001")


def audio_file_id(owner: str, sha256_hex: str) -> str:
    """A song's id follows from its bytes and its owner: the same upload is the same song, with no index to ask."""
    return str(uuid.uuid5(_SONG_NAMESPACE, f"{owner}:{sha256_hex}"))


def seed(now: datetime) -> str:
    """What new ids are made of: beginning with the time, counted down, they sort newest first."""
    return f"{newest_first(now)}{uuid.uuid4().hex[:12]}"


def is_seed(text: str) -> bool:
    """Whether a text can be an id that was made of a seed: a person's name for something cannot be meant."""
    return re.fullmatch(r"\d{13}[0-9a-f]{12}", text) is not None


def newest_first(moment: datetime) -> str:
    """A time as a key that sorts before that of any earlier time; from 1970 on, for three hundred years."""
    return f"{_FAR_FUTURE_MS - min(max(int(moment.timestamp() * 1000), 0), _FAR_FUTURE_MS):013d}"


# -- blobs --------------------------------------------------------------------------------------------------------


def song_folder(song_id: str, born: str) -> str:
    """Where everything of one life of a song lies, in each container."""
    return f"{song_id}/{born}"


def song_blob(song_id: str, born: str, extension: str) -> str:
    return f"{song_folder(song_id, born)}/original.{extension}"


def rejected_blob(song_id: str, born: str, file_name: str) -> str:
    return f"{song_folder(song_id, born)}/{file_name}"


def uploaded_blob(upload_id: str) -> str:
    """Where a direct upload goes; the name the user gave travels in the upload's table row, never in a path."""
    return f"{UPLOAD_PREFIX}{upload_id}"


def upload_hold(upload_id: str) -> str:
    """What the room is held under that a direct upload was promised."""
    return f"{UPLOAD_HOLD}{upload_id}"


def owner_in(blob_name: str) -> tuple[str | None, str]:
    """Whose a dropped blob is by its path (`owners/{owner}/…`), None where that does not say; and the rest of it."""
    if blob_name.startswith(OWNER_PREFIX):
        owner, slash, rest = blob_name.removeprefix(OWNER_PREFIX).partition("/")
        if owner and slash and rest:
            return owner, rest
    return None, blob_name


def may_name(owner: str, container: str, blob_name: str) -> bool:
    """Whether an owner may name a blob as what is to be heard: music, and nothing in the inbox of another."""
    inbox = owner_in(blob_name)[0] if container == RAW_AUDIO else None
    return container in WITH_AUDIO and inbox in (None, owner)


def stem_blob(folder: str, stem: str, extension: str) -> str:
    """A separated stem; `folder` is a song's (`song_folder`), or what a direct caller of an endpoint calls it."""
    return f"{folder}/{stem}.{extension}"


def peaks_blob(name: str) -> str:
    """What the waveform of a stored audio file is drawn from, beside it (BBC audiowaveform JSON)."""
    return f"{name}.peaks.json"


def song_peaks_blob(folder: str) -> str:
    """The same of the song itself, beside its stems."""
    return peaks_blob(f"{folder}/song")


def generated_blob(work_id: str, name: str, extension: str, version: int = 1) -> str:
    """A version of an element of a work; further ones stand beside the first."""
    return f"{work_id}/{name}.{extension}" if version == 1 else f"{work_id}/{name}.take{version}.{extension}"


def export_output(work_id: str, fingerprint: str) -> str:
    """What an export of a work is called, less its extension; the same files are the same export."""
    return f"{work_id}/exports/{fingerprint[:16]}"


def given_blob(work_id: str, sha256: str, extension: str) -> str:
    """A file that a person gave for a work: the same bytes are the same file."""
    return f"{work_id}/given/{sha256[:32]}.{extension}"


def set_output(work_id: str, fingerprint: str) -> str:
    """What the mix of a set is called, less its extension; the same plan is the same mix."""
    return f"{work_id}/mix-{fingerprint[:16]}"


def set_songs_blob(work_id: str) -> str:
    """What was known of the songs that a set could be made of."""
    return f"{work_id}/songs.json"


def set_plan_blob(work_id: str, version: int) -> str:
    """The plan of one version of a set."""
    return f"{work_id}/plan.{version}.json"


def spoken_output(work_id: str, fingerprint: str) -> str:
    """A text that is spoken for a set, less its extension; the same text is the same file."""
    return f"{work_id}/spoken/{fingerprint[:16]}"


def said_blob(work_id: str, talk_id: str, extension: str) -> str:
    """What somebody said to a set."""
    return f"{work_id}/said/{talk_id}.{extension}"


def conditioning_blob(work_id: str, revision: int | None = None) -> str:
    """What the layers of a work have to fit, or those of one revision of a composition."""
    return f"{work_id}/conditioning.json" if revision is None else f"{work_id}/conditioning.{revision}.json"


def voice_folder(voice_id: str) -> str:
    """Where everything of one voice lies in the container `voices`: deleting it is the end of the voice."""
    return f"{voice_id}"


def voice_sample_blob(voice_id: str, sample_id: str, extension: str) -> str:
    return f"{voice_folder(voice_id)}/samples/{sample_id}.{extension}"


def voice_profile_blob(voice_id: str, version: int) -> str:
    """What was measured for one version of a voice (JSON)."""
    return f"{voice_folder(voice_id)}/versions/{version}/profile.json"


def voice_model_output(voice_id: str, version: int) -> str:
    """The conversion model of one version of a voice, less its extension."""
    return f"{voice_folder(voice_id)}/versions/{version}/model"


def jams_blob(folder: str) -> str:
    return f"{folder}.jams"


def analysis_blob(folder: str) -> str:
    return f"{folder}.json"


def job_blob(job_id: str) -> str:
    return f"{job_id}.json"


def job_result_blob(job_id: str, name: str) -> str:
    return f"{job_id}/{name}"


# -- workflow instances and jobs ----------------------------------------------------------------------------------


def song_instance(song_id: str, born: str, run: int) -> str:
    """The workflow instance that analyses a song for the `run`-th time."""
    return f"song-{song_id}-{born}-{run}"


def song_instances(song_id: str, born: str) -> str:
    """What the instances of all runs of one life of a song begin with."""
    return f"song-{song_id}-{born}-"


def song_of_instance(instance_id: str) -> tuple[str, str] | None:
    """The song's id and its `born`, None where the workflow analyses none."""
    found = re.fullmatch(r"song-(.+)-([0-9a-z]+)-\d+", instance_id)
    return (found[1], found[2]) if found else None


def work_of_instance(instance_id: str) -> str | None:
    """The work that a workflow is for, None where it is for none."""
    found = re.match(r"(?:work|take)-([0-9a-z]+)(?:-|$)", instance_id)
    return found[1] if found else None


def voice_of_instance(instance_id: str) -> str | None:
    """The voice that a workflow is for, None where it is for none."""
    found = re.match(r"voice-([0-9a-z]+)-", instance_id)
    return found[1] if found else None


def drop_instance(blob_name: str, etag: str) -> str:
    """The workflow instance of one version of a dropped blob: the same event twice is the same instance."""
    return drop_instances() + hashlib.sha256(f"{blob_name}\n{etag}".encode()).hexdigest()[:32]


def drop_instances() -> str:
    """What the instances that take something out of the inbox begin with."""
    return "drop-"


def work_instance(work_id: str) -> str:
    """The workflow instance that plans a work and makes the first version of its elements."""
    return f"work-{work_id}"


def revision_instance(work_id: str, revision: int, leg: int = 1) -> str:
    """The workflow instance that makes one revision of a composition, or goes on with it after somebody looked."""
    return f"{work_instance(work_id)}-{revision}" + (f"-{leg}" if leg > 1 else "")


def talk_instance(work_id: str, talk_id: str) -> str:
    """The workflow instance that understands and answers what was said to a set."""
    return f"{work_instance(work_id)}-talk-{talk_id}"


def version_instance(work_id: str, element: str, version: int) -> str:
    """The workflow instance that makes one version of an element."""
    return f"take-{work_id}-{slug(element)}-{version}"


def version_instances(work_id: str) -> str:
    """What the instances of all versions of a work's elements begin with."""
    return f"take-{work_id}-"


def voice_instance(voice_id: str, what: str) -> str:
    """The workflow instance that has a sample of a voice checked, or a version of it made."""
    return f"voice-{voice_id}-{what}"


def voice_instances(voice_id: str) -> str:
    """What the instances of all samples and versions of a voice begin with."""
    return f"voice-{voice_id}-"


def withdrawal_instance(voice_id: str) -> str:
    """The workflow instance that ends what a voice is used for, and deletes what it is made of."""
    return removal_instance(voice_id, "consent")


def removal_instance(subject_id: str, born: str = "") -> str:
    """The workflow instance that removes one life of a song, or a work: asked for twice it is the same removal."""
    return f"remove-{subject_id}-{born}" if born else f"remove-{subject_id}"


def account_removal_instance(seed: str) -> str:
    """The workflow instance that removes everything of somebody; what they do afterwards is not of it."""
    return removal_instance("account", seed)


def cancel_instance(work_id: str, revision: int | None = None) -> str:
    """The workflow instance that ends what is being made for a work, or for one revision of a composition."""
    return f"cancel-{work_id}" + (f"-{revision}" if revision is not None else "")


def slug(name: str) -> str:
    """An element's name as a part of blob names and instance ids: `Synth 2` is `synth-2`."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "element"


def job_id(instance_id: str, step: str) -> str:
    """The id of an endpoint job, and of the sub-orchestration that looks after it."""
    return f"{instance_id}:{step}"


def direct_analysis(audio_file_id: str, blob_uri: str, version: str, owner: str | None = None) -> str:
    """The job of a direct `POST /analyze` of one version of a blob: asked for twice, on behalf of the same owner, it is
    the same job."""
    asked = " ".join([audio_file_id, blob_uri, version, *([owner] if owner else [])])
    return f"{DIRECT_ANALYSIS}{uuid.uuid5(uuid.NAMESPACE_URL, asked)}"


def direct_generation(request_id: str, owner: str | None = None) -> str:
    """The job of a direct `POST /generate`."""
    whose = f"-{uuid.uuid5(uuid.NAMESPACE_URL, owner).hex[:12]}" if owner else ""
    return f"{DIRECT_GENERATION}{request_id}{whose}"


def attempt_id(job: str, attempt: int) -> str:
    """The id that an endpoint knows a job by: a further attempt is a further job."""
    return job if attempt == 1 else f"{job}:{attempt}"


def job_of_attempt(endpoint_job_id: str) -> str:
    """The job that an endpoint's id is an attempt of; its workflow instance has the same id."""
    return ":".join(endpoint_job_id.split(":")[:2])


def instance_of_job(job: str) -> str:
    """The workflow instance that a job was asked for by."""
    return job.partition(":")[0]


def first_address(job: str) -> int:
    """Where among an endpoint's addresses a job is tried first: jobs are spread, one job is always at home at one."""
    return int.from_bytes(hashlib.sha256(job.encode()).digest()[:2])


def further_separation(way: str) -> str:
    """The step of a way to separate that is tried after the first one."""
    return f"separate-{way}"


def further_generation(number: int) -> str:
    """The step by which a stem is made once so many engines were lost."""
    return f"generate-{number}"


CHECKS = ("check", "check-again")
"""The steps by which a composition is heard: what is missed at the first is made again, and heard."""

VOICE_CHECKS = ("check-voice", "check-voice-again")
"""The steps by which a sample of a voice is heard: the second time held against those that were taken meanwhile."""


def job_done_event(job: str) -> str:
    return f"job-done:{job}"
