"""Whether a resource's body is one that Azure takes: its properties, their types, what they may be, what must be."""

from __future__ import annotations

import difflib
import re
from typing import Any

from infra.checks.bicep.resource_types import ResourceType
from infra.checks.bicep.values import Body, Deployed, Unknown

_NOT_SENT = {"parent", "scope", "dependsOn"}
TAKEN = {"Microsoft-PrometheusMetrics", "GreaterThan"}
"""What Azure takes beyond what its schema names, or what the package names in its place: free texts, both."""


def problems_of(one: Deployed) -> list[str]:
    if one.type is None:
        name = one.written.partition("@")[0]
        return [f"{one.place}: {name} is no resource type that is known: make resource_types.json anew?"]
    found = []
    version = one.written.partition("@")[2]
    if version != one.type.version:
        found.append(f"{one.place}: {one.type.name} is known in its version {one.type.version}, not {version}")
    if one.written.partition("@")[0] != one.type.name:
        found.append(f"{one.place}: {one.written} is written {one.type.name}")
    found += names(one)
    if not one.existing:
        sent = Body({key: value for key, value in one.body.items() if key not in _NOT_SENT}, place=one.body.place)
        sent.lines = one.body.lines
        check = Check(one.type, has_parent=one.parent is not None)
        found += check.shape("body", sent, one.symbol, one.place)
    return found


def names(one: Deployed) -> list[str]:
    """A child is named by its parent and one further word, or by all words of its path."""
    assert one.type is not None
    name = one.body.get("name")
    if name is None:
        return [f"{one.place}: {one.symbol} has no name"]
    words = one.type.name.count("/")
    if "parent" in one.body:
        whose = one.parent.of.name if one.parent is not None and one.parent.of is not None else ""
        if one.type.name.rpartition("/")[0] != whose:
            return [f"{one.place}: {one.symbol} is no child of {whose or one.body['parent']}"]
        words = 1
    if not isinstance(name, Unknown) and str(name).count("/") != words - 1:
        return [f"{one.place}: {one.symbol} is called {name!r}, which is not {words} word(s) for {one.type.name}"]
    return []


class Check:
    """A value against the shapes of one type."""

    def __init__(self, kind: ResourceType, *, has_parent: bool) -> None:
        self.kind, self.has_parent = kind, has_parent

    def shape(self, name: str, value: Any, where: str, place: str) -> list[str]:
        shape = self.kind.shapes[name]
        if not isinstance(value, dict):
            return [f"{place}: {where} must be an object, not {value!r}"]
        if "by" in shape:
            chosen = self.chosen(shape, value)
            if chosen is None:
                return [f"{place}: {where}: nothing has {shape['by']} = {value.get(shape['by'])!r}"]
            shape = chosen
        has, found = shape["has"], []
        lines = getattr(value, "lines", {})
        for key, inner in value.items():
            there = "{}:{}".format(*lines[key]) if key in lines else place
            if inner is None:
                continue
            if key in has:
                kind, flags, modifiers = [*has[key], "", ""][:3]
                if "O" in flags:
                    found.append(f"{there}: {where}.{key} is Azure's to say")
                else:
                    found += self.value(kind, inner, f"{where}.{key}", there, modifiers)
            elif "rest" in shape:
                found += self.value(shape["rest"], inner, f"{where}.{key}", there, "")
            elif not isinstance(key, Unknown):
                found.append(f"{there}: {self.kind.name} has no {where}.{key}{nearest(key, has)}")
        for key, about in has.items():
            of_parent = name == "body" and key == "location" and self.has_parent
            if "R" in "".join(about[1:2]) and value.get(key) is None and not of_parent:
                found.append(f"{place}: {where} must have {key}")
        return found

    def chosen(self, shape: dict[str, Any], value: dict[str, Any]) -> dict[str, Any] | None:
        for one in shape["one_of"]:
            if value.get(shape["by"]) == one["has"][shape["by"]][0]:
                return dict(one)
        return None

    def value(self, kind: str, value: Any, where: str, place: str, modifiers: str) -> list[str]:
        if isinstance(value, Unknown) or kind in ("any", "object"):
            return []
        if kind.endswith("[]"):
            if not isinstance(value, list):
                return [f"{place}: {where} must be an array, not {shown(value)}"]
            inner = kind.removesuffix("[]").removeprefix("(").removesuffix(")")
            return [
                problem
                for number, one in enumerate(value)
                for problem in self.value(inner, one, f"{where}[{number}]", stands(one, place), "")
            ]
        choices = kind.split(" | ")
        shapes = [one for one in choices if one in self.kind.shapes]
        if isinstance(value, dict) and len(choices) == 1 and choices[0][:1].isupper() and not shapes:
            return []  # the package names a shape that it does not have
        if isinstance(value, str) and value in choices and choices != ["string"]:
            return []
        if shapes:
            tried = [self.shape(one, value, where, stands(value, place)) for one in shapes]
            return min(tried, key=len)
        if choices == ["string"]:
            return text_problems(value, where, place, modifiers)
        if choices == ["int"]:
            if not isinstance(value, int) or isinstance(value, bool):
                return [f"{place}: {where} must be a number, not {shown(value)}"]
            return bounds(value, where, place, modifiers)
        if choices == ["bool"]:
            return [] if isinstance(value, bool) else [f"{place}: {where} must be true or false, not {shown(value)}"]
        named = [one for one in choices if one not in ("string", "int", "bool", "null")]
        if ("int" in choices and isinstance(value, int)) or text(value) in {*named, *TAKEN} or not named:
            return []
        return [f"{place}: {where} may be {', '.join(named[:12])}, not {shown(value)}"]


def text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def shown(value: Any) -> str:
    return "an object" if isinstance(value, dict) else "an array" if isinstance(value, list) else repr(value)


def stands(value: Any, place: str) -> str:
    return "{}:{}".format(*value.place) if isinstance(value, Body) and value.place[1] else place


def nearest(key: str, has: dict[str, Any]) -> str:
    close = difflib.get_close_matches(key, has, n=1)
    return f" (did you mean {close[0]}?)" if close else ""


def modifier(modifiers: str, name: str) -> str | None:
    found = re.search(rf"{name}: ([^,]+|.*$)" if name != "pattern" else r"pattern: (.*)$", modifiers)
    return found[1].strip() if found else None


def text_problems(value: Any, where: str, place: str, modifiers: str) -> list[str]:
    if not isinstance(value, str):
        return [f"{place}: {where} must be a text, not {shown(value)}"]
    least, most, pattern = (modifier(modifiers, name) for name in ("minLength", "maxLength", "pattern"))
    if (least and len(value) < int(least)) or (most and len(value) > int(most)):
        return [f"{place}: {where} is {value!r}: {least or 0} to {most or 'any number of'} characters"]
    if pattern and not re.search(pattern, value):
        return [f"{place}: {where} is {value!r}, which is not {pattern}"]
    return []


def bounds(value: int, where: str, place: str, modifiers: str) -> list[str]:
    least, most = modifier(modifiers, "minValue"), modifier(modifiers, "maxValue")
    if (least and value < int(least)) or (most and value > int(most)):
        return [f"{place}: {where} is {value}, beyond {least} to {most}"]
    return []
