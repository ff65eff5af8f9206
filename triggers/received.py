"""A file in a request: as a part of a form, or as the whole body."""

from __future__ import annotations

from urllib.parse import unquote

import azure.functions as func

from ripieno.services.settings import MEBIBYTE, settings
from triggers.problems import ApiError

_OF_A_FORM = 64 * 1024


def file_of(
    request: func.HttpRequest, named: str | None, *, larger: str = "use POST /api/uploads for larger ones"
) -> tuple[bytes, str]:
    """Its bytes, and the name that the form, the header `x-file-name` or the query (`named`) gives it. What is too
    large is told what to do with what is `larger`.

    Raises
    ------
    ApiError
        `no_file`, `file_too_large`.
    """
    most = settings().max_upload_bytes
    if int(request.headers.get("content-length") or 0) > most + _OF_A_FORM:
        raise _too_large(most, larger)
    if request.headers.get("content-type", "").startswith("multipart/form-data"):
        part = request.files.get("file") or next(iter(request.files.values()), None)
        if part is None:
            raise ApiError(400, "no_file", "the form has no file: send it as the part named 'file'")
        data, name = part.read(), part.filename or "untitled"
    else:
        data = request.get_body()
        name = unquote(request.headers.get("x-file-name", "")) or named or "untitled"
    if len(data) > most:
        raise _too_large(most, larger)
    return data, name


def _too_large(most: int, larger: str) -> ApiError:
    return ApiError(413, "file_too_large", f"files sent here may have {most / MEBIBYTE:.0f} MB: {larger}")
