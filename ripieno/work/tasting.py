"""What somebody likes is played where they said nothing of it; what they say always wins.

Nothing is drawn for who never said what they think: they get what they got before, bit for bit. For anybody else it
follows from the request's seed and from what is known of their taste, and what was made says what of it is theirs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ripieno.contracts.analysis import Analysis
from ripieno.contracts.composition import CompositionOrder, Context, Layer, StyleShare
from ripieno.contracts.enums import StemType
from ripieno.contracts.generation import GenerationOrder, GenerationPlan, Playing, StemPlan
from ripieno.contracts.preferences import ShadeName
from ripieno.contracts.understanding import Kind, Statement
from ripieno.music.composing import moods
from ripieno.music.composing.briefs import Said
from ripieno.music.conditioning import Conditioning
from ripieno.music.taste import drawing, fitting
from ripieno.music.taste.learning import Taste, learned
from ripieno.music.taste.lessons import SHADES
from ripieno.records import preferences
from ripieno.services import engines, llm
from ripieno.services.planner import rules
from ripieno.services.settings import settings

TASTE = "your taste"
"""Who settled what of a context was drawn."""
_OWN_ENGINE = engines.SYMBOLIC


def of(owner: str) -> Taste | None:
    """None where nobody said anything yet."""
    known = preferences.find(owner)
    return learned(known.lessons) if known is not None and known.lessons else None


# -- stems --------------------------------------------------------------------------------------------------------


def styled(
    taste: Taste | None, order: GenerationOrder, analysis: Analysis | None, seed: int
) -> tuple[GenerationOrder, list[str]]:
    """An order for stems in a style that is liked, where it names none; and why. Raises `ValueError` where no stem is
    asked for."""
    given = order.parameters
    said = rules.understood(order)
    statements = said.statements if said else []
    if taste is None or given.style is not None or _is_named(statements) or _may_be_read(said and said.not_understood):
        return order, []
    meter = analysis.time_signature if analysis else given.time_signature
    own = rules.plan(order, time_signature=analysis.time_signature if analysis else None, seed=0, said=said)[0].style
    bpm = analysis.bpm if analysis else given.target_bpm
    words = [one.value for one in statements if one.kind == Kind.MOOD and one.value and not one.negated]
    others = fitting.styles(own, bpm=bpm, meter=meter, mood=_mood(" ".join(words), own), but=_unwanted(statements))
    drawn = drawing.choice(taste, "styles", own, others, seed)
    if not drawn.why:
        return order, []
    return order.model_copy(update={"parameters": given.model_copy(update={"style": drawn.value})}), [drawn.why]


def planned(taste: Taste | None, plan: GenerationPlan, seed: int, why: Iterable[str] = ()) -> GenerationPlan:
    """A plan whose stems are played as is liked, by engines that are, where nothing was said of it; and `why`."""
    if taste is None:
        return plan
    statements = plan.understood.statements if plan.understood else []
    told = list(why)
    engine = _engine(taste, seed)
    stems = []
    for one in plan.stems:
        shades, reasons = _shades(taste, one, statements, seed)
        name = one.name or str(one.stem_type)
        told += [f"{name}: {reason}" for reason in reasons]
        if engine.why and _is_drawn_for(one) and one.engine == engines.AUTO:
            shades["engine"] = engine.value
            told.append(f"{name}: {engine.why}")
        stems.append(one.model_copy(update=shades) if shades else one)
    return plan.model_copy(update={"stems": stems, "taste": told})


# -- pieces -------------------------------------------------------------------------------------------------------


def sketched(
    taste: Taste | None, order: CompositionOrder, said: Said, own: str, song: Conditioning | None, seed: int
) -> tuple[CompositionOrder, list[str]]:
    """An order for a piece in a style that is liked, where neither it nor its brief names one; and why.

    Parameters
    ----------
    own : the style that it has by itself
    """
    if taste is None or order.styles or said.style:
        return order, []
    bpm = order.tempo or said.tempo or (song.timeline.bpm if song else None)
    meter = order.meter or said.meter or (_meter_of(song) if song else None)
    words = " ".join([order.brief, *said.moods])
    mood = _mood(words, own) if order.mood is None else _of(order, words, own)
    but = _unwanted(said.understood.statements)
    drawn = drawing.choice(taste, "styles", own, fitting.styles(own, bpm=bpm, meter=meter, mood=mood, but=but), seed)
    if not drawn.why:
        return order, []
    return order.model_copy(update={"styles": [StyleShare(name=drawn.value)]}), [drawn.why]


def arranged(taste: Taste | None, context: Context, statements: Sequence[Statement], *, engine: str) -> Context:
    """An arranged piece whose players play as is liked, where nothing was said of it.

    Parameters
    ----------
    engine : the one that the order names, or `auto`
    """
    if taste is None:
        return context
    by = _engine(taste, context.seed)
    told = list(context.taste)
    layers: list[Layer] = []
    for one in context.layers:
        shades, reasons = _shades(taste, one, statements, context.seed)
        told += [f"{one.name}: {reason}" for reason in reasons]
        if by.why and _is_drawn_for(one) and engine == engines.AUTO:
            shades["engine"] = by.value
            told.append(f"{one.name}: {by.why}")
        layers.append(one.model_copy(update=shades) if shades else one)
    return context.model_copy(update={"layers": layers, "taste": told})


def still(before: Context, after: Context) -> Context:
    """A piece that was changed: what was changed of it is no longer said to follow a taste."""
    layers = {one.name: one for one in after.layers}
    changed = [one.name for one in before.layers if layers.get(one.name) != one]
    has_style = before.styles == after.styles
    kept = [
        line
        for line in after.taste
        if (has_style if _about(line) is None else _about(line) in layers and _about(line) not in changed)
    ]
    return after.model_copy(update={"taste": kept})


# -- parts --------------------------------------------------------------------------------------------------------


def _about(line: str) -> str | None:
    """The player that a line is about, None where it is about the piece."""
    name, colon, _ = line.partition(": ")
    return name if colon else None


def _shades(
    taste: Taste, player: StemPlan | Layer, statements: Sequence[Statement], seed: int
) -> tuple[dict[str, Any], list[str]]:
    """The shades that are drawn for a player: those that nobody settled."""
    if not _is_drawn_for(player):
        return {}, []
    stem = StemType(player.stem_type)
    settled = _settled(player, [one for one in statements if rules.is_about(one, stem)])
    found = drawing.shades(taste, stem, seed, but=settled)
    return {name: one.value for name, one in found.items()}, [one.why for one in found.values() if one.why]


def _is_drawn_for(player: StemPlan | Layer) -> bool:
    """Not for a voice, whose melody and words are settled by themselves; nor for what a person gave."""
    return player.stem_type != StemType.VOCALS and not player.midi and not player.audio


def _settled(player: Playing, own: Sequence[Statement]) -> set[ShadeName]:
    """The shades that something was said of, and those that are not as the style has them."""
    if any(one.kind == Kind.KEEP for one in own):
        return set(SHADES)
    said = {name for one in own for name in rules.shades_of(Kind(one.kind))}
    return {name for name in SHADES if name in said or getattr(player, name)}


def _engine(taste: Taste, seed: int) -> drawing.Drawn:
    """Among those that the operator lets the planner choose from."""
    return drawing.choice(taste, "engines", _OWN_ENGINE, settings().planner_engines, seed)


def _is_named(statements: Sequence[Statement]) -> bool:
    return any(one.kind == Kind.STYLE and one.value and not one.negated for one in statements)


def _unwanted(statements: Sequence[Statement]) -> list[str]:
    return [one.value for one in statements if one.kind == Kind.STYLE and one.value and one.negated]


def _may_be_read(left: object) -> bool:
    """Whether a language model may read a style out of what the rules did not."""
    return bool(left) and (llm.is_configured("plan") or llm.is_configured("understand"))


def _mood(words: str, own: str) -> tuple[float, float] | None:
    """The mood that some words say, None where they say none."""
    if not moods.heard(words):
        return None
    found = moods.settle(None, words, own)
    return found.valence or 0.0, found.arousal or 0.0


def _of(order: CompositionOrder, words: str, own: str) -> tuple[float, float]:
    found = moods.settle(order.mood, words, own)
    return found.valence or 0.0, found.arousal or 0.0


def _meter_of(song: Conditioning) -> str:
    return f"{song.timeline.beats_per_bar}/4" if not song.timeline.compound else "6/8"
