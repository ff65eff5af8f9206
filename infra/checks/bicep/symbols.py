"""Names within and between files: what is read is declared and the other way, modules are given what they want."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from infra.checks.bicep.functions import DECORATORS, FUNCTIONS, OF_FILES
from infra.checks.bicep.syntax import Node, Property, Statement, parse

_HIDDEN = re.compile(r"(?i)password|passwd|secret|connectionstring|accesskey|apikey|credential|sastoken")
NO_SECRET = {"APPLICATIONINSIGHTS_CONNECTION_STRING"}
"""It says where, not who: with local auth off it opens nothing."""
_GIVES_KEYS = re.compile(r"^list[A-Z]|^getSecret$")


def problems_of(root: Path, path: Path) -> list[str]:
    """Of one file."""
    shown = path.relative_to(root).as_posix()
    statements = parse(path.read_text())
    declared = {one.name: one for one in statements if one.name and one.kind not in ("output", "metadata")}
    names = [one.name for one in statements if one.name and one.kind not in ("output", "metadata")]
    found = [
        f"{shown}:{one.line}: {one.name} is declared twice"
        for number, one in enumerate(statements)
        if one.name in names and one.kind not in ("output", "metadata") and names.count(one.name) > 1 and number
    ]
    read: set[str] = set()
    for one in statements:
        for node, here in nodes_of(one):
            if node.kind == "name":
                read.add(node.parts[0])
                if node.parts[0] not in declared and node.parts[0] not in here:
                    found.append(f"{shown}:{node.line}: nothing is called {node.parts[0]!r}")
            elif node.kind == "call":
                found += [f"{shown}:{node.line}: {said}" for said in wrong_call(node.parts[0])]
            elif node.kind == "member":
                found += [f"{shown}:{node.line}: {said}" for said in wrong_member(node, declared, path)]
        for mark in one.decorators:
            name = mark.parts[0] if mark.kind in ("call", "name") else "?"
            if name not in DECORATORS:
                found.append(f"{shown}:{mark.line}: there is no decorator @{name}")
        if one.kind == "module":
            found += [f"{shown}:{line}: {said}" for line, said in wrong_parameters(one, path)]
    found += [f"{shown}:{line}: {said}" for line, said in (*too_late(declared), *in_circles(declared))]
    for one in statements:
        if one.kind in ("param", "var") and one.name not in read and path.suffix == ".bicep":
            found.append(f"{shown}:{one.line}: nobody reads {one.kind} {one.name}")
        found += [f"{shown}:{one.line}: {said}" for said in wrong_secret(one)]
    return found


def wrong_call(name: str) -> list[str]:
    if _GIVES_KEYS.match(name):
        return [f"{name}() gives out a key: nothing here needs one"]
    if name not in FUNCTIONS and name not in OF_FILES and name not in DECORATORS:
        return [f"there is no function {name}()"]
    return []


def wrong_secret(one: Statement) -> list[str]:
    """A parameter that is called like a secret is one, and has no value in the file; an output may not be."""
    if not _HIDDEN.search(one.name.replace("_", "")) or one.name in NO_SECRET:
        return []
    secure = any(mark.kind == "call" and mark.parts[0] == "secure" for mark in one.decorators)
    if one.kind == "param" and not (secure and one.value is None):
        return [f"parameter {one.name} is @secure() and has no default, if it must be at all"]
    return [f"output {one.name} tells a secret"] if one.kind == "output" else []


def wrong_member(node: Node, declared: dict[str, Statement], path: Path) -> list[str]:
    """Outputs that a module does not have."""
    whole, name, _ = node.parts
    if whole.kind == "member" and whole.parts[1] == "outputs" and whole.parts[0].kind == "name":
        module = declared.get(whole.parts[0].parts[0])
        if module is not None and module.kind == "module":
            inner = module_of(module, path)
            if inner is not None and name not in {one.name for one in inner if one.kind == "output"}:
                return [f"module {module.name} has no output {name}"]
    return []


def wrong_parameters(module: Statement, path: Path) -> Iterator[tuple[int, str]]:
    inner = module_of(module, path)
    if inner is None:
        yield module.line, f"module {module.name}: there is no {module.type.parts[0] if module.type else ''}"
        return
    body = module.value.parts[3] if module.value and module.value.kind == "loop" else module.value
    given = next((one.value for one in body.parts if one.key.parts[0] == "params"), None) if body else None
    keys = {one.key.parts[0]: one.line for one in given.parts} if given else {}
    wanted = {one.name: one for one in inner if one.kind == "param"}
    for name, line in keys.items():
        if name not in wanted:
            yield line, f"module {module.name} has no parameter {name}"
    for name, one in wanted.items():
        optional = one.value is not None or (one.type is not None and one.type.kind == "optional")
        if name not in keys and not optional:
            yield module.line, f"module {module.name} is not given {name}"


def too_late(declared: dict[str, Statement]) -> Iterator[tuple[int, str]]:
    """Names, conditions and loops must be known before anything is deployed."""
    for one in declared.values():
        if one.kind not in ("resource", "module") or one.value is None:
            continue
        _, over, condition, body = one.value.parts if one.value.kind == "loop" else ((), None, one.condition, one.value)
        early = [part.value for part in body.parts if isinstance(part, Property) and part.key.parts[0] == "name"]
        for node in (*early, over, condition):
            if node is not None and waits(node, declared, frozenset()):
                yield node.line, f"{one.name} is named, repeated or left out by what is known only once it is deployed"


def waits(node: Node, declared: dict[str, Statement], seen: frozenset[str]) -> bool:
    """Whether an expression needs an output of a module, or what a resource becomes."""
    for inner, _ in within(node, frozenset()):
        if inner.kind == "member" and inner.parts[0].kind == "name":
            of = declared.get(inner.parts[0].parts[0])
            known = {"id", "name", "type", "apiVersion"} if of and of.kind == "resource" else {"name"}
            if of is not None and of.kind in ("resource", "module") and inner.parts[1] not in known:
                return True
        if inner.kind == "name" and inner.parts[0] not in seen:
            of = declared.get(inner.parts[0])
            value = of.value if of is not None and of.kind == "var" else None
            if value is not None and waits(value, declared, seen | {inner.parts[0]}):
                return True
    return False


def in_circles(declared: dict[str, Statement]) -> Iterator[tuple[int, str]]:
    """What needs itself, by whatever way."""
    needs = {
        one.name: {node.parts[0] for node, here in nodes_of(one) if node.kind == "name" and node.parts[0] not in here}
        for one in declared.values()
    }
    for name, one in declared.items():
        reached: set[str] = set()
        waiting = [*needs[name]]
        while waiting:
            other = waiting.pop()
            if other not in reached and other in needs:
                reached.add(other)
                waiting += needs[other]
        if name in reached:
            yield one.line, f"{name} needs itself"


def module_of(module: Statement, path: Path) -> tuple[Statement, ...] | None:
    file = path.parent / str(module.type.parts[0] if module.type else "")
    return parse(file.read_text()) if file.is_file() else None


def nodes_of(one: Statement) -> Iterator[tuple[Node, frozenset[str]]]:
    """Every expression of a statement, with the names that its loops give."""
    for node in (one.value, one.condition):
        if node is not None:
            yield from within(node, frozenset())


def within(node: Any, here: frozenset[str]) -> Iterator[tuple[Node, frozenset[str]]]:
    if isinstance(node, Property):
        yield from within(node.key, here)
        yield from within(node.value, here)
    elif isinstance(node, tuple):
        for part in node:
            yield from within(part, here)
    elif isinstance(node, Node):
        yield node, here
        if node.kind == "loop":
            names, over, condition, body = node.parts
            yield from within(over, here)
            yield from within((condition, body), here | set(names))
        elif node.kind == "lambda":
            yield from within(node.parts[1], here | {node.parts[0]})
        else:
            yield from within(node.parts, here)


def problems_of_parameters(root: Path, path: Path) -> list[str]:
    """Of a parameter file: it is for a template that has them, and gives all that it wants."""
    shown = path.relative_to(root).as_posix()
    statements = parse(path.read_text())
    using = next((one for one in statements if one.kind == "using"), None)
    if using is None or using.value is None:
        return [f"{shown}:1: it says of no template that it is for it"]
    template = path.parent / str(using.value.parts[0])
    if not template.is_file():
        return [f"{shown}:{using.line}: there is no {using.value.parts[0]}"]
    wanted = {one.name: one for one in parse(template.read_text()) if one.kind == "param"}
    given = {one.name: one for one in statements if one.kind == "param"}
    found = [
        f"{shown}:{one.line}: the template has no parameter {name}" for name, one in given.items() if name not in wanted
    ]
    return found + [
        f"{shown}:1: the template wants {name}"
        for name, one in wanted.items()
        if name not in given and one.value is None and not (one.type and one.type.kind == "optional")
    ]
