"""Mistakes in the manifests are found, each by what it is."""

from __future__ import annotations

import pytest
from planting import ROOT, Tree, copy_of_the_tree

from infra.checks import kubernetes

E = "infra/kubernetes/endpoints"
B = "infra/kubernetes/base"
C = "infra/kubernetes/components"
MISTAKES = {
    "may run as root": (f"{E}/analysis/deployment.yaml", "runAsNonRoot: true", "runAsNonRoot: false", "may run as root"),
    "user 0": (f"{E}/analysis/deployment.yaml", "runAsUser: 10001", "runAsUser: 0", "runs as user 0"),
    "a root that is written": (
        f"{E}/generation/deployment.yaml", "readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false", "can write its root"),
    "a misspelt field of safety": (
        f"{B}/weights.yaml", "allowPrivilegeEscalation", "allowPrivilegeEscalations", "may gain privileges"),
    "capabilities kept": (f"{E}/analysis/deployment.yaml", "drop: [ALL]", "drop: [NET_RAW]", "keeps capabilities"),
    "no limit of memory": (f"{E}/analysis/deployment.yaml", 'limits: {cpu: "4", memory: 8Gi,', 'limits: {cpu: "4",', "no limits of memory"),
    "a Windows pod as administrator": (
        f"{E}/directml/deployment.yaml", "runAsUserName: ContainerUser", "runAsUserName: ContainerAdministrator", "not ContainerUser"),
    "a probe of what is not there": (f"{E}/analysis/deployment.yaml", "path: /health", "path: /healthz", "asks for /healthz"),
    "no readiness": (f"{E}/production/deployment.yaml", "readinessProbe:", "readynessProbe:", "no readinessProbe"),
    "an image that nobody makes": (f"{E}/analysis/deployment.yaml", "ripieno-analysis-cpu", "ripieno-analyses-cpu", "no image ripieno-analyses-cpu"),
    "an image that changes": (f"{B}/weights.yaml", "ripieno-weights:PLACE", "ripieno-weights:latest", "any image tomorrow"),
    "a GPU image that nobody makes": (f"{C}/gpu/generation.yaml", "ripieno-generation-cuda", "ripieno-generation-gpu", "no image"),
    "a GPU without its taint": (f"{C}/gpu/analysis.yaml", "key: sku", "key: gpu", "does not tolerate the taint"),
    "a broken path of kustomize": ("infra/kubernetes/overlays/prod/kustomization.yaml", "../../components/tls", "../../component/tls", "is not there"),
    "a field that kustomize lacks": ("infra/kubernetes/overlays/dev/kustomization.yaml", "patches:", "patch:", "kustomize knows no patch"),
    "a file that nothing names": (f"{B}/kustomization.yaml", "  - network.yaml\n", "", "no kustomization names it"),
    "a typo of KEDA's": (f"{E}/analysis/scaling.yaml", "cooldownPeriod", "coolDownPeriod", "KEDA knows no coolDownPeriod"),
    "a typo in a trigger": (f"{E}/analysis/scaling.yaml", "targetValue", "target", "KEDA knows no target there"),
    "a trigger's number": (f"{E}/analysis/scaling.yaml", 'targetValue: "4"', "targetValue: 4", "is no text"),
    "a trigger without its token": (f"{E}/generation/scaling.yaml", "authenticationRef: {name: backlog}", "authenticationRef: {name: backlogs}", "no TriggerAuthentication"),
    "a scaled thing that is not": (f"{E}/analysis/scaling.yaml", "scaleTargetRef: {name: analysis}", "scaleTargetRef: {name: analyse}", "no Deployment here"),
    "an endpoint without a backlog": (f"{E}/analysis/scaling.yaml", "endpoints.analysis.jobs", "endpoints.production.jobs", "the backlog has"),
    "a number that the app does not say": (f"{E}/analysis/scaling.yaml", "endpoints.analysis.jobs", "endpoints.analysis.length", "of an endpoint"),
    "a route that the app lacks": (f"{C}/place/place.env", "/api/ops/backlog", "/api/backlog", "which the app does not have"),
    "no default deny": (f"{B}/network.yaml", "podSelector: {}\n  policyTypes: [Ingress, Egress]", "podSelector: {}\n  policyTypes: [Ingress]", "no NetworkPolicy denies"),
    "open to everybody": (f"{B}/network.yaml", "cidr: 10.40.0.0/16", "cidr: 0.0.0.0/0", "lets the whole internet in"),
    "the machine's identity": (f"{B}/network.yaml", "0.0.0.0/0, except: [169.254.169.254/32]", "0.0.0.0/0", "machine's identity"),
    "a public address": (f"{E}/analysis/service.yaml", 'load-balancer-internal: "true"', 'load-balancer-internal: "false"', "from the internet"),
    "a service of no pod": (f"{E}/analysis/service.yaml", "selector: {app.kubernetes.io/name: analysis}", "selector: {app.kubernetes.io/name: analyse}", "which no pod has"),
    "a port of nobody's": (f"{E}/analysis/service.yaml", "targetPort: http", "targetPort: https", "no port of its pods"),
    "no disruption budget": (f"{E}/generation/service.yaml", "kind: PodDisruptionBudget", "kind: PodDisruptionBudgets", "has no PodDisruptionBudget"),
    "a setting that nothing reads": (f"{C}/place/settings.env", "RIPIENO_PUBLIC_URL", "RIPIENO_PUBLICURL", "is read by nothing"),
    "a variable that nothing reads": (f"{E}/directml/deployment.yaml", "RIPIENO_ONNX_PROVIDER", "RIPIENO_ONNX_PROVIDERS", "nothing reads"),
    "a secret of nobody's": (f"{E}/analysis/deployment.yaml", "key: callback-secrets", "key: callback-secret", "which nobody makes"),
    "a secret that is not read": (f"{B}/secrets.yaml", "objectName: scraping-key\n          objectType", "objectName: scrape-key\n          objectType", "does not read scraping-key"),
    "a secret in a file": (f"{B}/backlog.yaml", "kind: TriggerAuthentication", "kind: Secret", "Key Vault has them"),
    "a volume that is not": (f"{E}/analysis/deployment.yaml", "{name: cache, mountPath", "{name: caches, mountPath", "no volume of the pod"),
    "weights that are written": (f"{E}/analysis/deployment.yaml", "mountPath: /models, readOnly: true", "mountPath: /models", "may write weights"),
    "a folder without a bound": (f"{E}/analysis/deployment.yaml", "emptyDir: {sizeLimit: 40Gi}", "emptyDir: {}", "no bound"),
    "a claim that is not": (f"{E}/generation/deployment.yaml", "claimName: weights", "claimName: weight", "is not there"),
    "an account that is not": (f"{E}/analysis/deployment.yaml", "serviceAccountName: endpoints", "serviceAccountName: endpoint", "is not there"),
    "weights that are not": (f"{B}/weights.yaml", "pull, htdemucs", "pull, htdemux", "the catalogue does not have"),
    "a place that is put nowhere": (f"{C}/place/place.env", "SCALER_CLIENT_ID", "SCALER_ID", "is put nowhere"),
    "a key twice": (f"{B}/namespace.yaml", "kind: LimitRange", "kind: LimitRange\nkind: ResourceQuota", "is there twice"),
}  # fmt: skip


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Tree:
    return Tree(copy_of_the_tree(tmp_path_factory.mktemp("tree")), kubernetes.rules)


def test_the_manifests_have_no_problem():
    assert kubernetes.rules(ROOT) == []


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_found(tree: Tree, mistake: str):
    file, right, wrong, said = MISTAKES[mistake]
    found = tree.with_mistake(file, right, wrong)
    assert any(said in one for one in found), found


def test_the_copy_is_clean_after_all_mistakes(tree: Tree):
    assert tree.problems() == []
