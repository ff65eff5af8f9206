# Made by scripts/unasync.py from _async/compositions.py: change that one.
"""Whole pieces: asked for, waited for, refined, taken back."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlencode

from ripieno.client._sync.downloads import Downloads
from ripieno.client._sync.removals import Removals
from ripieno.client.address import part
from ripieno.client.filters import given
from ripieno.client.threads import run, sleep
from ripieno.client.waiting import GENERATION_SECONDS, Watch
from ripieno.contracts.audio import Removal
from ripieno.contracts.composition import (
    CompositionAccepted,
    CompositionList,
    CompositionOrder,
    CompositionView,
    DownloadFormat,
    Refinement,
    Rejection,
    RevisionView,
    VersionChoice,
    VersionComparison,
    VersionList,
)
from ripieno.contracts.enums import GenerationStatus
from ripieno.contracts.generation import Meter
from ripieno.contracts.harmony import Harmony, HarmonyOrder

OnComposition = Callable[[CompositionView], None]
"""Told the composition each time it is looked at."""


def _unwatched(composition: CompositionView) -> None:
    """Tell nobody."""


class Compositions(Downloads, Removals):
    def compose(self, order: CompositionOrder | str, *, idempotency_key: str | None = None) -> str:
        """Ask for a whole piece, by a brief or field by field; the composition's id.

        Raises
        ------
        RipienoError
            `invalid_request` for what cannot be made, `not_analyzed` for a song that is not.

        Examples
        --------
        >>> composition_id = ripieno.compose("a calm bossa, 20 seconds")
        """
        wanted = CompositionOrder(brief=order) if isinstance(order, str) else order
        accepted = self._ask(CompositionAccepted, "POST", "compositions", order=wanted, idempotency_key=idempotency_key)
        return accepted.composition_id

    def composition(self, composition_id: str) -> CompositionView:
        """A composition: its stages, context, layers, mix and versions.

        Examples
        --------
        >>> ripieno.composition(composition_id).context.meter
        '4/4'
        """
        return self._ask(CompositionView, "GET", f"compositions/{part(composition_id)}")

    def compositions(
        self, audio_file_id: str | None = None, *, status: GenerationStatus | str | None = None, limit: int = 50
    ) -> Iterator[CompositionView]:
        """Compositions, newest first, from one song or all, with one status or any; without their layers.

        Pages of `limit`, 1 to 200, are fetched as they are needed.

        Examples
        --------
        >>> composition_id in [one.composition_id for one in ripieno.compositions()]
        True
        """
        wanted = given({"limit": limit, "audio_file_id": audio_file_id, "status": status})
        while True:
            page = self._ask(CompositionList, "GET", "compositions", params=wanted)
            for one in page.items:
                yield one
            if page.next_cursor is None:
                return
            wanted["cursor"] = page.next_cursor

    def versions(self, composition_id: str) -> list[RevisionView]:
        """Every version of a composition, the first one first.

        Examples
        --------
        >>> [one.status for one in ripieno.versions(composition_id)]
        ['made']
        """
        return (self._ask(VersionList, "GET", f"compositions/{part(composition_id)}/versions")).items

    def compare_versions(self, composition_id: str, a: int, b: int) -> VersionComparison:
        """What is another in version `b` than in `a`: fields of the context, layers that were made anew, changes.

        Examples
        --------
        >>> ripieno.compare_versions(composition_id, 1, 1).fields
        []
        """
        path = f"compositions/{part(composition_id)}/versions/compare"
        return self._ask(VersionComparison, "GET", path, params={"a": a, "b": b})

    def harmonize(
        self, melody: Path | str, *, key: str | None = None, meter: Meter | None = None, sevenths: bool = False
    ) -> Harmony:
        """Chords for a melody, one a bar: of a MIDI file whose tick 0 is a downbeat. Nothing is kept of it.

        Raises
        ------
        RipienoError
            `invalid_request` for what is no MIDI file or has no notes.
        OSError
            Where there is no such file.

        Examples
        --------
        >>> piece = ripieno.download_composition(composition_id, "piece.mid", format="midi")
        >>> chords = ripieno.harmonize(piece, key="C major").chords
        """
        data = run(Path(melody).read_bytes)
        order = HarmonyOrder(midi=base64.b64encode(data).decode(), key=key, meter=meter, sevenths=sevenths)
        return self._ask(Harmony, "POST", "harmony", order=order)

    def wait_composition(
        self, composition_id: str, on_progress: OnComposition = _unwatched, *, timeout: float = GENERATION_SECONDS
    ) -> CompositionView:
        """The composition once its newest version can be heard, waits for a person, or has failed.

        Raises
        ------
        TookTooLong
            After `timeout` seconds; it goes on.

        Examples
        --------
        >>> made = ripieno.wait_composition(composition_id, timeout=600)
        >>> master = made.mixes[-1]
        >>> path = ripieno.download(master.blob_url, f"piece.{master.format}")
        """
        watch = Watch(f"composition {composition_id}", timeout)
        while True:
            made = self.composition(composition_id)
            on_progress(made)
            if not GenerationStatus(made.status).is_being_made:
                return made
            sleep(watch.pause(made.message))

    def download_composition(
        self,
        composition_id: str,
        path: Path | str,
        *,
        format: DownloadFormat = "wav",
        version: int | None = None,
        timeout: float = GENERATION_SECONDS,
    ) -> Path:
        """A version of a composition as a file, which is made first where it is not there; waits for it.

        Parameters
        ----------
        format : wav, flac, mp3, stems.zip, midi (the notes of all layers), lrc or jams
        version : the current one where None

        Raises
        ------
        RipienoError
            `nothing_to_download`, `export_failed`.
        TookTooLong
            After `timeout` seconds; it goes on, and the same asked again finds it.

        Examples
        --------
        >>> path = ripieno.download_composition(composition_id, "piece.jams", format="jams")
        """
        wanted = urlencode(given({"format": format, "version": version}))
        address = f"compositions/{part(composition_id)}/download?{wanted}"
        return self.download(address, path, timeout=timeout)

    def refine(self, composition_id: str, wanted: Refinement | str) -> CompositionAccepted:
        """Change something: a further version is made (`wait_composition`); `changes` says what was understood.

        Raises
        ------
        RipienoError
            `invalid_request` for what is not there to be changed, `still_making`.

        Examples
        --------
        >>> ripieno.refine(composition_id, "piano a bit louder").version
        2
        """
        order = Refinement(text=wanted) if isinstance(wanted, str) else wanted
        return self._ask(CompositionAccepted, "POST", f"compositions/{part(composition_id)}/refine", order=order)

    def roll_back(self, composition_id: str, version: int | None = None) -> CompositionView:
        """Go back to an earlier version, the one that the current one was made from where none is named."""
        return self._chosen(composition_id, "rollback", version)

    def branch(self, composition_id: str, version: int | None = None) -> CompositionView:
        """A further version that is as an earlier one was; nothing is made anew."""
        return self._chosen(composition_id, "branch", version)

    def approve_composition(self, composition_id: str, version: int | None = None) -> CompositionView:
        """Approve a version; one that waits after a stage goes on."""
        return self._chosen(composition_id, "approve", version)

    def reject_composition(
        self, composition_id: str, comment: str = "", *, version: int | None = None
    ) -> CompositionAccepted:
        """Reject a version; with a comment a further one is made that heeds it (`wait_composition`).

        Raises
        ------
        RipienoError
            `invalid_request` for a comment of which nothing was understood, `still_making`.
        """
        path = f"compositions/{part(composition_id)}/reject"
        return self._ask(CompositionAccepted, "POST", path, order=Rejection(version=version, comment=comment))

    def cancel_composition(self, composition_id: str) -> CompositionView:
        """Stop what is being made; the version before stands."""
        return self._ask(CompositionView, "POST", f"compositions/{part(composition_id)}/cancel")

    def delete_composition(self, composition_id: str) -> Removal:
        """Stop and delete a composition with every version of it."""
        return self._removing(f"compositions/{part(composition_id)}")

    def _chosen(self, composition_id: str, verb: str, version: int | None) -> CompositionView:
        path = f"compositions/{part(composition_id)}/{verb}"
        return self._ask(CompositionView, "POST", path, order=VersionChoice(version=version))
