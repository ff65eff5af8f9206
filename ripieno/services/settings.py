"""Every setting of the app and the endpoints, read from the environment: what it is called, what it may be, what for.

Lists are separated by commas; an empty value is as none. `local.settings.sample.json` holds the app's, by their names.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AliasChoices, BeforeValidator, Field, ValidationError
from pydantic_settings import BaseSettings, EnvSettingsSource, NoDecode, SettingsConfigDict
from pydantic_settings import PydanticBaseSettingsSource as Source

MEBIBYTE = 1024 * 1024
SHORTEST_KEY = 20
_MODELS_CACHE = Path.home() / ".cache" / "ripieno" / "models"
_OWN_ACCOUNT, _HOSTS_ACCOUNT = "RIPIENO_STORAGE", "AZUREWEBJOBSSTORAGE"
_SECRET = {"endpoint_keys", "callback_secrets", "webhook_secrets", "direct_secrets"}
_READ = ("RIPIENO_", "AZURE_OPENAI_", _HOSTS_ACCOUNT, "HF_TOKEN")


def _split(value: Any) -> Any:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _addresses(value: Any) -> Any:
    return [part.rstrip("/") for part in _split(value)] if isinstance(value, str) else value


def _pairs(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    found = {}
    for part in _split(value):
        name, equals, about = part.rpartition("=")
        if not equals or not name.strip():
            raise ValueError(f"{part!r} is no pair: write name=value, separated by commas")
        found[name.strip()] = about.strip()
    return found


def _secrets(value: Any) -> Any:
    """Standard Webhooks' own form: `whsec_` and 24 to 64 random bytes in base64."""
    for one in _split(value):
        try:
            size = len(base64.b64decode(one.removeprefix("whsec_"), validate=True)) if one.startswith("whsec_") else 0
        except ValueError:
            size = 0
        if not 24 <= size <= 64:
            raise ValueError("one of them is no secret: each is `whsec_` and 24 to 64 random bytes in base64")
    return _split(value)


def _keys(value: Any) -> Any:
    if not all(len(one) >= SHORTEST_KEY and one.isascii() and one.isprintable() for one in _split(value)):
        raise ValueError(f"one of them is no key: each has {SHORTEST_KEY} or more printable ASCII characters")
    return _split(value)


def _prices(value: Any) -> Any:
    return {name: tuple(price.split("/")) for name, price in _pairs(value).items()} if isinstance(value, str) else value


Pairs = Annotated[
    dict[Literal["plan", "understand", "compose", "lyrics", "moderate", "announce"], str],
    NoDecode,
    BeforeValidator(_pairs),
]
Price = Annotated[float, Field(ge=0)]
Prices = Annotated[dict[str, tuple[Price, Price]], NoDecode, BeforeValidator(_prices)]
Words = Annotated[list[str], NoDecode, BeforeValidator(_split)]
Modes = Annotated[list[Literal["local", "entra", "easy_auth", "token"]], NoDecode, BeforeValidator(_split)]
Addresses = Annotated[list[str], NoDecode, BeforeValidator(_addresses)]
Secrets = Annotated[list[str], NoDecode, BeforeValidator(_secrets)]
Keys = Annotated[list[str], NoDecode, BeforeValidator(_keys)]


def _storage(name: str) -> AliasChoices:
    """Our own account's setting, else that of the Functions host, as Azure names identity-based connections."""
    return AliasChoices(f"RIPIENO_STORAGE__{name}", f"AzureWebJobsStorage__{name}")


class MissingSetting(RuntimeError):
    """A setting without which nothing can work is not set, or one has a value that it cannot have."""


class _OwnAccountFirst(EnvSettingsSource):
    """The environment; where it names an account of the platform's own, nothing is taken from the Functions host's."""

    def _load_env_vars(self) -> Mapping[str, str | None]:
        found = super()._load_env_vars()
        if any(value and name.upper().startswith(_OWN_ACCOUNT) for name, value in found.items()):
            return {name: value for name, value in found.items() if not name.upper().startswith(_HOSTS_ACCOUNT)}
        return found


