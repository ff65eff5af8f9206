"""Arrangement: who plays in which section, and how the energy goes through the piece."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from ripieno.contracts.composition import BACKING, BackingWay, Context, ContextSection, Layer
from ripieno.contracts.enums import StemType
from ripieno.music.composing.backing import placing
from ripieno.music.conditioning import DEFAULT_ENERGY
from ripieno.music.genres import all_genres

VOCALS = "vocals"
SUNG = {"verse", "pre-chorus", "chorus", "bridge", "build", "drop"}
_LOWEST = 0.15
_FEW = 2
_RISE = 0.04  # of a section each time that it returns
_HOLDS_BACK = 0.1  # the first of two sections of a kind that follow each other
_ALIKE = 0.15  # energy
_LEADS = 0.06  # of each of the last two bars before something louder


class _Player(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    from_energy: float = Field(ge=0, le=1)
    instrument: str | None = None


class _Arrangements(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    about: str
    genres: dict[str, dict[StemType, _Player]]


def energies(sections: list[ContextSection], arousal: float) -> list[list[float]]:
    """0..1 for each bar of each section: the section's own, more each time it returns, less where another of its kind
    follows, a lead into what is louder, a rise through a build, a fall through the outro; the whole moved by the mood's
    arousal."""
    seen: dict[str, int] = {}
    bases = []
    lasts = {one.label: number for number, one in enumerate(sections)}
    for number, one in enumerate(sections):
        again = seen.get(one.label, 0)
        seen[one.label] = again + 1
        base = DEFAULT_ENERGY.get(one.label, 0.6) + _RISE * again
        if one.label in ("chorus", "drop") and number == lasts[one.label]:
            base += 0.05
        if number + 1 < len(sections) and sections[number + 1].label == one.label:
            base -= _HOLDS_BACK
        bases.append(base + 0.12 * arousal * (1.2 - base))
    found = []
    for number, one in enumerate(sections):
        bars = [bases[number]] * one.bars
        if one.label == "build" and number + 1 < len(sections):
            end = bases[number + 1]
            bars = [bases[number] + (end - bases[number]) * 0.8 * n / max(1, one.bars - 1) for n in range(one.bars)]
        elif one.label == "outro":
            bars = [bases[number] * (1 - 0.5 * n / max(1, one.bars)) for n in range(one.bars)]
        elif number + 1 < len(sections) and bases[number + 1] > bases[number] + 0.1 and one.bars >= 4:
            bars[-2:] = [bars[-2] + _LEADS, bars[-1] + 2 * _LEADS]
        found.append([round(min(1.0, max(_LOWEST, bar)), 3) for bar in bars])
    return found


def layers(style: str, wanted: list[StemType], *, is_sung: bool, backing: bool | None = None) -> list[Layer]:
    """The players of a piece, vocals last: those of the genre, of which `wanted` are kept where some are named.
    Voices behind the lead are there where that is said, else where the genre has them and nobody names layers."""
    known = _arrangements().genres[style]
    named = {StemType(one) for one in wanted}
    of_genre = [stem for stem in known if not named or stem in named]
    further = [stem for stem in StemType if stem in named and stem not in known and stem != StemType.VOCALS]
    found = []
    for stem in [*of_genre, *further]:
        instrument = known[stem].instrument if stem in known else None
        found.append(Layer(name=str(stem.value), stem_type=stem, instrument=instrument))
    if is_sung and (not named or StemType.VOCALS in named):
        found.append(Layer(name=VOCALS, stem_type=StemType.VOCALS))
        if backing or (backing is None and not named and placing.has_backing(style)):
            found.append(Layer(name=BACKING, stem_type=StemType.VOCALS))
    return found


def backing(context: Context, style: str) -> list[list[BackingWay]]:
    """What is sung behind the lead in each section, where somebody sings so."""
    is_there = any(one.is_backing for one in context.layers) and any(one.name == VOCALS for one in context.layers)
    return placing.placed(context, style) if is_there else [[] for _ in context.sections]


def parts(context: Context, style: str) -> list[list[str]]:
    """The layers that play in each section, by its energy; a build does without the bass. Somebody always plays."""
    known = _arrangements().genres[style]
    found = []
    for section, behind in zip(context.sections, backing(context, style), strict=True):
        mean = _mean(section)
        here = [
            one.name
            for one in context.layers
            if one.stem_type != StemType.VOCALS and mean >= _from_energy(known, StemType(one.stem_type))
        ]
        if section.label == "build" and len(here) > _FEW:
            here = [one for one in here if one != StemType.BASS]
        if not here and context.layers:
            here = [context.layers[0].name]
        here += [
            one.name
            for one in context.layers
            if one.stem_type == StemType.VOCALS and (bool(behind) if one.is_backing else section.label in SUNG)
        ]
        found.append(here)
    found = told_apart(context.sections, found)
    for layer in context.layers:  # each of them was asked for: it plays where the piece is fullest
        if not layer.is_backing and not any(layer.name in here for here in found):
            fullest = max(
                range(len(found)), key=lambda n: sum(context.sections[n].energy or [0.0]) / 1e9 + len(found[n])
            )
            found[fullest].append(layer.name)
    return found


def told_apart(sections: list[ContextSection], playing: list[list[str]]) -> list[list[str]]:
    """Sections that follow each other are heard to: of two in which the same layers would play about as much, one
    leaves out what came in last, the quieter one where it can (of two alike the first).

    Parameters
    ----------
    playing : the layers of each section, those that come in last in the piece behind the others
    """
    found = [list(one) for one in playing]
    energy = [_mean(one) for one in sections]

    def alike(layers: list[str], a: int, b: int) -> bool:
        return _players(layers) == _players(found[b]) and abs(energy[a] - energy[b]) < _ALIKE

    for number in range(1, len(found)):
        if not alike(found[number], number, number - 1):
            continue
        by_energy = sorted((number - 1, number), key=lambda n: (energy[n], n))
        options = [(place, back) for place in by_energy for back in (1, 2) if len(_players(found[place])) > back + 1]
        for place, back in options:
            thinner = [one for one in found[place] if one != _players(found[place])[-back]]
            if not any(alike(thinner, place, n) for n in (place - 1, place + 1) if 0 <= n < len(found)):
                found[place] = thinner
                break
    return found


def _players(layers: list[str]) -> list[str]:
    return [one for one in layers if one not in (VOCALS, BACKING)]


def _mean(section: ContextSection) -> float:
    return sum(section.energy) / len(section.energy) if section.energy else 0.6


def _from_energy(known: dict[StemType, _Player], stem: StemType) -> float:
    return known[stem].from_energy if stem in known else 0.5


@lru_cache(maxsize=1)
def _arrangements() -> _Arrangements:
    found = _Arrangements.model_validate_json(Path(__file__).with_name("arrangements.json").read_text())
    missing = set(all_genres()) - set(found.genres)
    if missing:
        raise ValueError(f"arrangements.json has no players for {', '.join(sorted(missing))}")
    return found
