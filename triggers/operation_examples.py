"""What messages of operations look like: a take that failed and is made again."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel

from ripieno.contracts import operations

FAILURE = "2f1b7c9e4a6d4e0f8b3c5d7e9f1a2b3c"
_WORK = "82173489165124f0c9d2ab617e"
_AT = "2026-11-26T20:20:04.980000+00:00"

_TAKE = operations.FailureView(
    failure_id=FAILURE, kind=operations.FailureKind.TAKE, owner="anna", subject=_WORK, element="bass", number=2,
    instance_id=f"take-{_WORK}-bass-2", code="failed", reason="the worker died", failed_at=_AT, times=1,
    status="redriven", redrive=None, redriven_at=_AT,
    redriven_by="ola", redriven_into=f"take-{_WORK}-bass-2-again-1",
)  # fmt: skip
_BACKLOG = operations.Backlog(
    at=_AT, jobs=4,
    endpoints={"analysis": operations.Queue(waiting=3, running=1, jobs=4, oldest_seconds=12.5),
               "generation": operations.Queue(waiting=0, running=0, jobs=0, oldest_seconds=0.0)},
)  # fmt: skip

EXAMPLES: Sequence[BaseModel] = [
    _TAKE,
    operations.FailurePage(items=[_TAKE]),
    operations.RedriveOrder(kind=operations.FailureKind.TAKE, failed_after="2026-11-26T00:00:00Z", dry_run=True),
    operations.Redriven(items=[_TAKE], left=False, dry_run=False),
    _BACKLOG,
    operations.Overview(
        at=_AT, backlog=_BACKLOG, open_runs=2, oldest_run=f"work-{_WORK}", oldest_run_seconds=31.4,
        failures={"take": 1, "webhook": 3},
        storage={"songs": operations.ContainerUse(blobs=120, bytes=3_480_912_331, complete=True)},
    ),
    operations.PurgeOrder(days=30, dry_run=True),
    operations.Purged(instances=1812, before="2026-10-27T20:20:00+00:00", held_by=None, complete=True, dry_run=True),
    operations.OrphansOrder(dry_run=True),
    operations.Orphans(
        looked_at=48_211, found=1, bytes=1_048_576, removed=0, complete=True, dry_run=True,
        items=[operations.Orphan(
            container="generated", name=f"{_WORK}/bass.flac", bytes=1_048_576, written_at=_AT, why="belongs to no work"
        )],
    ),
    operations.CheckOrder(of="works"),
    operations.Checked(checked=50, violations=[f"work {_WORK}: {_WORK}/bass.flac of bass 1 is gone"]),
]  # fmt: skip

PYTHON: dict[str, str] = {
    "list_failures": 'reasons = [one.reason for one in ripieno.failures(status="open")]',
    "get_failure": "end = ripieno.failure(failure_id).end",
    "redrive_failure": "ripieno.redrive(failure_id)",
    "redrive_failures": 'ripieno.redrive_all(RedriveOrder(kind="take", dry_run=True))',
    "get_backlog": 'jobs = ripieno.backlog().endpoints["analysis"].jobs',
    "get_overview": "storage = ripieno.overview().storage",
    "purge_histories": "ripieno.purge_history(dry_run=True)",
    "look_for_orphans": "found = ripieno.orphans().items",
    "check_storage": 'violations = ripieno.check("works").violations',
    "delete_account": "ripieno.delete_account()",
}
