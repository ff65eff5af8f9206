"""Where what is heard in a file comes from, put together from where its parts do."""

from __future__ import annotations

from ripieno.contracts.provenance import RECORDING, Origin, Provenance


def of_stem(engine: Provenance | None) -> Origin:
    """Of a part that an engine made; of a song's own audio or a person's recording, which none did."""
    if engine is None or engine.engine == RECORDING:
        return Origin(recorded=True)
    return Origin(made_by=[engine])


def together(parts: list[Origin]) -> Origin:
    """Of several parts; each engine once."""
    made_by: list[Provenance] = []
    for one in (engine for part in parts for engine in part.made_by):
        if one not in made_by:
            made_by.append(one)
    return Origin(made_by=made_by, recorded=any(part.recorded for part in parts))


def followed_by(origin: Origin, engine: Provenance) -> Origin:
    """After an engine has gone over it."""
    return together([origin, Origin(made_by=[engine])])
