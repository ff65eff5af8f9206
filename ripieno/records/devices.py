"""Devices that have joined, and the codes by which others may. Of codes and tokens only hashes are kept: of a
token, 32 random bytes, its SHA-256; of a code, which has 39 bits and lives ten minutes, one that takes so much memory
and time that within its life it is not found by trying (scrypt, RFC 7914).

A device is a document of its owner's; its token says whose and which it is, so that one read finds it. Codes are
documents of one partition by their hash, since whoever claims one does not know whose it is.
"""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Callable
from datetime import UTC, datetime

from azure.core import MatchConditions
from azure.core.exceptions import ResourceExistsError, ResourceModifiedError, ResourceNotFoundError
from azure.data.tables import UpdateMode

from ripieno.contracts import names
from ripieno.contracts.identity import MOST_DEVICES, Device, PairingCode
from ripieno.records.store import Store
from ripieno.services.storage import table

_CODES = "codes"
_TRIES = "tries"
_MOST_RACES = 20
_SALT = b"ripieno pairing code"
_COST, _BLOCKS = 2**15, 8  # 32 MiB, a tenth of a second
_MEMORY = 2 * 128 * _COST * _BLOCKS


def hashed(secret: str) -> str:
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()


def hashed_code(code: str) -> str:
    """The same for a code wherever it is typed, so that it is found by it."""
    found = hashlib.scrypt(
        code.encode(errors="surrogatepass"), salt=_SALT, n=_COST, r=_BLOCKS, p=1, maxmem=_MEMORY, dklen=32
    )
    return found.hex()


def get(owner: str, device_id: str) -> Device | None:
    return _devices.get(owner, device_id)


def create(device: Device) -> bool:
    """Keep a device; False where there is one of its id."""
    return _devices.create(device.owner, device)


def change(owner: str, device_id: str, to: Callable[[Device], Device | None]) -> Device:
    """Raises `store.Missing`."""
    return _devices.change(owner, device_id, to)


def delete(owner: str, device_id: str) -> None:
    """Its token opens nothing from here on; nothing happens where there is none."""
    _devices.delete(owner, device_id)


def of(owner: str) -> list[Device]:
    """Every device of an owner, newest first: a few more than `MOST_DEVICES` where codes were claimed at once."""
    found, after = _devices.documents(owner, limit=MOST_DEVICES)
    while after is not None:
        further, after = _devices.documents(owner, after=after, limit=MOST_DEVICES)
        found += further
    return found


def delete_all(owner: str) -> int:
    """No token of an owner's devices opens anything from here on; returns how many devices there were."""
    found = of(owner)
    for device in found:
        _devices.delete(owner, device.device_id)
    return len(found)


# -- codes --------------------------------------------------------------------------------------------------------


def keep_code(code: PairingCode) -> bool:
    """Keep a code; False where there is the same."""
    return _codes.create(_CODES, code)


def find_code(code: str) -> PairingCode | None:
    return _codes.get(_CODES, hashed_code(code))


def change_code(code: str, to: Callable[[PairingCode], PairingCode | None]) -> PairingCode:
    """Raises `store.Missing`."""
    return _codes.change(_CODES, hashed_code(code), to)


def delete_codes(owner: str) -> int:
    """No device joins an owner by a code that was shown before; returns how many codes there were."""
    found = [code for _, code in _codes.everything() if code.owner == owner]
    for code in found:
        _codes.delete(_CODES, code.code_hash)
    return len(found)


def tried(minute: str) -> int:
    """Count one more try to claim a code in this minute, on whichever host; how many there were, this one included."""
    key = {"PartitionKey": _TRIES, "RowKey": minute}
    for _ in range(_MOST_RACES):
        try:
            row = table(names.PAIRING_CODES).get_entity(_TRIES, minute)
            count = int(row["count"]) + 1
            table(names.PAIRING_CODES).update_entity(
                {**key, "count": count},
                mode=UpdateMode.REPLACE,
                etag=row.metadata["etag"],
                match_condition=MatchConditions.IfNotModified,
            )
            return count
        except ResourceModifiedError:
            continue
        except ResourceNotFoundError:
            try:
                table(names.PAIRING_CODES).create_entity(key | {"count": 1})
                return 1
            except ResourceExistsError:
                continue
    return _MOST_RACES  # so many at this moment are too many in a minute


# -- what is over -------------------------------------------------------------------------------------------------


def expire(now: datetime, *, seconds: float = math.inf) -> int:
    """Forget codes and devices that are over, and what was counted, as far as there is time; returns how many."""
    moment, gone, until = now.astimezone(UTC).isoformat(), 0, time.monotonic() + seconds
    for owner, code in list(_codes.everything()):
        if code.expires_at < moment:
            _codes.delete(owner, code.code_hash)
            gone += 1
        if time.monotonic() > until:
            return gone
    for owner, device in list(_devices.everything()):
        if device.expires_at < moment:
            _devices.delete(owner, device.device_id)
            gone += 1
        if time.monotonic() > until:
            return gone
    for row in list(table(names.PAIRING_CODES).query_entities(f"PartitionKey eq '{_TRIES}'", select=["RowKey"])):
        if row["RowKey"] < moment[:16]:
            table(names.PAIRING_CODES).delete_entity(_TRIES, row["RowKey"])
    return gone


_devices = Store(names.DEVICES, Device, key=lambda one: one.device_id, index=lambda one: {})
_codes = Store(names.PAIRING_CODES, PairingCode, key=lambda one: one.code_hash, index=lambda one: {})
everything = _devices.everything
