"""Which blob belongs to which row: the one place that knows, for what looks for orphans and for what must hold.

Songs, works and voices are remembered by 64 bits of each id, so that a million of them fit into some tens of megabytes.
What a run is on its way with counts as being there: it is in the middle of coming or going.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from ripieno.contracts import names
from ripieno.contracts.workflow import Run
from ripieno.records import runs, songs, voices, works

OF_A_SONG = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/[a-z0-9-]+")
OF_A_WORK = re.compile(r"[0-9]{13}[0-9a-f]{12}")
OF_A_WORKFLOW = re.compile(
    r"(song-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}-.+|(work|take|voice)-[0-9]{13}[0-9a-f]{12}(-.+)?):.+"
)
"""The folders and jobs that the platform names: whoever calls an endpoint directly names their own, and a drop that was
rejected keeps its name."""
SONG_CONTAINERS = (names.SONGS, names.REJECTED, names.STEMS, names.ANALYSES, names.JAMS)


def _short(name: str) -> int:
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "big")


@dataclass
class Known:
    """Everything that blobs may belong to."""

    lives: set[int] = field(default_factory=set)
    works: set[int] = field(default_factory=set)
    voices: set[int] = field(default_factory=set)

    @classmethod
    def take(cls) -> Known:
        """As storage has it now, one document after the other."""
        known = cls()
        known.add_runs(runs.everything())  # before what they are on their way with
        for _, song in songs.everything():
            known.lives.add(_short(names.song_folder(song.audio_file_id, song.born)))
        for _, work in works.everything():
            known.works.add(_short(work.work_id))
        for _, voice in voices.everything():
            known.voices.add(_short(voice.voice_id))
        known.add_runs(runs.everything())  # and what has begun meanwhile
        return known

    @classmethod
    def of(
        cls,
        lives: Iterable[tuple[str, str]],
        works: Iterable[str],
        voices: Iterable[str],
        on_their_way: Iterable[Run],
    ) -> Known:
        """Of what was read before; `lives` are song ids, each with its `born`."""
        known = cls(
            {_short(names.song_folder(*life)) for life in lives},
            {_short(one) for one in works},
            set(map(_short, voices)),
        )
        known.add_runs(on_their_way)
        return known

    def add_runs(self, on_their_way: Iterable[Run]) -> None:
        for run in on_their_way:
            order = run.order
            if order.get("audio_file_id") and order.get("born"):
                self.lives.add(_short(names.song_folder(order["audio_file_id"], order["born"])))
            for work_id in (order.get("work_id"), *order.get("parts", [])):
                if work_id:
                    self.works.add(_short(work_id))
            if order.get("voice_id"):
                self.voices.add(_short(order["voice_id"]))

    def is_alive(self, folder: str) -> bool:
        """Whether `{song}/{born}` is a life of a song, or one that is on its way in or out."""
        return _short(folder) in self.lives

    def is_work(self, work_id: str) -> bool:
        return _short(work_id) in self.works

    def is_voice(self, voice_id: str) -> bool:
        return _short(voice_id) in self.voices

    def has_owner(self, job: str) -> bool:
        """Whether the song, work or voice of a job, or of a blob of its, is there."""
        instance = names.instance_of_job(job.partition("/")[0].removesuffix(".json"))
        if instance.startswith("song-"):
            song_id, born = instance[5:41], instance[42:].partition("-")[0]
            return self.is_alive(names.song_folder(song_id, born))
        kind, _, rest = instance.partition("-")
        if kind == "voice":
            return self.is_voice(rest.partition("-")[0])
        return kind in ("work", "take") and self.is_work(rest.partition("-")[0])

    def why_orphan(self, container: str, name: str) -> str | None:
        """What a blob does not belong to; None where it belongs to something, or is not one that the platform names."""
        if container in SONG_CONTAINERS:
            folder = "/".join(name.split("/")[:2]).removesuffix(".json").removesuffix(".jams")
            return "belongs to no song" if OF_A_SONG.fullmatch(folder) and not self.is_alive(folder) else None
        if container == names.GENERATED:
            work_id = name.partition("/")[0]
            return "belongs to no work" if OF_A_WORK.fullmatch(work_id) and not self.is_work(work_id) else None
        if container == names.VOICES:
            return None if self.is_voice(name.partition("/")[0]) else "belongs to no voice"
        if container == names.JOBS:
            return "belongs to nothing" if OF_A_WORKFLOW.match(name) and not self.has_owner(name) else None
        return None
