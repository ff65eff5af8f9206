"""Bicep without a compiler: there is none that can be had offline, so that this reads the files itself.

Every file is parsed; every name, module parameter and output is looked up; then `main.bicep` is worked out with the
dev and the prod parameters, and with its switches in every other position, and every resource that comes of it is held
against the schema of its type (`resource_types.json`) and against our own rules (`rules.py`).

What this cannot say is what only a deployment can: quotas, regions, policies, names that are taken, and whether Azure
accepts what its schema allows. `bicep build` and `what-if` run in the GitHub workflow; nothing here has run there.
"""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path
from typing import Any

from infra.checks.bicep import rules, shapes, symbols
from infra.checks.bicep.evaluating import Template
from infra.checks.bicep.rules import ROLES
from infra.checks.bicep.syntax import SyntaxFault, parse
from infra.checks.bicep.values import Deployed

FOLDER = "infra/bicep"
STAGES = ("dev", "prod")
NOT_TURNED = {"stage", "privateNetwork"}
"""Switches that prod has as it must have them."""
MORE: dict[str, Any] = {
    "administrators": ["11111111-1111-1111-1111-111111111111"],
    "windowsPool": {"size": "Standard_NV6ads_A10_v5", "most": 1},
    "flex": {"memoryMB": 2048, "mostInstances": 40, "alwaysReady": 0},
}
"""What is none in the parameter files, so that its loops and conditions are worked out too."""
WATCHED: dict[str, Any] = {
    "probe": {
        "name": "probe", "frequencySeconds": 300, "timeoutSeconds": 30, "retryEnabled": True, "locations": ["a"],
        "request": {"method": "GET", "path": "/"},
        "validation": {
            "ignoreHttpStatusCode": True, "sslCheck": True, "sslCertRemainingLifetimeDays": 14, "contentMatch": "ok",
        },
        "alert": {
            "name": "Down", "severity": 0, "failedLocationCount": 2, "window": "PT10M", "every": "PT5M",
            "description": "It does not answer.",
        },
    },
    "queries": {
        "timeAggregation": "Count", "operator": "GreaterThan", "threshold": 0,
        "rules": [{
            "name": "Slow", "severity": 2, "window": "PT30M", "every": "PT5M", "description": "It is slow.",
            "runbook": "a page", "query": ["requests", "| where duration > 200"],
        }],
    },
    "metrics": {
        "groups": [{
            "name": "group", "interval": "1m",
            "rules": [
                {"record": "a:b", "expr": "sum(a)"},
                {"alert": "Full", "expr": "a > 1", "for": "5m", "labels": {"severity": "2"}, "annotations": {}},
            ],
        }],
    },
    "workbook": "{}",
}  # fmt: skip
"""What stands in for infra/dashboards where that is not there."""
_ROLE = re.compile(r"^var (\w+) = '([0-9a-f-]{36})'(?: // (.+))?$", re.M)
_SECRET = re.compile(
    r"AccountKey=|SharedAccessKey=|SharedAccessSignature=|[?&]sig=|whsec_[A-Za-z0-9+/]|\bsk-[A-Za-z0-9]{16}|"
    r"-----BEGIN|\beyJ[A-Za-z0-9_-]{10,}\.|'[A-Za-z0-9+/]{43,}={0,2}'"
)


def problems(root: Path) -> list[str]:
    """Everything that is wrong with infra/bicep, a sentence each."""
    files = sorted((root / FOLDER).rglob("*.bicep"))
    parameters = sorted((root / FOLDER).glob("*.bicepparam"))
    found: list[str] = []
    for path in [*files, *parameters]:
        found += in_text(root, path)
        try:
            parse(path.read_text())
        except SyntaxFault as fault:
            found.append(f"{path.relative_to(root).as_posix()}:{fault.line}: {fault}")
    if found:
        return found
    for path in files:
        found += symbols.problems_of(root, path)
    for path in parameters:
        found += symbols.problems_of_parameters(root, path)
    found += second_reading(root, files)
    if found:
        return list(dict.fromkeys(found))
    reached: set[tuple[str, int]] = set()
    for stage in STAGES:
        for values in variants(root, stage):
            deployed, said = deploy(root, values)
            reached |= {(one.path, one.line) for one in deployed}
            found += said + [one for resource in deployed for one in shapes.problems_of(resource)]
            found += rules.problems_of(deployed, prod=stage == "prod")
    return list(dict.fromkeys(found + never_deployed(root, files, reached)))


