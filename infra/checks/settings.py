"""App settings: what the code reads, what the sample file has and what Bicep sets are the same; and each may be so.

The code is `ripieno/services/settings.py` and the `%NAMES%` of host.json; Bicep is what `infra/bicep` comes to with the
dev and the prod parameters and its switches in every position.
"""

from __future__ import annotations

import importlib.util
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any

from pydantic import AliasChoices, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from infra.checks import bicep
from infra.checks.bicep.values import Deployed, Unknown

CODE, SAMPLE, HOST = "ripieno/services/settings.py", "local.settings.sample.json", "host.json"
BICEP, SCRIPT = "infra/bicep/main.bicep", "infra/bicep/make-secrets.sh"
OF_THE_PLATFORM = {"FUNCTIONS_WORKER_RUNTIME", "AzureWebJobsStorage", "PYTHON_THREADPOOL_THREAD_COUNT"}
NOT_IN_AZURE = {
    "AzureWebJobsStorage": "it has a key: the account is named, and opened with an identity",
    "AZURE_OPENAI_API_KEY": "the app's identity asks",
    "RIPIENO_LLM_URL": "for whom no Azure OpenAI is named",
    "RIPIENO_LLM_KEY": "for whom no Azure OpenAI is named",
    "RIPIENO_ALLOW_HTTP_STORAGE": "storage in Azure has https",
    "RIPIENO_OWN_ADDRESSES": "none of its parts listens beside the app: private addresses are shut out as they are",
}
OF_AZURE = {
    "AZURE_CLIENT_ID", "AzureWebJobsStorage__accountName", "AzureWebJobsStorage__clientId",
    "AzureWebJobsStorage__credential", "APPLICATIONINSIGHTS_CONNECTION_STRING",
    "APPLICATIONINSIGHTS_AUTHENTICATION_STRING", "MALLOC_ARENA_MAX", "DURABLE_TASK_SCHEDULER",
    "AzureFunctionsJobHost__extensions__durableTask__storageProvider__type",
    "AzureFunctionsJobHost__extensions__durableTask__storageProvider__connectionStringName",
    "FUNCTIONS_EXTENSION_VERSION", "WEBSITE_RUN_FROM_PACKAGE", "WEBSITE_RUN_FROM_PACKAGE_BLOB_MI_RESOURCE_ID",
}  # fmt: skip
SECRETS = {
    "RIPIENO_ENDPOINT_KEYS", "RIPIENO_CALLBACK_SECRETS", "RIPIENO_WEBHOOK_SECRETS", "RIPIENO_VISITOR_SECRET",
    "RIPIENO_TOKENS", "RIPIENO_DIRECT_SECRETS",
}  # fmt: skip
SERVICES = {
    "AzureWebJobsStorage__accountName": "Microsoft.Storage/storageAccounts",
    "AZURE_OPENAI_ENDPOINT": "Microsoft.CognitiveServices/accounts",
    "RIPIENO_LLM_MODEL": "Microsoft.CognitiveServices/accounts/deployments",
    "RIPIENO_DROP_SOURCE": "Microsoft.EventGrid/systemTopics/eventSubscriptions",
    "APPLICATIONINSIGHTS_CONNECTION_STRING": "Microsoft.Insights/components",
    "DURABLE_TASK_SCHEDULER": "Microsoft.DurableTask/schedulers/taskHubs",
} | dict.fromkeys(SECRETS, "Microsoft.KeyVault/vaults")
"""What must be deployed where a setting has a value."""
SERVICES_BY_WORD = {
    "openai": "Microsoft.CognitiveServices/accounts",
    "storage": "Microsoft.Storage/storageAccounts",
    "servicebus": "Microsoft.ServiceBus/namespaces",
    "topic": "Microsoft.EventGrid/topics",
    "eventgrid": "Microsoft.EventGrid/topics",
    "pubsub": "Microsoft.SignalRService/webPubSub",
    "grafana": "Microsoft.Dashboard/grafana",
    "scheduler": "Microsoft.DurableTask/schedulers",
    "cosmos": "Microsoft.DocumentDB/databaseAccounts",
    "redis": "Microsoft.Cache/redis",
    "signalr": "Microsoft.SignalRService/signalR",
}
"""Services that names of settings speak of: what code can be set to use, Bicep must be able to make."""
_VAULT = re.compile(r"@Microsoft\.KeyVault\(SecretUri=.*secrets/([a-z-]+)\)")


def problems(root: Path) -> list[str]:
    """Everything that is wrong with the settings, a sentence each."""
    fields = fields_of(root)
    sample = set(json.loads((root / SAMPLE).read_text())["Values"])
    found = [*of_sample(root, fields, sample)]
    deployed = [bicep.deploy(root, values)[0] for stage in bicep.STAGES for values in bicep.variants(root, stage)]
    set_somewhere = {name for one in deployed for name in app_settings(one)}
    found += of_bicep(sample, set_somewhere)
    for one in deployed:
        found += of_values(fields, app_settings(one))
        found += of_services(one)
        found += of_endpoints(fields, one)
    found += of_modules(fields, {resource.type.name for one in deployed for resource in one if resource.type})
    found += of_secrets(root, deployed)
    return list(dict.fromkeys(found))


# -- what is read


