"""Every setting of the app and the endpoints, read from the environment once."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

MEBIBYTE = 1024 * 1024
_MODELS_CACHE = Path.home() / ".cache" / "ripieno" / "models"


class Settings(BaseModel):
    """`storage` is a connection string, or the name of an account to use with a managed identity. The planner's prices
    are US dollars a million tokens; `planner_engines` are those it may choose beside `auto`."""

    model_config = ConfigDict(frozen=True)

    storage: str
    storage_is_account_name: bool
    public_url: str
    endpoints: dict[str, list[str]]
    separation: list[str]
    stem_format: Literal["flac", "wav"]
    endpoint_key: str | None
    webhook_secret: str | None
    callback_secret: str | None
    callback_hosts: list[str]
    default_owner: str
    sweep_seconds: float
    drop_source: str
    allow_private_webhooks: bool
    trust_easy_auth: bool
    max_upload_bytes: int
    max_song_bytes: int
    max_song_seconds: float
    planner_url: str
    planner_model: str
    planner_key: str | None
    planner_is_azure: bool
    planner_price_in: float | None
    planner_price_out: float | None
    planner_engines: list[str]


class MissingSetting(RuntimeError):
    """A setting without which nothing can work is not set."""


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The process's settings.

    Raises
    ------
    MissingSetting
        When no storage is configured.
    """
    env = os.environ.get
    account = env("RIPIENO_STORAGE__accountName") or env("AzureWebJobsStorage__accountName")
    connection = env("RIPIENO_STORAGE") or env("AzureWebJobsStorage")
    if not connection and not account:
        raise MissingSetting(
            "no storage is configured: set AzureWebJobsStorage to a connection string"
            " (local.settings.json), or AzureWebJobsStorage__accountName to an account to use with a managed identity"
        )
    return Settings(
        storage=connection or account or "",
        storage_is_account_name=not connection,
        public_url=env("RIPIENO_PUBLIC_URL", "http://127.0.0.1:7071").rstrip("/"),
        endpoints={
            "analysis": _addresses(env("RIPIENO_ANALYSIS_ENDPOINTS", "http://127.0.0.1:8001")),
            "generation": _addresses(env("RIPIENO_GENERATION_ENDPOINTS", "http://127.0.0.1:8002")),
            "directml": _addresses(env("RIPIENO_DIRECTML_ENDPOINTS", "")),
        },
        separation=[step.strip() for step in env("RIPIENO_SEPARATION", "auto").split(",") if step.strip()],
        stem_format=_format(env("RIPIENO_STEM_FORMAT", "flac")),
        endpoint_key=env("RIPIENO_ENDPOINT_KEY") or None,
        webhook_secret=env("RIPIENO_WEBHOOK_SECRET") or None,
        callback_hosts=_addresses(env("RIPIENO_CALLBACK_HOSTS", "")),
        callback_secret=env("RIPIENO_CALLBACK_SECRET") or None,
        default_owner=env("RIPIENO_DEFAULT_OWNER") or "local",
        sweep_seconds=float(env("RIPIENO_SWEEP_SECONDS", "60")),
        drop_source=env("RIPIENO_DROP_SOURCE", "Polling"),
        allow_private_webhooks=env("RIPIENO_ALLOW_PRIVATE_WEBHOOKS", "0") == "1",
        trust_easy_auth=env("RIPIENO_TRUST_EASY_AUTH", "0") == "1",
        max_upload_bytes=int(env("RIPIENO_MAX_UPLOAD_BYTES", str(100 * MEBIBYTE))),
        max_song_bytes=int(env("RIPIENO_MAX_SONG_BYTES", str(2048 * MEBIBYTE))),
        max_song_seconds=float(env("RIPIENO_MAX_SONG_SECONDS", str(3 * 3600))),
        planner_url=env("AZURE_OPENAI_ENDPOINT") or env("RIPIENO_PLANNER_URL", ""),
        planner_model=env("RIPIENO_PLANNER_MODEL", ""),
        planner_key=env("AZURE_OPENAI_API_KEY") or env("RIPIENO_PLANNER_KEY") or None,
        planner_is_azure=bool(env("AZURE_OPENAI_ENDPOINT")),
        planner_price_in=_price(env("RIPIENO_PLANNER_PRICE_IN")),
        planner_price_out=_price(env("RIPIENO_PLANNER_PRICE_OUT")),
        planner_engines=[
            name.strip() for name in env("RIPIENO_PLANNER_ENGINES", "symbolic").split(",") if name.strip()
        ],
    )


def _format(text: str) -> Literal["flac", "wav"]:
    if text not in ("flac", "wav"):
        raise MissingSetting(f"RIPIENO_STEM_FORMAT is {text!r}: use flac or wav")
    return text


def _price(text: str | None) -> float | None:
    return float(text) if text else None


def _addresses(text: str) -> list[str]:
    return [address.strip().rstrip("/") for address in text.split(",") if address.strip()]


def models_place() -> str:
    """Where weights are kept: a folder, or `blob:{container}` of the storage account."""
    return os.environ.get("RIPIENO_MODELS") or str(_MODELS_CACHE)


def models_folder() -> Path:
    """The local folder engines read weights from: the place itself, or where a container is brought to."""
    place = models_place()
    return _MODELS_CACHE if place.startswith("blob:") else Path(place)
