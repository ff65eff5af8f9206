"""Somebody at work: uploads, drops, generates, composes, refines, reviews, mixes, plays sets, lends a voice, shares, visits,
takes back, cancels and removes, begins again what failed, looks for what is left over and at what was used, until told to
stop. What is done follows from the seed; what cannot be done while something
is dead is tried another time."""

from __future__ import annotations

import functools
import hashlib
import io
import random
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import numpy as np
import soundfile
from azure.core.exceptions import AzureError
from azure.storage.blob import BlobServiceClient

from benchmarks.voices.speakers import SENTENCES, says
from ripieno.client import Ripieno, RipienoError
from ripieno.contracts import names
from ripieno.contracts.composition import CompositionOrder
from ripieno.contracts.generation import GenerationOrder, GenerationParameters, MixOrder
from ripieno.contracts.operations import RedriveOrder
from ripieno.contracts.sets import SetOrder
from ripieno.records import runs
from ripieno.services.settings import settings

if TYPE_CHECKING:
    from tests.chaos.world import Chaos

RATE = 22050
CLIP_SECONDS = 2.0
LONGEST_REST = 0.6
PIECE = [{"label": "verse", "bars": 2}, {"label": "chorus", "bars": 2}]
CHANGES = (
    "slower",
    "make the chorus bigger",
    "in A minor",
    "drums a bit louder",
    "no bass in the verse",
    "much faster",
)


@functools.lru_cache(1)
def a_voice() -> bytes:
    """A synthetic speaker, recorded."""
    data = io.BytesIO()
    soundfile.write(data, says("f3", SENTENCES[:2], rate=44100), 44100, subtype="PCM_16", format="WAV")
    return data.getvalue()


def clip(rng: random.Random) -> bytes:
    """A few seconds of chords and clicks that nobody has uploaded yet."""
    time_axis = np.arange(round(CLIP_SECONDS * RATE)) / RATE
    root = rng.uniform(100, 300)
    tone = sum(np.sin(2 * np.pi * root * ratio * time_axis) for ratio in (1, 1.25, 1.5)) * 0.1
    click = (np.modf(time_axis * 2)[0] < 0.02) * 0.5
    data = io.BytesIO()
    soundfile.write(data, tone + click + rng.random() * 1e-3, RATE, format="WAV")
    return data.getvalue()


