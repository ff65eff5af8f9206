"""What must hold of a library's storage, whatever was killed: looked at whole, or a page of it at a time.

Each violation is a sentence. What is being made while it is looked at may be seen half done: look again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property

from ripieno.contracts import names
from ripieno.contracts.audio import AudioFile
from ripieno.contracts.composition import Revision
from ripieno.contracts.enums import AudioFileStatus, GenerationStatus, JobState, TakeStatus
from ripieno.contracts.operations import Failure, FailureKind
from ripieno.contracts.preferences import MOST_LESSONS, Lessons
from ripieno.contracts.shares import Share
from ripieno.contracts.voice_profiles import Voice
from ripieno.contracts.workflow import Run
from ripieno.contracts.works import Work
from ripieno.records import (
    analyses,
    backlog,
    failures,
    idempotency,
    preferences,
    quotas,
    runs,
    shares,
    songs,
    tally,
    voices,
    works,
)
from ripieno.services import blobs
from ripieno.services.storage import table
from ripieno.work import mixing
from ripieno.work.belonging import SONG_CONTAINERS, Known

_OPEN_SONGS = (AudioFileStatus.UPLOADED, AudioFileStatus.ANALYZING)
_OF_AN_ELEMENT = re.compile(r"([a-z0-9-]+)(?:\.take([0-9]+))?\.(?:wav|flac|mid)(?:\.peaks\.json)?")
_OPEN_WORKS = (GenerationStatus.PENDING, GenerationStatus.PLANNING, GenerationStatus.GENERATING)


@dataclass
class Snapshot:
    """Everything that lies in storage, by name."""

    songs: dict[tuple[str, str], AudioFile] = field(default_factory=dict)
    works: dict[str, Work] = field(default_factory=dict)
    voices: dict[str, Voice] = field(default_factory=dict)
    analyses: list[tuple[str, analyses.AnalysisRow]] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    preferences: list[tuple[str, Lessons]] = field(default_factory=list)
    given: dict[str, Share] = field(default_factory=dict)
    received: dict[str, Share] = field(default_factory=dict)
    rows: dict[str, set[tuple[str, str]]] = field(default_factory=dict)
    blobs: dict[str, set[str]] = field(default_factory=dict)

    @classmethod
    def take(cls) -> Snapshot:
        return cls(
            songs={(song.audio_file_id, song.born): song for _, song in songs.everything()},
            works={work.work_id: work for _, work in works.everything()},
            voices={voice.voice_id: voice for _, voice in voices.everything()},
            analyses=list(analyses.everything()),
            runs=list(runs.everything()),
            failures=[one for _, one in failures.everything()],
            preferences=list(preferences.everything()),
            received={share.share_id: share for _, share in shares.everything_received()},
            given={share.share_id: share for _, share in shares.everything()},
            rows={
                name: {(row["PartitionKey"], row["RowKey"]) for row in table(name).list_entities()}
                for name in (names.SONG_CHORDS, names.SONG_FORMS, names.JOB_RECORDS, names.VOICE_USES)
            },
            blobs={container: set(blobs.list_names(container)) for container in names.CONTAINERS},
        )

    @classmethod
    def of(
        cls,
        *,
        of_songs: Sequence[AudioFile] = (),
        of_works: Sequence[Work] = (),
        of_voices: Sequence[Voice] = (),
    ) -> Snapshot:
        """Of some songs, works or voices alone, and the blobs that are theirs."""
        found = cls(
            songs={(song.audio_file_id, song.born): song for song in of_songs},
            works={work.work_id: work for work in of_works},
            voices={voice.voice_id: voice for voice in of_voices},
            runs=list(runs.everything()),
            rows={name: set() for name in (names.SONG_CHORDS, names.SONG_FORMS, names.JOB_RECORDS, names.VOICE_USES)},
            blobs={container: set() for container in names.CONTAINERS},
        )
        for song in of_songs:
            row = analyses.row_of(song.owner, song.audio_file_id, song.born)
            if row is not None:
                found.analyses.append((song.owner, row))
                found.rows[names.SONG_CHORDS] |= {(song.owner, key) for key in row.chord_rows}  # not looked for here
                found.rows[names.SONG_FORMS] |= {(song.owner, key) for key in row.form_rows}
            folder = names.song_folder(song.audio_file_id, song.born)
            for container in SONG_CONTAINERS:
                found.blobs[container] |= set(blobs.list_names(container, folder))
        for work in of_works:
            song = songs.find(work.owner, work.audio_file_id) if work.audio_file_id else None
            if song is not None:
                found.known.lives |= Known.of([(song.audio_file_id, song.born)], (), (), ()).lives
            found.blobs[names.GENERATED] |= set(blobs.list_names(names.GENERATED, f"{work.work_id}/"))
        for voice in of_voices:
            found.blobs[names.VOICES] |= set(blobs.list_names(names.VOICES, f"{voice.voice_id}/"))
        return found

    @cached_property
    def known(self) -> Known:
        return Known.of(self.songs, self.works, self.voices, self.runs)

    def is_voice_being_removed(self, voice_id: str) -> bool:
        wanted = (names.removal_instance(voice_id), names.withdrawal_instance(voice_id))
        return any(run.instance_id in wanted for run in self.runs)


def violations(found: Snapshot, *, settled: bool = False) -> Iterator[str]:
    """Every violation, as a sentence."""
    yield from (damage.what for damage in (*songs.damage(), *works.damage(), *voices.damage()))
    yield from _songs(found)
    yield from _folders(found)
    yield from _works(found)
    yield from _voices(found)
    yield from _jobs(found)
    yield from _preferences(found)
    yield from _shares(found)
    yield from tally.wrong(names.USAGE)
    yield from _open(found, settled=settled)
    if settled:
        yield from _left_on_the_way(found)


def _shares(found: Snapshot) -> Iterator[str]:
    """Nobody may look at what its giver does not see as shared, or at what is gone."""
    yield from (f"share {one}: is received, and nobody has given it" for one in set(found.received) - set(found.given))
    for one in found.received.values():
        life = names.song_folder(one.id, one.born or "")
        if not (found.known.is_alive(life) if one.kind == "songs" else found.known.is_work(one.id)):
            yield f"share {one.share_id}: {one.id} is gone, and may be looked at"


def violations_of_part(found: Snapshot) -> Iterator[str]:
    """Those of a snapshot of some songs, works or voices: what each of them must have."""
    yield from _songs(found)
    yield from _works(found)
    if found.voices:
        yield from _voices(found)
    yield from _open(found, settled=False)


def _songs(found: Snapshot) -> Iterator[str]:
    by_song = {(row.audio_file_id, row.born): (owner, row) for owner, row in found.analyses}
    for (song_id, born), song in found.songs.items():
        folder = names.song_folder(song_id, born)
        container = names.SONGS if song.format else names.REJECTED
        if song.blob_name not in found.blobs[container]:
            yield f"song {song_id}: its bytes are not in {container}"
        if song.status != AudioFileStatus.ANALYZED:
            continue
        if names.analysis_blob(folder) not in found.blobs[names.ANALYSES]:
            yield f"song {song_id}: is analysed, and has no analysis"
        if names.jams_blob(folder) not in found.blobs[names.JAMS]:
            yield f"song {song_id}: is analysed, and has no JAMS file"
        if names.song_peaks_blob(folder) not in found.blobs[names.STEMS]:
            yield f"song {song_id}: nothing draws its waveform"
        if (song_id, born) not in by_song:
            yield f"song {song_id}: is analysed, and nothing says by what"
            continue
        owner, row = by_song[song_id, born]
        for stem in row.separation.stems:
            for blob in (stem.blob_name, names.peaks_blob(stem.blob_name)):
                if blob not in found.blobs[names.STEMS]:
                    yield f"song {song_id}: its stem's {blob} is gone"
        for name, keys in ((names.SONG_CHORDS, row.chord_rows), (names.SONG_FORMS, row.form_rows)):
            for key in keys:
                if (owner, key) not in found.rows[name]:
                    yield f"song {song_id}: is not found by {key}"


def _folders(found: Snapshot) -> Iterator[str]:
    for container in (*SONG_CONTAINERS, names.GENERATED, names.VOICES, names.JOBS):
        for blob in found.blobs[container]:
            why = found.known.why_orphan(container, blob)
            if why is not None:
                yield f"{container}/{blob}: {why}"
    for name in (names.SONG_CHORDS, names.SONG_FORMS):
        for owner, key in found.rows[name]:
            if not found.known.is_alive("/".join(key.rsplit("|", 2)[1:])):
                yield f"{name} {owner} {key}: belongs to no song"
    for owner, row in found.analyses:
        if not found.known.is_alive(names.song_folder(row.audio_file_id, row.born)):
            yield f"{names.ANALYSES_TABLE} {owner} {row.audio_file_id}: belongs to no song"


def _works(found: Snapshot) -> Iterator[str]:
    for work in found.works.values():
        if work.audio_file_id and not found.known.is_alive(names.song_folder(work.audio_file_id, work.born or "")):
            yield f"work {work.work_id}: its song is gone"
        for element in work.elements:
            for version in element.versions:
                made = version.stem or version.file or version.set_file
                for blob in (made.blob_name, names.peaks_blob(made.blob_name)) if made else ():
                    if blob not in found.blobs[names.GENERATED]:
                        yield f"work {work.work_id}: {blob} of {element.name} {version.number} is gone"
                if version.exported and version.exported.blob_name not in found.blobs[names.GENERATED]:
                    yield f"work {work.work_id}: the {element.name} {version.number} is gone"
        yield from _composition(found, work)
        yield from _set(found, work)


def _composition(found: Snapshot, work: Work) -> Iterator[str]:
    """A composition is whole, or at its last good version; each of its files belongs to a version of an element."""
    if work.composition is None:
        return
    about, revisions = f"composition {work.work_id}", work.composition.revisions
    if [one.number for one in revisions] != list(range(1, len(revisions) + 1)):
        yield f"{about}: its versions are {[one.number for one in revisions]}"
    good = [one for one in revisions if one.status == "made"]
    current = next((one for one in revisions if one.number == work.composition.current), None)
    if good and current not in good:
        yield f"{about}: version {work.composition.current} is heard, and it is {current and current.status}"
    for one in good:
        yield from (f"{about}: version {one.number} {wrong}" for wrong in _missing(work, one))
    versions = {(names.slug(element.name), one.number) for element in work.elements for one in element.versions}
    for blob in found.blobs[names.GENERATED]:
        file = _OF_AN_ELEMENT.fullmatch(blob.removeprefix(f"{work.work_id}/"))
        if blob.startswith(f"{work.work_id}/") and file and (file[1], int(file[2] or 1)) not in versions:
            yield f"{about}: {blob} is of no version"


def _set(found: Snapshot, work: Work) -> Iterator[str]:
    """A set is whole, or at its last good version; what was made has its plan, its mix and what goes with it."""
    if work.dj_set is None:
        return
    about, known = f"set {work.work_id}", work.dj_set.versions
    if [one.number for one in known] != list(range(1, len(known) + 1)):
        yield f"{about}: its versions are {[one.number for one in known]}"
    good = [one for one in known if one.status == "made"]
    if good and work.dj_set.current not in {one.number for one in good}:
        yield f"{about}: version {work.dj_set.current} is heard, and it is not made"
    for one in good:
        mix = work.element(one.mix) if one.mix else None
        file = mix.latest.set_file if mix is not None else None
        if file is None:
            yield f"{about}: version {one.number} was made, and has no mix"
            continue
        needed = [file.cue_blob, file.tracklist_blob, names.set_plan_blob(work.work_id, one.number)]
        needed += [line.blob_name for line in one.lines if line.blob_name]
        for blob in needed:
            if blob not in found.blobs[names.GENERATED]:
                yield f"{about}: {blob} of version {one.number} is gone"
    for talk in work.dj_set.talks:
        for blob in (talk.recording, talk.answer_blob):
            if blob and blob not in found.blobs[names.GENERATED]:
                yield f"{about}: {blob} of what was said is gone"


def _missing(work: Work, one: Revision) -> Iterator[str]:
    """What a version that was made has not."""
    if one.context is None or any(state.status in ("waiting", "running") for state in one.stages):
        yield "was made, and not all of its stages are done"
    heard = 0
    for name, number in one.elements.items():
        element = work.element(name)
        version = next((take for take in element.versions if take.number == number), None) if element else None
        if version is None or version.is_open:
            yield f"was made, and its {name} {number} is {version.status if version else 'not there'}"
        else:
            heard += version.stem is not None
    if not heard:
        yield "was made, and has no layer that can be heard"
    master = work.element(mixing.master_name(one.mix)) if one.mix else None
    if master is None or master.latest.file is None:
        yield "was made, and has no master"


def _voices(found: Snapshot) -> Iterator[str]:
    """Nothing is kept of a voice that is gone, or whose consent was taken back; what it was used for names it."""
    for owner, key in found.rows[names.VOICE_USES]:
        if not found.known.is_voice(key.partition("|")[0]):
            yield f"{names.VOICE_USES} {owner} {key}: belongs to no voice"
    for voice in found.voices.values():
        about, kept = f"voice {voice.voice_id}", found.blobs[names.VOICES]
        removing = names.withdrawal_instance(voice.voice_id)
        if voice.revoked_at is not None and not any(run.instance_id == removing for run in found.runs):
            left = [blob for blob in kept if blob.startswith(f"{voice.voice_id}/")]
            yield from (f"{about}: its consent was taken back, and {blob} is there" for blob in left)
            if voice.samples or voice.current is not None:
                yield f"{about}: its consent was taken back, and it knows how it sounds"
            continue
        for sample in voice.taken:
            if sample.blob_name not in kept:
                yield f"{about}: the bytes of its sample {sample.sample_id} are gone"
        for version in voice.versions:
            if version.status == "made" and version.profile and version.profile.blob_name not in kept:
                yield f"{about}: the profile of its version {version.number} is gone"
    for work in found.works.values():
        for mark in work.voices:
            voice = found.voices.get(mark.voice_id)
            is_over = voice is None or voice.revoked_at is not None
            if is_over and mark.withdrawn_at is None and not found.is_voice_being_removed(mark.voice_id):
                yield f"work {work.work_id}: its voice {mark.voice_id} is gone, and it does not say so"


def _jobs(found: Snapshot) -> Iterator[str]:
    for owner, key in found.rows[names.JOB_RECORDS]:
        if key.startswith("id|") and not found.known.has_owner(key.removeprefix("id|")):
            yield f"{names.JOB_RECORDS} {owner} {key}: belongs to nothing"


def _preferences(found: Snapshot) -> Iterator[str]:
    for owner, known in found.preferences:
        if len({one.lesson_id for one in known.lessons}) != len(known.lessons):
            yield f"{names.PREFERENCES} {owner}: the same was learned twice"
        if not 0 < len(known.lessons) <= MOST_LESSONS:
            yield f"{names.PREFERENCES} {owner}: {len(known.lessons)} lessons are kept"


def _open(found: Snapshot, *, settled: bool) -> Iterator[str]:
    noted = {run.instance_id for run in found.runs}
    for song in found.songs.values():
        if song.status in _OPEN_SONGS and (settled or song.instance_id not in noted):
            yield f"song {song.audio_file_id}: is {song.status}, and nobody is at it"
    for work in found.works.values():
        for_song = names.song_instances(work.audio_file_id or "none", work.born or "")
        is_noted = any(work.work_id in one or one.startswith(for_song) for one in noted)
        if work.status in _OPEN_WORKS and (settled or not is_noted):
            yield f"work {work.work_id}: is {work.status}, and nobody is at it"
        for revision in work.composition.revisions if work.composition else ():
            if revision.status == "making" and (settled or not is_noted):
                yield f"work {work.work_id}: version {revision.number} is being made, and nobody is at it"
        for element in work.elements:
            if element.latest.is_open and (settled or not is_noted):
                yield f"work {work.work_id}: {element.name} is being made, and nobody is at it"
    for voice in found.voices.values():
        waiting = [one.instance_id for one in voice.samples if one.status == "checking"]
        waiting += [one.instance_id for one in voice.versions if one.status == "making"]
        for one in waiting:
            if settled or not any(run.instance_id == one for run in found.runs):
                yield f"voice {voice.voice_id}: {one} is waited for, and nobody is at it"


def _left_on_the_way(found: Snapshot) -> Iterator[str]:
    """What there may be only while something is on its way."""
    for run in found.runs:
        yield f"run {run.instance_id}: was asked for, and is not settled"
    for job_id in backlog.everything():
        yield f"{names.OPEN_JOBS} {job_id}: counts as open, and nobody is at it"
    for owner, instance_id in quotas.everything_held():
        yield f"{names.USAGE} {owner}: {instance_id} has ended, and holds a place"
    for blob in idempotency.strays():
        yield f"{names.RECORDS}/{blob}: belongs to no key"
    yield from _failures(found)
    for store in (songs, works, analyses, voices):
        for blob in store.orphans(datetime.now(UTC) + timedelta(days=1)):
            if blob in found.blobs[names.RECORDS]:
                yield f"{names.RECORDS}/{blob}: no row points at it"
    for blob in found.blobs[names.RAW_AUDIO]:
        yield f"{names.RAW_AUDIO}/{blob}: lies in the inbox"
    for blob in found.blobs[names.JOBS]:
        if ":" in blob and blob.endswith(".json") and "/" not in blob:
            try:
                state = JobState(blobs.read_json(names.JOBS, blob)["state"])
            except blobs.BlobMissing:
                continue  # it was removed since we looked
            if not state.ended:
                yield f"{names.JOBS}/{blob}: is {state}"


def _failures(found: Snapshot) -> Iterator[str]:
    """A failure goes with what it is of, and is not mended while that has failed."""
    for one in found.failures:
        about = f"failure {one.failure_id} of {one.subject}"
        if not _has_subject(found, one):
            yield f"{about}: what failed is gone"
        elif one.status in ("redriven", "mended") and _has_failed(found, one):
            yield f"{about}: is {one.status}, and it has failed"


def _has_subject(found: Snapshot, one: Failure) -> bool:
    """Whether what a failure is of is there; files, messages and webhooks are of what may be gone."""
    match FailureKind(one.kind):
        case FailureKind.SONG:
            return any(song_id == one.subject for song_id, _ in found.songs)
        case FailureKind.VOICE_SAMPLE | FailureKind.VOICE_VERSION:
            return one.subject in found.voices
        case FailureKind.DROP | FailureKind.MESSAGE | FailureKind.WEBHOOK:
            return True
        case FailureKind.REMOVAL:
            known = {song_id for song_id, _ in found.songs} | set(found.works) | set(found.voices)
            return one.subject in known or any(run.instance_id == one.instance_id for run in found.runs)
        case _:
            return one.subject in found.works


def _has_failed(found: Snapshot, one: Failure) -> bool:
    """Whether a song or a take has failed, as its own record says."""
    if one.kind == FailureKind.SONG:
        its = [song for (song_id, _), song in found.songs.items() if song_id == one.subject]
        return any(song.status == AudioFileStatus.FAILED for song in its)
    work = found.works.get(one.subject) if one.kind == FailureKind.TAKE else None
    element = work.element(one.element or "") if work is not None else None
    takes = element.versions if element is not None else []
    return any(take.number == one.number and take.status == TakeStatus.FAILED for take in takes)


def repair() -> int:
    """Mend the index rows that are wrong; returns how many."""
    damaged = {(store, one.owner, one.key) for store in (songs, works, voices) for one in store.damage()}
    for store, owner, key in damaged:
        store.repair(owner, key)
    return len(damaged)
