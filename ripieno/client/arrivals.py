"""Files that arrive: under a name of their own until they are whole, then under theirs."""

from __future__ import annotations

import uuid
from pathlib import Path
from types import TracebackType


class Arrival:
    """A file on its way to `path`. Two on their way to one path do not meet; the last to be whole stays.

    The folder is made where there is none. What never became whole leaves nothing behind.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self._part = path.with_name(f".{uuid.uuid4().hex}.part")  # a long name with an ending might be too long
        self._file = self._part.open("wb")
        self.size = 0

    def __enter__(self) -> Arrival:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
        self._part.unlink(missing_ok=True)

    def write(self, data: bytes) -> None:
        self._file.write(data)
        self.size += len(data)

    def restart(self) -> None:
        """Forget what has come: it begins anew."""
        self._file.seek(0)
        self._file.truncate()
        self.size = 0

    def keep(self) -> Path:
        """It is whole."""
        self._file.close()
        return self._part.replace(self._path)
