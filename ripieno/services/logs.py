"""What may stand in a log: no secret, no signed address, nothing that people wrote.

`guard` is called once by every process before it logs anything. From then on each record of each logger, libraries'
included, is made safe where it is made, whoever writes it down: a console, Application Insights, a collector. What is
replaced reads `[…]`.

    secrets     the values of the settings that are secrets, signatures of SAS addresses, keys of storage accounts,
                bearer tokens, function keys, webhook secrets, the common forms of API keys
    words       an exception often quotes what somebody wrote: quoted text in its message is cut, and pydantic's
                `input_value`. The message itself is kept where people look for it: in the job, the song, the work

Names of files are people's words too: `shown` says which blob is meant without its name.
"""

from __future__ import annotations

import hashlib
import logging
import os
import re
from types import TracebackType
from typing import Any

from pydantic import ValidationError

GONE = "[…]"
_CHATTY = ("azure", "httpx", "httpcore", "urllib3", "openai", "aiohttp.access", "uvicorn.access")
"""Loggers that write an address, with all that is signed into it, for every call."""
_SECRET_SETTINGS = re.compile(r"(KEY|SECRET|TOKEN|PASSWORD|CONNECTION_?STRING|_STORAGE)S?$|^AzureWebJobsStorage$", re.I)
_SHORTEST_SECRET = 8
_PATTERNS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"(?P<keep>[?&;\s\"'](?:sig|code|token|key|api[-_]key|access_token|id_token|refresh_token|client_secret)=)[^&\s\"'<>)]+",
        r"(?P<keep>\b(?:AccountKey|SharedAccessSignature|SharedAccessKey|Password)=)[^;\s\"']+",
        r"(?P<keep>\b(?:Bearer|SharedKey|SharedKeyLite|Basic)\s+)[A-Za-z0-9+/=._~:-]{8,}",
        r"(?P<keep>\bwhsec_)[A-Za-z0-9+/=_-]+",
        r"(?P<keep>\bv1,)[A-Za-z0-9+/]{43}=",
        r"(?P<keep>\beyJ)[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]*)?",
        r"(?P<keep>\b(?:sk|hf|ghp|pk)[-_])[A-Za-z0-9_-]{16,}",
    )
)
_QUOTED = re.compile(r"(?P<quote>['\"`])(?:(?!(?P=quote)).|(?<=\\).)+(?P=quote)", re.DOTALL)
_MOST_CAUSES = 8


class _Safe(logging.LogRecord):
    """A record whose message and exception can be written down by anybody."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.exc_info and self.exc_info[1] is not None:
            self.exc_info = _told(self.exc_info[1], self.exc_info[2])

    def getMessage(self) -> str:
        return redacted(super().getMessage())


def guard() -> None:
    """Make every record of this process safe; calling it again changes nothing."""
    logging.setLogRecordFactory(_Safe)
    for name in _CHATTY:
        if logging.getLogger(name).level < logging.WARNING:
            logging.getLogger(name).setLevel(logging.WARNING)


def redacted(text: str) -> str:
    """A text without the secrets that are in it."""
    for value in _values():
        text = text.replace(value, GONE)
    for pattern in _PATTERNS:
        text = pattern.sub(lambda found: found["keep"] + GONE, text)
    return text


def without_words(fault: BaseException) -> str:
    """What an exception says, less what somebody wrote, and less secrets."""
    if isinstance(fault, ValidationError):
        told = fault.errors(include_url=False, include_context=False, include_input=False)
        said = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['type']}" for one in told)
        return f"{fault.title}: {said}"
    return redacted(_QUOTED.sub(lambda found: found["quote"] + GONE + found["quote"], str(fault)))


def shown(name: str) -> str:
    """What a log calls something whose name people gave: the same name is the same again."""
    return f"#{hashlib.sha256(name.encode('utf-8', 'replace')).hexdigest()[:12]}"


# -- parts --------------------------------------------------------------------------------------------------------


def _values() -> list[str]:
    """The values of the settings that are secrets, as they are now; the longest first, for one may be in another."""
    found: set[str] = set()
    for name, value in os.environ.items():
        if _SECRET_SETTINGS.search(name):
            parts = [part.partition("=")[2] for part in value.split(";") if part.lower().startswith("accountkey=")]
            found |= {one for one in (*parts, *([] if parts else value.split(","))) if len(one) >= _SHORTEST_SECRET}
    return sorted((one for one in found if "://" not in one and "=true" not in one), key=len, reverse=True)


def _told(
    fault: BaseException, trace: TracebackType | None, depth: int = 0
) -> tuple[type[BaseException], BaseException, TracebackType | None]:
    """An exception that stands for another: of the same name, with the same traceback, and a message that is safe."""
    kind = type(type(fault).__name__, (Exception,), {"__module__": type(fault).__module__})
    twin = kind(without_words(fault))
    twin.__traceback__ = trace
    twin.__suppress_context__ = fault.__suppress_context__
    if depth < _MOST_CAUSES:
        if fault.__cause__ is not None:
            twin.__cause__ = _told(fault.__cause__, fault.__cause__.__traceback__, depth + 1)[1]
        if fault.__context__ is not None and not fault.__suppress_context__:
            twin.__context__ = _told(fault.__context__, fault.__context__.__traceback__, depth + 1)[1]
    return kind, twin, trace
