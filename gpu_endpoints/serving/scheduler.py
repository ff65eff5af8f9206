"""Which job runs when, and everything that can happen to one."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from azure.core.exceptions import AzureError

from gpu_endpoints.serving.documents import (
    HEARTBEAT_SECONDS,
    Conflict,
    Documents,
    JobDocument,
    fingerprint,
    utc_now,
)
from gpu_endpoints.serving.fair import FairQueue
from gpu_endpoints.serving.job_telemetry import Job
from gpu_endpoints.serving.worker import LoadHandlers, WorkerProcess
from ripieno.contracts.enums import JobState
from ripieno.contracts.jobs import JobError, JobEvent, JobRequest, JobStatus
from ripieno.contracts.provenance import Provenance
from ripieno.services import blobs, telemetry, webhooks
from ripieno.services.telemetry import instruments

log = logging.getLogger("ripieno.scheduler")
MOST_ATTEMPTS = 10  # replicas die of deployments and evictions far more often than of a job
MOST_FURTHER_CALLBACKS = 8  # of those who ask for the same while it runs
CALLBACK_WAITS = (0.0, 2.0, 10.0, 60.0)
WRITE_TRIES = 30

CallbackPayload = Callable[[JobDocument], dict[str, Any] | None]


class QueueFull(RuntimeError):
    """Try again after `retry_after` seconds, or elsewhere."""

    def __init__(self, message: str, retry_after: int):
        super().__init__(message)
        self.retry_after = retry_after


class DifferentJob(RuntimeError):
    """This id is taken by a job with another kind or input."""


@dataclass
class Held:
    """A job in this replica's hands."""

    document: JobDocument
    worker: WorkerProcess | None = None
    cancelled: bool = False
    progress: tuple[float, str] = field(default=(0.0, ""))
    written: set[tuple[str, str]] = field(default_factory=set)
    engine: Provenance | None = None
    told: Job = field(default_factory=Job)


