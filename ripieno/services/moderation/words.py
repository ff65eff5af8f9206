"""Words as they are compared: small letters without accents, one character for each, whatever was done to hide them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

_UNSEEN = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
_LOOKS_LIKE = str.maketrans("асеорхуіјѕԁһӏαοερυ", "aceopxyijsdhlaoepu")  # Cyrillic and Greek, within Latin words
_FIGURES = str.maketrans("013457@$!", "oieastasi")
_MIXED = re.compile(r"[\w@$!]*[a-z][\w@$!]*")
_SPELT = re.compile(r"(?<!\w)(?:\w[\s.\-_*]){3,}\w(?!\w)")


def plain(text: str) -> str:
    """A text without what nobody sees; its letters are as they were."""
    return _UNSEEN.sub("", unicodedata.normalize("NFKC", text)).replace("’", "'").replace("`", "'")


def folded(text: str) -> str:
    """As long as the plain text that it is of. A tilde stays: `niña` is no `Nina`."""
    return "".join(map(_letter, text))


def disguises(text: str) -> list[str]:
    """A folded text, and what it may be meant to be read as: with letters of other alphabets or figures in its words,
    or spelt out letter by letter."""
    latin = _MIXED.sub(lambda word: word[0].translate(_LOOKS_LIKE), text)
    joined = _SPELT.sub(lambda letters: re.sub(r"[\s.\-_*]", "", letters[0]), latin)
    in_letters = _MIXED.sub(lambda word: word[0].translate(_FIGURES), joined)
    return list(dict.fromkeys([text, latin, joined, in_letters]))


def any_of(terms: Iterable[str], *, drawn_out: bool = False) -> str:
    """The pattern of terms as whole words: `*` is any ending, a blank any gap; `drawn_out` letters may be repeated."""
    ordered = sorted(terms, key=len, reverse=True)
    return rf"(?<!\w)(?:{'|'.join(_pattern(term, drawn_out=drawn_out) for term in ordered)})(?!\w)"


def _pattern(term: str, *, drawn_out: bool) -> str:
    found = ""
    for one in folded(term):
        if one == "*":
            found += r"\w*"
        elif one == " ":
            found += r"[\W_]{1,3}"
        else:
            found += re.escape(one) + ("+" if drawn_out and one.isalpha() else "")
    return found


def _letter(one: str) -> str:
    small = one.lower()
    if small == "ñ":
        return small
    return unicodedata.normalize("NFD", small)[0] if small else one
