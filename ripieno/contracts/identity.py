"""Who one is here, how one signs in, and devices that join by a pairing code."""

from __future__ import annotations

from typing import Literal

from pydantic import AliasChoices, Field, field_validator

from ripieno.contracts.base import Contract, Request
from ripieno.contracts.enums import Role

CODE_CHARACTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Of pairing codes: none that looks like another, no vowel but A and E, so that few words come of them."""

CODE_LENGTH = 8
CODE_MINUTES = 10
DEVICE_DAYS = 90
MOST_DEVICES = 50


class SignIn(Contract):
    """`GET /auth`: how callers are known here, and what a client needs to sign in.

    With an `issuer`, a program without a browser takes the device code (RFC 8628), a page the authorisation code with
    PKCE (RFC 7636); `{issuer}/.well-known/openid-configuration` has the addresses of both.
    """

    modes: list[Literal["local", "entra", "easy_auth", "token"]]
    issuer: str | None = None
    client_id: str | None = None
    scopes: list[str] = []
    pairing: bool = False


class Me(Contract):
    """`GET /me`: whom a request is taken to come from."""

    owner: str
    name: str | None = None
    roles: list[Role]
    device_id: str | None = None


class PairingOrder(Request):
    """`POST /pairings`: what a device that joins may do; at most what you may."""

    role: Role = Role.GENERATOR
    name: str | None = Field(default=None, min_length=1, max_length=80)


class Pairing(Contract):
    """A code by which one device may join, once and soon."""

    code: str
    role: Role
    expires_at: str


class PairingClaim(Request):
    """`POST /pairings/claim`: the code that was shown, and what the device is called."""

    code: str = Field(max_length=40)
    name: str | None = Field(default=None, min_length=1, max_length=80)

    @field_validator("code")
    @classmethod
    def _as_it_was_shown(cls, value: str) -> str:
        return normal_code(value)


class Paired(Contract):
    """The token of a device that has joined. It is shown here only: what is kept of it is its hash."""

    device_id: str
    token: str
    owner: str
    role: Role
    expires_at: str


class DeviceView(Contract):
    """A device that has joined."""

    device_id: str
    name: str | None = None
    role: Role
    created_at: str
    expires_at: str
    last_used_at: str | None = None


class DeviceList(Contract):
    """`GET /devices`."""

    items: list[DeviceView]


class Device(DeviceView):
    """A device at rest."""

    owner: str
    token_sha256: str


class PairingCode(Contract):
    """A pairing code at rest, by its hash; `device_id` once it was used."""

    code_hash: str = Field(validation_alias=AliasChoices("code_hash", "code_sha256"))  # once, by SHA-256
    owner: str
    role: Role
    name: str | None = None
    expires_at: str
    device_id: str | None = None


def normal_code(typed: str) -> str:
    """A pairing code as people type it, less blanks and dashes, in capitals; any other text is left as it is.

    >>> normal_code("abcd-2345")
    'ABCD2345'
    """
    return "".join(one for one in typed if not one.isspace() and one != "-").upper()


def shown_code(code: str) -> str:
    """
    >>> shown_code("ABCD2345")
    'ABCD-2345'
    """
    return f"{code[: CODE_LENGTH // 2]}-{code[CODE_LENGTH // 2 :]}"
