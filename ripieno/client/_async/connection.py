"""HTTP to one Ripieno: every request with its timeouts, its retries and its errors."""

from __future__ import annotations

import os
import uuid
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any, TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from ripieno import __version__
from ripieno.client import errors
from ripieno.client.address import DEFAULT_URL
from ripieno.client.errors import NotRunning, RipienoError
from ripieno.client.retrying import STATUSES, Retries, Tries, seconds_to_wait
from ripieno.client.threads import async_run, async_sleep
from ripieno.client.tokens import Tokens, TokenSource

CONNECT_SECONDS = 10.0
FIRST_TRIES = 2  # of somebody who has never answered: most likely nobody is there
Model = TypeVar("Model", bound=BaseModel)
Body = Callable[[], AsyncIterator[bytes]]
"""A body that can be sent again: each call begins it anew."""

_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout)
_USELESS_TO_REPEAT = (httpx.UnsupportedProtocol, httpx.LocalProtocolError)


class AsyncConnection:
    """What every subject's calls go through.

    `timeout` is how long, in seconds, an answer, or the next part of one, may take; connecting may take ten.
    """

    def __init__(
        self,
        url: str | None = None,
        *,
        token: TokenSource | None = None,
        owner: str | None = None,
        timeout: float = 60.0,
        retries: Retries | None = None,
    ) -> None:
        if url is None:  # a token of the environment is for the address of the environment alone
            url, token = os.environ.get("RIPIENO_URL") or DEFAULT_URL, token or os.environ.get("RIPIENO_TOKEN") or None
        self.url = url.rstrip("/")
        self.retries = retries or Retries()
        self._tokens = Tokens(self.url, token)
        self._whose = {"ripieno-owner": owner} if owner else {}
        self._has_answered = False
        limits = httpx.Timeout(timeout, connect=min(timeout, CONNECT_SECONDS))
        agent = {"user-agent": f"ripieno/{__version__} httpx/{httpx.__version__}"}
        self._http = httpx.AsyncClient(base_url=f"{self.url}/api/", headers=agent, timeout=limits)

    async def aclose(self) -> None:
        """Close what is open; the client cannot be used after that."""
        await self._http.aclose()

    # -- what the subjects say ----------------------------------------------------------------------------------------

    async def _ask(self, model: type[Model], method: str, path: str, **content: Any) -> Model:
        """The answer to a request, as a contract."""
        answer = await self._call(method, path, **content)
        try:
            return model.model_validate_json(answer.content)
        except ValidationError:
            raise self._not_ours(answer) from None

    async def _document(self, path: str, *, also: frozenset[int] = frozenset()) -> dict[str, Any]:
        """The answer to a GET, as JSON; with one of the statuses `also` too."""
        answer = await self._call("GET", path, also=also)
        try:
            document = answer.json()
        except ValueError:
            raise self._not_ours(answer) from None
        if not isinstance(document, dict):
            raise self._not_ours(answer)
        return document

    async def _call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        order: BaseModel | None = None,
        headers: Mapping[str, str] | None = None,
        body: Body | None = None,
        data: bytes | None = None,
        is_replayable: bool = True,
        idempotency_key: str | None = None,
        also: frozenset[int] = frozenset(),
    ) -> httpx.Response:
        """A request to the API, repeated while that may help.

        Raises
        ------
        NotRunning, RipienoError
        """
        sent = self._whose | dict(headers or {})
        if method == "POST":
            sent["idempotency-key"] = idempotency_key or uuid.uuid4().hex
        content: Body | bytes | None = body if data is None else data
        if order is not None:  # what is not set is not sent, so that an older platform is not told of what is new
            sent["content-type"] = "application/json"
            content = order.model_dump_json(exclude_unset=True).encode()
        token = await async_run(self._tokens.current)
        for may_be_another in (is_replayable, False):
            answer = await self._sent(
                method,
                path,
                params=params,
                headers=sent | bearing(token),
                content=content,
                again=STATUSES - also,
                is_replayable=is_replayable,
            )
            if answer.status_code != httpx.codes.UNAUTHORIZED or not may_be_another:
                break
            refused, token = token, await async_run(self._tokens.other_than, token)
            if token is None or token == refused:
                break
        if answer.is_success or answer.status_code in also:
            return answer
        raise errors.of_answer(answer.status_code, answer.headers, answer.content, str(answer.url))

    async def _sent(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        again: frozenset[int],
        params: Mapping[str, Any] | None = None,
        content: Body | bytes | None = None,
        is_replayable: bool = True,
    ) -> httpx.Response:
        """The answer to a request to anywhere, whatever it is, after as many tries as may help."""
        tries = Tries(self.retries)
        while True:
            try:
                answer = await self._http.request(
                    method,
                    url,
                    params=params,
                    headers=headers,
                    content=content() if callable(content) else content,
                )
                pause = None
                if is_replayable and (answer.status_code in again or _is_at_work(answer)):
                    pause = tries.pause(retry_after=seconds_to_wait(answer.headers.get("retry-after")))
                self._has_answered = True
                if pause is None:
                    return answer
            except httpx.TransportError as fault:
                may_be_sent = is_replayable or isinstance(fault, _NEVER_SENT)
                pause = self._pause_after(fault, tries) if may_be_sent else None
                if pause is None:
                    raise self._unreachable(method, url, fault) from None
            await async_sleep(pause)

    # -- what went wrong --------------------------------------------------------------------------------------------

    def _pause_after(self, fault: httpx.TransportError, tries: Tries) -> float | None:
        if isinstance(fault, _USELESS_TO_REPEAT):
            return None
        is_stranger = isinstance(fault, _NEVER_SENT) and not self._has_answered
        return tries.pause(most=FIRST_TRIES if is_stranger else None)

    def _unreachable(self, method: str, url: str, fault: httpx.TransportError) -> RipienoError:
        """The error that a last try without an answer is; who has answered before is asked to be asked again."""
        is_ours, again = "://" not in url, self.retries.longest_pause if self._has_answered else None
        if is_ours and isinstance(fault, _NEVER_SENT):
            told = f"no Ripieno answers at {self.url}: start one with `ripieno up`"
            return NotRunning("not_running", told, retry_after=again)
        where = f"/api/{url}" if is_ours else url.partition("?")[0]
        return RipienoError("connection", f"{method} {where}: {fault or type(fault).__name__}", retry_after=again)

    def _not_ours(self, answer: httpx.Response) -> RipienoError:
        return errors.not_ours(answer.status_code, answer.headers, answer.content, str(answer.url))


def bearing(token: str | None) -> dict[str, str]:
    """The header that a token goes in (RFC 6750, 2.1)."""
    return {"authorization": f"Bearer {token}"} if token is not None else {}


def _is_at_work(answer: httpx.Response) -> bool:
    """Whether the first request with this key has not been answered yet."""
    if answer.status_code != httpx.codes.CONFLICT:
        return False
    try:
        return answer.json().get("code") == "still_running"
    except (ValueError, AttributeError):
        return False
