"""Standard Webhooks (standardwebhooks.com): signed with every secret that is valid, with an id that stays the same on a
retry. Each direction has secrets of its own:

    endpoint → app              `RIPIENO_CALLBACK_SECRETS`
    endpoint → direct callers   `RIPIENO_DIRECT_SECRETS`: they can check what they are told, and forge no callback
    app → users                 a secret for each owner, which follows from `RIPIENO_WEBHOOK_SECRETS`: nobody who is
                                told something can forge what another is told, and none of them lies in storage
"""

from __future__ import annotations

import atexit
import base64
import hashlib
import hmac
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import httpx
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from ripieno.contracts.tracing import FIELD
from ripieno.services import behalf, outbound, own_addresses, telemetry
from ripieno.services.outbound import BadWebhookUrl
from ripieno.services.settings import settings

TIMEOUT_SECONDS = 10.0
MOST_BYTES = 64 * 1024
"""Of a callback's body: it is a hint, and has a hundred."""
MOST_SIGNATURES = 20
_ID = re.compile(r"[\x21-\x7e]{1,512}")
_TIMESTAMP = re.compile(r"[0-9]{1,12}")
_SIGNATURE = re.compile(r"v1,[A-Za-z0-9+/]{43}=")
CALLBACKS = "/api/callbacks/jobs"
_FROM_OUTSIDE = ("device", "visitor")
_GONE = 410
_HEARD = 409  # it was heard before: the answer to that was lost


class BadSignature(ValueError):
    """The message was not signed with a secret of ours, or too long ago."""


class TooLong(ValueError):
    """No callback is as long as that."""


@dataclass(frozen=True)
class Sent:
    """What came of sending a message once. `is_final`: whoever is there wants no more of them."""

    delivered: bool
    reason: str = ""
    is_final: bool = False


# -- out ----------------------------------------------------------------------------------------------------------


def send(url: str, message_id: str, payload: Mapping[str, Any], secrets: Sequence[str]) -> Sent:
    """Send a message to a user's address once, signed with each of some secrets; never an exception of the network.

    Without a secret nothing is sent: nobody could tell it from a forgery.
    """
    if not secrets:
        return Sent(False, "nothing could be signed: RIPIENO_WEBHOOK_SECRETS is not set")
    body, headers = _signed(message_id, payload, secrets)
    try:
        status = outbound.post(_looked_at(url), body, headers)
    except (httpx.HTTPError, BadWebhookUrl) as fault:
        return Sent(False, (str(fault) or type(fault).__name__)[:500])
    if httpx.codes.is_success(status):
        return Sent(True)
    return Sent(False, f"it answered {status}", is_final=status == _GONE)


def send_callback(url: str, message_id: str, payload: Mapping[str, Any]) -> None:
    """POST a message of an endpoint once: to the app, or to whoever called the endpoint directly.

    Raises
    ------
    httpx.HTTPError, BadWebhookUrl
        When it was not delivered.
    """
    is_to_app = _is_to_app(url)
    secrets = settings().callback_secrets if is_to_app else settings().direct_secrets
    body, headers = _signed(message_id, payload, secrets)
    if is_to_app or _is_under(url, settings().callback_hosts):
        if (here := telemetry.current()) is not None:
            headers[FIELD] = here
        status = _client().post(url, content=body, headers=headers).status_code
    else:
        status = outbound.post(_looked_at(url), body, headers)
    if not httpx.codes.is_success(status) and status != _HEARD:
        raise httpx.HTTPError(f"it answered {status}")


def owners_secrets(owner: str, numbers: Iterable[int]) -> list[str]:
    """The secrets of an owner, by their numbers; of each number the one that the newest of ours makes first.

    HMAC-SHA256 of owner and number under each of `RIPIENO_WEBHOOK_SECRETS` (RFC 5869 would say: expand).
    """
    return [
        _derived(secret, f"webhook\n{owner}\n{number}") for number in numbers for secret in settings().webhook_secrets
    ]


def check_user_url(url: str) -> str:
    """Refuse addresses that a user may not make the platform call: anything but public HTTPS, and never its own.

    Where private addresses are allowed, devices and visitors may name none all the same. A name of theirs that leads
    inside later is not believed there: TLS asks for the certificate of the name.

    Raises
    ------
    BadWebhookUrl
        With what to do.
    """
    if not settings().webhook_secrets:
        raise BadWebhookUrl(
            "webhook_url: no webhook is sent from here, since none could be signed: whoever runs this Ripieno sets"
            " RIPIENO_WEBHOOK_SECRETS"
        )
    asker = behalf.current()
    _looked_at(url, is_trusted=asker is None or asker.known_by not in _FROM_OUTSIDE)
    return url


