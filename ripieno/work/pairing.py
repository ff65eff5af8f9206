"""A phone or a second machine joins by a code: shown by somebody who is in, claimed once and soon, for a token of its
own that ends, is listed, and can be revoked."""

from __future__ import annotations

import base64
import binascii
import hmac
import logging
import secrets
from datetime import UTC, datetime, timedelta

from azure.core.exceptions import AzureError

from ripieno.contracts import names
from ripieno.contracts.enums import Role
from ripieno.contracts.identity import (
    CODE_CHARACTERS,
    CODE_LENGTH,
    CODE_MINUTES,
    DEVICE_DAYS,
    MOST_DEVICES,
    Device,
    DeviceView,
    Paired,
    Pairing,
    PairingClaim,
    PairingCode,
    PairingOrder,
    shown_code,
)
from ripieno.records import devices
from ripieno.records.store import Missing
from ripieno.services.access import granted
from ripieno.services.identity import BadToken, Caller, TokenExpired, can_pair
from ripieno.services.identity.caller import is_plain
from ripieno.services.quotas import VISITOR_PREFIX
from ripieno.services.settings import settings

log = logging.getLogger("ripieno.pairing")
PREFIX = "rpd."
MOST_TRIES = 10
"""A minute, over all who try: within a year one code in a hundred thousand would be guessed."""

_SECRET_BYTES = 32
_USED_EVERY = timedelta(hours=1)


class CannotPair(ValueError):
    """No device can join so."""


class NoSuchCode(ValueError):
    """The code is none, was used, or is over."""


class TooManyTries(RuntimeError):
    """Codes are being guessed, or seem to be. `seconds` is when to try again."""

    def __init__(self, seconds: int):
        super().__init__("too many codes were tried within a minute: wait until the next one, then type it once more")
        self.seconds = seconds


class MayNotPair(PermissionError):
    """Whoever asks may not let others in, or not as that."""


def begin(caller: Caller, order: PairingOrder, now: datetime | None = None) -> Pairing:
    """A code for one device.

    Raises
    ------
    CannotPair, MayNotPair
    """
    now = now or datetime.now(UTC)
    if not can_pair(settings()):
        raise CannotPair("here people sign in themselves, on every device: ripieno login")
    if caller.owner.startswith(VISITOR_PREFIX):
        raise MayNotPair("a visitor lets no device in: a device outlives the visit")
    if caller.device is not None:
        raise MayNotPair("a device that was paired lets no others in: pair them from where this one was")
    if Role(order.role) not in caller.roles:
        raise MayNotPair(f"a device can be at most what you are, and you are not {order.role}")
    if len(devices.of(caller.owner)) >= MOST_DEVICES:
        raise CannotPair(f"{MOST_DEVICES} devices have joined already: revoke one that is not used any more")
    until = (now + timedelta(minutes=CODE_MINUTES)).isoformat()
    while True:
        code = "".join(secrets.choice(CODE_CHARACTERS) for _ in range(CODE_LENGTH))
        kept = PairingCode(
            code_sha256=devices.hashed(code), owner=caller.owner, role=order.role, name=order.name, expires_at=until
        )
        if devices.keep_code(kept):
            return Pairing(code=shown_code(code), role=order.role, expires_at=until)


def claim(asked: PairingClaim, now: datetime | None = None) -> Paired:
    """The token of a device that joins by a code. Of several who claim the same one has it.

    Raises
    ------
    NoSuchCode, TooManyTries, CannotPair
    """
    now = now or datetime.now(UTC)
    if not can_pair(settings()):
        raise CannotPair("here people sign in themselves, on every device: ripieno login")
    _count_try(now)
    device_id = names.seed(now)

    def used(code: PairingCode) -> PairingCode | None:
        if code.device_id is not None or code.expires_at < now.isoformat():
            return None
        return code.model_copy(update={"device_id": device_id})

    try:
        code = devices.change_code(asked.code, used)
    except Missing:
        code = None
    if code is None or code.device_id != device_id:
        raise NoSuchCode(f"no device can join by this code: codes are for one device, and for {CODE_MINUTES} minutes")
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    device = Device(
        device_id=device_id,
        owner=code.owner,
        name=asked.name or code.name,
        role=code.role,
        created_at=now.isoformat(),
        expires_at=(now + timedelta(days=DEVICE_DAYS)).isoformat(),
        token_sha256=devices.hashed(secret),
    )
    devices.create(device)
    return Paired(
        device_id=device_id, token=_token(device, secret), owner=device.owner, role=device.role,
        expires_at=device.expires_at,
    )  # fmt: skip


