"""What stands before every handler: may this caller do this, and whose is the thing that it is about.

A route says the least role that it takes, and what its `{id}` names. From that follow

    whose     the caller's own; what was shared with them, on a route that only reads; somebody else's for an Admin who
              names them in the header `Ripieno-Owner`. Handlers ask for `call.owner` and find nothing of anybody else:
              a thing of others and a thing that is not there are answered alike
    the log   every act that changes something or was refused, and every look of an Admin at what is not theirs
"""

from __future__ import annotations

import hashlib
import logging
import re
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import azure.functions as func
from pydantic import BaseModel

from ripieno.contracts.audit import AuditEntry
from ripieno.contracts.enums import ItemKind, Role
from ripieno.records import audit, shares
from ripieno.services.access import SHAREABLE
from ripieno.services.identity import Caller
from ripieno.services.identity.caller import is_plain
from triggers import problems
from triggers.problems import ApiError

if TYPE_CHECKING:
    from triggers.routing import Answer, Route

OWNER_HEADER = "Ripieno-Owner"
READS = {"GET", "HEAD"}
_OF_OPERATORS = {Role.ADMIN, Role.SCALER}
_PRIVATE = {"webhook_url": None, "taste": []}  # the giver's own, and what was learned of them
_ID = re.compile(r"[A-Za-z0-9_.:-]{1,200}")
log = logging.getLogger("ripieno.audit")


def lets_admins(method: str, role: Role | None, of: ItemKind | None) -> bool:
    """Whether an Admin may be there for somebody else, where a route does not say: to look, and at what is there. They
    make no new work in another's name, say for nobody what they like, and use nobody's voice."""
    if role is None or role in _OF_OPERATORS:
        return False
    return method in READS or (of is not None and of != ItemKind.VOICES)


def whose(declared: Route, req: func.HttpRequest, caller: Caller) -> str:
    """The owner of what a request is about.

    Raises
    ------
    ApiError
        403 for a role or an owner that the caller may not have, 400 for an owner that is none.
    """
    if declared.role is not None and declared.role not in caller.roles:
        raise problems.lacks(declared.role)
    named = req.headers.get(OWNER_HEADER.lower())
    if named is not None and named != caller.owner and declared.role is not None:
        return _named(declared, named, caller)
    if declared.method in READS and declared.of is not None and declared.of in SHAREABLE:
        giver = shares.giver(caller.owner, declared.of, req.route_params["id"])
        if giver is not None:
            return giver
    return caller.owner


def _named(declared: Route, named: str, caller: Caller) -> str:
    if not is_plain(named):
        raise ApiError(400, "invalid_request", f"{OWNER_HEADER} is no owner: send their id as `owner` shows it")
    if Role.ADMIN not in caller.roles:
        raise problems.lacks(Role.ADMIN)
    if not declared.for_others:
        raise ApiError(
            403, "forbidden", f"nobody does this in another's name, an Admin neither: leave {OWNER_HEADER} out"
        )
    return named


def check_voice(caller: Caller, owner: str, body: Any) -> None:
    """Nobody but its owner has something sung in a voice, whoever may change the work that it is for."""
    if owner != caller.owner and getattr(body, "voice", None) is not None:
        raise ApiError(403, "forbidden", "voice: a voice is used by its owner alone: leave it out")


def as_shared(answered: Answer, caller: Caller | None, owner: str) -> Any:
    """The body of an answer about something of another owner's: without what is theirs alone."""
    if (
        caller is None
        or caller.owner == owner
        or Role.ADMIN in caller.roles
        or not isinstance(answered.body, BaseModel)
    ):
        return answered.body
    return _less_private(answered.body.model_dump(mode="json"))


def _less_private(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _PRIVATE[name] if name in _PRIVATE else _less_private(part) for name, part in value.items()}
    return [_less_private(part) for part in value] if isinstance(value, list) else value


class Act:
    """One request, as the audit log is to have it. `caller` and `owner` are known as soon as they are found out;
    `is_again` is a POST that was answered before: nothing was done."""

    def __init__(self, declared: Route, req: func.HttpRequest):
        self._declared, self._req = declared, req
        self.caller: Caller | None = None
        self.owner: str | None = None
        self.is_again = False

    def asks_for(self, query: Any) -> None:
        """An Admin may say in the query whose things they look at."""
        named = getattr(query, "owner", None)
        if named is not None and self.caller is not None and Role.ADMIN in self.caller.roles and is_plain(named):
            self.owner = named

    def is_kept(self, status: int) -> bool:
        if self._declared.role is None or self.caller is None or self.is_again:
            return False
        if status == 403 or (self._declared.changes and self._declared.method not in READS):
            return True
        of_others = self.owner is not None and self.owner != self.caller.owner
        return self._declared.role == Role.ADMIN or (of_others and Role.ADMIN in self.caller.roles)

    def ended(self, told: func.HttpResponse) -> func.HttpResponse:
        """The answer as it is, once it is in the log where it belongs there."""
        if self.is_kept(told.status_code):
            try:
                audit.note(self._entry(told))
            except Exception:  # whatever it is: the call is done
                log.exception("an audit entry of %s could not be made", self._declared.name)
        return told

    def _entry(self, told: func.HttpResponse) -> AuditEntry:
        assert self.caller is not None
        return AuditEntry(
            entry_id=uuid.uuid4().hex[:12],
            at=datetime.now(UTC).isoformat(timespec="milliseconds"),
            actor=self.caller.owner,
            owner=self.owner or self.caller.owner,
            device=self.caller.device,
            what=self._declared.name,
            kind=self._declared.of,
            item=self._item(told),
            status=told.status_code,
        )

    def _item(self, told: func.HttpResponse) -> str | None:
        """What it was about, or what it made; of something that cannot be an id its hash, since it may be anything."""
        item = self._req.route_params.get("id")
        if item is None and told.status_code < 300:
            item = urlsplit(told.headers.get("location") or "").path.rpartition("/")[2] or None
        if item is None or _ID.fullmatch(item):
            return item
        return f"sha256:{hashlib.sha256(item.encode('utf-8', 'replace')).hexdigest()[:32]}"
