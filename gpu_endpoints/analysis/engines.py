"""The engines of the analysis, as /health shows them and results are signed with."""

from __future__ import annotations

from importlib.util import find_spec

from gpu_endpoints.analysis.separation import choice
from segno import __version__
from segno.contracts.provenance import Provenance

MADMOM_LICENSE = "CC BY-NC-SA 4.0 (models)"


def describe() -> dict[str, dict]:
    """Every capability with its engines; quick, imports nothing heavy."""
    has_madmom = find_spec("madmom") is not None
    networks = {"available": has_madmom, "license": MADMOM_LICENSE, "detail": "madmom 0.16.1 networks"}
    own = {"available": True, "license": "MIT", "detail": f"segno {__version__}"}
    return {
        "separate": choice.availability(),
        "beats": {"madmom+bar-pointer": networks},
        "chords": {"deep-chroma+spectrum": networks},
        "key": {"profiles+cadences": own},
        "sections": {"bar-novelty": own},
        "tuning": {"peak-histogram": own},
    }


def mir_provenance() -> dict[str, Provenance]:
    networks = Provenance(engine="madmom+bar-pointer", version="0.16.1", license=MADMOM_LICENSE)
    return {
        "tempo": networks,
        "beats": networks,
        "chords": Provenance(engine="deep-chroma+spectrum", version=__version__, license=MADMOM_LICENSE),
        "key": Provenance(engine="profiles+cadences", version=__version__, license="MIT"),
        "tuning": Provenance(engine="peak-histogram", version=__version__, license="MIT"),
    }


def structure_provenance() -> Provenance:
    return Provenance(engine="bar-novelty", version=__version__, license="MIT")
