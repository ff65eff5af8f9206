"""What a template deploys with some parameters: every resource of it and of its modules, with its body.

Nothing is deployed: of what only Azure knows (an id, an address) a name stands there in its place.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from infra.checks.bicep.functions import FUNCTIONS, OF_FILES, Wrong, is_unknown, text
from infra.checks.bicep.resource_types import resource_types
from infra.checks.bicep.syntax import Node, Property, Statement, parse
from infra.checks.bicep.values import Body, Deployed, Reference, Unknown

_PLAIN = {"string": str, "int": int, "bool": bool, "array": list, "object": dict}
_KEYWORDS = {"name", "scope", "dependsOn", "parent"}


class Template:
    """A file with values for its parameters."""

    def __init__(self, root: Path, path: Path, given: dict[str, Any], problems: list[str]) -> None:
        self.root, self.path, self.given, self.problems = root, path, given, problems
        self.shown = path.relative_to(root).as_posix()
        self.statements = {one.name: one for one in parse(path.read_text()) if one.name and one.kind != "output"}
        self.outputs = {one.name: one for one in parse(path.read_text()) if one.kind == "output"}
        self.known: dict[str, Any] = {}
        self.resources: list[Deployed] = []
        self.modules: dict[str, Template] = {}
        self.called = ""

    def say(self, line: int, what: str) -> None:
        problem = f"{self.shown}:{line}: {what}"
        if problem not in self.problems:
            self.problems.append(problem)

    def everything(self) -> list[Deployed]:
        """What is deployed by this file and by its modules."""
        found = []
        for name, one in self.statements.items():
            if one.kind in ("resource", "module", "param", "var"):
                self.named(name)
        for name in self.outputs:
            self.output(name)
        found += self.resources
        for module in self.modules.values():
            found += module.everything()
        return found

    def deployments(self) -> list[str]:
        """What the deployments of all modules within are called: one at a time may have a name."""
        return [name for one in self.modules.values() for name in (one.called, *one.deployments())]

    # -- names

    def named(self, name: str) -> Any:
        if name not in self.known:
            self.known[name] = Unknown(name)  # for what leads back to itself
            self.known[name] = self.statement(self.statements[name])
        return self.known[name]

    def statement(self, one: Statement) -> Any:
        if one.kind == "param":
            return self.parameter(one)
        if one.kind == "resource":
            return self.resource(one)
        if one.kind == "module":
            return self.module(one)
        return self.value(one.value, {}) if one.value else Unknown(one.name)

    def parameter(self, one: Statement) -> Any:
        if one.name in self.given:
            value = self.given[one.name]
        elif one.value is not None:
            value = self.value(one.value, {})
        elif one.type is not None and one.type.kind == "optional":
            return None
        else:
            return Unknown(one.name)
        if one.type is not None and not fits(one.type, value):
            self.say(one.line, f"parameter {one.name} is {written(one.type)}, and given {value!r}")
        for mark in one.decorators:
            if mark.kind == "call" and len(mark.parts[1]) == 1 and not is_unknown(value):
                self.bound(one, value, mark.parts[0], self.value(mark.parts[1][0], {}))
        return value

    def bound(self, one: Statement, value: Any, name: str, limit: Any) -> None:
        """What a decorator says that a parameter may be."""
        if name == "allowed" and value not in limit:
            self.say(one.line, f"parameter {one.name} may not be {value!r}")
        if name in ("minLength", "maxLength", "minValue", "maxValue"):
            size = len(value) if name.endswith("Length") else value
            if (size < limit) if name.startswith("min") else (size > limit):
                self.say(one.line, f"parameter {one.name} is {value!r}, beyond its {name} of {limit}")

    def output(self, name: str) -> Any:
        one = self.outputs[name]
        value = self.value(one.value, {}) if one.value else None
        if one.type is not None and not fits(one.type, value):
            self.say(one.line, f"output {name} is {written(one.type)}, and comes to {value!r}")
        return value

    # -- resources and modules

    def resource(self, one: Statement) -> Any:
        return self.each(one, self.one_resource)

    def module(self, one: Statement) -> Any:
        return self.each(one, self.one_module)

    def each(self, one: Statement, make: Any) -> Any:
        """Once, or as often as its loop says; None where its condition says no."""
        assert one.value is not None
        if one.value.kind == "loop":
            names, over, condition, body = one.value.parts
            found = []
            for number, element in enumerate(self.value(over, {})):
                here = dict(zip(names, (element, number), strict=False))
                if condition is None or self.value(condition, here):
                    found.append(make(one, body, here, number))
            return found
        if one.condition is not None and not self.value(one.condition, {}):
            return None
        return make(one, one.value, {}, None)

    def one_resource(self, one: Statement, node: Node, here: dict[str, Any], number: int | None) -> Reference:
        assert one.type is not None
        wanted = str(one.type.parts[0])
        kind = resource_types().get(wanted.partition("@")[0].lower())
        body = self.value(node, here)
        parent = body.get("parent")
        self.resources.append(
            Deployed(one.name, kind, wanted, body, self.shown, one.line, one.existing,
                     parent if isinstance(parent, Reference) else None)
        )  # fmt: skip
        name = body.get("name", "")
        symbol = one.name if number is None else f"{one.name}[{name}]"
        return Reference(symbol, kind, "body", body)

    def one_module(self, one: Statement, node: Node, here: dict[str, Any], number: int | None) -> Any:
        assert one.type is not None
        path = (self.path.parent / str(one.type.parts[0])).resolve()
        if not path.is_file():
            self.say(one.line, f"module {one.name}: there is no {one.type.parts[0]}")
            return Unknown(one.name)
        body = self.value(node, here)
        made = Template(self.root, path, dict(body.get("params", {})), self.problems)
        made.called = str(body.get("name"))
        self.modules[one.name if number is None else f"{one.name}[{number}]"] = made
        return made

    # -- expressions

    def value(self, node: Node, here: dict[str, Any]) -> Any:
        try:
            return getattr(self, f"of_{node.kind}")(node, here)
        except Wrong as fault:
            self.say(node.line, str(fault))
        except (TypeError, ValueError, IndexError, KeyError, AttributeError) as fault:
            self.say(node.line, f"this cannot be computed: {fault}")
        return Unknown(f"line {node.line}")

    def of_value(self, node: Node, here: dict[str, Any]) -> Any:
        return node.parts[0]

    def of_text(self, node: Node, here: dict[str, Any]) -> str:
        parts = [part if isinstance(part, str) else self.value(part, here) for part in node.parts]
        whole = "".join(map(text, parts))
        return Unknown(whole) if is_unknown(*parts) else whole

    def of_name(self, node: Node, here: dict[str, Any]) -> Any:
        name = node.parts[0]
        if name in here:
            return here[name]
        if name in self.statements:
            return self.named(name)
        raise Wrong(f"nothing is called {name!r}")

    def of_array(self, node: Node, here: dict[str, Any]) -> list[Any]:
        return [self.value(one, here) for one in node.parts]

    def of_object(self, node: Node, here: dict[str, Any]) -> Body:
        made = Body(place=(self.shown, node.line))
        for one in node.parts:
            assert isinstance(one, Property)
            if one.key.kind == "spread":
                more = self.value(one.value, here)
                made.update(more)
                made.lines |= getattr(more, "lines", {})
                continue
            key = self.value(one.key, here)
            if key in made:
                self.say(one.line, f"{key!r} is there twice")
            made[key] = self.value(one.value, here)
            made.lines[key] = (self.shown, one.line)
        return made

    def of_loop(self, node: Node, here: dict[str, Any]) -> list[Any]:
        names, over, condition, body = node.parts
        found = []
        for number, element in enumerate(self.value(over, here)):
            inner = here | dict(zip(names, (element, number), strict=False))
            if condition is None or self.value(condition, inner):
                found.append(self.value(body, inner))
        return found

    def of_choice(self, node: Node, here: dict[str, Any]) -> Any:
        asked, then, other = node.parts
        return self.value(then if self.value(asked, here) else other, here)

    def of_unary(self, node: Node, here: dict[str, Any]) -> Any:
        value = self.value(node.parts[1], here)
        return (not value) if node.parts[0] == "!" else -value

    def of_operation(self, node: Node, here: dict[str, Any]) -> Any:
        operator, left, right = node.parts
        first = self.value(left, here)
        if operator == "&&":
            return bool(first and self.value(right, here))
        if operator == "||":
            return bool(first or self.value(right, here))
        if operator == "??":
            return self.value(right, here) if first is None else first
        second = self.value(right, here)
        return {
            "==": lambda: first == second, "!=": lambda: first != second, ">": lambda: first > second,
            "<": lambda: first < second, ">=": lambda: first >= second, "<=": lambda: first <= second,
            "+": lambda: first + second, "-": lambda: first - second, "*": lambda: first * second,
        }[operator]()  # fmt: skip

    def of_call(self, node: Node, here: dict[str, Any]) -> Any:
        name, arguments = node.parts
        values = [self.value(one, here) for one in arguments]
        if name in OF_FILES:
            path = self.path.parent / values[0]
            if not path.is_file():
                raise Wrong(f"there is no file {values[0]}")
            return path.read_text() if name == "loadTextContent" else json.loads(path.read_text(), object_hook=Body)
        if name not in FUNCTIONS:
            raise Wrong(f"there is no function {name}()")
        return FUNCTIONS[name](*values)

    def of_element(self, node: Node, here: dict[str, Any]) -> Any:
        whole, number = self.value(node.parts[0], here), self.value(node.parts[1], here)
        return Unknown(f"{whole}[{number}]") if is_unknown(whole) else whole[number]

    def of_member(self, node: Node, here: dict[str, Any]) -> Any:
        whole, (_, name, safely) = self.value(node.parts[0], here), node.parts
        if isinstance(whole, Template):
            return whole if name == "outputs" else Unknown(name) if name == "name" else self.of_output(whole, name)
        if isinstance(whole, Reference):
            return self.of_reference(whole, name)
        if whole is None and node.parts[0].kind == "name" and not safely:
            raise Wrong(f"{node.parts[0].parts[0]} is not deployed here, and read from")
        if isinstance(whole, Unknown):
            return Unknown(f"{whole}.{name}")
        if not isinstance(whole, dict) or (name not in whole and not safely):
            raise Wrong(f"there is no {name!r} in what it is read from")
        return whole.get(name)

    def of_output(self, module: Template, name: str) -> Any:
        if name not in module.outputs:
            raise Wrong(f"{module.shown} has no output {name}")
        return module.output(name)

    def of_reference(self, whole: Reference, name: str) -> Any:
        if whole.shape == "body" and name == "name" and whole.body:
            return whole.body.get("name")
        if whole.of is None or whole.shape is None:
            return Reference(f"{whole}.{name}", None, None)
        if name == "id" and whole.shape == "body":
            return Reference(f"{whole}.id", None, None)
        shape = whole.of.shapes.get(whole.shape, {})
        has = shape.get("has", {})
        if "by" in shape or "rest" in shape:
            return Reference(f"{whole}.{name}", None, None)
        if name not in has:
            if whole.of.outputs_known:
                raise Wrong(f"{whole.of.name} has no {name!r} in {whole}")
            return Reference(f"{whole}.{name}", None, None)
        inner = has[name][0]
        return Reference(f"{whole}.{name}", whole.of, inner if inner in whole.of.shapes else None)

    def of_lambda(self, node: Node, here: dict[str, Any]) -> Any:
        raise Wrong("lambdas are not read here")


def fits(kind: Node, value: Any) -> bool:
    """Whether a value may be where a type is written."""
    if is_unknown(value):
        return True
    if kind.kind == "optional":
        return value is None or fits(kind.parts[0], value)
    if kind.kind == "union":
        return any(fits(one, value) for one in kind.parts)
    if kind.kind == "list of":
        return isinstance(value, list) and all(fits(kind.parts[0], one) for one in value)
    if kind.kind == "text":
        return bool(value == kind.parts[0])
    if kind.kind == "object":
        return isinstance(value, dict)
    wanted = _PLAIN.get(kind.parts[0])
    return wanted is None or (isinstance(value, wanted) and (wanted is not int or not isinstance(value, bool)))


def written(kind: Node) -> str:
    if kind.kind in ("union", "optional", "list of"):
        return f"{kind.kind} {' | '.join(written(one) for one in kind.parts)}"
    return "an object" if kind.kind == "object" else str(kind.parts[0])
