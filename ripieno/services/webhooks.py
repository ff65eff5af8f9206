"""Standard Webhooks (standardwebhooks.com): signed, with an id that stays the same on a retry."""

from __future__ import annotations

import atexit
import ipaddress
import json
import logging
import socket
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from urllib.parse import SplitResult, urlsplit

import httpx
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from ripieno.contracts.tracing import FIELD
from ripieno.services import telemetry
from ripieno.services.settings import settings

TIMEOUT_SECONDS = 10.0
ATTEMPTS = 3
MOST_CHARACTERS = 2048
log = logging.getLogger("ripieno.notify")


class BadSignature(ValueError):
    """The message was not signed with our secret, or too long ago."""


class BadWebhookUrl(ValueError):
    """The address may not be called from here."""


def send_callback(url: str, message_id: str, payload: Mapping[str, Any]) -> None:
    """POST a message of an endpoint once, signed with the secret that endpoints and the app share.

    Raises
    ------
    httpx.HTTPError, BadWebhookUrl
        When it was not delivered.
    """
    body, headers = _signed(message_id, payload, settings().callback_secret)
    if _is_ours(url):
        if (here := telemetry.current()) is not None:
            headers[FIELD] = here
        _client().post(url, content=body, headers=headers).raise_for_status()
    else:
        _post(url, body, headers)


@lru_cache(maxsize=1)
def _client() -> httpx.Client:
    """One for the process, for the app's own address: a client of its own costs every message 25 ms for TLS."""
    client = httpx.Client(timeout=TIMEOUT_SECONDS)
    atexit.register(client.close)
    return client


def _signed(message_id: str, payload: Mapping[str, Any], secret: str | None) -> tuple[str, dict[str, str]]:
    """A message's body, and its headers as Standard Webhooks say."""
    body = json.dumps(payload, separators=(",", ":"))
    headers = {"content-type": "application/json"}
    if secret:
        now = datetime.now(UTC)
        headers |= {
            "webhook-id": message_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": Webhook(secret).sign(message_id, now, body),
        }
    return body, headers


def deliver(url: str, message_id: str, payload: Mapping[str, Any]) -> dict[str, Any]:
    """Send a message to a user's address, a few times where it fails; `{delivered, reason}`, never an exception.

    The host is resolved once and the address that was checked is the one that is called: a name that changes its mind
    between the two reaches nothing inside. Redirects are not followed.
    """
    body, headers = _signed(message_id, payload, settings().webhook_secret)
    reason = ""
    for _ in range(ATTEMPTS):
        try:
            _post(url, body, headers)
            return {"delivered": True, "reason": ""}
        except (httpx.HTTPError, BadWebhookUrl) as fault:
            reason = str(fault) or type(fault).__name__
    log.warning("the webhook %s was not delivered: %s", message_id, reason)
    return {"delivered": False, "reason": reason[:500]}


def verify_callback(body: bytes, headers: Mapping[str, str]) -> Any:
    """The JSON of a message that was signed by an endpoint.

    Without `RIPIENO_CALLBACK_SECRET` nothing is believed: a callback is a hint, and workflows look for themselves.

    Raises
    ------
    BadSignature
    """
    secret = settings().callback_secret
    if not secret:
        raise BadSignature("no callback is believed here: set RIPIENO_CALLBACK_SECRET for the app and its endpoints")
    try:
        return Webhook(secret).verify(body, {name.lower(): value for name, value in headers.items()})
    except (WebhookVerificationError, ValueError) as fault:
        raise BadSignature(f"the callback's signature does not hold: {fault}") from None


def check_user_url(url: str) -> str:
    """Refuse addresses that a user may not make the platform call: anything but public HTTPS.

    Raises
    ------
    BadWebhookUrl
        With what to do.
    """
    _checked(url)
    return url


def check_callback_url(url: str) -> str:
    """Refuse addresses that an endpoint may not be made to call: the app's own, those of `RIPIENO_CALLBACK_HOSTS`, or
    else what a user may name. Raises `BadWebhookUrl`."""
    return url if _is_ours(url) else check_user_url(url)


def _is_ours(url: str) -> bool:
    ours = [settings().public_url, *settings().callback_hosts]
    return any(url == one or url.startswith(one.rstrip("/") + "/") for one in ours)


def _post(url: str, body: str, headers: dict[str, str]) -> None:
    """Call the very address that was checked, by its name as far as TLS and the host behind it are concerned."""
    address, parts = _checked(url)
    host = f"[{address}]" if ":" in address else address
    place = parts._replace(netloc=f"{host}:{parts.port}" if parts.port else host).geturl()
    with httpx.Client(timeout=TIMEOUT_SECONDS, follow_redirects=False, trust_env=False) as client:
        request = client.build_request(
            "POST",
            place,
            content=body,
            headers={**headers, "host": parts.netloc.rpartition("@")[2]},
            extensions={"sni_hostname": parts.hostname},
        )
        answer = client.send(request, stream=True)  # what it says beyond its status is not read
        answer.close()
        answer.raise_for_status()


def _checked(url: str) -> tuple[str, SplitResult]:
    """The address of a user's host, one for all of those it has, and the parts of the URL."""
    if len(url) > MOST_CHARACTERS:
        raise BadWebhookUrl(f"webhook_url is longer than {MOST_CHARACTERS} characters")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as fault:
        raise BadWebhookUrl(f"webhook_url is no address: {fault}") from None
    private = settings().allow_private_webhooks
    if parts.scheme not in (("http", "https") if private else ("https",)) or not parts.hostname:
        kind = "an http(s)" if private else "an https"
        raise BadWebhookUrl(f"webhook_url {url[:200]!r} must be {kind} address")
    try:
        found = [str(entry[4][0]) for entry in socket.getaddrinfo(parts.hostname, port or 443, type=socket.SOCK_STREAM)]
    except (OSError, UnicodeError):
        raise BadWebhookUrl(f"webhook_url: the host {parts.hostname[:200]!r} cannot be found") from None
    if not private and not all(_is_public(address) for address in found):
        raise BadWebhookUrl(f"webhook_url: {parts.hostname[:200]!r} is not a public host")
    return found[0], parts


def _is_public(address: str) -> bool:
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
        ip = ip.ipv4_mapped
    return ip.is_global and not ip.is_multicast
