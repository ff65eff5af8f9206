"""A signed account of where a file comes from (Content Credentials, C2PA 2.x), where the operator has a certificate.

Whoever opens the file with a tool that knows C2PA sees that it was made, by which engines, and that nobody changed it
since. The kinds of source are IPTC's (NewsCodes "digital source type"). Signed files are never the same bytes twice.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from gpu_endpoints.serving.work import JobFailed
from ripieno import __version__
from ripieno.contracts.provenance import Origin
from ripieno.services.settings import settings

_SOURCE_TYPES = "http://cv.iptc.org/newscodes/digitalsourcetype/"


def sign(path: Path, file_format: str, origin: Origin, *, title: str = "") -> None:
    """Put a signed manifest into a finished `wav`, `flac` or `mp3` file; nothing where no certificate is set.

    Raises
    ------
    JobFailed
        `cannot_sign`: the certificates or their key cannot be read, or do not fit each other.
    """
    chosen = settings()
    if chosen.c2pa_certificates is None:
        return
    import c2pa  # late: 50 MB that nobody without a certificate needs

    chain = _read(chosen.c2pa_certificates, "RIPIENO_C2PA_CERTIFICATES")
    key = _read(chosen.c2pa_key, "RIPIENO_C2PA_KEY")
    timestamps = chosen.c2pa_timestamps.encode() if chosen.c2pa_timestamps else None
    signed = path.with_name(f"{path.name}.signed")
    try:
        info = c2pa.C2paSignerInfo(chosen.c2pa_algorithm.encode(), chain, key, timestamps)
        with (
            c2pa.Signer.from_info(info) as signer,
            c2pa.Builder(json.dumps(_manifest(origin, title))) as builder,
            path.open("rb") as source,
            signed.open("w+b") as target,
        ):
            builder.sign(signer, file_format, source, target)
        signed.replace(path)
    except c2pa.C2paError as fault:
        raise JobFailed(
            "cannot_sign",
            f"a file could not be signed ({fault}): look at RIPIENO_C2PA_CERTIFICATES, RIPIENO_C2PA_KEY and"
            " RIPIENO_C2PA_ALGORITHM",
        ) from fault
    finally:
        signed.unlink(missing_ok=True)


def source_type(origin: Origin) -> str:
    """What IPTC calls it: made by rules, by what was trained, or a composite with something recorded."""
    learned = any(one.weights for one in origin.made_by)
    if origin.recorded:
        return "compositeSynthetic" if learned else "composite"
    return "trainedAlgorithmicMedia" if learned else "algorithmicMedia"


def _manifest(origin: Origin, title: str) -> dict[str, Any]:
    made: dict[str, Any] = {
        "action": "c2pa.created",
        "digitalSourceType": _SOURCE_TYPES + source_type(origin),
        "softwareAgent": {"name": "Ripieno", "version": __version__},
        "parameters": {"engines": [one.model_dump(exclude_defaults=True) for one in origin.made_by]},
    }
    about = {"title": title} if title else {}
    return about | {
        "claim_generator_info": [{"name": "Ripieno", "version": __version__}],
        "assertions": [{"label": "c2pa.actions.v2", "data": {"actions": [made]}}],
    }


def _read(path: Path | None, name: str) -> bytes:
    if path is None:
        raise JobFailed("cannot_sign", f"{name} is not set: a certificate signs nothing without its key")
    try:
        return path.read_bytes()
    except OSError as fault:
        raise JobFailed("cannot_sign", f"{name}: {path} cannot be read ({fault.strerror})") from fault