class Settings(BaseSettings):
    """Of the process. Field names are the settings' own in lower case, without `RIPIENO_`."""

    model_config = SettingsConfigDict(env_prefix="RIPIENO_", env_ignore_empty=True, extra="ignore", frozen=True)

    # -- storage: a connection string, or an account to use with a managed identity
    storage: str | None = Field(None, validation_alias=AliasChoices("RIPIENO_STORAGE", "AzureWebJobsStorage"))
    storage_account: str | None = Field(None, validation_alias=_storage("accountName"))
    storage_blob_uri: str | None = Field(None, validation_alias=_storage("blobServiceUri"))
    storage_table_uri: str | None = Field(None, validation_alias=_storage("tableServiceUri"))
    storage_queue_uri: str | None = Field(None, validation_alias=_storage("queueServiceUri"))
    storage_client_id: str | None = Field(None, validation_alias=_storage("clientId"))

    # -- the app
    public_url: str = Field("http://127.0.0.1:7071", description="where the API is reached from outside")
    analysis_endpoints: Addresses = Field(["http://127.0.0.1:8001"], description="addresses of the analysis endpoint")
    generation_endpoints: Addresses = Field(["http://127.0.0.1:8002"], description="of the generation endpoint")
    directml_endpoints: Addresses = Field([], description="of the DirectML endpoint")
    separation: Words = Field(["auto"], description="ways to separate in order: auto, gpu, directml, cpu, dsp")
    stem_format: Literal["flac", "wav"] = Field("flac", description="of separated stems")
    drop_source: Literal["Polling", "EventGrid"] = Field("Polling", description="how drops are heard of")
    default_owner: str = Field("local", description="whose a drop is that names nobody")
    sweep_seconds: float = Field(60.0, ge=0, description="after which a removal looks once more")
    rest_seconds: float = Field(20.0, ge=0, description="after which a run that never began is begun by others")
    drop_owners: Words = Field([], description="whose drops are taken in; everybody's where none is named")
    audit_days: int = Field(400, ge=1, description="for which the audit log is kept")
    keep_history_days: int = Field(30, ge=1, description="after which ended workflows and failures are forgotten")
    orphans: Literal["remove", "report", "off"] = Field(
        "remove", description="what is done at night with blobs that belong to nothing"
    )
    max_upload_bytes: int = Field(100 * MEBIBYTE, gt=0, description="of a file in a request")
    max_song_bytes: int = Field(2048 * MEBIBYTE, gt=0, description="of a song")
    max_song_seconds: float = Field(3 * 3600.0, gt=0, description="of a song")
    decode_memory_mb: int = Field(512, ge=64, description="megabytes that reading one foreign file may take")
    decode_seconds: float = Field(300.0, ge=1, description="processor seconds that reading one foreign file may take")
    read_minutes: float = Field(60.0, gt=0, le=12 * 60, description="that an address to read a blob at is valid")
    upload_minutes: float = Field(240.0, gt=0, le=24 * 60, description="that an address to put an upload at is valid")
    allow_http_storage: bool = Field(False, description="whether signed addresses work without https beyond loopback")
    log_format: Literal["text", "json"] = Field("text", description="of log lines, of the endpoints too")
    quotas: str = Field("", description="local, azure, a file's path or JSON; without it, where the app runs")
    prices: Path | None = Field(None, description="a file of prices of one's own")
    visitors: Literal["off", "viewer", "analyst", "generator"] = Field("off", description="what who has no account may")
    visitor_hours: float = Field(24.0, gt=0, le=24 * 30, description="after which all of a visitor's is deleted")
    visits_an_hour: int = Field(60, ge=1, description="new visitors, of the whole platform")
    visitor_secret: str | None = Field(None, description="with which visitors' tokens are signed")

    # -- who asks (services/identity)
    auth: Modes = Field([], description="by what callers are known: local, entra, easy_auth, token")
    tenant: str | None = Field(None, description="the directory of Entra ID whose tokens are taken")
    issuer: str | None = Field(None, description="any OpenID Connect issuer; with a tenant, that of another cloud")
    audience: Words = Field([], description="for whom tokens must be: our client id, or api://...")
    client_id: str | None = Field(None, description="that the command and the studio sign in by")
    scopes: Words = Field([], description="that they ask for, beside openid and offline_access")
    tokens: Words = Field([], description="of one's own, as owner:Role=token")

    # -- secrets, the newest first: two are valid while one takes the other's place
    endpoint_keys: Keys = Field([], description="which endpoints ask of the app; it sends the first, they take any")
    endpoint_audience: str | None = Field(None, description="for whom the app's identity asks a token, to endpoints")
    callback_secrets: Secrets = Field([], description="with which endpoints sign callbacks to the app")
    webhook_secrets: Secrets = Field([], description="which the secrets follow from that users check webhooks with")
    allow_private_webhooks: bool = Field(False, description="whether webhooks may go to private addresses")
    own_addresses: Addresses = Field([], description="that no webhook may go to, beside those that settings name")

    # -- language models: of Azure OpenAI, or of any address that speaks its API
    azure_openai: str | None = Field(None, validation_alias="AZURE_OPENAI_ENDPOINT")
    azure_openai_key: str | None = Field(None, validation_alias="AZURE_OPENAI_API_KEY")
    llm_url: str | None = Field(None, description="any OpenAI-compatible API, where Azure OpenAI is not named")
    llm_key: str | None = Field(None, description="of that API")
    llm_model: str = Field("", description="the language model (on Azure its deployment); without one, rules do")
    llm_models: Pairs = Field(
        {}, description="others by task: plan, understand, compose, lyrics, moderate, announce; `lyrics=off` has none"
    )
    llm_prices: Prices = Field(
        {}, description="US dollars a million tokens in and out, by model: `large=2/8,small=0.4/1.6`"
    )
    llm_timeout: float = Field(60.0, gt=0, le=200, description="seconds for an answer, with all that is tried for it")
    llm_tokens: int = Field(6000, ge=100, description="of an answer, at most")
    planner_engines: Words = Field(["symbolic"], description="engines that the planner may choose")

    # -- the endpoints
    endpoint_issuer: str | None = Field(
        None, description="of the tokens: https://login.microsoftonline.com/TENANT/v2.0"
    )
    endpoint_callers: Words = Field([], description="ids of applications or identities whose tokens are taken")
    endpoint_role: str | None = Field(None, description="an application role that the token must have too")
    direct_secrets: Secrets = Field([], description="with which endpoints sign callbacks to their direct callers")
    callback_hosts: Addresses = Field(
        [], description="addresses that direct callers of endpoints may be called back at"
    )
    c2pa_certificates: Path | None = Field(None, description="a chain of certificates (PEM) to sign what is made with")
    c2pa_key: Path | None = Field(None, description="the private key (PEM) of the first of them")
    c2pa_algorithm: Literal["es256", "es384", "es512", "ps256", "ps384", "ps512", "ed25519"] = Field(
        "es256", description="of that key"
    )
    c2pa_timestamps: str | None = Field(None, description="address of a time-stamping authority (RFC 3161)")
    licenses: Literal["any", "commercial"] = Field("any", description="which engines may be used")
    allow_weights: Words = Field([], description="weights that may be used although their licence is unclear")
    models: str = Field(str(_MODELS_CACHE), description="where weights are: a folder, or blob:CONTAINER")
    model_catalogue: Path | None = Field(None, description="a catalogue of weights of one's own")
    workers: int | None = Field(None, ge=1, le=64, description="worker processes of an endpoint")
    queue_limit: int = Field(256, ge=1, description="jobs that may wait at an endpoint")
    job_timeout: float = Field(4 * 3600.0, gt=0, description="seconds that one job may run")
    onnx_provider: str = Field("auto", description="auto, DmlExecutionProvider, CUDAExecutionProvider, ...")
    onnx_precision: str = Field("fp32", description="fp32, or fp16 where that is verified")

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: type[BaseSettings], init_settings: Source, env_settings: Source, *others: Source, **_: Source
    ) -> tuple[Source, ...]:
        """From the environment alone."""
        return (_OwnAccountFirst(settings_cls),)

    @property
    def endpoints(self) -> dict[str, list[str]]:
        return {
            "analysis": self.analysis_endpoints,
            "generation": self.generation_endpoints,
            "directml": self.directml_endpoints,
        }

    @property
    def uses_identity(self) -> bool:
        """Whether storage is reached with a managed identity, not with a key."""
        return not self.storage

    def service_uri(self, service: Literal["blob", "table", "queue"]) -> str:
        """The address of a storage service, for an identity. Raises `MissingSetting`."""
        given = {"blob": self.storage_blob_uri, "table": self.storage_table_uri, "queue": self.storage_queue_uri}[
            service
        ]
        if given:
            return given.rstrip("/")
        if self.storage_account:
            return f"https://{self.storage_account}.{service}.core.windows.net"
        raise MissingSetting(
            "no storage is configured: set AzureWebJobsStorage to a connection string (local.settings.json), or"
            " AzureWebJobsStorage__accountName to an account to use with a managed identity"
        )