def check_callback_url(url: str) -> str:
    """Refuse addresses that an endpoint may not be made to call: the app's route for callbacks, those of
    `RIPIENO_CALLBACK_HOSTS`, or else what a user may name. Raises `BadWebhookUrl`."""
    if _is_to_app(url) or _is_under(url, settings().callback_hosts):
        return url
    if not settings().direct_secrets:
        raise BadWebhookUrl(
            "webhook_url: nobody but the app is called from here, since nothing could be signed: whoever runs this"
            " endpoint sets RIPIENO_DIRECT_SECRETS, or names the address in RIPIENO_CALLBACK_HOSTS"
        )
    _looked_at(url)
    return url


# -- in -----------------------------------------------------------------------------------------------------------


def verified(body: bytes, headers: Mapping[str, str]) -> str:
    """The id of a message of an endpoint: signed with any of `RIPIENO_CALLBACK_SECRETS`, within five minutes of now.

    Nothing of the body is read here. Whether the message was heard before is for the caller to look up by its id.

    Raises
    ------
    BadSignature
        Also without a secret: a callback is a hint, and workflows look for themselves.
    TooLong
    """
    secrets = settings().callback_secrets
    if not secrets:
        raise BadSignature("no callback is believed here: set RIPIENO_CALLBACK_SECRETS for the app and its endpoints")
    if len(body) > MOST_BYTES:
        raise TooLong(f"a callback has at most {MOST_BYTES} bytes, not {len(body)}")
    message_id, timestamp, signatures = _told(headers)
    told = {"webhook-id": message_id, "webhook-timestamp": timestamp, "webhook-signature": " ".join(signatures)}
    faults = [_fault(secret, body, told) for secret in secrets]  # each is tried, so that time tells of none
    if all(faults):
        raise BadSignature(f"the callback's signature does not hold: {faults[0]}")
    return message_id


def _told(headers: Mapping[str, str]) -> tuple[str, str, list[str]]:
    """The three headers; of the signatures those of the one version that there is."""
    given = {name.lower(): value for name, value in headers.items()}
    message_id, timestamp = given.get("webhook-id", ""), given.get("webhook-timestamp", "")
    if not _ID.fullmatch(message_id):
        raise BadSignature("a callback has the header webhook-id, of 1 to 512 printable ASCII characters")
    if not _TIMESTAMP.fullmatch(timestamp):
        raise BadSignature("a callback has the header webhook-timestamp, seconds since 1970")
    found = [one for one in given.get("webhook-signature", "").split(" ") if _SIGNATURE.fullmatch(one)]
    if not found:
        raise BadSignature("a callback has the header webhook-signature: `v1,` and 32 bytes in base64")
    return message_id, timestamp, found[:MOST_SIGNATURES]


def _fault(secret: str, body: bytes, headers: dict[str, str]) -> str:
    """Why a message is not one of a secret; nothing where it is."""
    try:
        Webhook(secret).verify(body, headers, json_parse=False)
    except (WebhookVerificationError, ValueError) as fault:
        return str(fault) or type(fault).__name__
    return ""


# -- parts --------------------------------------------------------------------------------------------------------


def _looked_at(url: str, *, is_trusted: bool = True) -> outbound.Destination:
    there = outbound.looked_at(url, private=is_trusted and settings().allow_private_webhooks)
    if own_addresses.has(there):
        raise BadWebhookUrl(f"webhook_url: {there.name[:200]!r} is this Ripieno itself: name whoever is to be told")
    return there


def _is_to_app(url: str) -> bool:
    return url == settings().public_url + CALLBACKS


def _is_under(url: str, places: list[str]) -> bool:
    return any(url == one or url.startswith(one.rstrip("/") + "/") for one in places)


@lru_cache(maxsize=1)
def _client() -> httpx.Client:
    """One for the process, for addresses of the operator's: a client of its own costs every message 25 ms for TLS."""
    client = httpx.Client(timeout=TIMEOUT_SECONDS)
    atexit.register(client.close)
    return client


def _signed(message_id: str, payload: Mapping[str, Any], secrets: Sequence[str]) -> tuple[str, dict[str, str]]:
    """A message's body, and its headers as Standard Webhooks say: a signature for each secret, apart by a blank."""
    body = json.dumps(payload, separators=(",", ":"))
    headers = {"content-type": "application/json", "user-agent": "Ripieno-Webhooks/1"}
    if secrets:
        now = datetime.now(UTC)
        headers |= {
            "webhook-id": message_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": " ".join(Webhook(secret).sign(message_id, now, body) for secret in secrets),
        }
    return body, headers


def _derived(secret: str, of: str) -> str:
    key = base64.b64decode(secret.removeprefix("whsec_"))
    return "whsec_" + base64.b64encode(hmac.new(key, of.encode(), hashlib.sha256).digest()).decode()
