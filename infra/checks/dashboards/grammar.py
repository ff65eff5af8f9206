"""Queries as those read them who will be asked: promtool and promql-parser, and Kusto's own language service.

promtool comes with Debian's `prometheus`, promql-parser with requirements-infra.txt, the language service with
`npm install --prefix .ripieno/tools/infra @kusto/language-service-next@12.4.1`.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import shutil
import subprocess
from pathlib import Path

from infra.checks.dashboards import kql, promql
from infra.checks.dashboards.asked import HERE, PROMETHEUS, Asked

KUSTO = "@kusto/language-service-next"
RULE_TESTS = HERE / "alerts/prometheus.test.json"
_SECONDS = 120


def missing() -> list[str]:
    """A sentence for each reader that is not here."""
    told = []
    if shutil.which("promtool") is None:
        told.append("promtool (Debian's prometheus) is not here: the rules' own tests were not run")
    if importlib.util.find_spec("promql_parser") is None:
        told.append("promql-parser is not here: what Grafana asks Prometheus was not parsed")
    if _modules() is None:
        told.append(f"{KUSTO} (npm) is not here: KQL was held against names, not parsed")
    return told


def problems(root: Path, asked: list[Asked]) -> list[str]:
    return [*_promtool(root), *_promql_parser(asked), *_kusto(asked)]


def _promtool(root: Path) -> list[str]:
    tool = shutil.which("promtool")
    if tool is None:
        return []
    found = []
    for command in ("check rules", f"test rules {RULE_TESTS.name}"):
        file = PROMETHEUS.name if command.startswith("check") else ""
        said = _run([tool, *command.split(), *([file] if file else [])], root / HERE / "alerts")
        if said.returncode:
            found.append(f"promtool {command}: {(said.stdout + said.stderr).strip()}")
    return found


def _promql_parser(asked: list[Asked]) -> list[str]:
    if importlib.util.find_spec("promql_parser") is None:
        return []
    parser, found = importlib.import_module("promql_parser"), []
    for one in asked:
        if one.language == "promql":
            try:
                parser.parse(promql.filled(one.text))
            except ValueError as fault:
                found.append(f"{one.place}: {fault}")
    return found


def _kusto(asked: list[Asked]) -> list[str]:
    modules = _modules()
    if modules is None:
        return []
    given = [{"place": one.place, "query": kql.filled(one.text)} for one in asked if one.language == "kql"]
    script = Path(__file__).with_name("kusto.js")
    env = os.environ | {"NODE_PATH": str(modules)}
    said = _run([str(_node()), str(script)], None, json.dumps(given), env)
    return [*said.stdout.splitlines(), *([said.stderr.strip()[-500:]] if said.returncode else [])]


def _node() -> str | None:
    return shutil.which("node")


def _modules() -> Path | None:
    """The folder that has Kusto's language service, where there is a node to run it."""
    tools = Path(os.environ.get("RIPIENO_TOOLS", Path(__file__).resolve().parents[3] / ".ripieno" / "tools"))
    places = [*filter(None, os.environ.get("NODE_PATH", "").split(os.pathsep)), str(tools / "infra" / "node_modules")]
    return next((Path(one) for one in places if _node() and (Path(one) / KUSTO).is_dir()), None)


def _run(
    command: list[str], folder: Path | None, given: str = "", env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=folder, input=given, env=env, capture_output=True, text=True, timeout=_SECONDS, check=False
    )