def caller_of(token: str, now: datetime | None = None) -> Caller | None:
    """Whose paired device has a token; None where it is no token of a device at all.

    Raises
    ------
    BadToken, TokenExpired
    """
    named = _named(token)
    if named is None:
        return None
    now, (owner, device_id, secret) = now or datetime.now(UTC), named
    device = devices.get(owner, device_id)
    if device is None or not hmac.compare_digest(device.token_sha256, devices.hashed(secret)):
        raise BadToken("this device is not paired, or no longer: pair it again (ripieno pair, where it was)")
    if device.expires_at < now.isoformat():
        raise TokenExpired(f"this device was paired for {DEVICE_DAYS} days: pair it again (ripieno pair, where it was)")
    _note_use(device, now)
    return Caller(device.owner, granted([device.role]), device.name, device.device_id, "device")


def listed(owner: str) -> list[DeviceView]:
    """The devices of an owner, newest first."""
    return [DeviceView.model_validate(one.model_dump()) for one in devices.of(owner)]


def revoke(owner: str, device_id: str, *, by: Caller) -> None:
    """A device's token opens nothing from here on. A device can take back itself alone.

    Raises
    ------
    Missing, MayNotPair
    """
    if by.device is not None and (by.owner, by.device) != (owner, device_id):
        raise MayNotPair(
            "a device that was paired can take back itself alone: revoke others from where they were paired"
        )
    if not is_plain(device_id) or devices.get(owner, device_id) is None:
        raise Missing(f"there is no device {device_id}")
    devices.delete(owner, device_id)


def _count_try(now: datetime) -> None:
    """Raises `TooManyTries`; once there were too many in a minute, this process asks storage no more in it."""
    minute = now.astimezone(UTC).isoformat()[:16]
    if minute not in _over and devices.tried(minute) <= MOST_TRIES:
        return
    _over.clear()
    _over.add(minute)
    raise TooManyTries(60 - now.second)


_over: set[str] = set()  # the minute in which too many were tried


def _note_use(device: Device, now: datetime) -> None:
    """When it was used last, to the hour: a write an hour, not one a request. Nobody waits for it in vain."""
    if device.last_used_at is not None and now - datetime.fromisoformat(device.last_used_at) < _USED_EVERY:
        return
    try:
        devices.change(
            device.owner, device.device_id, lambda known: known.model_copy(update={"last_used_at": now.isoformat()})
        )
    except (Missing, AzureError, TimeoutError) as fault:
        log.info("when a device was used last could not be noted: %s", type(fault).__name__)


def _token(device: Device, secret: str) -> str:
    owner = base64.urlsafe_b64encode(device.owner.encode()).decode().rstrip("=")
    return f"{PREFIX}{owner}.{device.device_id}.{secret}"


def _named(token: str) -> tuple[str, str, str] | None:
    """Owner, device and secret of a token that looks like one of ours."""
    parts = token.removeprefix(PREFIX).split(".")
    if not token.startswith(PREFIX) or len(token) > 400 or len(parts) != 3:
        return None
    try:
        owner = base64.urlsafe_b64decode(parts[0] + "=" * (-len(parts[0]) % 4)).decode()
    except (ValueError, binascii.Error):
        return None
    return (owner, parts[1], parts[2]) if is_plain(owner) and is_plain(parts[1]) else None
