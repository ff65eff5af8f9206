"""Settings are read in one place, say what is wrong with them, and are those of the sample file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pydantic import AliasChoices

from ripieno.services import settings as module
from ripieno.services.settings import MissingSetting, Settings, settings

ROOT = Path(__file__).parents[3]
OF_THE_PLATFORM = {"FUNCTIONS_WORKER_RUNTIME", "AzureWebJobsStorage", "TASK_HUB", "PYTHON_THREADPOOL_THREAD_COUNT"}
OF_THE_ENDPOINTS = {
    "RIPIENO_CALLBACK_HOSTS", "RIPIENO_DIRECT_SECRETS", "RIPIENO_ENDPOINT_ISSUER", "RIPIENO_ENDPOINT_CALLERS",
    "RIPIENO_ENDPOINT_ROLE", "RIPIENO_LICENSES", "RIPIENO_ALLOW_WEIGHTS", "RIPIENO_MODELS", "RIPIENO_MODEL_CATALOGUE",
    "RIPIENO_WORKERS", "RIPIENO_QUEUE_LIMIT", "RIPIENO_JOB_TIMEOUT", "RIPIENO_ONNX_PROVIDER", "RIPIENO_ONNX_PRECISION",
    "RIPIENO_C2PA_CERTIFICATES", "RIPIENO_C2PA_KEY", "RIPIENO_C2PA_ALGORITHM", "RIPIENO_C2PA_TIMESTAMPS",
}  # fmt: skip


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch):
    import os

    for name in list(os.environ):
        if name.upper().startswith(module._READ):
            monkeypatch.delenv(name)


def names() -> set[str]:
    return {
        str(field.validation_alias or f"RIPIENO_{name.upper()}")
        for name, field in Settings.model_fields.items()
        if not isinstance(field.validation_alias, AliasChoices)
    }


def test_the_sample_file_has_exactly_the_apps_settings():
    sample = set(json.loads((ROOT / "local.settings.sample.json").read_text())["Values"])
    assert sample == (names() - OF_THE_ENDPOINTS) | OF_THE_PLATFORM


def test_the_sample_file_is_what_nothing_set_means(monkeypatch):
    before = settings()
    for name, value in json.loads((ROOT / "local.settings.sample.json").read_text())["Values"].items():
        monkeypatch.setenv(name, value)
    assert settings().model_dump(exclude={"storage"}) == before.model_dump(exclude={"storage"})


def test_lists_are_separated_by_commas_and_the_environment_is_read_anew(monkeypatch):
    monkeypatch.setenv("RIPIENO_ANALYSIS_ENDPOINTS", "http://a:1/, http://b:2")
    assert settings().endpoints["analysis"] == ["http://a:1", "http://b:2"]
    monkeypatch.setenv("RIPIENO_ANALYSIS_ENDPOINTS", "http://c:3")
    assert settings().endpoints["analysis"] == ["http://c:3"]


@pytest.mark.parametrize(
    ("name", "value"),
    [("RIPIENO_STEM_FORMAT", "mp3"), ("RIPIENO_QUEUE_LIMIT", "many"), ("RIPIENO_SWEEP_SECONDS", "-1")],
)
def test_a_value_that_cannot_be_is_named(monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    with pytest.raises(MissingSetting, match=f"{name}: .*{value}"):
        settings()


def test_an_account_is_named_as_the_azure_docs_name_it(monkeypatch):
    with pytest.raises(MissingSetting, match="AzureWebJobsStorage__accountName"):
        settings().service_uri("blob")
    monkeypatch.setenv("AzureWebJobsStorage__accountName", "theirs")
    assert settings().uses_identity and settings().service_uri("table") == "https://theirs.table.core.windows.net"
    monkeypatch.setenv("RIPIENO_STORAGE__accountName", "ours")
    monkeypatch.setenv("RIPIENO_STORAGE__blobServiceUri", "https://elsewhere.example/")
    monkeypatch.setenv("RIPIENO_STORAGE__clientId", "an-identity")
    assert settings().service_uri("table") == "https://ours.table.core.windows.net"
    assert settings().service_uri("blob") == "https://elsewhere.example"
    assert settings().storage_client_id == "an-identity"


def test_an_account_of_ones_own_wins_over_the_hosts_however_each_is_named(monkeypatch):
    monkeypatch.setenv("AzureWebJobsStorage", "UseDevelopmentStorage=true")
    monkeypatch.setenv("AzureWebJobsStorage__blobServiceUri", "https://theirs.example/")
    monkeypatch.setenv("AzureWebJobsStorage__clientId", "their-identity")
    assert settings().storage and not settings().uses_identity
    monkeypatch.setenv("RIPIENO_STORAGE__accountName", "")
    assert settings().storage
    monkeypatch.setenv("RIPIENO_STORAGE__accountName", "ours")
    assert settings().uses_identity and settings().storage_client_id is None
    assert settings().service_uri("blob") == "https://ours.blob.core.windows.net"
    monkeypatch.setenv("RIPIENO_STORAGE", "of our own")
    assert settings().storage == "of our own"
