# Made by scripts/unasync.py from _async/sets.py: change that one.
"""DJ sets: asked for, waited for, changed, talked to, taken home."""

from __future__ import annotations

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
from ripieno.contracts.composition import VersionChoice
from ripieno.contracts.dj_sets import (
    SaidToSet,
    SetAccepted,
    SetChange,
    SetComparison,
    SetDownloadFormat,
    SetExplanation,
    SetList,
    SetTalkView,
    SetVersionList,
    SetVersionView,
    SetView,
    TalkAccepted,
)
from ripieno.contracts.enums import GenerationStatus
from ripieno.contracts.sets import SetEdit, SetOrder
from ripieno.contracts.understanding import Language

OnSet = Callable[[SetView], None]
"""Told the set each time it is looked at."""


def _unwatched(dj_set: SetView) -> None:
    """Tell nobody."""


class Sets(Downloads, Removals):
    def make_set(self, order: SetOrder | str, *, idempotency_key: str | None = None) -> str:
        """Ask for a DJ set, by a brief or field by field; its id.

        Raises
        ------
        RipienoError
            `invalid_request` for what cannot be played.
        """
        wanted = SetOrder(brief=order) if isinstance(order, str) else order
        accepted = self._ask(SetAccepted, "POST", "sets", order=wanted, idempotency_key=idempotency_key)
        return accepted.set_id

    def dj_set(self, set_id: str, version: int | None = None) -> SetView:
        """A set: its plan, its mix, its versions, what was said to it; of one version where that is named."""
        return self._ask(SetView, "GET", f"sets/{part(set_id)}", params=given({"version": version}))

    def sets(self, *, status: GenerationStatus | str | None = None, limit: int = 50) -> Iterator[SetView]:
        """Sets, newest first, with one status or any; without their plans.

        Pages of `limit`, 1 to 200, are fetched as they are needed.
        """
        wanted = given({"limit": limit, "status": status})
        while True:
            page = self._ask(SetList, "GET", "sets", params=wanted)
            for one in page.items:
                yield one
            if page.next_cursor is None:
                return
            wanted["cursor"] = page.next_cursor

    def wait_set(self, set_id: str, on_progress: OnSet = _unwatched, *, timeout: float = GENERATION_SECONDS) -> SetView:
        """The set once its newest version can be heard or has failed.

        Raises
        ------
        TookTooLong
            After `timeout` seconds; it goes on.
        """
        watch = Watch(f"set {set_id}", timeout)
        while True:
            made = self.dj_set(set_id)
            on_progress(made)
            if not GenerationStatus(made.status).is_being_made:
                return made
            sleep(watch.pause(made.message))

    def edit_set(self, set_id: str, wanted: SetChange | SetEdit | str) -> SetAccepted:
        """Change something: a further version is planned around it (`wait_set`); `changes` says what was done.

        Raises
        ------
        RipienoError
            `invalid_request` for what is not there to be changed, `still_making`.
        """
        match wanted:
            case str():
                change = SetChange(text=wanted)
            case SetEdit():
                change = SetChange(edits=[wanted])
            case _:
                change = wanted
        return self._ask(SetAccepted, "POST", f"sets/{part(set_id)}/edit", order=change)

    def set_versions(self, set_id: str) -> list[SetVersionView]:
        """Every version of a set, the first one first."""
        return (self._ask(SetVersionList, "GET", f"sets/{part(set_id)}/versions")).items

    def compare_set_versions(self, set_id: str, a: int, b: int) -> SetComparison:
        """What is another in version `b` than in `a`: songs that came, went or moved, transitions, the whole; `said`
        has it in sentences."""
        path = f"sets/{part(set_id)}/versions/compare"
        return self._ask(SetComparison, "GET", path, params={"a": a, "b": b})

    def roll_back_set(self, set_id: str, version: int | None = None) -> SetView:
        """Go back to an earlier version, the one that the current one was made from where none is named."""
        return self._ask(SetView, "POST", f"sets/{part(set_id)}/rollback", order=VersionChoice(version=version))

    def branch_set(self, set_id: str, version: int | None = None, *, idempotency_key: str | None = None) -> str:
        """A further set that begins as a version of this one, the current one where none is named; its id
        (`wait_set`)."""
        path, choice = f"sets/{part(set_id)}/branch", VersionChoice(version=version)
        accepted = self._ask(SetAccepted, "POST", path, order=choice, idempotency_key=idempotency_key)
        return accepted.set_id

    def explain_set(
        self,
        set_id: str,
        *,
        song: int | None = None,
        transition: int | None = None,
        version: int | None = None,
        language: Language = "en",
    ) -> SetExplanation:
        """Why the song at a position, or the transition of a number, is as it is; else the whole set."""
        wanted = given({"song": song, "transition": transition, "version": version, "language": language})
        return self._ask(SetExplanation, "GET", f"sets/{part(set_id)}/why", params=wanted)

    def talk_to_set(self, set_id: str, said: str | Path, *, language: Language | None = None) -> str:
        """Say something to a set, in words or as a file with a recording; the id of the talk (`wait_talk`).

        Raises
        ------
        RipienoError
            `unsupported_format` for what is no recording, `too_much_said`.
        OSError
            Where there is no such file.
        """
        path = f"sets/{part(set_id)}/talk"
        if isinstance(said, Path):
            data = run(said.read_bytes)
            accepted = self._ask(
                TalkAccepted, "POST", path, data=data, headers={"content-type": "application/octet-stream"}
            )
        else:
            accepted = self._ask(TalkAccepted, "POST", path, order=SaidToSet(text=said, language=language))
        return accepted.talk_id

    def talk(self, set_id: str, talk_id: str) -> SetTalkView:
        """What was said to a set, what came of it, and the answer."""
        return self._ask(SetTalkView, "GET", f"sets/{part(set_id)}/talks/{part(talk_id)}")

    def wait_talk(self, set_id: str, talk_id: str, *, timeout: float = GENERATION_SECONDS) -> SetTalkView:
        """What was said once it is answered, or could not be understood.

        Raises
        ------
        TookTooLong
            After `timeout` seconds; it goes on.
        """
        watch = Watch(f"the answer of the set {set_id}", timeout)
        while True:
            said = self.talk(set_id, talk_id)
            if said.status != "listening":
                return said
            sleep(watch.pause("listening"))

    def wait_answer(self, set_id: str, talk_id: str, *, timeout: float = GENERATION_SECONDS) -> SetTalkView:
        """What was said once its answer can be heard, or cannot be spoken (`error` says why).

        Raises
        ------
        TookTooLong
            After `timeout` seconds; it goes on.
        """
        watch = Watch(f"the answer of the set {set_id}", timeout)
        while True:
            said = self.talk(set_id, talk_id)
            if said.status == "failed" or said.answer_blob or said.error:
                return said
            sleep(watch.pause("speaking"))

    def download_set(
        self,
        set_id: str,
        path: Path | str,
        *,
        format: SetDownloadFormat = "flac",
        version: int | None = None,
        timeout: float = GENERATION_SECONDS,
    ) -> Path:
        """A version of a set as a file, which is made first where it is not there; waits for it.

        Parameters
        ----------
        format : wav, flac, mp3, cue, chapters or tracklist
        version : the current one where None

        Raises
        ------
        RipienoError
            `nothing_to_download`, `export_failed`.
        TookTooLong
            After `timeout` seconds; it goes on, and the same asked again finds it.
        """
        wanted = urlencode(given({"format": format, "version": version}))
        return self.download(f"sets/{part(set_id)}/download?{wanted}", path, timeout=timeout)

    def cancel_set(self, set_id: str) -> SetView:
        """Stop what is being made; the version before stands."""
        return self._ask(SetView, "POST", f"sets/{part(set_id)}/cancel")

    def delete_set(self, set_id: str) -> Removal:
        """Stop and delete a set with every version of it; its songs stay."""
        return self._removing(f"sets/{part(set_id)}")
