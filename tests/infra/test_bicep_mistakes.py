"""The Bicep check passes what is there, and sees each mistake that is planted into a copy of it.

tree-sitter's second reading is a part of `make check-infra`, where it is installed; our own reading is all of this.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial

import pytest
from planting import ROOT, Tree, copy_of_the_tree

from infra.checks import bicep
from infra.checks.bicep.resource_types import DATA, resource_types
from infra.checks.bicep.syntax import SyntaxFault, parse
from ripieno.contracts import names

MODULES = "infra/bicep/modules"


@pytest.fixture(scope="module")
def planted(tmp_path_factory) -> Callable[[str, str, str], list[str]]:
    """Put one text in the place of another in a file of a copy, once; what the check then says."""
    tree = Tree(copy_of_the_tree(tmp_path_factory.mktemp("tree")), bicep.problems)
    return partial(tree.with_mistake, most=1)


def test_what_is_there_has_no_problem():
    assert bicep.problems(ROOT) == []


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        # -- the language
        ("modules/storage.bicep", "accessTier: 'Hot'", "accessTier 'Hot'", "':' is expected"),
        ("modules/storage.bicep", "kind: 'StorageV2'", "kind: 'StorageV2", "a text has no end"),
        ("modules/drops.bicep", "{ source: account.id, topicType", "{ source: account.id topicType", "a comma"),
        ("modules/storage.bicep", "scope: account\n", "scope: acount\n", "nothing is called 'acount'"),
        ("modules/openai.bicep", "guid(account.id", "guidd(account.id", "there is no function guidd()"),
        ("modules/openai.bicep", "output address string = account.properties.endpoint",
         "output address string = account.listKeys().key1", "listKeys() gives out a key"),
        ("modules/network.bicep", "var range = '10.40.0.0/16'", "var range = '10.40.0.0/16'\nvar nobody = 1",
         "nobody reads var nobody"),
        # -- between files
        ("main.bicep", "    softDeleteDays: isProd ? 7 : 0\n", "", "module storage is not given softDeleteDays"),
        ("main.bicep", "    coolAfterDays: 60", "    coolAfterDay: 60", "module storage has no parameter coolAfterDay"),
        ("main.bicep", "    coolAfterDays: 60", "    coolAfterDays: '60'", "parameter coolAfterDays is int"),
        ("main.bicep", "storage.outputs.dropsQueue", "storage.outputs.dropQueue", "module storage has no output dropQueue"),
        ("main.bicep", "'modules/drops.bicep'", "'modules/drop.bicep'", "there is no modules/drop.bicep"),
        ("main.bicep", "= if (hasNetwork)", "= if (hasNetwork && apiManagement)", "network is not deployed here, and read from"),
        ("main.prod.bicepparam", "param stage = 'prod'", "param stage = 'production'", "parameter stage may not be"),
        ("main.prod.bicepparam", "param budget = 5000\n", "", "the template wants budget"),
        ("main.dev.bicepparam", "param budget = 200", "param budgets = 200", "the template has no parameter budgets"),
        ("modules/openai.bicep", "name: 'openai-private'", "name: 'openai'", "two deployments at once are called openai"),
        ("modules/grafana.bicep", "guid(metricsId, names.grafana, dataReader)", "guid(metricsId, grafana.identity.principalId)",
         "readsMetrics is named, repeated or left out by what is known only once"),
        ("main.bicep", "= if (grafana) {", "= if (grafana && storage.outputs.name != '') {", "dashboards is named, repeated"),
        ("main.bicep", "softDeleteDays: isProd", "softDeleteDays: app.outputs.name == '' && isProd", "storage needs itself"),
        # -- the schema of its type
        ("modules/storage.bicep", "allowSharedKeyAccess: false", "allowSharedKeysAccess: false",
         "has no account.properties.allowSharedKeysAccess (did you mean allowSharedKeyAccess?)"),
        ("modules/aks.bicep", "minCount: 0", "minCount: '0'", "minCount must be a number, not '0'"),
        ("modules/aks.bicep", "osType: 'Windows'", "osType: 'Window'", "osType may be"),
        ("modules/aks.bicep", "nodeTaints: [gpuTaint]", "nodeTaints: gpuTaint", "nodeTaints must be an array"),
        ("modules/key-vault.bicep", "    tenantId: tenant().tenantId\n", "", "must have tenantId"),
        ("modules/registry.bicep", "location: location", "location: location\n  id: 'x'", "is Azure's to say"),
        ("modules/drops.bicep", "endpointType: 'StorageQueue'", "endpointType: 'StorageQueues'", "nothing has endpointType"),
        ("modules/durable-task.bicep", "ipAllowlist", "ipAllowList", "(did you mean ipAllowlist?)"),
        ("modules/key-vault.bicep", "vault.properties.vaultUri", "vault.properties.uri", "has no 'uri'"),
        ("modules/openai.bicep", "accounts@2025-06-01", "accounts@2020-06-01", "is known in its version 2025-06-01"),
        ("modules/openai.bicep", "CognitiveServices/accounts@", "CognitiveService/accounts@", "is no resource type"),
        ("modules/drops.bicep", "  parent: topic\n", "  parent: account\n", "is no child of"),
        ("modules/watching.bicep", "evaluationFrequency: rule.every", "evaluationFrequency: rule.often", "there is no 'often'"),
        ("modules/watching.bicep", "      interval: 'PT", "      intervals: 'PT", "has no counted.properties.intervals"),
        ("modules/network.bicep", "aRecords: [{ ipv4Address", "aRecords: [{ ipAddress", "ipAddress (did you mean ipv4Address?)"),
        # -- who may what
        ("modules/openai.bicep", "5e0bd9bd-7b93-4f28-af87-19fc36ad61bd", "5e0bd9bd-7b93-4f28-af87-19fc36ad61bf",
         "no role that roles.json knows"),
        ("modules/openai.bicep", "5e0bd9bd-7b93-4f28-af87-19fc36ad61bd", "4633458b-17de-408a-b874-0445c86b69e6",
         "openAiUser is Key Vault Secrets User"),
        ("modules/openai.bicep", "  scope: account\n", "", "over the whole resource group"),
        ("modules/service-bus.bicep", "principalId: appPrincipalId", "principalId: ''", "gives a role to nobody"),
        ("modules/event-topic.bicep", "    principalId: appPrincipalId\n", "    principalId: names.topic\n",
         "the app has no role in topic"),
        # -- what is open
        ("modules/storage.bicep", "publicNetworkAccess: empty(privateSubnetId) ? 'Enabled' : 'Disabled'",
         "publicNetworkAccess: 'Enabled'", "account is open to the internet"),
        ("modules/web-pubsub.bicep", "    publicNetworkAccess: empty(privateSubnetId) ? 'Enabled' : 'Disabled'\n", "",
         "service is open to the internet"),
        ("modules/network.bicep", "destinationPortRange: '443'", "destinationPortRange: '22'", "lets the internet in at 22"),
        ("modules/aks.bicep", "enablePrivateCluster: privateCluster", "enablePrivateCluster: false",
         "has its API on the internet"),
        ("modules/gateway.bicep", "mode: 'Prevention'", "mode: 'Detection'", "sees attacks and lets them in"),
        ("main.prod.bicepparam", "param privateNetwork = true\n", "", "in prod vault is open to the internet"),
        ("modules/storage.bicep", "properties: { publicAccess: 'None' }", "properties: { publicAccess: 'Blob' }",
         "container.publicAccess must be None"),
        # -- TLS
        ("modules/storage.bicep", "minimumTlsVersion: 'TLS1_2'", "minimumTlsVersion: 'TLS1_1'", "must be 1.2 at least"),
        ("modules/service-bus.bicep", "    minimumTlsVersion: '1.2'\n", "", "does not say minimumTlsVersion"),
        ("modules/gateway.bicep", "          protocol: 'Https'\n          hostName: hostName",
         "          protocol: 'Http'\n          hostName: hostName", "listens without TLS"),
        # -- keys and secrets
        ("modules/service-bus.bicep", "disableLocalAuth: true", "disableLocalAuth: false", "can be opened with a key"),
        ("main.bicep", "localAuth: !isProd", "localAuth: true", "insights can be opened with a key"),
        ("modules/registry.bicep", "adminUserEnabled: false", "adminUserEnabled: true", "adminUserEnabled must be False"),
        ("main.prod.bicepparam", "param budget = 5000", "param budget = 5000\n// AccountKey=" + "abc", "looks like a secret"),
        ("main.bicep", "param budget int", "param adminPassword string = 'x'\nparam budget int", "adminPassword is @secure()"),
        # -- zones
        ("main.bicep", "zoneRedundant: isProd\n    privateSubnetId: privateSubnetId\n    appPrincipalId",
         "zoneRedundant: false\n    privateSubnetId: privateSubnetId\n    appPrincipalId", "account is in one zone"),
        ("main.bicep", "isProd ? ['1', '2', '3']", "isProd ? ['1']", "fewer than three zones"),
    ],
)  # fmt: skip
def test_a_mistake_is_seen(planted, file, old, new, said):
    found = planted(f"infra/bicep/{file}", old, new)
    assert any(said in problem for problem in found), found


def test_a_resource_that_no_parameters_deploy_is_seen(planted):
    found = planted(f"{MODULES}/grafana.bicep", "resource grafana ", "resource grafana ")
    assert found == []
    found = planted("infra/bicep/main.bicep", "= if (grafana) {", "= if (grafana && !grafana) {")
    assert any("deployed with no parameters" in problem for problem in found), found


def test_what_stands_in_a_problem_is_where_it_is(planted):
    (problem,) = planted(f"{MODULES}/aks.bicep", "scaleDownMode: 'Delete'", "scaleDownModus: 'Delete'")
    line = 1 + (ROOT / MODULES / "aks.bicep").read_text().split("scaleDownMode")[0].count("\n")
    assert problem.startswith(f"{MODULES}/aks.bicep:{line}: ")


def test_storage_has_what_the_app_names_and_keeps_it_as_the_app_does():
    """Containers and queues are those of `contracts/names.py`; rules of keeping begin with its containers."""
    deployed, _ = bicep.deploy(ROOT, bicep.given(ROOT, "prod"))
    called = {
        kind: {one.body["name"] for one in deployed if one.is_a(f"Microsoft.Storage/storageAccounts/{kind}") and not one.existing}
        for kind in ("blobServices/containers", "queueServices/queues")
    }  # fmt: skip
    assert called["blobServices/containers"] == {*names.CONTAINERS, "app-package", "models"}
    assert called["queueServices/queues"] == {names.DROPS_QUEUE, names.POISON_DROPS}
    (keeping,) = [one for one in deployed if one.is_a("Microsoft.Storage/storageAccounts/managementPolicies")]
    prefixes = [
        prefix
        for rule in keeping.properties["policy"]["rules"]
        for prefix in rule["definition"]["filters"]["prefixMatch"]
    ]
    assert f"{names.RAW_AUDIO}/{names.UPLOAD_PREFIX}" in prefixes and f"{names.REJECTED}/" in prefixes
    assert {prefix.partition("/")[0] for prefix in prefixes} <= set(names.CONTAINERS)
    (dropped,) = [one for one in deployed if one.is_a("Microsoft.EventGrid/systemTopics/eventSubscriptions")]
    assert dropped.properties["filter"]["subjectBeginsWith"].endswith(f"/containers/{names.RAW_AUDIO}/")
    destination = dropped.properties["deliveryWithResourceIdentity"]["destination"]
    assert destination["properties"]["queueName"] == names.DROPS_QUEUE


def test_the_shapes_say_what_they_were_made_from_and_are_of_what_is_used():
    told = json.loads(DATA.read_text())
    assert set(told["made_from"]) == {"@azure/mcp-linux-x64", "pulumi-azure-native"}
    used = {
        str(one.type.parts[0]).partition("@")[0].lower()
        for path in (ROOT / "infra/bicep").rglob("*.bicep")
        for one in parse(path.read_text())
        if one.kind == "resource" and one.type is not None
    }
    assert used == set(resource_types())


@pytest.mark.parametrize(
    "text",
    ["param a string\nparam b = {", "var a = [1 2]", "resource a 'b' = {}}", "output a string\n", "func f() string => 'x'",
     "var a = 'a${b'", "var a = '\\q'"],
)  # fmt: skip
def test_what_is_no_bicep_is_refused(text):
    with pytest.raises(SyntaxFault):
        parse(text)
