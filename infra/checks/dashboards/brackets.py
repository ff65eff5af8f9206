"""Whether brackets and quotes of a query close."""

from __future__ import annotations

_CLOSES = {")": "(", "]": "[", "}": "{"}


def unbalanced(text: str) -> str | None:
    """What does not close, None where all does."""
    open_ones, quote, skip = [], "", False
    for sign in text:
        if quote:
            quote, skip = ("" if sign == quote and not skip else quote), sign == "\\" and not skip
        elif sign in "\"'":
            quote = sign
        elif sign in _CLOSES.values():
            open_ones.append(sign)
        elif sign in _CLOSES and (not open_ones or open_ones.pop() != _CLOSES[sign]):
            return f"a {sign} closes nothing"
    if quote:
        return f"a {quote} is not closed"
    return f"a {open_ones[-1]} is not closed" if open_ones else None
