"""`ripieno ops`: what those need who run the platform."""

from __future__ import annotations

import cloup

from ripieno.cli.ops_audit import audit
from ripieno.cli.options import examples


@cloup.group(epilog=examples("ripieno ops audit"))
def ops() -> None:
    """For operators: who did what."""


ops.add_command(audit)
