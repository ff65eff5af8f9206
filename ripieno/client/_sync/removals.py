# Made by scripts/unasync.py from _async/removals.py: change that one.
"""Deletions: asked for, looked at, waited for."""

from __future__ import annotations

from ripieno.client._sync.connection import Connection
from ripieno.client.address import part
from ripieno.client.threads import sleep
from ripieno.client.waiting import REMOVAL_SECONDS, Watch
from ripieno.contracts.audio import Removal, RemovalAccepted


class Removals(Connection):
    def removal(self, instance_id: str) -> Removal:
        """How far a deletion is: `running`, `completed` or `failed`."""
        return self._ask(Removal, "GET", f"removals/{part(instance_id)}")

    def wait_removal(self, instance_id: str, *, timeout: float = REMOVAL_SECONDS) -> Removal:
        """The deletion once it has ended.

        Raises
        ------
        TookTooLong
            After `timeout` seconds; it goes on.
        """
        watch = Watch(f"the deletion {instance_id}", timeout)
        while True:
            found = self.removal(instance_id)
            if found.status != "running":
                return found
            sleep(watch.pause(found.status))

    def delete_account(self) -> Removal:
        """Delete everything that is yours: every song, generation, composition, set and voice, and what is kept beside
        them. `wait_removal` waits for its end. Neither a paired device may do so, nor a token of a lesser role than
        Generator."""
        return self._removing("account")

    def _removing(self, path: str) -> Removal:
        accepted = self._ask(RemovalAccepted, "DELETE", path)
        return Removal(instance_id=accepted.instance_id, status="running", fraction=0.0, message=accepted.message)
