"""What a Bicep file says, as a tree: statements and expressions, each with its line.

The grammar is that of the language's own specification, as far as `infra/bicep` uses it; whatever else a file holds is
a `SyntaxFault`. The parsers that can be installed cannot do this alone: tree-sitter-bicep lets a missing comma pass,
pycep-parser refuses conditions in loops, and neither reads parameter files. `make check-infra` asks tree-sitter too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
NUMBER = re.compile(r"\d+")
BLANK = re.compile(r"(?:[ \t]|//[^\n]*|/\*.*?\*/)+", re.S)
BLANK_LINES = re.compile(r"(?:\s|//[^\n]*|/\*.*?\*/)+", re.S)
ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "'": "'", "\\": "\\", "$": "$"}
BINARY = (("??",), ("||",), ("&&",), ("==", "!=", "=~", "!~"), ("<=", ">=", "<", ">"), ("+", "-"), ("*", "/", "%"))
STATEMENTS = {
    "targetScope", "metadata", "param", "var", "resource", "module", "output", "type", "using", "func", "import",
    "extension",
}  # fmt: skip


class SyntaxFault(Exception):
    """The file is no Bicep."""

    def __init__(self, line: int, what: str) -> None:
        super().__init__(what)
        self.line = line


@dataclass(frozen=True)
class Node:
    """An expression: `kind` says which, `parts` what it is made of (see `Parser`)."""

    kind: str
    line: int
    parts: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Property:
    key: Node
    value: Node
    line: int


@dataclass(frozen=True)
class Statement:
    """`kind` is its keyword; `type` a written type, or the string behind a resource or a module."""

    kind: str
    name: str
    line: int
    value: Node | None = None
    type: Node | None = None
    condition: Node | None = None
    existing: bool = False
    decorators: tuple[Node, ...] = field(default=())


@lru_cache(maxsize=256)
def parse(text: str) -> tuple[Statement, ...]:
    """The statements of a file, in order. Raises `SyntaxFault`."""
    return tuple(Parser(text).file())


class Parser:
    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0

    # -- what stands next

    def line(self) -> int:
        return self.text.count("\n", 0, self.at) + 1

    def fault(self, wanted: str) -> SyntaxFault:
        seen = self.text[self.at : self.at + 20].split("\n")[0] or "the end of the line"
        return SyntaxFault(self.line(), f"{wanted} is expected, not {seen!r}")

    def skip(self, *, lines: bool = False) -> None:
        found = (BLANK_LINES if lines else BLANK).match(self.text, self.at)
        if found:
            self.at = found.end()

    def sees(self, token: str) -> bool:
        self.skip()
        if not self.text.startswith(token, self.at):
            return False
        return not (token[-1].isalnum() and re.match(r"\w", self.text[self.at + len(token) :]))

    def takes(self, token: str) -> bool:
        if self.sees(token):
            self.at += len(token)
            return True
        return False

    def must(self, token: str) -> None:
        if not self.takes(token):
            raise self.fault(repr(token))

    def name(self) -> str:
        self.skip()
        found = NAME.match(self.text, self.at)
        if not found:
            raise self.fault("a name")
        self.at = found.end()
        return found[0]

    def end_of_line(self) -> None:
        self.skip()
        if self.at < len(self.text) and self.text[self.at] not in "\r\n":
            raise self.fault("the end of the line")

    # -- statements

    def file(self) -> list[Statement]:
        found = []
        self.skip(lines=True)
        while self.at < len(self.text):
            found.append(self.statement())
            self.end_of_line()
            self.skip(lines=True)
        return found

    def statement(self) -> Statement:
        decorators = []
        while self.takes("@"):
            decorators.append(self.postfix())
            self.end_of_line()
            self.skip(lines=True)
        line, keyword = self.line(), self.name()
        if keyword not in STATEMENTS or keyword in ("func", "import", "extension"):
            raise SyntaxFault(line, f"{keyword!r} begins no statement that is read here")
        marks = tuple(decorators)
        if keyword in ("targetScope", "using"):
            if keyword == "targetScope":
                self.must("=")
            return Statement(keyword, "", line, self.expression())
        name = self.name()
        if keyword in ("metadata", "var"):
            self.must("=")
            return Statement(keyword, name, line, self.expression(), decorators=marks)
        if keyword == "type":
            self.must("=")
            return Statement(keyword, name, line, type=self.written_type(), decorators=marks)
        if keyword == "param":
            written = None if self.sees("=") else self.written_type()
            value = self.expression() if self.takes("=") else None
            return Statement(keyword, name, line, value, written, decorators=marks)
        if keyword == "output":
            written = self.written_type()
            self.must("=")
            return Statement(keyword, name, line, self.expression(), written, decorators=marks)
        what = self.string()
        existing = self.takes("existing")
        self.must("=")
        condition = self.condition()
        return Statement(keyword, name, line, self.expression(), what, condition, existing, marks)

    def condition(self) -> Node | None:
        if not self.takes("if"):
            return None
        self.must("(")
        asked = self.within(")")
        return asked

    def within(self, closing: str) -> Node:
        self.skip(lines=True)
        found = self.expression()
        self.skip(lines=True)
        self.must(closing)
        return found

    # -- types

    def written_type(self) -> Node:
        line, choices = self.line(), [self.one_type()]
        while self.takes("|"):
            self.skip(lines=True)
            choices.append(self.one_type())
        return choices[0] if len(choices) == 1 else Node("union", line, tuple(choices))

    def one_type(self) -> Node:
        self.skip()
        line = self.line()
        if self.takes("("):
            found = self.written_type()
            self.must(")")
        elif self.sees("'"):
            found = self.string()
        elif self.sees("{"):
            found = self.object(types=True)
        else:
            found = Node("type", line, (self.name(),))
        while True:
            if self.takes("[]"):
                found = Node("list of", line, (found,))
            elif self.takes("?"):
                found = Node("optional", line, (found,))
            else:
                return found

    # -- expressions

    def expression(self) -> Node:
        found = self.binary(0)
        before = self.at
        self.skip(lines=True)
        if not self.text.startswith("?", self.at) or self.text.startswith(("?.", "?["), self.at):
            self.at = before
            return found
        line = self.line()
        self.must("?")
        self.skip(lines=True)
        then = self.expression()
        self.skip(lines=True)
        self.must(":")
        self.skip(lines=True)
        return Node("choice", line, (found, then, self.expression()))

    def binary(self, level: int) -> Node:
        if level == len(BINARY):
            return self.unary()
        left = self.binary(level + 1)
        while True:
            operator = next((one for one in BINARY[level] if self.sees(one)), None)
            if operator is None:
                return left
            line = self.line()
            self.must(operator)
            self.skip(lines=True)
            left = Node("operation", line, (operator, left, self.binary(level + 1)))

    def unary(self) -> Node:
        self.skip()
        line = self.line()
        for operator in ("!", "-"):
            if self.takes(operator):
                return Node("unary", line, (operator, self.unary()))
        return self.postfix()

    def postfix(self) -> Node:
        found = self.primary()
        while True:
            line = self.line()
            if self.takes(".?"):
                found = Node("member", line, (found, self.name(), True))
            elif self.takes("."):
                name = self.name()
                if self.sees("("):
                    found = Node("call", line, (name, self.arguments()))
                else:
                    found = Node("member", line, (found, name, False))
            elif self.takes("["):
                found = Node("element", line, (found, self.within("]")))
            elif self.sees("!") and not self.sees("!=") and not self.sees("!~"):
                self.must("!")
            else:
                return found

    def arguments(self) -> tuple[Node, ...]:
        self.must("(")
        found = []
        self.skip(lines=True)
        while not self.takes(")"):
            found.append(self.expression())
            self.skip(lines=True)
            if not self.sees(")"):
                self.must(",")
            self.skip(lines=True)
        return tuple(found)

    def primary(self) -> Node:
        self.skip()
        line = self.line()
        if self.sees("'"):
            return self.string()
        if self.sees("["):
            return self.array()
        if self.sees("{"):
            return self.object()
        if self.takes("("):
            return self.within(")")
        number = NUMBER.match(self.text, self.at)
        if number:
            self.at = number.end()
            return Node("value", line, (int(number[0]),))
        name = self.name()
        if self.sees("("):
            return Node("call", line, (name, self.arguments()))
        if self.takes("=>"):
            self.skip(lines=True)
            return Node("lambda", line, (name, self.expression()))
        return {"true": Node("value", line, (True,)), "false": Node("value", line, (False,)),
                "null": Node("value", line, (None,))}.get(name, Node("name", line, (name,)))  # fmt: skip

    def string(self) -> Node:
        self.skip()
        line = self.line()
        if self.takes("'''"):
            end = self.text.find("'''", self.at)
            if end < 0:
                raise SyntaxFault(line, "a text of several lines has no end")
            found, self.at = self.text[self.at : end], end + 3
            return Node("text", line, (found.removeprefix("\n"),))
        self.must("'")
        parts: list[str | Node] = [""]
        while True:
            if self.at >= len(self.text) or self.text[self.at] == "\n":
                raise SyntaxFault(line, "a text has no end")
            if self.text.startswith("${", self.at):
                self.at += 2
                parts += [self.within("}"), ""]
                continue
            one = self.text[self.at]
            self.at += 1
            if one == "'":
                return Node("text", line, tuple(part for part in parts if part != "") or ("",))
            if one == "\\":
                escape = self.text[self.at : self.at + 1]
                if escape not in ESCAPES:
                    raise SyntaxFault(line, f"\\{escape} is no escape")
                one, self.at = ESCAPES[escape], self.at + 1
            parts[-1] = str(parts[-1]) + one

    def array(self) -> Node:
        line = self.line()
        self.must("[")
        self.skip(lines=True)
        if self.takes("for"):
            return self.loop(line)
        return Node("array", line, tuple(self.separated("]", self.expression)))

    def loop(self, line: int) -> Node:
        if self.takes("("):
            names = [self.name()]
            self.must(",")
            names.append(self.name())
            self.must(")")
        else:
            names = [self.name()]
        self.must("in")
        over = self.expression()
        self.must(":")
        self.skip(lines=True)
        condition = self.condition()
        self.skip(lines=True)
        body = self.within("]")
        return Node("loop", line, (tuple(names), over, condition, body))

    def object(self, *, types: bool = False) -> Node:
        line = self.line()
        self.must("{")
        self.skip(lines=True)
        return Node("object", line, tuple(self.separated("}", lambda: self.property(types=types))))

    def property(self, *, types: bool) -> Property:
        self.skip()
        line = self.line()
        if self.takes("..."):
            return Property(Node("spread", line), self.expression(), line)
        key = self.string() if self.sees("'") else Node("text", line, (self.name(),))
        self.must(":")
        return Property(key, self.written_type() if types else self.expression(), line)

    def separated(self, closing: str, one: Any) -> list[Any]:
        """What is apart by commas or ends of lines."""
        found = []
        self.skip(lines=True)
        while not self.takes(closing):
            found.append(one())
            self.skip()
            if not self.takes(",") and not self.sees(closing) and self.text[self.at : self.at + 1] not in "\r\n":
                raise self.fault(f"a comma, the end of the line or {closing!r}")
            self.skip(lines=True)
        return found
