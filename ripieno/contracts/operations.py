"""What operators see and do: failures and their re-drive, the backlog, history, orphans, checks."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Literal

from pydantic import Field

from ripieno.contracts.base import Contract, Request

MOST_AT_ONCE = 200


class FailureKind(StrEnum):
    """What failed for good."""

    SONG = "song"
    GENERATION = "generation"
    TAKE = "take"
    MIX = "mix"
    MASTER = "master"
    EXPORT = "export"
    COMPOSITION = "composition"
    SET = "set"
    TALK = "talk"
    VOICE_SAMPLE = "voice-sample"
    VOICE_VERSION = "voice-version"
    REMOVAL = "removal"
    DROP = "drop"
    WEBHOOK = "webhook"
    MESSAGE = "message"


FailureStatus = Literal["open", "redriving", "redriven", "mended", "put_aside"]
"""`open` until an operator does something; `redriving` while that is being asked for, `redriven` while it is under way;
then `mended`, or `open` again where it failed again; `put_aside` where nothing is to be done about it."""


class Failure(Contract):
    """Something that failed for good. `subject` is the song, work or voice that it is of, `element` and `number` the
    part of it; `order` is what its workflow, trigger or receiver was given."""

    failure_id: str
    kind: FailureKind
    owner: str
    subject: str
    element: str | None = None
    number: int | None = None
    instance_id: str | None = None
    code: str
    reason: str
    failed_at: str
    times: int = Field(default=1, ge=1)
    status: FailureStatus = "open"
    redriven_at: str | None = None
    redriven_by: str | None = None
    redriven_into: str | None = None
    end: str | None = None
    order: dict[str, Any] = {}


class FailureView(Contract):
    """One failure as operators see it: `redrive` says what a re-drive does, null where there is nothing to be done."""

    failure_id: str
    kind: FailureKind
    owner: str
    subject: str
    element: str | None = None
    number: int | None = None
    instance_id: str | None = None
    code: str
    reason: str
    failed_at: str
    times: int
    status: FailureStatus
    redrive: str | None
    redriven_at: str | None = None
    redriven_by: str | None = None
    redriven_into: str | None = None
    end: str | None = None


class FailurePage(Contract):
    """A page of failures, the newest first."""

    items: list[FailureView]
    next_cursor: str | None = None


class RedriveOrder(Request):
    """`POST /ops/failures/redrive`: which failures to re-drive, at most `limit` of those that are open, the oldest
    last; all given filters must hold. With `dry_run` they are shown and nothing is done."""

    kind: FailureKind | None = None
    owner: str | None = Field(default=None, min_length=1, max_length=100)
    failed_after: str | None = Field(default=None, max_length=40)
    failed_before: str | None = Field(default=None, max_length=40)
    code: str | None = Field(default=None, max_length=100)
    limit: int = Field(default=50, ge=1, le=MOST_AT_ONCE)
    dry_run: bool = False


class Redriven(Contract):
    """What was re-driven, or would be; `left` is whether there is more."""

    items: list[FailureView]
    left: bool
    dry_run: bool


class Queue(Contract):
    """What one endpoint is to do, as the app knows it: `jobs` are those that wait and those that run."""

    waiting: int
    running: int
    jobs: int
    oldest_seconds: float


class Backlog(Contract):
    """`GET /ops/backlog`: by endpoint; `at` is when it was counted, some seconds ago at most. What scales an endpoint
    reads `endpoints.analysis.jobs`."""

    at: str
    jobs: int
    endpoints: dict[str, Queue]


class Overview(Contract):
    """`GET /ops/overview`: for a person. `oldest_run_seconds` is how long the run that waits longest has waited."""

    at: str
    backlog: Backlog
    open_runs: int
    oldest_run: str | None
    oldest_run_seconds: float
    failures: dict[str, int]
    storage: dict[str, ContainerUse]


class ContainerUse(Contract):
    """What lies in one container; `complete` is false where it has more blobs than were counted."""

    blobs: int
    bytes: int
    complete: bool


class PurgeOrder(Request):
    """`POST /ops/history/purge`: forget workflows that were created more than `days` ago and have ended; the setting
    `RIPIENO_KEEP_HISTORY_DAYS` where no days are given."""

    days: int | None = Field(default=None, ge=1, le=3650)
    dry_run: bool = False


class Purged(Contract):
    """How many histories went, or would; up to when; and the run that keeps later ones, where one is still open."""

    instances: int
    before: str
    held_by: str | None
    complete: bool
    dry_run: bool


class OrphansOrder(Request):
    """`POST /ops/orphans`: find blobs that no row knows; without `dry_run` they are removed. None that is younger than
    `older_than_hours`."""

    dry_run: bool = True
    older_than_hours: int = Field(default=24, ge=24, le=87600)
    cursor: str | None = Field(default=None, max_length=4000)


class Orphan(Contract):
    """One blob that belongs to nothing."""

    container: str
    name: str
    bytes: int
    written_at: str
    why: str


class Orphans(Contract):
    """What was found, the first of it by name; `removed` is how many are gone."""

    looked_at: int
    found: int
    bytes: int
    removed: int
    complete: bool
    dry_run: bool
    items: list[Orphan]
    next_cursor: str | None = None


class CheckOrder(Request):
    """`POST /ops/check`: look whether what must hold holds, a page of songs, works or voices at a time."""

    of: Literal["songs", "works", "voices"] = "songs"
    limit: int = Field(default=50, ge=1, le=MOST_AT_ONCE)
    cursor: str | None = Field(default=None, max_length=1000)


class Checked(Contract):
    """A page's report: a sentence a violation. What is being made at the moment may be seen half done: look again."""

    checked: int
    violations: list[str]
    next_cursor: str | None = None
