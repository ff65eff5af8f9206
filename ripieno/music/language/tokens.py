"""Text as tokens that know where they stand.

A token's `word` is folded: small letters without accents, `ß` as `ss`, so that `más` and `mas` are one word. Hyphens
between letters part words (`half-time`), French elisions stand alone (`l'`, `intro`).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

_TOKENS = re.compile(
    r"""
    (?P<meter>(?<![\w/])\d{1,2}\s?/\s?(?:2|4|8|16)(?![\w/]))
  | (?P<clock>(?<![\w:])\d{1,3}:[0-5]\d(?![\w:]))
  | (?P<ordinal>\#?\d{1,3}(?:st|nd|rd|th|ers?|[eèé]res?|[eè]mes?|e|º|ª|°)(?!\w))
  | (?P<number>(?<![\w.,])[+−-]?\d{1,6}(?:[.,]\d{1,3})?(?![\w]|[.,]\d))
  | (?P<figure>\#?\d{1,6})
  | (?P<word>[A-Ga-g][#♯♭](?!\w)|[^\W\d_]+(?:['’][^\W\d_]+)*['’]?)
  | (?P<mark>[^\w\s])
    """,
    re.VERBOSE,
)
_ELISION = re.compile(r"(?:[ldjnmtsc]|qu|jusqu|lorsqu|puisqu)['’](?=\w)", re.IGNORECASE)


@dataclass(frozen=True)
class Token:
    """`kind` is word, number, ordinal, meter, clock or mark; `number` what it counts; `start`, `end` characters."""

    kind: str
    word: str
    start: int
    end: int
    number: float | None = None


@lru_cache(maxsize=4096)
def fold(text: str) -> str:
    """Small letters without accents and with straight apostrophes."""
    plain = text.replace("’", "'").replace("♯", "#").replace("♭", "b").replace("ß", "ss").lower()
    return "".join(one for one in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(one))


def tokens(text: str) -> list[Token]:
    """Every token of a text, in order."""
    found: list[Token] = []
    for match in _TOKENS.finditer(text):
        kind, piece, start = str(match.lastgroup), match.group(), match.start()
        if kind == "word":
            found += _words(piece, start)
        elif kind in ("number", "figure", "ordinal"):
            figure = re.sub(r"[^\d.,+−-]", "", piece).replace(",", ".").replace("−", "-").strip(".")
            kind = "ordinal" if kind == "ordinal" else "number"
            found += _number(kind, piece, float(figure), start, found)
        elif not (piece in "-‐‑" and _is_inside(text, start)):
            found.append(Token(kind, fold(piece).replace(" ", ""), start, match.end()))
    return found


def _is_inside(text: str, at: int) -> bool:
    """Whether a hyphen stands inside of a word."""
    return 0 < at < len(text) - 1 and text[at - 1].isalnum() and text[at + 1].isalpha()


def _number(kind: str, piece: str, value: float, start: int, before: list[Token]) -> list[Token]:
    """`-` after a number is no sign but a dash: `17-24`."""
    if piece[0] in "−-" and before and before[-1].end == start and before[-1].kind == "number":
        return [
            Token("mark", "-", start, start + 1),
            Token(kind, fold(piece[1:]), start + 1, start + len(piece), -value),
        ]
    return [Token(kind, fold(piece), start, start + len(piece), value)]


def _words(piece: str, start: int) -> list[Token]:
    """A word, or what is elided before it and the word, or the word and what is short for `is` behind it."""
    elided = _ELISION.match(piece)
    if elided:
        cut = elided.end()
        return [Token("word", fold(piece[:cut]), start, start + cut), *_words(piece[cut:], start + cut)]
    short = len(piece) - 2
    if short > 0 and fold(piece[short:]) == "'s":
        return [*_words(piece[:short], start), Token("word", "is", start + short, start + len(piece))]
    return [Token("word", fold(piece), start, start + len(piece))]