def fields_of(root: Path) -> dict[str, FieldInfo]:
    """The settings that the code has, by the names that they are set by."""
    found: dict[str, FieldInfo] = {}
    for name, field in code(root).Settings.model_fields.items():
        alias = field.validation_alias
        several = alias.choices if isinstance(alias, AliasChoices) else [alias or f"RIPIENO_{name.upper()}"]
        found |= {str(one): field for one in several}
    return found


def code(root: Path) -> ModuleType:
    """The module of that checkout, not of this one."""
    spec = importlib.util.spec_from_file_location("settings_of_a_checkout", root / CODE)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # where pydantic looks annotations up
    try:
        spec.loader.exec_module(module)
    finally:
        del sys.modules[spec.name]
    return module


def of_endpoints_alone(root: Path) -> set[str]:
    """Settings that stand below `# -- the endpoints`."""
    below = (root / CODE).read_text().partition("# -- the endpoints\n")[2].partition("@classmethod")[0]
    return {f"RIPIENO_{name.upper()}" for name in re.findall(r"^    (\w+): ", below, re.M)}


# -- the sample file


def of_sample(root: Path, fields: dict[str, FieldInfo], sample: set[str]) -> Iterator[str]:
    of_the_host = set(re.findall(r"%(\w+)%", (root / HOST).read_text()))
    of_storage = {name for name, field in fields.items() if isinstance(field.validation_alias, AliasChoices)}
    read = (set(fields) - of_storage - of_endpoints_alone(root)) | OF_THE_PLATFORM | of_the_host
    for name in sorted(read - sample):
        yield f"{SAMPLE}: it has no {name}, which is read"
    for name in sorted(sample - read):
        yield f"{SAMPLE}: nobody reads {name}"


# -- Bicep


def app_settings(deployed: list[Deployed]) -> dict[str, Any]:
    (found,) = (one for one in deployed if one.is_a("Microsoft.Web/sites/config"))
    return found.properties


def of_bicep(sample: set[str], given: set[str]) -> Iterator[str]:
    wanted = (sample - set(NOT_IN_AZURE)) | OF_AZURE
    for name in sorted(wanted - given):
        yield f"{BICEP}: it sets no {name}, which the app reads"
    for name in sorted(given - wanted):
        why = f": {NOT_IN_AZURE[name]}" if name in NOT_IN_AZURE else ", which nobody reads"
        yield f"{BICEP}: it sets {name}{why}"


def of_values(fields: dict[str, FieldInfo], given: dict[str, Any]) -> Iterator[str]:
    for name, value in given.items():
        if not isinstance(value, str):
            yield f"{BICEP}: {name} is {value!r}: settings are texts"
        elif name in SECRETS and value and not _VAULT.search(value):
            yield f"{BICEP}: {name} is a secret: it must be a reference into Key Vault"
        elif name not in SECRETS and "@Microsoft.KeyVault" in value:
            yield f"{BICEP}: {name} comes from Key Vault, and is no secret that infra/checks/settings.py knows"
        elif name in fields and value and not isinstance(value, Unknown) and not may_be(fields[name], value):
            yield f"{BICEP}: {name} cannot be {value!r}"
    if not str(given.get("RIPIENO_PUBLIC_URL", "")).startswith("https://"):
        yield f"{BICEP}: RIPIENO_PUBLIC_URL must begin with https://"


def may_be(field: FieldInfo, value: str) -> bool:
    try:
        written: Any = Annotated[field.annotation, *field.metadata, field]  # pyright: ignore[reportInvalidTypeForm]
        TypeAdapter(written).validate_python(value)
    except ValidationError:
        return False
    return True


def of_services(deployed: list[Deployed]) -> Iterator[str]:
    there = {one.type.name for one in deployed if one.type is not None and not one.existing}
    for name, value in app_settings(deployed).items():
        if name in SERVICES and value and SERVICES[name] not in there:
            yield f"{BICEP}: {name} is set, and there is no {SERVICES[name]}"


def of_modules(fields: dict[str, FieldInfo], types: set[str]) -> Iterator[str]:
    for name in sorted(fields):
        plain = name.replace("_", "").lower()
        for word, kind in SERVICES_BY_WORD.items():
            if word in plain and kind not in types:
                yield f"{CODE}: {name} can be set to use {kind}, and infra/bicep has no module for it"


def of_endpoints(fields: dict[str, FieldInfo], deployed: list[Deployed]) -> Iterator[str]:
    """What endpoints on Azure ML are told is read by them."""
    known = set(fields) | OF_AZURE
    for one in deployed:
        if one.is_a("Microsoft.MachineLearningServices/workspaces/onlineEndpoints/deployments"):
            for name, value in (one.properties.get("environmentVariables") or {}).items():
                if name not in known:
                    yield f"{one.place}: endpoints are told {name}, which nobody reads"
                elif name in fields and not isinstance(value, Unknown) and not may_be(fields[name], value):
                    yield f"{one.place}: {name} cannot be {value!r}"


def of_secrets(root: Path, deployed: list[list[Deployed]]) -> Iterator[str]:
    """Every secret that is referred to is one that the script makes."""
    script = (root / SCRIPT).read_text()
    for one in deployed:
        for name, value in app_settings(one).items():
            for secret in _VAULT.findall(str(value)):
                if not re.search(rf"\bkeep {secret} ", script):
                    yield f"{SCRIPT}: it makes no {secret}, which {name} is read from"
