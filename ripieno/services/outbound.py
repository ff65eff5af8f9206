"""Calls to addresses that somebody else named (OWASP: server-side request forgery).

Conventions
    once        a name is looked up once a call. Every address it has must be public, and one of those that were looked
                at is the one that is connected to: a name that answers otherwise the next time (DNS rebinding) reaches
                nothing inside
    by name     TLS still asks for the certificate of the name, and `Host` is the name
    no hops     a redirect is an answer like any other that is not 2xx: it is not followed
    no words    of an answer its status is all that is looked at; it is not read
    an end      a call has so many seconds in all, however slowly the other side speaks
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import httpx

MOST_CHARACTERS = 2048
MOST_ADDRESSES = 3
CONNECT_SECONDS = 5.0
SECONDS = 15.0
"""For a whole call, its name looked up before."""

_HTTPS, _FIRST_FREE_PORT, _LAST_PORT = 443, 1024, 65535
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_LONGEST_NAME = 253
_ODD = re.compile(r"[\x00-\x20\x7f\\]")

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address


def _nets(*given: str) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
    return tuple(ipaddress.ip_network(one) for one in given)


_OF_THE_CLOUD = _nets(
    "169.254.0.0/16",  # metadata of Azure, AWS, Google; the identity endpoint of App Service
    "168.63.129.16/32",  # Azure's wire server, in the public range
    "100.100.100.200/32",  # metadata of Alibaba
    "192.0.0.192/32",  # of Oracle
    "fd00:ec2::/32",  # of AWS
    "fe80::/10",
    "2002::/16",  # 6to4 (gone, RFC 7526): any of the above inside
    "2001::/32",  # Teredo: the same
)
"""Never called, whatever the settings say: who asks there is given the platform's own credentials."""

_NOT_FOR_CALLING = _nets(
    "0.0.0.0/8",
    "192.88.99.0/24",  # relays of 6to4
    "64:ff9b:1::/48",  # NAT64 of a network's own
    "fec0::/10",
)
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


class BadWebhookUrl(ValueError):
    """The address may not be called from here."""


@dataclass(frozen=True)
class Destination:
    """An address that may be called, and the addresses of its host, looked at once."""

    url: httpx.URL
    name: str
    addresses: tuple[str, ...]


def looked_at(url: str, *, private: bool = False) -> Destination:
    """What a URL leads to. Blocks while the name is looked up.

    Parameters
    ----------
    private : bool
        Whether addresses of networks of one's own, any port and plain http are meant too.

    Raises
    ------
    BadWebhookUrl
        With what to do: it is no public https address, or its name cannot be found.
    """
    parsed = _parsed(url, private=private)
    name = _name(parsed)
    port = parsed.port if parsed.port is not None else (_HTTPS if parsed.scheme == "https" else 80)
    if not 0 < port <= _LAST_PORT:
        raise BadWebhookUrl(f"webhook_url: there is no port {port}")
    if not private and port != _HTTPS and port < _FIRST_FREE_PORT:
        raise BadWebhookUrl(f"webhook_url: port {port} is not for webhooks: use 443, or one from 1024 on")
    try:
        found = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError, ValueError):
        raise BadWebhookUrl(f"webhook_url: the host {name[:200]!r} cannot be found") from None
    addresses = tuple(dict.fromkeys(str(entry[4][0]) for entry in found))
    if not addresses or not all(_may_be_called(one, private=private) for one in addresses):
        raise BadWebhookUrl(f"webhook_url: {name[:200]!r} is not a public host")
    return Destination(parsed, name, addresses[:MOST_ADDRESSES])


def post(there: Destination, body: str, headers: Mapping[str, str]) -> int:
    """POST to one of the very addresses that were looked at; returns the status.

    Raises
    ------
    httpx.HTTPError
        When no answer came.
    """
    try:
        return asyncio.run(asyncio.wait_for(_post(there, body, headers), SECONDS))
    except TimeoutError:
        raise httpx.ReadTimeout(f"no answer within {SECONDS:.0f} s") from None


async def _post(there: Destination, body: str, headers: Mapping[str, str]) -> int:
    limits = httpx.Timeout(SECONDS, connect=CONNECT_SECONDS)
    fault: httpx.HTTPError = httpx.ConnectError("there is no address")
    async with httpx.AsyncClient(verify=_trust(), timeout=limits, follow_redirects=False, trust_env=False) as client:
        for address in there.addresses:
            request = client.build_request(
                "POST",
                there.url.copy_with(host=address),
                content=body,
                headers={**headers, "host": there.url.netloc.decode("ascii")},
                extensions={"sni_hostname": there.name},
            )
            try:
                answer = await client.send(request, stream=True)
            except (httpx.ConnectError, httpx.ConnectTimeout) as problem:
                fault = problem
                continue
            await answer.aclose()
            return answer.status_code
    raise fault


@lru_cache(maxsize=1)
def _trust() -> ssl.SSLContext:
    """Made once: it takes 25 ms."""
    return httpx.create_ssl_context()


def _parsed(url: str, *, private: bool) -> httpx.URL:
    """The URL as it will be called: read once, so that nobody reads it otherwise."""
    if len(url) > MOST_CHARACTERS:
        raise BadWebhookUrl(f"webhook_url is longer than {MOST_CHARACTERS} characters")
    if _ODD.search(url):
        raise BadWebhookUrl("webhook_url has blanks, control characters or backslashes: percent-encode them")
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, UnicodeError, ValueError) as fault:
        raise BadWebhookUrl(f"webhook_url is no address: {str(fault)[:200]}") from None
    if parsed.scheme not in (("http", "https") if private else ("https",)) or not parsed.raw_host:
        kind = "an http(s)" if private else "an https"
        raise BadWebhookUrl(f"webhook_url {url[:200]!r} must be {kind} address")
    if parsed.userinfo:
        raise BadWebhookUrl("webhook_url has a name or password before its host: leave them out, messages are signed")
    return parsed


def _name(url: httpx.URL) -> str:
    """The host as it is looked up and as TLS knows it: ASCII, without a last dot, and no number in disguise."""
    name = url.raw_host.decode("ascii").lower().removesuffix(".")
    try:
        return str(ipaddress.ip_address(name))
    except ValueError:
        pass
    labels = name.split(".")
    if len(name) > _LONGEST_NAME or not all(_LABEL.fullmatch(label) for label in labels):
        raise BadWebhookUrl(f"webhook_url: {name[:200]!r} is no name of a host")
    if _NUMBER.fullmatch(labels[-1]):  # decimal, octal, hexadecimal: what a system's resolver would read as an address
        raise BadWebhookUrl(f"webhook_url: {name[:200]!r} is no name of a host: write an address as four numbers")
    return name


def reached(address: str) -> IPAddress:
    """Whom an address reaches: of IPv4 inside IPv6, mapped or translated, that inside."""
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv4Address):
        return ip
    return ip.ipv4_mapped or (ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF) if ip in _NAT64 else ip)


def _may_be_called(address: str, *, private: bool) -> bool:
    ip = reached(address)
    if any(ip in net for net in _OF_THE_CLOUD) or ip.is_multicast or ip.is_unspecified:
        return False
    return private or (ip.is_global and not ip.is_reserved and not any(ip in net for net in _NOT_FOR_CALLING))
