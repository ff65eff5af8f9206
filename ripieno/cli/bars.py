"""Progress while one waits: what is being done, how much of it, for how long, and about how long it will take yet."""

from __future__ import annotations

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from ripieno.contracts.audio import AudioFile
from ripieno.contracts.composition import CompositionView
from ripieno.contracts.dj_sets import SetView
from ripieno.contracts.enums import GenerationStatus, TakeStatus
from ripieno.contracts.generation import Generation

_BEFORE_IT_IS_HEARD = {
    GenerationStatus.PENDING: 0.02,
    GenerationStatus.PLANNING: 0.05,
    GenerationStatus.GENERATING: 0.1,
}


class Bars:
    """Bars on stderr while it is a terminal; nothing otherwise.

    with Bars() as bars:
        bar = bars.add("song.mp3")
        ripieno.upload(path, bar.sending)
        ripieno.wait(song_id, bar.song)
    """

    def __init__(self) -> None:
        console = Console(stderr=True)
        self._shown = Progress(
            TextColumn("{task.description}"),
            BarColumn(20),
            TextColumn("{task.percentage:>3.0f}% {task.fields[message]}"),
            TimeElapsedColumn(),
            TextColumn("[dim]left"),
            TimeRemainingColumn(compact=True),
            console=console,
            disable=not console.is_terminal,
            transient=True,
            speed_estimate_period=60,
        )

    def __enter__(self) -> Bars:
        self._shown.__enter__()
        return self

    def __exit__(self, *exc: object) -> None:
        self._shown.stop()

    def add(self, title: str) -> Bar:
        return Bar(self._shown, self._shown.add_task(_short(title), total=1.0, message=""))


class Bar:
    """One line. Its methods are what the client calls while it waits."""

    def __init__(self, shown: Progress, task: TaskID):
        self._shown, self._task = shown, task

    def sending(self, sent: int, total: int) -> None:
        """A file on its way; what comes after it is counted anew, time included."""
        if sent >= total:
            self._shown.reset(self._task, total=1.0, completed=0, message="queued")
        else:
            self._shown.update(self._task, completed=sent / total, message="uploading")

    def song(self, song: AudioFile) -> None:
        if song.progress:
            self._shown.update(self._task, completed=song.progress.fraction, message=song.progress.message)

    def generation(self, request: Generation) -> None:
        planned = len(request.plan.stems) if request.plan else 1
        heard = sum(stem.takes[-1].status != TakeStatus.GENERATING for stem in request.stems)
        share = max(_BEFORE_IT_IS_HEARD.get(GenerationStatus(request.status), 1.0), 0.1 + 0.9 * heard / planned)
        self._shown.update(self._task, completed=share, message=request.message)

    def composition(self, made: CompositionView) -> None:
        newest = made.versions[-1]
        done = sum(one.status != "waiting" for one in newest.stages)
        self._shown.update(self._task, completed=done / len(newest.stages), message=made.message)

    def dj_set(self, made: SetView) -> None:
        done = made.progress.fraction if made.progress else 1.0
        message = made.progress.message if made.progress else made.message
        self._shown.update(self._task, completed=done, message=message)

    def message(self, text: str) -> None:
        self._shown.update(self._task, message=text)

    def remove(self) -> None:
        self._shown.remove_task(self._task)


def _short(title: str) -> str:
    return title if len(title) <= 32 else f"{title[:29]}…"
