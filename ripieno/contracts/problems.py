"""Errors as RFC 9457 problem documents."""

from __future__ import annotations

from typing import Any

from ripieno.contracts.base import Contract


class Problem(Contract):
    """`code` is stable and for programs; `detail` tells a person what is wrong and what to do."""

    type: str = "about:blank"
    title: str
    status: int
    code: str
    detail: str
    audio_file_id: str | None = None
    errors: list[dict[str, Any]] | None = None
    suggestion: str | None = None
    rule: str | None = None
    refusal_id: str | None = None
    quota: str | None = None
    limit: int | None = None
    used: int | None = None
    turns_at: str | None = None


class BadAudio(ValueError):
    """The bytes cannot become a song. Carries the problem's code and a sentence that says what to do."""

    def __init__(self, code: str, message: str):
        super().__init__(message)
        self.code = code
        self.message = message
