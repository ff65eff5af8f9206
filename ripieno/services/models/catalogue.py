"""Which weights there are, where they come from, and how they are known to be the right ones."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, model_validator

from ripieno.services.settings import settings

_OWN = "RIPIENO_MODEL_CATALOGUE"


class UnknownModel(LookupError):
    """The catalogue has no model of this name."""


class ModelFile(BaseModel):
    """One file: fetched from `url`, or so small that the catalogue holds its `content`.

    `sha256` is the published checksum or its beginning (Demucs publishes eight digits); None where none is published.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str = Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*$")
    url: str | None = None
    content: str | None = None
    sha256: str | None = Field(None, pattern=r"^[0-9a-f]{8,64}$")

    @model_validator(mode="after")
    def _has_one_source(self) -> ModelFile:
        if (self.url is None) == (self.content is None):
            raise ValueError(f"{self.path}: give either a url or the content")
        return self

    def is_right(self, digest: str) -> bool:
        return self.sha256 is None or digest.startswith(self.sha256)


class ModelEntry(BaseModel):
    """One model: what it is for, under which licence, at which revision, and its files."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[A-Za-z0-9_-]+$")
    task: str
    engine: str
    license: str
    commercial: bool
    revision: str
    files: tuple[ModelFile, ...]

    @property
    def is_pinned(self) -> bool:
        """Whether every file's checksum was published, so that nothing has to be trusted on its first use."""
        return all(file.sha256 or file.content for file in self.files)


@lru_cache(maxsize=1)
def catalogue() -> dict[str, ModelEntry]:
    """Every model by name: those of catalogue.json, and those of the file `RIPIENO_MODEL_CATALOGUE` names."""
    sources = [Path(__file__).with_name("catalogue.json")]
    own = settings().model_catalogue
    if own is not None:
        sources.append(own)
    return {
        name: ModelEntry(name=name, **about)
        for source in sources
        for name, about in json.loads(source.read_text()).items()
    }


def entry(name: str) -> ModelEntry:
    """
    Raises
    ------
    UnknownModel
    """
    if name not in catalogue():
        known = ", ".join(sorted(catalogue()))
        plain = re.sub(r"[^\w-]", "?", name)
        raise UnknownModel(f"there is no model {plain!r}: choose from {known}, or add yours to the file in {_OWN}")
    return catalogue()[name]
