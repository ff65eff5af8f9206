"""`ripieno ops`: what operators look at and do."""

from __future__ import annotations

import cloup

from ripieno.cli.verdicts import verdicts


@cloup.group()
def ops() -> None:
    """What operators look at and do."""


ops.add_command(verdicts)
