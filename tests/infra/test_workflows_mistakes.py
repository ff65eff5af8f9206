"""Mistakes in what deploys are found, each by what it is; and what it runs does what it says."""

from __future__ import annotations

import http.server
import threading
import zipfile
from collections.abc import Iterator

import pytest
from planting import ROOT, Tree, copy_of_the_tree

from infra import package, smoke
from infra.checks import workflows
from infra.kubernetes import deploy

W = ".github/workflows"
CHECKOUT = "actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683 # v4.2.2"
MISTAKES = {
    "an injection": (f"{W}/release.yml", 'run: bash infra/release.sh "$STAGE" "$COMMIT"', "run: bash infra/release.sh ${{ inputs.stage }}", "where its value is code"),
    "a tag": (f"{W}/check.yml", CHECKOUT, "actions/checkout@v4", "pin it by commit"),
    "a commit of no version": (f"{W}/images.yml", CHECKOUT, CHECKOUT.split(" #", maxsplit=1)[0], "with its version behind it"),
    "rights for all jobs": (f"{W}/check.yml", "permissions: {}", "permissions: write-all", "at the top"),
    "a job without its rights": (f"{W}/check.yml", "    permissions:\n      contents: read\n", "", "does not name its permissions"),
    "a right too many": (f"{W}/deploy.yml", "contents: read", "contents: write", "may write contents"),
    "a trigger of strangers": (f"{W}/check.yml", "  pull_request:", "  pull_request_target:", "strangers can cause"),
    "a stored secret": (f"{W}/release.yml", "vars.AZURE_CLIENT_ID", "secrets.AZURE_CLIENT_ID", "a stored secret"),
    "a password": (f"{W}/release.yml", "client-id:", "client-secret:", "OIDC needs none"),
    "no token to exchange": (f"{W}/release.yml", "id-token: write", "id-token: read", "without id-token: write"),
    "a token left behind": (f"{W}/check.yml", "persist-credentials: false", "persist-credentials: true", "leaves its token"),
    "a job without an end": (f"{W}/images.yml", "timeout-minutes: 90", "continue-on-error: false", "six hours"),
    "a machine that changes": (f"{W}/check.yml", "ubuntu-24.04", "ubuntu-latest", "another machine tomorrow"),
    "a script that is not": (f"{W}/release.yml", "infra/release.sh", "infra/releases.sh", "which is not there"),
    "a workflow that is not": (f"{W}/deploy.yml", "./.github/workflows/release.yml", "./.github/workflows/releases.yml", "which is not there"),
    "another compiler": (f"{W}/check.yml", "--version v0.38.33", "--version v0.30.3", "several versions"),
    "no YAML": (f"{W}/check.yml", "jobs:", "jobs: [", "line"),
    "a field that azd lacks": ("azure.yaml", "services:", "service:", "azd knows no service"),
    "a hook that azd lacks": ("azure.yaml", "predeploy:", "predeployment:", "azd has no hook"),
    "a hook of no file": ("azure.yaml", "infra/kubernetes/deploy.py", "infra/kubernetes/deploys.py", "which is not there"),
    "an app that is elsewhere": ("azure.yaml", "project: .", "project: ripieno", "no host.json"),
    "tests in the package": (".funcignore", "tests/\n", "", "lets tests/"),
    "settings in the package": (".funcignore", "local.settings.json\n", "", "lets local.settings.json"),
}  # fmt: skip
TOLD = {name: f"x-{number}" for number, name in enumerate(deploy.NEEDED)} | {"RIPIENO_URL": "https://app.example.org/"}


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Tree:
    return Tree(copy_of_the_tree(tmp_path_factory.mktemp("tree")), workflows.rules)


def test_what_deploys_has_no_problem():
    assert workflows.rules(ROOT) == []


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_found(tree: Tree, mistake: str):
    file, right, wrong, said = MISTAKES[mistake]
    found = tree.with_mistake(file, right, wrong)
    assert any(said in one for one in found), found


# -- what it runs -------------------------------------------------------------------------------------------------


def test_the_package_has_the_app_and_nothing_else(tmp_path):
    package.pack(tmp_path / "one.zip")
    package.pack(tmp_path / "two.zip")
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    names = set(zipfile.ZipFile(tmp_path / "one.zip").namelist())
    assert {"function_app.py", "host.json", "requirements.txt", "ripieno/contracts/names.py"} <= names
    assert {name.partition("/")[0] for name in names} == {
        ".funcignore", "function_app.py", "host.json", "requirements.txt", "activities", "orchestrators", "ripieno", "triggers",
    }  # fmt: skip


def test_a_place_is_written_into_a_copy_of_the_manifests(tmp_path):
    path = tmp_path / "place.env"
    path.write_text((ROOT / "infra/kubernetes/components/place/place.env").read_text())
    deploy.fill(path, deploy.place_of("abc123", TOLD))
    text = path.read_text()
    assert "BACKLOG_URL=https://app.example.org/api/ops/backlog\n" in text and "RELEASE=abc123\n" in text
    said = "\n".join(line for line in text.splitlines() if line[0] != "#")
    assert "nowhere" not in said and "00000000" not in said
    with pytest.raises(ValueError):
        deploy.fill(path, {"NO_SUCH_NAME": "x"})


def test_every_setting_of_the_place_is_in_the_endpoints_settings(tmp_path):
    path = tmp_path / "settings.env"
    path.write_text((ROOT / "infra/kubernetes/components/place/settings.env").read_text())
    deploy.fill(path, deploy.settings_of(TOLD))
    assert "nowhere" not in path.read_text()


def test_a_deployment_says_what_it_lacks(tmp_path):
    with pytest.raises(SystemExit, match="SCALER_CLIENT_ID"):
        deploy.render(
            tmp_path, "dev", "abc", {name: value for name, value in TOLD.items() if name != "SCALER_CLIENT_ID"}
        )
    with pytest.raises(SystemExit, match="no tag"):
        deploy.render(tmp_path, "dev", "abc; rm", TOLD)


def test_the_registry_builds_what_the_manifests_name_and_nothing_else():
    rendered = "  image: r.azurecr.io/ripieno-weights:abc\n  image: r.azurecr.io/ripieno-production:abc\n"
    commands = deploy.builds(rendered, "r.azurecr.io", "abc")
    assert [one[one.index("--image") + 1] for one in commands] == ["ripieno-production:abc", "ripieno-weights:abc"]
    assert all((ROOT / one[one.index("--file") + 1]).exists() for one in commands)


class _App(http.server.BaseHTTPRequestHandler):
    answers: dict[str, tuple[int, bytes]] = {}

    def do_GET(self) -> None:
        status, body = self.answers[self.path]
        self.send_response(status)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def served() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _App)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


GOOD = {"/api/health": (200, b"{}"), "/api/openapi.json": (200, b'"/ops/backlog"'), "/api/ops/backlog": (401, b"")}


@pytest.mark.parametrize(
    ("path", "answer", "said"),
    [
        ("/api/health", (200, b"{}"), None),
        ("/api/health", (503, b""), "/api/health answered 503"),
        ("/api/openapi.json", (200, b"{}"), "knows no backlog"),
        ("/api/ops/backlog", (200, b"{}"), "to a stranger"),
    ],
)
def test_the_smoke_test_knows_an_app_that_serves(served: str, path: str, answer: tuple[int, bytes], said: str | None):
    _App.answers = GOOD | {path: answer}
    wrong = smoke.main(served, patience=0)
    assert wrong is None if said is None else said in (wrong or "")


def test_nobody_there_does_not_serve():
    assert smoke.main("http://127.0.0.1:9", patience=0) is not None
