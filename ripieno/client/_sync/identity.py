# Made by scripts/unasync.py from _async/identity.py: change that one.
"""Who one is, and devices that join by a pairing code."""

from __future__ import annotations

from ripieno.client._sync.connection import Connection
from ripieno.client.address import part
from ripieno.contracts.enums import Role
from ripieno.contracts.identity import DeviceList, DeviceView, Me, Paired, Pairing, PairingClaim, PairingOrder, SignIn


class Identity(Connection):
    def sign_in(self) -> SignIn:
        """How callers are known here, and what is needed to sign in. `ripieno login` does it.

        Examples
        --------
        >>> ripieno.sign_in().modes
        ['local']
        """
        return self._ask(SignIn, "GET", "auth")

    def me(self) -> Me:
        """Whom your requests are taken to come from, and what you may.

        Examples
        --------
        >>> ripieno.me().owner
        'local'
        """
        return self._ask(Me, "GET", "me")

    def pair(
        self, role: Role | str = Role.GENERATOR, *, name: str | None = None, idempotency_key: str | None = None
    ) -> Pairing:
        """A code by which one device of yours may join within ten minutes; it acts for you, with this role.

        Examples
        --------
        >>> len(ripieno.pair("Viewer", name="phone").code)
        9
        """
        order = PairingOrder(role=Role(role), name=name) if name is not None else PairingOrder(role=Role(role))
        return self._ask(Pairing, "POST", "pairings", order=order, idempotency_key=idempotency_key)

    def join(self, code: str, *, name: str | None = None) -> Paired:
        """Join by a code that somebody was shown: the token of this device, to be given as `token` from now on.

        Where the answer is lost it is not asked again: the code is used, and another one is to be shown.
        """
        order = PairingClaim(code=code, name=name) if name is not None else PairingClaim(code=code)
        return self._ask(Paired, "POST", "pairings/claim", order=order, is_replayable=False)

    def devices(self) -> list[DeviceView]:
        """Your devices that have joined, newest first.

        Examples
        --------
        >>> [device.name for device in ripieno.devices() if device.role == "Admin"]
        []
        """
        return self._ask(DeviceList, "GET", "devices").items

    def revoke_device(self, device_id: str) -> list[DeviceView]:
        """Take a device's token back: it opens nothing from now on. Those that are left."""
        return (self._ask(DeviceList, "DELETE", f"devices/{part(device_id)}")).items
