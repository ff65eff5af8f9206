# Made by scripts/unasync.py from _async/voices.py: change that one.
"""Voices that are somebody's: samples, consent, versions, uses; and vocals sung by them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from urllib.parse import quote

from ripieno.client._sync.removals import Removals
from ripieno.client._sync.uploads import OnBytes, silent, whole_body
from ripieno.client.address import part
from ripieno.client.errors import RipienoError
from ripieno.client.filters import given
from ripieno.client.sources import Sendable, Source
from ripieno.client.threads import run, sleep
from ripieno.client.waiting import VOICE_SECONDS, Watch
from ripieno.contracts.audio import Removal, RemovalAccepted
from ripieno.contracts.consent import ConsentOrder, Revocation
from ripieno.contracts.generation import GenerationAccepted
from ripieno.contracts.voice_profiles import (
    ApplyOrder,
    SampleAccepted,
    SampleKind,
    TrainOrder,
    VoiceComparison,
    VoiceList,
    VoiceOrder,
    VoiceSample,
    VoiceUse,
    VoiceUseList,
    VoiceVersionChoice,
    VoiceVersionList,
    VoiceView,
)


class Voices(Removals):
    def create_voice(self, name: str, about: str = "") -> VoiceView:
        """A voice by its name; it has nothing yet.

        Examples
        --------
        >>> voice = ripieno.create_voice("Ada of the examples")
        >>> voice.name, voice.status
        ('Ada of the examples', 'no_consent')
        """
        order = VoiceOrder(name=name, about=about)
        return self._ask(VoiceView, "POST", "voices", order=order)

    def voices(self, *, limit: int = 50) -> Iterator[VoiceView]:
        """Voices, newest first, without samples and versions; pages of `limit`, 1 to 200, as they are needed."""
        wanted = given({"limit": limit})
        while True:
            page = self._ask(VoiceList, "GET", "voices", params=wanted)
            for one in page.items:
                yield one
            if page.next_cursor is None:
                return
            wanted["cursor"] = page.next_cursor

    def voice(self, voice_id: str) -> VoiceView:
        """A voice: its consent, its samples, its versions."""
        return self._ask(VoiceView, "GET", f"voices/{part(voice_id)}")

    def delete_voice(self, voice_id: str) -> Removal:
        """Delete a voice with all that it is made of; what was made with it is kept, and says so."""
        return self._removing(f"voices/{part(voice_id)}")

    # -- samples and consent --------------------------------------------------------------------------------------

    def add_sample(
        self,
        voice_id: str,
        file: Sendable,
        on_bytes: OnBytes = silent,
        *,
        kind: SampleKind = "sung",
        name: str | None = None,
        size: int | None = None,
        timeout: float = VOICE_SECONDS,
    ) -> VoiceSample:
        """Send a recording of a voice, and wait until it was heard.

        Parameters
        ----------
        kind : sung, or spoken as the sentence of a consent is

        Raises
        ------
        RipienoError
            `sample_refused`, with what to do about it; `consent_revoked`.
        TookTooLong
            After `timeout` seconds; it is heard without you.
        """
        accepted = self.send_sample(voice_id, file, on_bytes, kind=kind, name=name, size=size)
        return self.wait_sample(voice_id, accepted.sample.sample_id, timeout=timeout)

    def send_sample(
        self,
        voice_id: str,
        file: Sendable,
        on_bytes: OnBytes = silent,
        *,
        kind: SampleKind = "sung",
        name: str | None = None,
        size: int | None = None,
    ) -> SampleAccepted:
        """Send a recording of a voice, and do not wait for it (`wait_sample`)."""
        with run(Source, file, name=name, size=size) as source:
            return self._ask(
                SampleAccepted,
                "POST",
                f"voices/{part(voice_id)}/samples",
                params={"sample_kind": kind},
                headers={
                    "content-type": "application/octet-stream",
                    "content-length": str(source.size),
                    "x-file-name": quote(source.name, errors="replace"),
                },
                body=whole_body(source, on_bytes),
                is_replayable=source.is_replayable,
            )

    def wait_sample(self, voice_id: str, sample_id: str, *, timeout: float = VOICE_SECONDS) -> VoiceSample:
        """A sample once it was taken. Raises `RipienoError`, `TookTooLong` as `add_sample` does."""
        watch = Watch(f"the sample {sample_id}", timeout)
        while True:
            voice = self.voice(voice_id)
            found = next((one for one in voice.samples if one.sample_id == sample_id), None)
            if found is None:
                raise RipienoError("not_found", f"the voice has no sample {sample_id}: it was deleted")
            if found.status == "taken":
                return found
            if found.status != "checking":
                why = [one.message for one in found.report.refused] if found.report else []
                raise RipienoError("sample_refused", f"{found.file_name}: {'; '.join(why) or found.error}")
            sleep(watch.pause("being heard"))

    def give_consent(
        self, voice_id: str, who: str, purposes: Sequence[str], until: datetime | str, sample_id: str
    ) -> VoiceView:
        """Write down who lets the voice be used, for what, and until when.

        Parameters
        ----------
        purposes : some of singing, conversion and training
        until : a moment, or ISO 8601; UTC where it names no zone
        sample_id : the spoken sample in which they say so
        """
        order = ConsentOrder.model_validate(
            {"who": who, "purposes": list(purposes), "until": until, "sample_id": sample_id}
        )
        return self._ask(VoiceView, "POST", f"voices/{part(voice_id)}/consent", order=order)

    def revoke_consent(self, voice_id: str, reason: str = "") -> Removal:
        """Take the consent back, for good: nothing is sung in the voice any more. `wait_removal` says when all that it
        was made of is deleted."""
        order = Revocation(reason=reason)
        told = self._ask(RemovalAccepted, "POST", f"voices/{part(voice_id)}/revoke", order=order)
        return Removal(instance_id=told.instance_id, status="running", fraction=0.0, message=told.message)

    # -- versions and uses ----------------------------------------------------------------------------------------

    def train_voice(self, voice_id: str, *, learn: bool = True, steps: int | None = None) -> VoiceView:
        """A further version from all samples, and do not wait for it (`wait_voice`).

        Parameters
        ----------
        learn : whether a model is trained, or the voice measured alone
        """
        order = TrainOrder(learn=learn, steps=steps)
        return self._ask(VoiceView, "POST", f"voices/{part(voice_id)}/train", order=order)

    def wait_voice(self, voice_id: str, *, timeout: float = VOICE_SECONDS) -> VoiceView:
        """A voice once its newest version is made.

        Raises
        ------
        RipienoError
            `voice_failed` with the reason, where it could not be made.
        TookTooLong
            After `timeout` seconds; it goes on.
        """
        watch = Watch(f"the voice {voice_id}", timeout)
        while True:
            voice = self.voice(voice_id)
            newest = voice.versions[-1] if voice.versions else None
            if newest is None or newest.status == "failed":
                raise RipienoError("voice_failed", voice.message if newest is None else newest.error or voice.message)
            if newest.status != "making":
                return voice
            sleep(watch.pause("being made"))

    def voice_versions(self, voice_id: str) -> VoiceVersionList:
        """Every version of a voice, and which one is sung with."""
        return self._ask(VoiceVersionList, "GET", f"voices/{part(voice_id)}/versions")

    def compare_voice_versions(self, voice_id: str, a: int, b: int) -> VoiceComparison:
        """Two versions of a voice beside each other."""
        return self._ask(VoiceComparison, "GET", f"voices/{part(voice_id)}/versions/compare", params={"a": a, "b": b})

    def roll_back_voice(self, voice_id: str, version: int | None = None) -> VoiceView:
        """Sing with an earlier version again, by default the one before the current one."""
        order = VoiceVersionChoice(version=version)
        return self._ask(VoiceView, "POST", f"voices/{part(voice_id)}/rollback", order=order)

    def voice_uses(self, voice_id: str, *, limit: int = 50) -> Iterator[VoiceUse]:
        """What a voice was used for, newest first; pages of `limit`, 1 to 200, are fetched as they are needed."""
        wanted = given({"limit": limit})
        while True:
            page = self._ask(VoiceUseList, "GET", f"voices/{part(voice_id)}/uses", params=wanted)
            for one in page.items:
                yield one
            if page.next_cursor is None:
                return
            wanted["cursor"] = page.next_cursor

    def apply_voice(self, voice_id: str, order: ApplyOrder) -> str:
        """Have the vocal of a song sung by a voice; the id of a generation, as of any other new stem
        (`wait_generation`)."""
        accepted = self._ask(GenerationAccepted, "POST", f"voices/{part(voice_id)}/apply", order=order)
        return accepted.generation_request_id