class Scheduler:
    def __init__(
        self,
        load_handlers: LoadHandlers,
        *,
        workers: int,
        threads: int,
        queue_limit: int,
        job_timeout: float,
        callback_payload: CallbackPayload = lambda document: None,
    ):
        self._documents = Documents()
        self._workers = [WorkerProcess(load_handlers, threads=threads) for _ in range(workers)]
        self._queue_limit = queue_limit
        self._job_timeout = job_timeout
        self._callback_payload = callback_payload
        self._held: dict[str, Held] = {}
        self._queue = FairQueue(queue_limit)
        self._wake = asyncio.Condition()
        self._locks: dict[str, asyncio.Lock] = {}
        self._tasks: set[asyncio.Task] = set()
        telemetry.observe(instruments.JOBS_QUEUED, lambda: [(self.load["queued"], {})])
        telemetry.observe(instruments.JOBS_RUNNING, lambda: [(self.load["running"], {})])

    # -- life -----------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        self._spawn(self._heartbeat())
        for worker in self._workers:
            self._spawn(self._work(worker))

    async def stop(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for worker in self._workers:
            worker.stop()
        await asyncio.to_thread(self._documents.stop_beating)

    def _spawn(self, work) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _heartbeat(self) -> None:
        while True:
            try:
                await asyncio.to_thread(self._documents.beat, list(self._held))
            except AzureError as fault:
                log.warning("no heartbeat: %s", fault)
            await asyncio.sleep(HEARTBEAT_SECONDS)

    # -- the contract ---------------------------------------------------------------------------------------------

    async def submit(self, job_id: str, request: JobRequest, *, directly: bool = False) -> JobStatus:
        """Queue a job, once; a lost one again.

        `directly`: for somebody who waits for the callback and asks after no job. What has ended well is told again,
        what has not is tried again.

        Raises
        ------
        QueueFull, DifferentJob
        """
        async with self._locks.setdefault(job_id, asyncio.Lock()):
            new = JobDocument(
                job_id=job_id,
                request=request,
                fingerprint=fingerprint(request),
                replica_id=self._documents.replica_id,
                created_at=utc_now(),
                traceparent=telemetry.current(),
            )
            try:
                return await self._enqueue(new)
            except (Conflict, QueueFull):
                known = await asyncio.to_thread(self._documents.read, job_id)
                if known is None:
                    raise
            if known.fingerprint != fingerprint(request):
                raise DifferentJob(f"job {job_id} exists with another kind or input: choose another id")
            if directly and known.ended:
                return await self._once_more(known, request)
            status = await self._status(known)
            if status.lost:
                return await self._take_over(known, request)
            if directly and request.callback_url and request.callback_url not in known.callback_urls:
                also = [*known.further_callback_urls, request.callback_url][-MOST_FURTHER_CALLBACKS:]
                changed = await self._change(known, further_callback_urls=also)
                if changed.ended:  # between the look and the note
                    return await self._once_more(changed, request)
            return status

    async def status(self, job_id: str) -> JobStatus | None:
        document = await asyncio.to_thread(self._documents.read, job_id)
        return None if document is None else await self._status(document)

    async def cancel(self, job_id: str) -> JobStatus | None:
        """Stop a job: at once when it waits, between two chunks when it runs, wherever it runs."""
        document = await asyncio.to_thread(self._documents.read, job_id)
        if document is None or document.ended:
            return None if document is None else await self._status(document)
        held = self._held.get(job_id)
        if held is None:
            return await self._cancel_elsewhere(document)
        if held.worker is None:
            held.cancelled = True
            self._queue.remove(job_id)
            document = await self._end(held, "cancelled", None)
        else:
            held.cancelled = True
            held.worker.cancel()
        return await self._status(document)

    async def _cancel_elsewhere(self, document: JobDocument) -> JobStatus:
        """Ask whichever replica has a job by now to stop it; what nobody has any more ends here."""
        for _ in range(WRITE_TRIES):
            document = await self._change(document, cancel_requested=True)
            if document.cancel_requested or document.ended:
                break
            # Another replica took it over meanwhile, and its document is now that one's.
        status = await self._status(document)
        if not status.lost:
            return status
        return await self._status(await self._change(document, state=JobState.CANCELLED, ended_at=utc_now()))

    @property
    def load(self) -> dict[str, int]:
        running = sum(held.worker is not None for held in self._held.values())
        return {"queued": len(self._held) - running, "running": running, "workers": len(self._workers)}

    async def _status(self, document: JobDocument) -> JobStatus:
        held = self._held.get(document.job_id)
        status = await asyncio.to_thread(self._documents.status, document, held=held is not None)
        if held is not None and not document.ended:
            status.progress, status.stage = held.progress[0], held.progress[1] or status.stage
            status.engine = held.engine
        return status

    async def _once_more(self, ended: JobDocument, request: JobRequest) -> JobStatus:
        """Tell whoever asks again what came of a job; a new attempt where nothing did, or it is gone by now."""
        asked = ended.model_copy(update={"request": request, "further_callback_urls": []})
        if ended.state == JobState.SUCCEEDED:
            try:
                payload = await self._payload(asked)
            except blobs.BlobMissing:
                pass
            else:
                if request.callback_url:
                    self._spawn(self._call_back(asked, payload, request.callback_url))
                return await self._status(ended)
        return await self._enqueue(
            asked.model_copy(
                update={
                    "replica_id": self._documents.replica_id,
                    "state": JobState.QUEUED,
                    "progress": 0.0,
                    "stage": "",
                    "attempt": 1,
                    "created_at": utc_now(),
                    "started_at": None,
                    "ended_at": None,
                    "cancel_requested": False,
                    "engine": None,
                    "result": None,
                    "error": None,
                    "traceparent": telemetry.current(),
                }
            )
        )

    async def _take_over(self, lost: JobDocument, request: JobRequest) -> JobStatus:
        if lost.cancel_requested:
            return await self._status(await self._change(lost, state=JobState.CANCELLED, ended_at=utc_now()))
        if lost.attempt >= MOST_ATTEMPTS:
            error = JobError(code="lost_too_often", message=f"the job broke its worker {lost.attempt} times")
            return await self._status(
                await self._change(lost, state=JobState.FAILED, ended_at=utc_now(), error=error.model_dump())
            )
        # Only a job that was at work can be what broke its replica; one that waited keeps its count.
        attempt = lost.attempt + (lost.state == JobState.RUNNING)
        return await self._enqueue(
            lost.model_copy(
                update={
                    "request": request,
                    "replica_id": self._documents.replica_id,
                    "traceparent": telemetry.current() or lost.traceparent,
                    "attempt": attempt,
                    "state": JobState.QUEUED,
                    "progress": 0.0,
                    "stage": "",
                    "engine": None,
                }
            )
        )

    async def _enqueue(self, document: JobDocument) -> JobStatus:
        owner, arrived = document.request.owner or "", document.request.arrived_at or document.created_at
        self._make_room(owner, arrived)
        self._queue.reserve(owner)  # others are let in while this is being written
        try:
            document = await asyncio.to_thread(self._documents.write, document)
            self._held[document.job_id] = Held(document)
            async with self._wake:
                self._queue.add(owner, arrived, document.job_id)
                self._wake.notify()
        except Conflict:
            if document.etag is None:
                raise
            # Another replica took it between our look and our write.
            status = await self.status(document.job_id)
            assert status is not None
            return status
        finally:
            self._queue.release(owner)
        return await self._status(document)

    def _make_room(self, owner: str, arrived: str) -> None:
        """A place for a job, where need be that of its owner's youngest: that one is seen as lost, and comes again.

        Raises
        ------
        QueueFull
        """
        if self._queue.has_room(owner):
            return
        youngest = self._queue.newest_after(owner, arrived)
        if youngest is None:
            raise QueueFull(
                f"{self._queue.waiting_of(owner)} jobs of this owner wait, and {self._queue_limit} may wait at all",
                self._queue.retry_after(owner, len(self._workers)),
            )
        self._queue.remove(youngest)
        self._held.pop(youngest, None)

    # -- work -----------------------------------------------------------------------------------------------------

    async def _work(self, worker: WorkerProcess) -> None:
        while True:
            async with self._wake:
                while (job_id := self._queue.take()) is None:
                    await self._wake.wait()
            held, began = self._held.get(job_id), time.monotonic()
            if held is None or held.cancelled:
                self._queue.done(job_id, 0.0)
                continue
            held.worker = worker
            try:
                await self._run(held, worker)
            except Exception:
                log.exception("job %s was dropped; it will be seen as lost", job_id)
                self._held.pop(job_id, None)
            finally:
                self._queue.done(job_id, time.monotonic() - began)

    async def _run(self, held: Held, worker: WorkerProcess) -> None:
        held.document = await self._change(held.document, state=JobState.RUNNING, started_at=utc_now())
        if held.cancelled or held.document.cancel_requested or held.document.gone:  # while that was being written
            await self._end(held, "cancelled", None)
            return
        watcher = asyncio.create_task(self._watch(held, worker))

        def on_progress(fraction: float, stage: str) -> None:
            held.progress = (fraction, stage)

        def on_engine(engine: dict[str, Any]) -> None:
            held.engine = Provenance.model_validate(engine)

        try:
            request = held.document.request
            held.told.began(held.document)
            outcome, value = await worker.run(
                held.document.job_id,
                request.kind,
                request.input,
                on_progress=on_progress,
                on_write=lambda container, name: held.written.add((container, name)),
                on_engine=on_engine,
                is_cancelled=lambda: held.cancelled,
                timeout=self._job_timeout,
                traceparent=held.told.span(held.document),
            )
        finally:
            watcher.cancel()
            await asyncio.gather(watcher, return_exceptions=True)
        await self._end(held, outcome, value)

    async def _watch(self, held: Held, worker: WorkerProcess) -> None:
        """Write progress down now and then, and notice a cancel that another replica was asked for."""
        while True:
            await asyncio.sleep(1)
            try:
                fraction, stage = held.progress
                held.document = await self._change(held.document, progress=fraction, stage=stage, engine=held.engine)
            except AzureError as fault:
                log.warning("the progress of %s was not written: %s", held.document.job_id, fault)
            is_unwanted = held.document.cancel_requested or held.document.gone
            if is_unwanted and not held.cancelled:
                held.cancelled = True
                worker.cancel()

    async def _end(self, held: Held, outcome: str, value: Any) -> JobDocument:
        result = value if outcome == "succeeded" else None
        error = value if outcome == "failed" else None
        progress = 1.0 if outcome == "succeeded" else held.progress[0]
        document = await self._change(
            held.document,
            state=JobState(outcome),
            ended_at=utc_now(),
            engine=held.engine,
            result=result,
            error=error,
            progress=progress,
        )
        if document.gone:
            await self._take_back(held)
        self._held.pop(document.job_id, None)
        self._locks.pop(document.job_id, None)
        held.told.ended(document, outcome, error)
        if document.callback_urls and not document.gone:
            self._spawn(self._tell(document, held.told.span(document)))
        return document

    async def _take_back(self, held: Held) -> None:
        """Delete what a job wrote whose song was removed meanwhile: nobody else knows of it any more.

        The removal waits for the jobs that it can reach; this is for a replica that stood still while it happened.
        """
        for container, name in sorted(held.written):
            for attempt in range(WRITE_TRIES):
                try:
                    await asyncio.to_thread(blobs.delete, container, name)
                    break
                except AzureError as fault:
                    log.warning("%s of a removed job is still there: %s", container, fault)
                    await asyncio.sleep(min(1 + attempt, 10))

    async def _change(self, document: JobDocument, **fields: Any) -> JobDocument:
        """Write fields over whatever the document has become meanwhile; storage may be away for a while."""
        for attempt in range(WRITE_TRIES):
            if document.gone:
                return document.model_copy(update=fields)
            changed = JobDocument.model_validate(document.model_dump() | fields)
            try:
                return await asyncio.to_thread(self._documents.write, changed)
            except Conflict:
                current = await asyncio.to_thread(self._documents.read, document.job_id)
                if current is None:  # the song was deleted, and its jobs with it: they are not to come back
                    return changed.model_copy(update={"gone": True})
                if current.ended or current.replica_id != document.replica_id:
                    return current
                document = current
            except AzureError:
                if attempt == WRITE_TRIES - 1:
                    raise
                await asyncio.sleep(min(1 + attempt, 10))
        raise Conflict(document.job_id)

    async def _tell(self, document: JobDocument, within: str | None) -> None:
        """Say that the job has ended. A hint: whoever misses it reads the job."""
        payload = await self._payload(document)
        await asyncio.gather(*(self._call_back(document, payload, url, within) for url in document.callback_urls))

    async def _payload(self, document: JobDocument) -> dict[str, Any]:
        payload = await asyncio.to_thread(self._callback_payload, document)
        return payload or JobEvent(job_id=document.job_id, state=document.state).model_dump()

    async def _call_back(
        self, document: JobDocument, payload: dict[str, Any], url: str, within: str | None = None
    ) -> None:
        message_id = f"{document.job_id}-{document.created_at}-{document.attempt}-{document.state}"
        for wait in CALLBACK_WAITS:
            await asyncio.sleep(wait)
            try:
                with telemetry.span("callback", kind="client", parent=within):
                    await asyncio.to_thread(webhooks.send_callback, url, message_id, payload)
                return
            except Exception as fault:
                kind = {"ripieno.where": "callback", "error.type": type(fault).__name__}
                telemetry.record(instruments.ERRORS, 1, kind)
                log.info("the callback of %s was not heard: %s", document.job_id, fault)
