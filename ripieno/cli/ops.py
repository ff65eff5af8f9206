"""`ripieno ops`: what those need who run the platform."""

from __future__ import annotations

import cloup

from ripieno.cli.ops_audit import audit
from ripieno.cli.options import examples
from ripieno.cli.verdicts import verdicts


@cloup.group(epilog=examples("ripieno ops audit"))
def ops() -> None:
    """For operators: who did what, and what is made of it."""


ops.add_command(audit)
ops.add_command(verdicts)