def settings() -> Settings:
    """The process's settings; read anew when the environment has changed.

    Raises
    ------
    MissingSetting
        For a value that cannot be, naming the setting.
    """
    return _read(tuple(sorted(pair for pair in os.environ.items() if pair[0].upper().startswith(_READ))))


@lru_cache(maxsize=4)
def _read(environment: tuple[tuple[str, str], ...]) -> Settings:
    try:
        found = Settings()  # pyright: ignore[reportCallIssue]
    except ValidationError as fault:
        wrong = "; ".join(_said(one) for one in fault.errors())
        raise MissingSetting(f"a setting cannot be what it is: {wrong}") from None
    return found.model_copy(update={"public_url": found.public_url.rstrip("/")})


def _said(error: Any) -> str:
    """What is wrong with a setting; its value too, unless that is a secret: this goes into logs."""
    name = str(error["loc"][0]) if error["loc"] else ""
    shown = "" if name in _SECRET else f", not {error['input']!r}"
    return f"{_named(error['loc'])}: {error['msg'].removeprefix('Value error, ')}{shown}"


def _named(place: tuple[int | str, ...]) -> str:
    name = str(place[0]) if place else "?"
    return f"RIPIENO_{name.upper()}" if name in Settings.model_fields else name


def models_place() -> str:
    """Where weights are kept: a folder, or `blob:{container}` of the storage account."""
    return settings().models


def models_folder() -> Path:
    """The local folder engines read weights from: the place itself, or where a container is brought to."""
    place = models_place()
    return _MODELS_CACHE if place.startswith("blob:") else Path(place)
