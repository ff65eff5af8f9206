"""Somebody's things of every kind, really there in storage: what a test of who may what needs one of each of."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import makers
import voice_makers

from ripieno.contracts import names
from ripieno.contracts.composition import CompositionOrder
from ripieno.contracts.dj_sets import DjSet, KnownSongs, SetTalk, SetVersion
from ripieno.contracts.enums import ItemKind, Role
from ripieno.contracts.generation import GenerationOrder
from ripieno.contracts.identity import Device
from ripieno.contracts.masters import SongMasterOrder
from ripieno.contracts.moderation import Refusal
from ripieno.contracts.operations import FailureKind
from ripieno.contracts.sets import SetFile, SetOrder
from ripieno.contracts.shares import ShareOrder
from ripieno.contracts.workflow import RemovalOrder, RevisionOrder, Upload
from ripieno.contracts.works import Element, ElementKind, Version, Work, WorkKind
from ripieno.records import devices, failures, jobs, refusals, runs, shares, songs, uploads, voices, works
from ripieno.services import blobs
from ripieno.work import asking, composing, ingest, moderating, sharing, song_mastering
from ripieno.work.sets import keeping
from triggers import set_examples

TALK = "0123456789abcdef"


@dataclass
class Somebody:
    """An owner and their things, made when they are asked for. `ids` are those of all that was made so far."""

    owner: str
    folder: Path
    ids: set[str] = field(default_factory=set)
    _piece: Work | None = None
    _song: str | None = None
    _kept: dict[tuple[ItemKind, str], str] = field(default_factory=dict)

    def kept(self, kind: ItemKind, path: str = "") -> str:
        """One thing of a kind, always the same: for whoever changes nothing of it."""
        place = path.split("/")[1] if path else ""
        if (kind, place) not in self._kept:
            self._kept[kind, place] = self.item(kind, path)
        return self._kept[kind, place]

    def item(self, kind: ItemKind, path: str = "") -> str:
        """The id of a new thing of a kind; of works the kind that a route's path names."""
        makers_of: dict[ItemKind, Callable[[], str]] = {
            ItemKind.SONGS: self.new_song,
            ItemKind.WORKS: {"compositions": self.composition, "masters": self.master}.get(
                path.split("/")[1] if path else "", self.generation
            ),
            ItemKind.SETS: self.dj_set,
            ItemKind.VOICES: self.voice,
            ItemKind.UPLOADS: self.upload,
            ItemKind.REFUSALS: self.refusal,
            ItemKind.APPEALS: lambda: self.refusal(appealed=True),
            ItemKind.SHARES: self.share,
            ItemKind.JOBS: self.job,
            ItemKind.REMOVALS: self.removal,
            ItemKind.DEVICES: self.device,
            ItemKind.FAILURES: self.failure,
        }
        its_id = makers_of[kind]()
        self.ids.add(its_id)
        return its_id

    def state(self, kind: ItemKind, item_id: str) -> Any:
        """What a thing is now, so that it can be seen whether somebody changed it; None where it is gone."""
        match kind:
            case ItemKind.SONGS:
                return songs.find(self.owner, item_id)
            case ItemKind.WORKS | ItemKind.SETS:
                return works.find(self.owner, item_id)
            case ItemKind.VOICES:
                return voices.find(self.owner, item_id)
            case ItemKind.UPLOADS:
                return uploads.find(item_id)
            case ItemKind.REFUSALS | ItemKind.APPEALS:
                return refusals.find(self.owner, item_id)
            case ItemKind.SHARES:
                return [one for one in shares.given(self.owner, limit=1000)[0] if one.share_id == item_id]
            case ItemKind.JOBS:
                return jobs.find(self.owner, item_id)
            case ItemKind.REMOVALS:
                return runs.find(self.owner, item_id)
            case ItemKind.DEVICES:
                return devices.get(self.owner, item_id)
            case ItemKind.FAILURES:
                return failures.get(item_id)
        raise LookupError(f"nobody says how a thing of the kind {kind} is looked at")

    @property
    def song(self) -> str:
        """One song for all that only needs there to be one."""
        if self._song is None:
            self._song = self.new_song()
            self.ids.add(self._song)
        return self._song

    def device(self) -> str:
        its_id = uuid.uuid4().hex[:12]
        at = _now().isoformat()
        made = Device(
            device_id=its_id, owner=self.owner, role=Role.VIEWER, created_at=at, expires_at="2099-01-01T00:00:00+00:00",
            token_sha256=devices.hashed(its_id),
        )  # fmt: skip
        assert devices.create(made)
        return its_id

    def failure(self) -> str:
        order = ingest.song_run(songs.get(self.owner, self.song)).order
        kept = failures.keep(
            FailureKind.SONG, uuid.uuid4().hex, self.owner, "it ends early", subject=self.song, order=order
        )
        return kept.failure_id

    def new_song(self) -> str:
        path = self.folder / f"{uuid.uuid4().hex}.wav"
        path.write_bytes(makers.tone())
        return makers.analysed(self.owner, path).audio_file_id

    def generation(self) -> str:
        return makers.generated(songs.get(self.owner, self.song)).work_id

    def master(self) -> str:
        return song_mastering.begin(self.owner, self.song, SongMasterOrder(), names.seed(_now()))[0].work_id

    def composition(self) -> str:
        """One is made, and further ones are as it is."""
        if self._piece is None:
            order = CompositionOrder(brief="a calm bossa, 20 seconds", layers=["piano", "vocals"], instrumental=False)
            work, run = composing.begin(self.owner, order, names.seed(_now()))
            its = RevisionOrder.model_validate(run.order)
            assert all(composing.settle(its, stage) for stage in list(composing._STAGES))
            makers.made_layers(its)
            self._piece = works.change(self.owner, work.work_id, _made)
            for element in self._piece.elements:
                file = element.latest.stem or element.latest.file
                assert file is not None
                blobs.upload(names.GENERATED, file.blob_name, b"x")
            self.ids.add(work.work_id)
        work = self._piece.model_copy(update={"work_id": names.seed(_now())}, deep=True)
        assert works.create(work)
        return work.work_id

    def dj_set(self) -> str:
        its_id = names.seed(_now())
        plan = next(one for one in set_examples.EXAMPLES if isinstance(one, set_examples.dj_sets.SetView)).plan
        assert plan is not None
        known = [plan.songs[0].song, plan.songs[1].song]
        made_at = _now().isoformat()
        versions = [
            SetVersion(number=number, made_at=made_at, status="made", planned=True, songs=known, mix="mix", title="x",
                       duration_seconds=10)
            for number in (1, 2)
        ]  # fmt: skip
        file = SetFile(
            blob_name=f"{its_id}/mix.flac", cue_blob=f"{its_id}/mix.cue", tracklist_blob=f"{its_id}/mix.txt",
            file_size_bytes=9, sha256="a", format="flac", sample_rate=44100, duration_seconds=10, loudness_lufs=-14,
            true_peak_db=-1, chapters=[], engine=makers.MAKER,
        )  # fmt: skip
        mix = Version(number=1, status="generated", made_at=made_at, set_file=file)
        for number in (1, 2):
            keeping.save_plan(its_id, number, plan)
        keeping.save_songs(its_id, KnownSongs(songs=[]))
        for name in (file.blob_name, file.cue_blob, file.tracklist_blob):
            blobs.upload(names.GENERATED, name, b'TITLE "x"\nFILE "mix.flac" WAVE\n')
        talk = SetTalk(talk_id=TALK, said_at=made_at, status="answered", words="calmer", answer="It is calmer.",
                       answer_blob=f"{its_id}/said.wav")  # fmt: skip
        order = SetOrder(brief="an hour from my library")
        assert works.create(
            Work(
                work_id=its_id, owner=self.owner, kind=WorkKind.SET, created_at=made_at, order=GenerationOrder(),
                dj_set=DjSet(order=order, versions=versions, current=2, talks=[talk]),
                elements=[Element(name="mix", kind=ElementKind.MIX, versions=[mix])], status="completed",
            )
        )  # fmt: skip
        return its_id

    def voice(self) -> str:
        return voice_makers.ready(self.owner, self.folder, name=f"Anna {uuid.uuid4().hex[:8]}").voice_id

    def upload(self) -> str:
        upload_id = names.seed(_now())
        uploads.create(Upload(upload_id=upload_id, owner=self.owner, file_name="x.wav", created_at=_now().isoformat()))
        uploads.note(upload_id, outcome="ingested", audio_file_id=self.song, message="taken in")
        return upload_id

    def refusal(self, *, appealed: bool = False) -> str:
        text = f"in the style of {uuid.uuid4().hex}"
        its_id = refusals.id_of(self.owner, "imitation.artist", text)
        refusals.note(
            Refusal(
                refusal_id=its_id, owner=self.owner, door="POST /compositions", field="brief", kind="imitation",
                rule="imitation.artist", text=text, words=text, message="no", refused_at=_now().isoformat(),
            )
        )  # fmt: skip
        if appealed:
            moderating.appeal(self.owner, its_id, "it is mine")
        return its_id

    def share(self) -> str:
        order = ShareOrder(kind="songs", id=self.new_song(), with_="cleo")
        return sharing.give(self.owner, order).share_id

    def job(self) -> str:
        job_id = names.job_id(f"work-{names.seed(_now())}", "generate")
        jobs.record(self.owner, job_id, _now().isoformat(), kind="generate", state="succeeded")
        return job_id

    def removal(self) -> str:
        work_id = names.seed(_now())
        its_id = names.removal_instance(work_id)
        order = RemovalOrder(owner=self.owner, instance_id=its_id, work_id=work_id, sweep_seconds=0)
        runs.note(asking.run_of(self.owner, "RemovalOrchestrator", its_id, order.model_dump()))
        return its_id


def urls_in(text: str) -> list[str]:
    """Every address in an answer."""
    return re.findall(r"https?://[^\s\"'\\<>]+", text)


def _made(work: Work) -> Work:
    assert work.composition is not None
    work.composition.revisions[-1].status = "made"
    work.composition.current = work.composition.revisions[-1].number
    return work


def _now() -> datetime:
    return datetime.now(UTC)
