"""Bicep's own functions, as far as `infra/bicep` uses them: on values that are known, what they come to."""

from __future__ import annotations

import hashlib
import ipaddress
from collections.abc import Callable
from typing import Any

from infra.checks.bicep.values import Body, Unknown


class Wrong(Exception):
    """An expression that Bicep would refuse."""


def text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def is_unknown(*values: Any) -> bool:
    return any(isinstance(value, Unknown) for value in values)


def empty(value: Any) -> bool:
    return value is None or (not is_unknown(value) and len(value) == 0)


def concat(*values: list[Any]) -> list[Any]:
    return [one for value in values for one in value]


def union(*values: Any) -> Any:
    if all(isinstance(value, list) for value in values):
        joined = concat(*values)
        return [one for number, one in enumerate(joined) if one not in joined[:number]]
    if not all(isinstance(value, dict) for value in values):
        raise Wrong("union() joins objects, or arrays")
    made = Body(place=getattr(values[0], "place", ("", 0)))
    for value in values:
        made.update(value)
        made.lines |= getattr(value, "lines", {})
    return made


def unique(*values: Any) -> str:
    return hashlib.sha256("\n".join(map(text, values)).encode()).hexdigest()[:13]


def subnet(of: str, length: int, number: int) -> str:
    whole = ipaddress.IPv4Network(of)
    found = ipaddress.IPv4Network((int(whole.network_address) + number * 2 ** (32 - length), length))
    if not found.subnet_of(whole):
        raise Wrong(f"{of} has no subnet {number} of /{length}")
    return str(found)


def on_text(function: Callable[..., Any]) -> Callable[..., Any]:
    """Of what is not known yet, it is not known either."""

    def called(*values: Any) -> Any:
        if not is_unknown(*values):
            return function(*values)
        return Unknown(f"{function.__name__}({', '.join(map(text, values))})")

    return called


def place(name: str) -> Body:
    return Body({"id": Unknown(f"/{name}"), "name": Unknown(name), "location": Unknown(f"{name}.location")})


def lower(value: str) -> str:
    return value.lower()


def upper(value: str) -> str:
    return value.upper()


def joined(values: list[str], between: str) -> str:
    return between.join(values)


def replace(value: str, old: str, new: str) -> str:
    return value.replace(old, new)


def take(value: Any, number: int) -> Any:
    return value[:number]


def split(value: str, at: str) -> list[str]:
    return value.split(at)


def last(value: Any) -> Any:
    return value[-1] if value else None


def contains(value: Any, one: Any) -> bool:
    return one in value


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "empty": empty,
    "length": len,
    "union": union,
    "concat": concat,
    "contains": contains,
    "toLower": on_text(lower),
    "replace": on_text(replace),
    "take": on_text(take),
    "split": on_text(split),
    "last": on_text(last),
    "toUpper": on_text(upper),
    "join": on_text(joined),
    "int": int,
    "items": lambda value: [Body({"key": key, "value": value[key]}) for key in sorted(value)],
    "string": text,
    "range": lambda start, number: list(range(start, start + number)),
    "uniqueString": unique,
    "guid": lambda *values: Unknown(f"guid({', '.join(map(text, values))})"),
    "utcNow": lambda form="": "2026-01-01" if form == "yyyy-MM-01" else Unknown("now"),
    "cidrSubnet": subnet,
    "subscription": lambda: place("subscription"),
    "resourceGroup": lambda: place("group"),
    "tenant": lambda: Body({"tenantId": Unknown("tenant")}),
    "environment": lambda: Body({
        "suffixes": Body({"storage": "core.windows.net"}),
        "authentication": Body({"loginEndpoint": "https://login.microsoftonline.com/"}),
    }),
    "resourceId": lambda kind, *names: f"/group/providers/{kind}/{'/'.join(map(text, names))}",
    "subscriptionResourceId": lambda kind, *names: f"/subscription/providers/{kind}/{'/'.join(map(text, names))}",
    "readEnvironmentVariable": lambda name, default=None: Unknown(name) if default is None else default,
}  # fmt: skip
OF_FILES = {"loadTextContent", "loadJsonContent"}
DECORATORS = {
    "description", "allowed", "minLength", "maxLength", "minValue", "maxValue", "secure", "batchSize", "metadata",
}  # fmt: skip
