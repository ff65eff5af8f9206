"""Where this Ripieno itself listens: no webhook goes there.

A message is a POST of the app's own. To the host on its own machine it would be a request of the owner `local`; the
durable API of a host on a laptop, and an endpoint without a key, ask nobody who they are.

A public address has many behind it, as that of a front door, so that there the name counts. One in a network of one's
own counts by itself, and all those of this machine are one.
"""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

from ripieno.services.identity import azure
from ripieno.services.outbound import Destination, IPAddress, reached
from ripieno.services.settings import Settings, settings

_EMULATOR = ["http://127.0.0.1:10000", "http://127.0.0.1:10001", "http://127.0.0.1:10002"]
_USUAL = {"http": 80, "https": 443}
_THIS_MACHINE = "this machine"


def has(there: Destination) -> bool:
    """Whether a message would come to ourselves."""
    port = there.url.port or _USUAL[there.url.scheme]
    inside = {place for one in there.addresses if (place := _place(one)) is not None}
    return any(
        port in ports and (name == there.name or not inside.isdisjoint(_places(name) if inside else ()))
        for name, ports in _listed(settings())
    )


def _listed(chosen: Settings) -> Iterator[tuple[str, set[int]]]:
    """Names and ports; without a port both usual ones are meant."""
    endpoints = [one for addresses in chosen.endpoints.values() for one in addresses]
    host = azure.own_name()
    for url in (
        chosen.public_url, *chosen.own_addresses, *endpoints, *_of_storage(chosen.storage or ""),
        *([f"http://{host}"] if host else []),
    ):  # fmt: skip
        with contextlib.suppress(ValueError):
            parts = urlsplit(url)
            if parts.hostname:
                yield parts.hostname.removesuffix("."), {parts.port} if parts.port else set(_USUAL.values())


def _of_storage(connection: str) -> list[str]:
    if "UseDevelopmentStorage=true" in connection:
        return _EMULATOR
    parts = [one.partition("=") for one in connection.split(";")]
    return [value for name, _, value in parts if name.strip().endswith("Endpoint")]


def _places(name: str) -> set[str]:
    """Where a name of ours leads, as far as that is inside."""
    with contextlib.suppress(OSError, UnicodeError):
        found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
        return {place for entry in found if (place := _place(str(entry[4][0]))) is not None}
    return set()


def _place(address: str) -> str | None:
    """An address as it is compared: this machine, one in a network of one's own, or None for a public one."""
    ip = reached(address.partition("%")[0])
    if ip.is_loopback or _is_here(ip):
        return _THIS_MACHINE
    return None if ip.is_global else str(ip)


def _is_here(ip: IPAddress) -> bool:
    """Whether an interface of this machine has the address: to no other can a socket be bound."""
    family = socket.AF_INET if ip.version == 4 else socket.AF_INET6
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind((str(ip), 0))
    except OSError:
        return False
    return True