class Person(threading.Thread):
    """Somebody at work until told to stop; what cannot be done while something is dead is tried another time."""

    def __init__(self, chaos: Chaos, number: int):
        super().__init__(daemon=True)
        self._chaos, self._rng = chaos, random.Random(f"{chaos.seed} {chaos.rounds} {number}")

    def run(self) -> None:
        chaos, rng = self._chaos, self._rng
        makes = (self.upload, self.upload, self.again, self.drop, self.generate, self.generate, self.compose)
        minds = (self.review, self.review, self.mix, self.cancel, self.remove)
        if chaos.only_pieces:
            makes, minds = (self.compose,), ()
        makes += (self.compose, self.refine, self.refine)
        minds += (self.take_back, self.branch_off, self.go_on, self.cancel_piece, self.remove_piece)
        if not chaos.only_pieces:
            makes += (self.play, self.lend_voice, self.share, self.visit, self.leave)
            minds += (self.sing, self.end_share, self.end_voice, self.change_set)
            minds += (self.begin_again, self.look_for_orphans, self.purge, self.look_at_usage)
        with Ripieno(chaos.stack.url, timeout=30) as self._ripieno:
            while not chaos.stopped.is_set():
                deed = rng.choice(makes + minds)
                try:
                    if deed in makes and sum(1 for _ in runs.everything()) > chaos.most_open:
                        deed = rng.choice(minds)
                    deed()
                    chaos.tell(deed.__name__)
                except (RipienoError, TimeoutError, httpx.TransportError, AzureError) as fault:
                    chaos.tell(f"{deed.__name__}: {type(fault).__name__}: {fault}")
                except Exception as fault:
                    chaos.wrong.append(f"nobody expected of {deed.__name__}: {type(fault).__name__}: {fault}")
                    raise
                chaos.stopped.wait(rng.uniform(0.05, LONGEST_REST))

    def clip(self, *, keep: bool = True) -> bytes:
        data = clip(self._rng)
        if keep:
            self._chaos.clips.append(data)
        return data

    def _send(self, data: bytes) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "clip.wav"
            path.write_bytes(data)
            self._chaos.songs.append(self._ripieno.upload(path))

    def upload(self) -> None:
        self._send(self.clip())

    def again(self) -> None:
        """The same bytes once more, which may have been removed or be on their way out."""
        if self._chaos.clips:
            self._send(self._rng.choice(self._chaos.clips))

    def drop(self) -> None:
        data, name = self.clip(), f"{self._rng.random()}.wav"
        with BlobServiceClient.from_connection_string(self._chaos.stack.connection_string) as service:
            service.get_container_client(names.RAW_AUDIO).upload_blob(name, data)
        self._chaos.drops.append(name)
        digest = hashlib.sha256(data).hexdigest()
        self._chaos.songs.append(names.audio_file_id(settings().default_owner, digest))

    def generate(self) -> None:
        analysed = self._analysed()
        song = self._rng.choice(analysed) if analysed and self._rng.random() < 0.4 else None
        free = GenerationParameters(random_seed=1, target_bpm=120, duration_seconds=3, chord_progression=["C", "F"])
        given = GenerationParameters(random_seed=1, bars=(1, 1)) if song else free
        order = GenerationOrder(audio_file_id=song, target_stems=["bass", "drums"], parameters=given)
        self._chaos.works.append(self._ripieno.generate(order))

    def review(self) -> None:
        if not self._chaos.works:
            return
        work, element = self._rng.choice(self._chaos.works), self._rng.choice(("bass", "drums"))
        if self._rng.random() < 0.5:
            self._ripieno.approve(work, element)
        else:
            self._ripieno.reject(work, element, self._rng.choice(("", "busier", "an octave lower")))

    def mix(self) -> None:
        if self._chaos.works:
            order = MixOrder(gains={"bass": self._rng.choice((-3.0, 0.0))})
            self._ripieno.mix(self._rng.choice(self._chaos.works), order, timeout=1)

    def cancel(self) -> None:
        if self._chaos.works and self._rng.random() < 0.3:
            self._ripieno.cancel_generation(self._rng.choice(self._chaos.works))

    def compose(self) -> None:
        """A piece of four bars; some of it is to be looked at on the way."""
        players = self._rng.choice((["bass", "drums"], ["piano", "vocals"]))
        stop_at = self._rng.choice((None, None, None, "harmony", "lyrics", "layers", "mix"))
        order = {"brief": "a calm pop song about rain", "form": PIECE, "tempo": 180.0, "layers": players,
                 "stop_at": stop_at, "random_seed": self._rng.randrange(3)}  # fmt: skip
        self._chaos.pieces.append(self._ripieno.compose(CompositionOrder.model_validate(order)))

    def refine(self) -> None:
        if self._chaos.pieces:
            self._ripieno.refine(self._rng.choice(self._chaos.pieces), self._rng.choice(CHANGES))

    def take_back(self) -> None:
        if self._chaos.pieces:
            self._ripieno.roll_back(self._rng.choice(self._chaos.pieces))

    def branch_off(self) -> None:
        if self._chaos.pieces:
            self._ripieno.branch(self._rng.choice(self._chaos.pieces))

    def go_on(self) -> None:
        if self._chaos.pieces:
            self._ripieno.approve_composition(self._rng.choice(self._chaos.pieces))

    def cancel_piece(self) -> None:
        if self._chaos.pieces and self._rng.random() < 0.4:
            self._ripieno.cancel_composition(self._rng.choice(self._chaos.pieces))

    def remove_piece(self) -> None:
        if self._chaos.pieces and self._rng.random() < 0.4:
            piece = self._rng.choice(self._chaos.pieces)
            self._chaos.unwanted.add(piece)
            self._chaos.removals.append(self._ripieno.delete_composition(piece).instance_id)

    def remove(self) -> None:
        """What was asked for may happen though its answer never came."""
        chaos = self._chaos
        if chaos.songs and self._rng.random() < 0.5:
            song = self._rng.choice(chaos.songs)
            chaos.unwanted.add(song)
            chaos.removals.append(self._ripieno.delete(song).instance_id)
        elif chaos.works and self._rng.random() < 0.5:
            work = self._rng.choice(chaos.works)
            chaos.unwanted.add(work)
            chaos.removals.append(self._ripieno.delete_generation(work).instance_id)

    # -- sets, voices, shares, visitors -------------------------------------------------------------------------------

    def _analysed(self) -> list[str]:
        return [song.audio_file_id for song in self._ripieno.search(status="analyzed", limit=50)]

    def play(self) -> None:
        """A set of two songs, which may be too short to be mixed."""
        analysed = self._analysed()
        if len(analysed) > 1:
            order = SetOrder(songs=self._rng.sample(analysed, 2), all_of_them=True, random_seed=1)
            self._chaos.sets.append(self._ripieno.make_set(order))

    def change_set(self) -> None:
        if self._chaos.sets:
            dj_set = self._rng.choice(self._chaos.sets)
            match self._rng.randrange(4):
                case 0:
                    self._ripieno.talk_to_set(dj_set, "bring the second song to the start")
                case 1:
                    self._ripieno.cancel_set(dj_set)
                case 2:
                    self._ripieno.branch_set(dj_set)
                case _:
                    self._chaos.unwanted.add(dj_set)
                    self._chaos.removals.append(self._ripieno.delete_set(dj_set).instance_id)

    def lend_voice(self) -> None:
        """A voice, a recording of it and a consent; each may be cut short."""
        voice = self._ripieno.create_voice(f"voice {self._rng.random()}").voice_id
        self._chaos.voices.append(voice)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "voice.wav"
            path.write_bytes(a_voice())
            sample = self._ripieno.send_sample(voice, path, kind="spoken").sample.sample_id
        if self._rng.random() < 0.7:
            self._ripieno.wait_sample(voice, sample, timeout=10)
            self._ripieno.give_consent(voice, "Anna Berg", ["singing", "conversion"], "2099-12-31", sample)

    def sing(self) -> None:
        if self._chaos.voices:
            given = GenerationParameters(
                random_seed=1, target_bpm=120, duration_seconds=3, chord_progression=["C"], lyrics="home I go"
            )
            order = GenerationOrder(
                target_stems=["vocals"], voice=self._rng.choice(self._chaos.voices), parameters=given
            )
            self._chaos.works.append(self._ripieno.generate(order))

    def end_voice(self) -> None:
        if self._chaos.voices:
            voice = self._rng.choice(self._chaos.voices)
            if self._rng.random() < 0.5:
                self._chaos.removals.append(self._ripieno.revoke_consent(voice, "enough").instance_id)
            else:
                self._chaos.removals.append(self._ripieno.delete_voice(voice).instance_id)

    def share(self) -> None:
        known = [("songs", one) for one in self._chaos.songs] + [("works", one) for one in self._chaos.works]
        if known:
            kind, item = self._rng.choice(known)
            self._ripieno.share(kind, item, self._rng.choice(("berta", "carl")))

    def end_share(self) -> None:
        given = list(self._ripieno.shares(limit=20))
        if given:
            self._ripieno.end_share(self._rng.choice(given).share_id)

    def visit(self) -> None:
        """Somebody without an account, who leaves a song behind and sometimes deletes it."""
        with self._visitor() as visitor:
            song = self._left_behind(visitor)
            if self._rng.random() < 0.3:
                visitor.delete(song)

    def leave(self) -> None:
        """Somebody without an account deletes all that is theirs, sometimes twice, in the middle of it."""
        with self._visitor() as visitor:
            self._left_behind(visitor)
            visitor.delete_account()
            if self._rng.random() < 0.3:
                self._left_behind(visitor)
                visitor.delete_account()

    def _visitor(self) -> Ripieno:
        return Ripieno(self._chaos.stack.url, token=self._ripieno.begin_visit().token, timeout=30)

    def _left_behind(self, visitor: Ripieno) -> str:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "visitor.wav"
            path.write_bytes(self.clip(keep=False))
            return visitor.upload(path)

    def begin_again(self) -> None:
        """What failed, by an operator; sometimes all of a kind."""
        found = list(self._ripieno.failures(status="open", limit=20))
        if found:
            one = self._rng.choice(found)
            if self._rng.random() < 0.7:
                self._ripieno.redrive(one.failure_id)
            else:
                self._ripieno.redrive_all(RedriveOrder(kind=one.kind, limit=3))

    def look_for_orphans(self) -> None:
        self._ripieno.orphans(remove=self._rng.random() < 0.5)

    def purge(self) -> None:
        self._ripieno.purge_history(dry_run=self._rng.random() < 0.5)

    def look_at_usage(self) -> None:
        self._ripieno.usage(owner=self._rng.choice((None, "all")))
