"""Two contexts beside each other: every field that is another, by a name that a person finds it by."""

from __future__ import annotations

from typing import Any

from ripieno.contracts.composition import Context, FieldChange

MOST_CHANGES = 1000
_NOT_MUSIC = ("settled", "taste", "remarks", "drafts", "sections", "layers", "lyrics")


def compared(a: Context, b: Context) -> list[FieldChange]:
    """What is another in `b` than in `a`: at most `MOST_CHANGES` fields, the whole piece's first."""
    before, after = _flat(a), _flat(b)
    names = [*before, *(name for name in after if name not in before)]
    found = [
        FieldChange(field=name, a=before.get(name), b=after.get(name))
        for name in names
        if before.get(name) != after.get(name)
    ]
    return found[:MOST_CHANGES]


def _flat(context: Context) -> dict[str, Any]:
    known = context.model_dump(mode="json")
    flat = {name: value for name, value in known.items() if name not in _NOT_MUSIC}
    for number, section in enumerate(known["sections"], start=1):
        where = f"sections.{number} {section['label']}"
        flat |= {f"{where}.{name}": value for name, value in section.items() if name != "label"}
    for layer in known["layers"]:
        flat |= {f"layers.{layer['name']}.{name}": value for name, value in layer.items() if name != "name"}
    for number, section in enumerate((known["lyrics"] or {}).get("sections", []), start=1):
        for line, words in enumerate(section["lines"], start=1):
            flat[f"lyrics.{number} {section['label']}.{line}"] = words["text"]
    return flat
