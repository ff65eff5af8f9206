"""`python -m ripieno.services.telemetry`: the lists of docs/telemetry.md."""

from __future__ import annotations

from ripieno.services.telemetry import events, instruments


def table() -> str:
    """Every metric and every event, as Markdown."""
    lines = ["| metric | kind, unit | by | attributes | what it is |", "|---|---|---|---|---|"]
    for one in instruments.ALL:
        attributes = ", ".join(f"`{name}`" for name in one.attributes)
        needs = f" (needs {one.needs})" if one.needs else ""
        lines.append(f"| `{one.name}` | {one.kind}, {one.unit} | {one.where} | {attributes} | {one.meaning}{needs} |")
    lines += ["", "| event | attributes | what it is |", "|---|---|---|"]
    for told in events.ALL:
        attributes = ", ".join(f"`{name}`" for name in told.attributes)
        lines.append(f"| `{told.name}` | {attributes} | {told.meaning} |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(table())
