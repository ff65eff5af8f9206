"""Who one is here, how one signs in, and devices that join by a pairing code."""

from __future__ import annotations

import azure.durable_functions as df

from ripieno.contracts.enums import ItemKind, Role
from ripieno.contracts.identity import DeviceList, Me, Paired, Pairing, PairingClaim, PairingOrder, SignIn
from ripieno.services import identity
from ripieno.services.identity import signed_tokens
from ripieno.services.settings import settings
from ripieno.work import pairing
from triggers.routing import Answer, Call, route

blueprint = df.Blueprint()
TAG = "identity"
_SECRET = {"Cache-Control": "no-store"}


@route(blueprint, "GET", "/auth", role=None, tag=TAG, answers={200: SignIn})
def get_auth(call: Call[None]) -> Answer:
    """How callers are known here, and what a client needs to sign in.

    `issuer`, `client_id` and `scopes` are for the device code (RFC 8628) of a program, and for the authorisation code
    with PKCE (RFC 7636) of a page. The access token then goes with every request as `Authorization: Bearer …`.
    """
    chosen = settings()
    issuer = signed_tokens.trust(chosen).issuer if "entra" in chosen.auth else None
    return Answer(SignIn(
        modes=chosen.auth,
        issuer=issuer,
        client_id=chosen.client_id if issuer else None,
        scopes=["openid", "offline_access", *chosen.scopes] if issuer else [],
        pairing=identity.can_pair(chosen),
    ))  # fmt: skip


@route(blueprint, "GET", "/me", role=Role.VIEWER, tag=TAG, answers={200: Me})
def get_me(call: Call[None]) -> Answer:
    """Whom your requests are taken to come from, and what you may."""
    known = call.caller
    return Answer(Me(owner=known.owner, name=known.name, roles=sorted(known.roles), device_id=known.device))


@route(
    blueprint,
    "POST",
    "/pairings",
    role=Role.VIEWER,
    tag=TAG,
    body=PairingOrder,
    answers={201: Pairing},
    problems=("cannot_pair",),
)
def create_pairing(call: Call[PairingOrder]) -> Answer:
    """Show a code by which one device of yours may join, as a phone or a second machine.

    For eight characters, ten minutes and one device. The device acts for you, with the role that you give it. Where an
    issuer knows who people are, nobody is paired: every device signs in.
    """
    return Answer(pairing.begin(call.caller, call.body), 201, _SECRET)


@route(
    blueprint,
    "POST",
    "/pairings/claim",
    role=None,
    tag=TAG,
    body=PairingClaim,
    answers={201: Paired},
    problems=("cannot_pair", "bad_pairing_code", "too_many_tries"),
)
def claim_pairing(call: Call[PairingClaim]) -> Answer:
    """Join by a code: the answer is the device's token, for 90 days.

    It is shown here only. Ten codes a minute may be tried, by all together. A code is for one request: an
    `Idempotency-Key` is not heeded, and where the answer is lost, another code is to be shown.
    """
    return Answer(pairing.claim(call.body), 201, _SECRET)


@route(blueprint, "GET", "/devices", role=Role.VIEWER, tag=TAG, answers={200: DeviceList})
def list_devices(call: Call[None]) -> Answer:
    """Your devices that have joined, newest first."""
    return Answer(DeviceList(items=pairing.listed(call.owner)))


@route(blueprint, "DELETE", "/devices/{id}", role=Role.VIEWER, of=ItemKind.DEVICES, tag=TAG, answers={200: DeviceList})
def revoke_device(call: Call[None]) -> Answer:
    """Take a device's token back: from now on it opens nothing. The answer is the devices that are left.

    A device can take back itself alone.
    """
    pairing.revoke(call.owner, call.path["id"], by=call.caller)
    return Answer(DeviceList(items=pairing.listed(call.owner)))
