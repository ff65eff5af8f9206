"""The voices behind the lead changed as somebody asks for: others, more or fewer of them, or none."""

from __future__ import annotations

from collections.abc import Callable, Collection

from ripieno.contracts.composition import BACKING, BackingEdit, BackingWay, Context, ContextSection, Layer
from ripieno.contracts.enums import StemType
from ripieno.music.composing import singing
from ripieno.music.composing.backing import placing


def edited(
    context: Context, edits: list[BackingEdit], where: Callable[[str], list[int]], tell: Callable[[str], None]
) -> Context:
    """A context with such changes, and each of them in words; `where` finds sections by their names.

    Raises
    ------
    ValueError
        Where nobody sings whom they could be sung behind, or there are none to leave out.
    """
    for edit in edits:
        layer = singing.singer(context)
        is_there = any(one.is_backing for one in context.layers)
        if not is_there and _is_taken_away(edit):
            raise ValueError(f"there are no {BACKING} to leave out")
        if not is_there and layer is None:
            raise ValueError(f"{BACKING} need a voice that leads: add vocals, sung by the piece itself")
        named = {place for name in edit.sections for place in where(name)}
        if edit.remove and not edit.sections:
            context = without(context)
            tell(f"{BACKING}: left out")
            continue
        if not is_there:
            added = Layer(name=BACKING, stem_type=StemType.VOCALS)
            context = context.model_copy(update={"layers": [*context.layers, added]})
        style = max(context.styles, key=lambda one: one.weight).name
        by_rule = placing.placed(context, style)
        sections = list(context.sections)
        for place in _meant(context, edit, named, by_rule, is_there=is_there):
            sections[place] = _changed(sections[place], edit, by_rule[place], is_there=is_there)
        if sections == context.sections:
            continue
        context = context.model_copy(update={"sections": sections})
        if not any(BACKING in one.parts for one in sections):
            context = without(context)
        places = f" in {', '.join(edit.sections)}" if edit.sections else ""
        tell(f"{BACKING}{places}: {_in_words(edit)}")
    return context


def without(context: Context) -> Context:
    """With nobody behind the lead."""
    sections = [
        one.model_copy(update={"parts": [part for part in one.parts if part != BACKING], "backing": []})
        for one in context.sections
    ]
    return context.model_copy(
        update={"layers": [one for one in context.layers if not one.is_backing], "sections": sections}
    )


# -- parts --------------------------------------------------------------------------------------------------------


def _is_taken_away(edit: BackingEdit) -> bool:
    return edit.remove or edit.more < 0 or bool(edit.without and not edit.ways)


def _meant(
    context: Context, edit: BackingEdit, named: Collection[int], by_rule: list[list[BackingWay]], *, is_there: bool
) -> list[int]:
    """The sections of an edit: those it names, else those that have such voices, or may have them."""
    if edit.sections:
        return sorted(named)
    has = [n for n, one in enumerate(context.sections) if BACKING in one.parts]
    if has and is_there:
        return has
    sung = [n for n, one in enumerate(context.sections) if set(one.parts) & _leads(context)]
    return [n for n in sung if by_rule[n]] or sung


def _leads(context: Context) -> set[str]:
    return {one.name for one in context.layers if one.stem_type == StemType.VOCALS and not one.is_backing}


def _changed(
    section: ContextSection, edit: BackingEdit, by_rule: list[BackingWay], *, is_there: bool
) -> ContextSection:
    ways = list(placing.ways_of(section))
    if edit.remove:
        ways = []
    elif not ways and not edit.without and edit.more >= 0 and not edit.ways:
        ways = list(by_rule) or [placing.WITH_THE_WORDS[0]]
        edit = edit if is_there else edit.model_copy(update={"more": 0})
    if any(one in placing.WITH_THE_WORDS for one in edit.ways):
        ways = [one for one in ways if one not in placing.WITH_THE_WORDS]
    ways += [one for one in edit.ways if one not in ways]
    ways = [one for one in ways if one not in edit.without]
    if edit.more > 0 and not edit.ways:
        further = next((one for one in placing.FURTHER if one not in ways), None)
        ways += [further] if further else []
    if edit.more < 0:
        ways = ways[:-1]
    parts = [one for one in section.parts if one != BACKING] + ([BACKING] if ways else [])
    is_as_before = (BACKING in section.parts) == bool(ways)
    return section.model_copy(update={"backing": ways, "parts": section.parts if is_as_before else parts})


def _in_words(edit: BackingEdit) -> str:
    words = []
    if edit.remove:
        return "left out"
    if edit.ways:
        words.append(f"with {', '.join(edit.ways)}")
    if edit.without:
        words.append(f"without {', '.join(edit.without)}")
    if edit.more:
        words.append("more of them" if edit.more > 0 else "fewer of them")
    return ", ".join(words) or "added"
