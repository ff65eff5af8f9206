"""The engines of the analysis, as /health shows them and results are signed with."""

from __future__ import annotations

from importlib.util import find_spec

from gpu_endpoints.analysis.separation import choice
from ripieno import __version__
from ripieno.contracts.provenance import Provenance
from ripieno.services import licenses

MADMOM_VERSION, MADMOM_LICENSE = "0.16.1", "CC BY-NC-SA 4.0 (models)"
OWN_LICENSE = "MIT"


def describe() -> dict[str, dict]:
    """Every capability with its engines; quick, imports nothing heavy."""
    missing = _why_no_networks()
    detail = missing or f"madmom {MADMOM_VERSION} networks"
    networks = {"available": missing is None, "license": MADMOM_LICENSE, "detail": detail}
    own = {"available": True, "license": OWN_LICENSE, "detail": f"ripieno {__version__}"}
    return {
        "separate": choice.availability(),
        "beats": {"networks+bar-pointer": networks, "flux+bar-pointer": own},
        "chords": {"deep-chroma+spectrum": networks, "spectrum": own},
        "key": {"profiles+cadences": own},
        "sections": {"bar-novelty": own},
        "tuning": {"peak-histogram": own},
        "mood": {"cues": own},
        "styles": {"profiles": own},
    }


def _why_no_networks() -> str | None:
    if find_spec("madmom") is None:
        return "madmom is not installed"
    return "not for commercial use, and RIPIENO_LICENSES=commercial" if licenses.commercial_only() else None


def mir_provenance(hearing: str) -> dict[str, Provenance]:
    """The signatures under a `mir` job's findings; `hearing` as in `mir.features.Features`."""
    if hearing == "spectral":
        reason = "madmom's networks are not for commercial use, and RIPIENO_LICENSES=commercial"
        fallback = (
            {"fallback": True, "reason": reason} if licenses.commercial_only() else {"reason": "asked for by name"}
        )
        beats = _own("flux+bar-pointer").model_copy(update=fallback)
        chords = _own("spectrum").model_copy(update=fallback)
    else:
        beats = Provenance(engine="networks+bar-pointer", version=MADMOM_VERSION, license=MADMOM_LICENSE)
        name = "deep-chroma+spectrum" + ("+stems" if hearing.endswith("stems") else "")
        chords = Provenance(engine=name, version=__version__, license=MADMOM_LICENSE)
    return {
        "tempo": beats,
        "beats": beats,
        "chords": chords,
        "key": _own("profiles+cadences"),
        "tuning": _own("peak-histogram"),
        "sections": _own("bar-novelty"),
    }


def impression_provenance() -> dict[str, Provenance]:
    """The signatures under a song's mood and styles."""
    return {"mood": _own("cues"), "styles": _own("profiles")}


def _own(engine: str) -> Provenance:
    return Provenance(engine=engine, version=__version__, license=OWN_LICENSE)
