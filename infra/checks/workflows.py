"""What deploys: .github/workflows, azure.yaml and .funcignore, by our rules, actionlint, zizmor, yamllint.

`rules` reads the files alone, and is what the tests run; `problems` runs the programs too. No workflow runs here.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from infra.checks import programs
from infra.checks.manifests import walk

FOLDER = Path(".github/workflows")
DEPENDABOT = ".github/dependabot.yml"
_COMMIT = re.compile(r"^[\w.-]+/[\w./-]+@[0-9a-f]{40}$")
_COMMENT = re.compile(r"uses: \S+@[0-9a-f]{40} # v?\d+\.\d+\.\d+")
_BY_STRANGERS = {"pull_request_target", "workflow_run", "issue_comment", "issues"}
_MAY_WRITE = {"id-token"}
_PATH = re.compile(
    r"(?<![\w/.-])((?:infra|scripts|\.ci)/[\w./-]+|(?:requirements|gpu_endpoints/requirements)[\w-]*\.txt)"
)
_SHELL_SCRIPTS = ("infra/release.sh",)
_AZURE_YAML = {"name", "metadata", "infra", "services", "hooks", "pipeline", "workflows", "requiredVersions"}
_HOOKS = {
    f"{when}{what}" for when in ("pre", "post") for what in ("provision", "deploy", "package", "up", "down", "build")
}
_YAML_STYLE = (
    "{extends: default, rules: {document-start: disable, line-length: {max: 160}, truthy: {check-keys: false},"
    " comments: {min-spaces-from-content: 1}, braces: {max-spaces-inside: 1},"
    " indentation: {indent-sequences: whatever}}}"
)


def problems(root: Path) -> list[str]:
    files = [str(path.relative_to(root)) for path in sorted((root / FOLDER).glob("*.yml"))]
    ours = [*files, DEPENDABOT, "azure.yaml", "infra/docker/compose.yaml", "infra/kubernetes"]
    found = rules(root)
    found += programs.lines("check-jsonschema", "--builtin-schema", "vendor.dependabot", DEPENDABOT, cwd=root)
    found += programs.lines("actionlint", "-no-color", *files, cwd=root)
    found += programs.lines("zizmor", "--offline", "--no-progress", "--min-severity=medium", "--format=plain",
                            "--quiet", ".github", cwd=root)  # fmt: skip
    found += programs.lines("yamllint", "--strict", "-f", "parsable", "-d", _YAML_STYLE, *ours, cwd=root)
    return found


def rules(root: Path) -> list[str]:
    found = []
    for path in sorted((root / FOLDER).glob("*.yml")):
        found += of_workflow(path, root)
    found += _one_compiler(root)
    found += of_azure_yaml(root / "azure.yaml", root)
    return found + of_funcignore(root)


def of_workflow(path: Path, root: Path) -> list[str]:
    shown = path.relative_to(root)
    text = path.read_text()
    try:
        body = yaml.safe_load(text)
    except yaml.YAMLError as fault:
        return [f"{shown}: {' '.join(str(fault).split())}"]
    begun_by = body.get(True) or body.get("on") or {}  # YAML 1.1 takes `on` for a truth
    found = [
        f"{shown} is begun by {one}, which strangers can cause with our rights"
        for one in sorted(_BY_STRANGERS & set(begun_by))
    ]
    if body.get("permissions") != {}:
        found.append(f"{shown}: permissions: {{}} at the top, so that each job names its own")
    if "secrets." in text:
        found.append(f"{shown} uses a stored secret: OIDC needs none")
    for number, line in enumerate(text.splitlines(), 1):
        if re.search(r"uses: [^.\s]", line) and not _COMMENT.search(line):
            found.append(f"{shown}:{number}: pin {line.strip()} by commit, with its version behind it")
    for name, job in body["jobs"].items():
        found += _job(f"{shown}: job {name}", job, root)
    return found


def _job(where: str, job: dict[str, Any], root: Path) -> list[str]:
    found = []
    permissions = job.get("permissions")
    if not isinstance(permissions, dict):
        found.append(f"{where} does not name its permissions")
        permissions = {}
    found += [
        f"{where} may write {name}"
        for name, right in permissions.items()
        if right == "write" and name not in _MAY_WRITE
    ]  # fmt: skip
    if "uses" in job:
        called = str(job["uses"])
        return found + ([] if (root / called).exists() else [f"{where} calls {called}, which is not there"])
    if not job.get("timeout-minutes"):
        found.append(f"{where} may run for six hours: timeout-minutes")
    if "latest" in str(job.get("runs-on")):
        found.append(f"{where} runs on {job['runs-on']}, which is another machine tomorrow")
    for step in job.get("steps", []):
        found += _step(where, step, permissions, root)
    return found


def _step(where: str, step: dict[str, Any], permissions: dict[str, str], root: Path) -> list[str]:
    found = []
    used, command = str(step.get("uses", "")), str(step.get("run", ""))
    if used and not used.startswith("./") and not _COMMIT.match(used):
        found.append(f"{where} uses {used}, which may be other code tomorrow: pin it by commit")
    if used.startswith("actions/checkout@") and (step.get("with") or {}).get("persist-credentials") is not False:
        found.append(f"{where} leaves its token in .git: persist-credentials: false")
    if used.startswith("azure/login@"):
        if permissions.get("id-token") != "write":
            found.append(f"{where} signs in to Azure without id-token: write")
        if {"creds", "client-secret"} & set(step.get("with") or {}):
            found.append(f"{where} signs in with a stored secret: OIDC needs none")
    if "release.sh" in command:
        absent = sorted(_read_by_parameters(root) - set(step.get("env") or {}))
        found += [f"{where} does not hand over {name}, which a parameter file reads" for name in absent]
    if "${{" in command:
        found.append(f"{where} puts an expression into a script, where its value is code: hand it over in env")
    return found + [f"{where} runs {name}, which is not there" for name in _absent(command, root)]


def _read_by_parameters(root: Path) -> set[str]:
    texts = [path.read_text() for path in (root / "infra" / "bicep").glob("*.bicepparam")]
    return {name for text in texts for name in re.findall(r"readEnvironmentVariable\('(\w+)'", text)}


def _absent(command: str, root: Path) -> list[str]:
    """The files of ours that a command names and that are not there, but in folders that are."""
    named = [one for one in _PATH.findall(command) if not one.endswith(".")]  # such goes on with a variable
    return [one for one in named if (root / one).parent.is_dir() and not (root / one).exists()]


def _one_compiler(root: Path) -> list[str]:
    """The same Bicep everywhere: what is checked is what is deployed."""
    files = [*sorted((root / FOLDER).glob("*.yml")), *(root / name for name in _SHELL_SCRIPTS)]
    versions = {path: set(re.findall(r"bicep install --version (\S+)", path.read_text())) for path in files}
    every = sorted({version for some in versions.values() for version in some})
    return [f"Bicep is installed in several versions: {', '.join(every)}"] if len(every) > 1 else []


def of_azure_yaml(path: Path, root: Path) -> list[str]:
    shown = path.name
    try:
        body = yaml.safe_load(path.read_text())
    except yaml.YAMLError as fault:
        return [f"{shown}: {' '.join(str(fault).split())}"]
    found = [f"{shown}: azd knows no {name}" for name in sorted(set(body) - _AZURE_YAML)]
    infra = body.get("infra") or {}
    folder, module = root / infra.get("path", "infra"), infra.get("module", "main")
    if folder.exists() and not any((folder / f"{module}.{kind}").exists() for kind in ("bicep", "bicepparam")):
        found.append(f"{shown}: {infra.get('path')} has no {module}")
    for name, service in (body.get("services") or {}).items():
        if service.get("host") == "function" and not (root / service.get("project", ".") / "host.json").exists():
            found.append(f"{shown}: service {name} has no host.json in {service.get('project')}")
    for name, hook in (body.get("hooks") or {}).items():
        if name not in _HOOKS:
            found.append(f"{shown}: azd has no hook {name}")
        for inner in walk(hook):
            absent = _absent(str(inner.get("run", "")), root)
            found += [f"{shown}: {name} runs {named}, which is not there" for named in absent]
    return found


def of_funcignore(root: Path) -> list[str]:
    """What a deployment must not carry is kept out by name."""
    lines = (root / ".funcignore").read_text().splitlines()
    needed = [".*", "tests/", "gpu_endpoints/", "infra/", "local.settings.json", "ripieno/local/"]
    return [f".funcignore lets {line} into the package" for line in needed if line not in lines]
