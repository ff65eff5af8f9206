# Made by scripts/unasync.py from _async/generations.py: change that one.
"""New stems: asked for, waited for, reviewed, mixed."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ripieno.client._sync.downloads import Downloads
from ripieno.client._sync.removals import Removals
from ripieno.client.address import part
from ripieno.client.errors import RipienoError
from ripieno.client.filters import given
from ripieno.client.threads import sleep
from ripieno.client.waiting import GENERATION_SECONDS, MIX_SECONDS, Watch
from ripieno.contracts.audio import Removal
from ripieno.contracts.enums import GenerationStatus, TakeStatus
from ripieno.contracts.generation import (
    Generation,
    GenerationAccepted,
    GenerationList,
    GenerationOrder,
    MixAccepted,
    MixOrder,
    MixView,
    Take,
    Verdict,
)

OnGeneration = Callable[[Generation], None]
"""Told the request each time it is looked at."""


def _unwatched(request: Generation) -> None:
    """Tell nobody."""


class Generations(Downloads, Removals):
    def generate(self, order: GenerationOrder, *, idempotency_key: str | None = None) -> str:
        """Ask for new stems; the request's id.

        Raises
        ------
        RipienoError
            `not_analyzed` for a song that is not; `invalid_request` for what cannot be made.

        Examples
        --------
        >>> from ripieno.contracts.generation import GenerationOrder, GenerationParameters
        >>> order = GenerationOrder(
        ...     audio_file_id=song_id, target_stems=["bass"], parameters=GenerationParameters(random_seed=7)
        ... )
        >>> request_id = ripieno.generate(order)
        """
        accepted = self._ask(GenerationAccepted, "POST", "generations", order=order, idempotency_key=idempotency_key)
        return accepted.generation_request_id

    def generation(self, request_id: str) -> Generation:
        """A request with its plan, every take of every stem, and its mixes.

        Examples
        --------
        >>> request = ripieno.generation(request_id)
        >>> request.status, [stem.name for stem in request.stems]
        ('awaiting_review', ['bass'])
        """
        return self._ask(Generation, "GET", f"generations/{part(request_id)}")

    def generations(
        self, audio_file_id: str | None = None, *, status: GenerationStatus | str | None = None, limit: int = 50
    ) -> Iterator[Generation]:
        """Requests, newest first, of one song or of all, with one status or any; without their takes.

        Pages of `limit`, 1 to 200, are fetched as they are needed.

        Examples
        --------
        >>> [request.order.target_stems for request in ripieno.generations(song_id, status="awaiting_review")]
        [['bass']]
        """
        wanted = given({"limit": limit, "audio_file_id": audio_file_id, "status": status})
        while True:
            page = self._ask(GenerationList, "GET", "generations", params=wanted)
            for request in page.items:
                yield request
            if page.next_cursor is None:
                return
            wanted["cursor"] = page.next_cursor

    def wait_generation(
        self, request_id: str, on_progress: OnGeneration = _unwatched, *, timeout: float = GENERATION_SECONDS
    ) -> Generation:
        """The request once its stems can be heard, or none will come.

        Raises
        ------
        TookTooLong
            After `timeout` seconds; it goes on.

        Examples
        --------
        >>> request = ripieno.wait_generation(request_id, timeout=600)
        >>> take = request.stems[0].takes[-1]
        >>> path = ripieno.download(take.blob_url, "bass.wav")
        """
        watch = Watch(f"generation {request_id}", timeout)
        while True:
            request = self.generation(request_id)
            on_progress(request)
            if not GenerationStatus(request.status).is_being_made:
                return request
            sleep(watch.pause(request.status))

    def wait_take(
        self,
        request_id: str,
        stem: str,
        on_progress: OnGeneration = _unwatched,
        *,
        after: int,
        timeout: float = GENERATION_SECONDS,
    ) -> Take:
        """A stem's newest take once one `after` that number can be heard, or could not be made.

        Raises
        ------
        TookTooLong
            After `timeout` seconds; it goes on.
        RipienoError
            `not_found`, where the request has no such stem.

        Examples
        --------
        >>> request = ripieno.reject(request_id, "bass", "busier")
        >>> ripieno.wait_take(request_id, "bass", after=1).take
        2
        """
        watch = Watch(f"the {stem} of generation {request_id}", timeout)
        while True:
            request = self.generation(request_id)
            on_progress(request)
            found = next((one for one in request.stems if one.name == stem), None)
            if found is None and not GenerationStatus(request.status).is_being_made:
                there = ", ".join(one.name for one in request.stems) or "none"
                raise RipienoError("not_found", f"the request has no stem {stem}: it has {there}")
            newest = found.takes[-1] if found and found.takes else None
            if newest is not None and newest.take > after and newest.status != TakeStatus.GENERATING:
                return newest
            sleep(watch.pause(f"at take {newest.take if newest else 0}"))

    def approve(self, request_id: str, stem: str, *, take: int | None = None) -> Generation:
        """Approve a take of a stem, the latest where none is named.

        Raises
        ------
        RipienoError
            `not_reviewable`, `not_found`.

        Examples
        --------
        >>> ripieno.approve(request_id, "bass").status
        'completed'
        """
        return self._review(request_id, stem, "approve", Verdict(take=take))

    def reject(self, request_id: str, stem: str, comment: str = "", *, take: int | None = None) -> Generation:
        """Reject a take of a stem; with a comment a new one is made that heeds it (`wait_take`).

        Raises
        ------
        RipienoError
            `not_reviewable`, `not_found`.
        """
        return self._review(request_id, stem, "reject", Verdict(take=take, comment=comment))

    def cancel_generation(self, request_id: str) -> Generation:
        """Stop what is being made; takes that are there stay.

        Raises
        ------
        RipienoError
            `already_ended`.
        """
        return self._ask(Generation, "POST", f"generations/{part(request_id)}/cancel")

    def delete_generation(self, request_id: str) -> Removal:
        """Stop and delete a request with everything made for it.

        Examples
        --------
        >>> removal = ripieno.delete_generation(request_id)
        >>> ripieno.wait_removal(removal.instance_id).status
        'completed'
        """
        return self._removing(f"generations/{part(request_id)}")

    # -- mixes ----------------------------------------------------------------------------------------------------

    def mix(self, request_id: str, order: MixOrder, *, timeout: float = MIX_SECONDS) -> MixView:
        """The original and the stems as one file, mastered where a preset is named; waits for it.

        Raises
        ------
        RipienoError
            `nothing_to_mix`, `invalid_request`; `mix_failed` with the reason.
        TookTooLong
            After `timeout` seconds; it goes on, and asking for the same mix again finds it.

        Examples
        --------
        >>> from ripieno.contracts.generation import MixOrder
        >>> mixed = ripieno.mix(request_id, MixOrder(gains={"bass": -3.0}, master="streaming"))
        >>> mixed.kind, mixed.preset
        ('master', 'streaming')
        >>> path = ripieno.download(mixed.blob_url, f"mix.{mixed.format}")
        """
        return self.wait_mix(request_id, self.begin_mix(request_id, order), timeout=timeout)

    def begin_mix(self, request_id: str, order: MixOrder, *, idempotency_key: str | None = None) -> MixAccepted:
        """Ask for a mix, and do not wait for it. The same mix of the same takes is made once.

        Examples
        --------
        >>> accepted = ripieno.begin_mix(request_id, MixOrder())
        >>> ripieno.wait_mix(request_id, accepted).kind
        'mix'
        """
        path = f"generations/{part(request_id)}/mixes"
        return self._ask(MixAccepted, "POST", path, order=order, idempotency_key=idempotency_key)

    def wait_mix(self, request_id: str, asked: MixAccepted, *, timeout: float = MIX_SECONDS) -> MixView:
        """A mix that was asked for, or its master where it has one, once it is there.

        Raises
        ------
        RipienoError
            `mix_failed`, with the reason.
        TookTooLong
            After `timeout` seconds; it goes on.
        """
        wanted = asked.master or asked.name
        watch = Watch(f"the mix {wanted}", timeout)
        while True:
            request = self.generation(request_id)
            made = next((one for one in request.mixes if one.name == wanted), None)
            if made is None:
                raise RipienoError("mix_failed", f"{wanted} is not among the mixes any more")
            if made.status == TakeStatus.GENERATED:
                return made
            if made.status != TakeStatus.GENERATING:
                raise RipienoError("mix_failed", made.error or f"the mix was {made.status}")
            sleep(watch.pause("being made"))

    def _review(self, request_id: str, stem: str, verb: str, verdict: Verdict) -> Generation:
        path = f"generations/{part(request_id)}/stems/{part(stem)}/{verb}"
        return self._ask(Generation, "POST", path, order=verdict)
