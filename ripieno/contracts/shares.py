"""What an owner lets others look at."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import AliasChoices, ConfigDict, Field

from ripieno.contracts.base import Contract, Request

ShareKind = Literal["songs", "works", "sets"]
ShareDirection = Literal["given", "received"]
MOST_SHARES_OF_ONE = 200


class ShareOrder(Request):
    """`POST /shares`: let somebody look at a song, a work (a generation, composition or master) or a set, and at all
    that it consists of, until a moment or until it is taken back."""

    model_config = ConfigDict(serialize_by_alias=True)

    kind: ShareKind
    id: str = Field(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9-]+$")
    with_: str = Field(
        min_length=1, max_length=200, validation_alias=AliasChoices("with", "with_"), serialization_alias="with"
    )
    may: Literal["view"] = "view"
    until: datetime | None = None


class Share(Contract):
    """A share, as its giver and its receiver see it. `owner` gave it; `name` is what the item was called then; `born`
    is the life of the song that is meant; `url` is where the item is read."""

    model_config = ConfigDict(serialize_by_alias=True)

    share_id: str
    kind: ShareKind
    id: str
    name: str = ""
    owner: str
    with_: str = Field(validation_alias=AliasChoices("with", "with_"), serialization_alias="with")
    may: Literal["view"] = "view"
    until: str | None = None
    created_at: str
    born: str | None = None
    url: str = ""


class ShareList(Contract):
    """A page of shares."""

    items: list[Share]
    next_cursor: str | None = None
