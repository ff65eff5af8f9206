"""Commands that need more than `pip install .` brings: what to install, in a sentence."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ripieno.client import RipienoError

_OURS = {"ripieno", "gpu_endpoints"}


def checkout() -> Path | None:
    """The folder of the project where this is a checkout of it, None where it is an installed wheel."""
    folder = Path(__file__).resolve().parents[2]
    return folder if (folder / "function_app.py").is_file() and (folder / "host.json").is_file() else None


@contextmanager
def needing(extras: str) -> Iterator[None]:
    """Import what is in an extra (`local`, or several: `local,endpoints`).

    Raises
    ------
    RipienoError
        `not_installed`, where it is not there.
    """
    try:
        yield
    except ModuleNotFoundError as fault:
        missing = (fault.name or "").partition(".")[0]
        if missing in _OURS:
            raise
        raise RipienoError(
            "not_installed",
            f"this needs {missing}, which the client alone does not bring: in a checkout of Ripieno,"
            f" pip install -e '.[{extras}]'",
        ) from None


@contextmanager
def needing_checkout() -> Iterator[None]:
    """Import what runs the stack, which is more than any wheel carries: the app's own rooms too.

    Raises
    ------
    RipienoError
        `not_installed`, where this is no checkout or the extras are not there.
    """
    if checkout() is None:
        raise RipienoError(
            "not_installed",
            "the stack runs from a checkout of Ripieno: there, `make run`, or pip install -e '.[local,endpoints]'",
        )
    with needing("local,endpoints"):
        yield
