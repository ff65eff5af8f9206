"""An issuer, and settings that believe it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ripieno.services.identity.issuer import keys_of
from tests import issuer as issuers


@pytest.fixture
def issuer(monkeypatch: pytest.MonkeyPatch) -> Iterator[issuers.Issuer]:
    with issuers.served() as served:
        monkeypatch.setenv("RIPIENO_AUTH", "entra")
        monkeypatch.setenv("RIPIENO_ISSUER", served.url)
        monkeypatch.setenv("RIPIENO_AUDIENCE", issuers.AUDIENCE)
        monkeypatch.setenv("RIPIENO_CLIENT_ID", issuers.CLIENT)
        yield served
    keys_of.cache_clear()
