"""The settings of the code, of the sample file and of Bicep are one set; each way in which they could part is seen."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
from planting import ROOT, Tree, copy_of_the_tree

from infra.checks import settings

MAIN, CODE, SAMPLE = "infra/bicep/main.bicep", "ripieno/services/settings.py", "local.settings.sample.json"


@pytest.fixture(scope="module")
def planted(tmp_path_factory) -> Callable[[str, str, str], list[str]]:
    """Put one text in the place of another in a file of a copy, once; what the check then says."""
    tree = Tree(copy_of_the_tree(tmp_path_factory.mktemp("tree")), settings.problems)
    return partial(tree.with_mistake, most=1)


def test_what_is_there_has_no_problem():
    assert settings.problems(ROOT) == []


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        (MAIN, "  RIPIENO_TENANT: tenant().tenantId\n", "", "sets no RIPIENO_TENANT, which the app reads"),
        (MAIN, "RIPIENO_TENANT: tenant", "RIPIENO_TENNANT: tenant", "sets RIPIENO_TENNANT, which nobody reads"),
        (MAIN, "  RIPIENO_TENANT: tenant", "  AZURE_OPENAI_API_KEY: ''\n  RIPIENO_TENANT: tenant",
         "sets AZURE_OPENAI_API_KEY: the app's identity asks"),
        (MAIN, "RIPIENO_DROP_SOURCE: 'EventGrid'", "RIPIENO_DROP_SOURCE: 'EventsGrid'", "RIPIENO_DROP_SOURCE cannot be"),
        (MAIN, "visitors ? 'viewer' : 'off'", "visitors ? 'listener' : 'off'", "RIPIENO_VISITORS cannot be 'listener'"),
        (MAIN, "RIPIENO_SWEEP_SECONDS: ''", "RIPIENO_SWEEP_SECONDS: '-1'", "RIPIENO_SWEEP_SECONDS cannot be '-1'"),
        (MAIN, "PYTHON_THREADPOOL_THREAD_COUNT: '12'", "PYTHON_THREADPOOL_THREAD_COUNT: 12", "settings are texts"),
        (MAIN, "'${secret}/webhook-secrets)'", "'not really one'", "it must be a reference into Key Vault"),
        (MAIN, "'${secret}/webhook-secrets)'", "'${secret}/webhooks)'", "it makes no webhooks, which"),
        (MAIN, "RIPIENO_LLM_MODELS: ''", "RIPIENO_LLM_MODELS: '${secret}/models)'", "is no secret that"),
        (MAIN, "RIPIENO_PUBLIC_URL: 'https:", "RIPIENO_PUBLIC_URL: 'http:", "must begin with https"),
        (MAIN, "RIPIENO_LICENSES: 'commercial'", "RIPIENO_LICENSES: 'all'", "RIPIENO_LICENSES cannot be 'all'"),
        (MAIN, "RIPIENO_LICENSES: 'commercial'", "RIPIENO_LICENCES: 'any'", "endpoints are told RIPIENO_LICENCES"),
        (MAIN, "= if (openAi) {", "= if (openAi && webPubSub) {",
         "AZURE_OPENAI_ENDPOINT is set, and there is no"),
        ("infra/bicep/modules/function-app.bicep", "      AZURE_CLIENT_ID: identity.clientId\n", "", "sets no AZURE_CLIENT_ID"),
        ("infra/bicep/make-secrets.sh", "keep callback-secrets ", "keep callbacks ", "makes no callback-secrets"),
        (SAMPLE, '    "RIPIENO_ORPHANS": "",\n', "", "it has no RIPIENO_ORPHANS, which is read"),
        (SAMPLE, '    "RIPIENO_ORPHANS": "",\n', '    "RIPIENO_ORPHANS": "",\n    "RIPIENO_NOBODYS": "",\n', "nobody reads RIPIENO_NOBODYS"),
        (CODE, "    audit_days: int", "    audited_days: int", "nobody reads RIPIENO_AUDIT_DAYS"),
        (CODE, "    audit_days: int", "    redis_address: str = Field('', description='a cache')\n    audit_days: int",
         "infra/bicep has no module for it"),
        ("host.json", '"%TASK_HUB%"', '"%HUB%"', "it has no HUB, which is read"),
    ],
)  # fmt: skip
def test_a_mistake_is_seen(planted, file, old, new, said):
    found = planted(file, old, new)
    assert any(said in problem for problem in found), found


def test_every_switch_of_bicep_has_its_settings():
    """Endpoints on AKS are opened by a key from Key Vault, those of Azure ML by the app's identity."""
    from infra.checks import bicep

    base = bicep.given(ROOT, "dev")
    on_aks = settings.app_settings(bicep.deploy(ROOT, base)[0])
    on_ml = settings.app_settings(bicep.deploy(ROOT, base | {"endpointsOn": "azureml"})[0])
    assert on_aks["RIPIENO_ENDPOINT_KEYS"] and not on_aks["RIPIENO_ENDPOINT_AUDIENCE"]
    assert on_ml["RIPIENO_ENDPOINT_AUDIENCE"] and not on_ml["RIPIENO_ENDPOINT_KEYS"]
    scheduled = settings.app_settings(bicep.deploy(ROOT, base | {"durableBackend": "DurableTaskScheduler"})[0])
    assert "Authentication=ManagedIdentity" in scheduled["DURABLE_TASK_SCHEDULER"]
    assert "DURABLE_TASK_SCHEDULER" not in on_aks
    warm = settings.app_settings(bicep.deploy(ROOT, base | {"hosting": "ElasticPremium"})[0])
    assert warm["FUNCTIONS_WORKER_RUNTIME"] == "python" and "FUNCTIONS_WORKER_RUNTIME" not in on_aks
