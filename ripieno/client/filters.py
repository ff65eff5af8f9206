"""What listings can be narrowed by, and how that is sent."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypedDict


class SongFilters(TypedDict, total=False):
    """The filters of `search`; all given ones must hold, None is none.

    Tempi are in beats a minute, times ISO 8601 (UTC where they name no zone) or a datetime. `key` is a tonic in any
    spelling (`Bb`, `A#`), `mode` major or minor, `status` uploaded, analyzing, analyzed or failed. `chords` are some
    that follow each other in the song (`C, G, Am, F`), `form` sections that do (`verse, chorus`). `mood` is a word for
    one (`calm`), `style` a genre that the song is like, valence and arousal are from -1 to 1. `named` is the
    beginning of a song's name or id, `sha256` the hash of its bytes. `limit`, 1 to 200, is how many songs are fetched
    at once, not how many there are in all.
    """

    named: str | None
    sha256: str | None

    bpm_min: float | None
    bpm_max: float | None
    key: str | None
    mode: str | None
    mood: str | None
    style: str | None
    valence_min: float | None
    valence_max: float | None
    arousal_min: float | None
    arousal_max: float | None
    status: str | None
    uploaded_after: datetime | str | None
    uploaded_before: datetime | str | None
    chords: str | None
    form: str | None
    limit: int | None
    cursor: str | None


class JobFilters(TypedDict, total=False):
    """The filters of `jobs`; all given ones must hold, None is none. `limit` is as in `SongFilters`."""

    state: str | None
    kind: str | None
    audio_file_id: str | None
    limit: int | None
    cursor: str | None


class FailureFilters(TypedDict, total=False):
    """The filters of `failures`; all given ones must hold, None is none. `limit` is as in `SongFilters`."""

    kind: str | None
    owner: str | None
    status: str | None
    failed_after: datetime | str | None
    failed_before: datetime | str | None
    limit: int | None
    cursor: str | None


def given(filters: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of a query: what is None is left out, a time is ISO 8601."""
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in filters.items()
        if value is not None
    }
