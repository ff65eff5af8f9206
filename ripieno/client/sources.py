"""Files to send, and what is known of them."""

from __future__ import annotations

import io
import os
import stat
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from ripieno.client.errors import RipienoError

Sendable = Path | str | BinaryIO
"""A file's path, or a file that is open for reading bytes, which is sent from where it stands."""


class Source:
    """A file that is being sent: its name, its size in bytes, and its bytes from any place on.

    `is_replayable` is false of what cannot go back, such as a pipe: it can be sent once.

    Raises
    ------
    RipienoError
        `no_file`, for what is no file, or does not say how long it is.
    OSError
        When it cannot be read.
    """

    def __init__(self, file: Sendable, *, name: str | None = None, size: int | None = None) -> None:
        self._owned = isinstance(file, Path | str)
        if isinstance(file, Path | str):
            path = Path(file)
            if not stat.S_ISREG(path.stat().st_mode):
                raise RipienoError("no_file", f"{path} is no file: give the file itself, or an open one with its size")
            self._file: BinaryIO = path.open("rb")
            self.name = name or path.name
        else:
            self._file = file
            given = getattr(file, "name", None)
            self.name = name or (Path(given).name if isinstance(given, str) else "untitled")
        self.is_replayable = self._file.seekable()
        self._start = self._at = self._file.tell() if self.is_replayable else 0
        self.size = self._size() if size is None else size

    def __enter__(self) -> Source:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._owned:
            self._file.close()

    def read(self, position: int, count: int) -> bytes:
        """The `count` bytes from `position` on, in bytes from where the file stood.

        Raises
        ------
        RipienoError
            `file_changed`, when there are fewer.
        """
        if self.is_replayable:
            self._file.seek(self._start + position)
        elif position != self._at:
            raise io.UnsupportedOperation(f"{self.name} cannot go back")
        parts: list[bytes] = []
        left = count
        while left and (part := self._file.read(left)):  # a pipe gives less than is asked for
            parts.append(part)
            left -= len(part)
        if left:
            raise RipienoError("file_changed", f"{self.name} became shorter while it was being sent: send it again")
        self._at = position + count
        return b"".join(parts)

    def _size(self) -> int:
        if not self.is_replayable:
            raise RipienoError("no_file", f"{self.name} does not say how long it is: give its size in bytes")
        end = self._file.seek(0, os.SEEK_END)
        self._file.seek(self._start)
        return end - self._start