def in_text(root: Path, path: Path) -> list[str]:
    """Secrets, and role ids that are called otherwise than they are."""
    shown, text = path.relative_to(root).as_posix(), path.read_text()
    found = [
        f"{shown}:{number}: this looks like a secret"
        for number, line in enumerate(text.splitlines(), start=1)
        if _SECRET.search(line)
    ]
    for match in _ROLE.finditer(text):
        line, (name, role, said) = text.count("\n", 0, match.start()) + 1, match.groups()
        if ROLES.get(role) != said:
            found.append(f"{shown}:{line}: {name} is {ROLES.get(role, 'no role that roles.json knows')}, not {said}")
    return found


def second_reading(root: Path, files: list[Path]) -> list[str]:
    """What tree-sitter's grammar of Bicep says, where it is installed (`make check-infra`)."""
    if not importlib.util.find_spec("tree_sitter_bicep"):
        return []
    from infra.checks.bicep import second_grammar

    return [problem for path in files for problem in second_grammar.problems_of(root, path)]


def given(root: Path, stage: str) -> dict[str, Any]:
    """The values of a parameter file."""
    path = root / FOLDER / f"main.{stage}.bicepparam"
    template = Template(root, path, {}, [])
    return {name: template.named(name) for name, one in template.statements.items() if one.kind == "param"}


def variants(root: Path, stage: str) -> list[dict[str, Any]]:
    """The parameters of a stage, with more of them given, and with every switch in each of its other positions."""
    base = given(root, stage)
    more = MORE | {"watching": watching(root)}
    found = [base, base | more, base | {"gateway": True, "apiManagement": True}]
    others = other_positions(Template(root, root / FOLDER / "main.bicep", base, []))
    for number in range(max(len(one) for one in others.values())):
        found.append(base | more | {name: one[number % len(one)] for name, one in others.items()})
    return found


def watching(root: Path) -> dict[str, Any]:
    """What modules/watching.bicep is to be given."""
    folder = root / "infra" / "dashboards"
    if not (folder / "availability.json").is_file():
        return WATCHED
    return {
        "probe": json.loads((folder / "availability.json").read_text()),
        "queries": json.loads((folder / "alerts" / "queries.json").read_text()),
        "metrics": json.loads((folder / "alerts" / "prometheus.json").read_text()),
        "workbook": (folder / "workbook.json").read_text(),
    }


def other_positions(template: Template) -> dict[str, list[Any]]:
    """What each switch of the template could be beside what it is."""
    found: dict[str, list[Any]] = {}
    for name, one in template.statements.items():
        if one.kind != "param" or name in NOT_TURNED:
            continue
        value = template.named(name)
        if isinstance(value, bool):
            found[name] = [not value]
        for mark in one.decorators:
            if mark.kind == "call" and mark.parts[0] == "allowed":
                found[name] = [other for other in template.value(mark.parts[1][0], {}) if other != value]
    return found


def deploy(root: Path, values: dict[str, Any]) -> tuple[list[Deployed], list[str]]:
    """What main.bicep deploys with these parameters, and what is wrong on the way."""
    said: list[str] = []
    template = Template(root, root / FOLDER / "main.bicep", values, said)
    deployed, called = template.everything(), template.deployments()
    twice = sorted({name for name in called if called.count(name) > 1})
    return deployed, said + [f"{FOLDER}/main.bicep: two deployments at once are called {name}" for name in twice]


def never_deployed(root: Path, files: list[Path], reached: set[tuple[str, int]]) -> list[str]:
    found = []
    for path in files:
        shown = path.relative_to(root).as_posix()
        for one in parse(path.read_text()):
            if one.kind == "resource" and (shown, one.line) not in reached:
                found.append(f"{shown}:{one.line}: {one.name} is deployed with no parameters at all")
    return found
