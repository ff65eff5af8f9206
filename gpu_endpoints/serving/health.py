"""How an endpoint is: its storage, its workers, whether there is a GPU."""

from __future__ import annotations

import ctypes
import os
from functools import lru_cache
from typing import Any

from azure.core.exceptions import AzureError, ResourceNotFoundError

from ripieno.contracts import names
from ripieno.services.storage import container

STORAGE_SECONDS = 3


def storage() -> dict[str, Any]:
    """Whether storage answers, within seconds, and has what jobs need. Blocks: call it in a thread."""
    try:
        container(names.JOBS).get_container_properties(
            timeout=STORAGE_SECONDS, connection_timeout=STORAGE_SECONDS, read_timeout=STORAGE_SECONDS, retry_total=0
        )
    except ResourceNotFoundError:
        return {"ok": False, "detail": f"there is no container {names.JOBS!r}: start the app first, which makes it"}
    except (AzureError, OSError) as fault:
        return {"ok": False, "detail": f"storage does not answer: {type(fault).__name__}"}
    return {"ok": True, "detail": "answers"}


@lru_cache(maxsize=1)
def gpu_available() -> bool:
    """Whether CUDA has a device here, asked of its driver: torch is not for the server's process."""
    try:
        driver = ctypes.CDLL("nvcuda.dll" if os.name == "nt" else "libcuda.so.1")
        count = ctypes.c_int(0)
        return driver.cuInit(0) == 0 and driver.cuDeviceGetCount(ctypes.byref(count)) == 0 and count.value > 0
    except (OSError, AttributeError):
        return False
