"""Imported by the process that workers are forks of: it reads once what every worker needs.

`RIPIENO_WORKERS_LOAD` names the function that imports it, `module:function`; `worker` sets it. A worker that died is
there again at once so.
"""

from __future__ import annotations

import importlib
import logging
import os

try:
    module, _, function = os.environ["RIPIENO_WORKERS_LOAD"].partition(":")
    getattr(importlib.import_module(module), function)()
except Exception:  # each worker tries itself, and tells the job what is wrong
    logging.getLogger("ripieno.worker").exception("workers have to load for themselves")
