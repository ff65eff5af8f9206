"""Standard Webhooks (standardwebhooks.com): signed, with an id that stays the same on a retry."""

from __future__ import annotations

import ipaddress
import json
import logging
import socket
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import httpx
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from ripieno.services.settings import settings

TIMEOUT_SECONDS = 10.0
ATTEMPTS = 3
log = logging.getLogger("ripieno.notify")


class BadSignature(ValueError):
    """The message was not signed with our secret, or too long ago."""


class BadWebhookUrl(ValueError):
    """The address may not be called from here."""


def send(url: str, message_id: str, payload: Mapping[str, Any]) -> None:
    """POST a signed message once.

    Raises
    ------
    httpx.HTTPError
        When it was not delivered.
    """
    body = json.dumps(payload, separators=(",", ":"))
    headers = {"content-type": "application/json"}
    secret = settings().webhook_secret
    if secret:
        now = datetime.now(UTC)
        headers |= {
            "webhook-id": message_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": Webhook(secret).sign(message_id, now, body),
        }
    httpx.post(url, content=body, headers=headers, timeout=TIMEOUT_SECONDS).raise_for_status()


def deliver(url: str, message_id: str, payload: Mapping[str, Any]) -> dict[str, Any]:
    """Send a message to a user's address, a few times where it fails; `{delivered, reason}`, never an exception."""
    reason = ""
    for _ in range(ATTEMPTS):
        try:
            check_user_url(url)
            send(url, message_id, payload)
            return {"delivered": True, "reason": ""}
        except (httpx.HTTPError, BadWebhookUrl) as fault:
            reason = str(fault)
    log.warning("the webhook %s was not delivered: %s", message_id, reason)
    return {"delivered": False, "reason": reason}


def verify(body: bytes, headers: Mapping[str, str]) -> Any:
    """The JSON of a message that was signed by a holder of our secret; raises `BadSignature`."""
    secret = settings().webhook_secret
    if not secret:
        return json.loads(body)
    try:
        return Webhook(secret).verify(body, {name.lower(): value for name, value in headers.items()})
    except WebhookVerificationError as fault:
        raise BadSignature(f"the webhook's signature does not hold: {fault}") from None


def check_user_url(url: str) -> str:
    """Refuse addresses that a user may not make the platform call: anything but public HTTPS.

    Raises
    ------
    BadWebhookUrl
        With what to do.
    """
    parts = urlsplit(url)
    if settings().allow_private_webhooks:
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise BadWebhookUrl(f"webhook_url {url!r} is not an http(s) address")
        return url
    if parts.scheme != "https" or not parts.hostname:
        raise BadWebhookUrl(f"webhook_url {url!r} must be an https address")
    try:
        found = {entry[4][0] for entry in socket.getaddrinfo(parts.hostname, parts.port or 443)}
    except OSError:
        raise BadWebhookUrl(f"webhook_url: the host {parts.hostname!r} cannot be found") from None
    if not all(ipaddress.ip_address(address).is_global for address in found):
        raise BadWebhookUrl(f"webhook_url: {parts.hostname!r} is not a public host")
    return url
