# Made by scripts/unasync.py from _async/masters.py: change that one.
"""Songs made ready to be released."""

from __future__ import annotations

from collections.abc import Iterator

from ripieno.client._sync.removals import Removals
from ripieno.client.address import part
from ripieno.client.errors import RipienoError
from ripieno.client.filters import given
from ripieno.client.threads import sleep
from ripieno.client.waiting import MIX_SECONDS, Watch
from ripieno.contracts.audio import Removal
from ripieno.contracts.enums import GenerationStatus
from ripieno.contracts.masters import SongMaster, SongMasterList, SongMasterOrder


class Masters(Removals):
    def master(
        self, audio_file_id: str, order: SongMasterOrder | None = None, *, timeout: float = MIX_SECONDS
    ) -> SongMaster:
        """A master of a song, by a preset, at a loudness, or to sound as another song does; waits for it.

        Raises
        ------
        RipienoError
            `invalid_request` for a preset that is not there; `mix_failed` with the reason.
        TookTooLong
            After `timeout` seconds; it goes on.

        Examples
        --------
        >>> master = ripieno.master(song_id)
        >>> master.file.preset, round(master.file.loudness_lufs) <= -13
        ('streaming', True)
        """
        begun = self.begin_master(audio_file_id, order or SongMasterOrder())
        return self.wait_master(begun.master_id, timeout=timeout)

    def begin_master(self, audio_file_id: str, order: SongMasterOrder) -> SongMaster:
        """Ask for a master, and do not wait for it (`wait_master`)."""
        return self._ask(SongMaster, "POST", f"audio/{part(audio_file_id)}/masters", order=order)

    def song_master(self, master_id: str) -> SongMaster:
        """A master of a song, as it stands."""
        return self._ask(SongMaster, "GET", f"masters/{part(master_id)}")

    def wait_master(self, master_id: str, *, timeout: float = MIX_SECONDS) -> SongMaster:
        """A master once it is there.

        Raises
        ------
        RipienoError
            `mix_failed`, with the reason.
        TookTooLong
            After `timeout` seconds; it goes on.
        """
        watch = Watch(f"the master {master_id}", timeout)
        while True:
            made = self.song_master(master_id)
            if made.status == GenerationStatus.COMPLETED:
                return made
            if not GenerationStatus(made.status).is_being_made:
                raise RipienoError("mix_failed", made.message)
            sleep(watch.pause("being made"))

    def masters(self, *, limit: int = 50) -> Iterator[SongMaster]:
        """Masters of songs, newest first; pages of `limit`, 1 to 200, are fetched as they are needed."""
        wanted = given({"limit": limit})
        while True:
            page = self._ask(SongMasterList, "GET", "masters", params=wanted)
            for one in page.items:
                yield one
            if page.next_cursor is None:
                return
            wanted["cursor"] = page.next_cursor

    def delete_master(self, master_id: str) -> Removal:
        """Stop and delete a master of a song."""
        return self._removing(f"masters/{part(master_id)}")
