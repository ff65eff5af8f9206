"""German spelling: vowels and diphthongs, and stress on the stem."""

from __future__ import annotations

import re

from ripieno.music.lyrics.division import Nuclei, Rules

_VOWEL = re.compile(r"aa|ee|oo|ai|ei|ey|ay|au|äu|eu|ie|[aeiouyäöüéèêàâ]")
_LIGHT_HEAD = re.compile(r"(?:be|ge|er|ver|zer|ent|emp)(?=[bcdfghjklmnpqrstvwxzaeiouäöü])")
_FINAL = re.compile(r"(?:tion|ität|ist|ismus|ent|enz|anz|ell|eur|ik|ur|ion|al|ett|ei|ier|ant|at|än)$")
_NATIVE = re.compile(r"(?:heit|keit|ung|schaft|bar|sam|lich|ig|isch|los|voll|tum|nis)(?:e[nrsm]?)?$")


def _nuclei(word: str) -> Nuclei:
    found: Nuclei = []
    for match in _VOWEL.finditer(word):
        a, b = match.span()
        if word[a] == "y" and b < len(word) and word[b] in "aeiou" and a == 0:
            continue
        if word[a] == "u" and a and word[a - 1] == "q":
            continue
        if word[a:b] == "i" and re.match(r"ion", word[a:]) and a and word[a - 1] in "tsgl":
            continue
        if word[a:b] == "ee" and a == 2 and word.startswith("be"):  # beenden
            found += [(a - 1, a), (a, b)]
            continue
        if (
            word[a:b] in ("ei", "eu")
            and a == 1
            and word[:2] in ("be", "ge")
            and word[3:4] in ("n", "r")
            and len(word) > 8
        ):
            found += [(a, a + 1), (a + 1, b)]
            continue
        found.append((a, b))
    return found


def _stressed(word: str, nuclei: Nuclei) -> int:
    count = len(nuclei)
    if re.search(r"ier(?:en|t|te|ten|st)$", word):
        return max(0, next(n for n, (a, _) in enumerate(nuclei) if a >= word.rindex("ier")))
    light = _LIGHT_HEAD.match(word)
    if (
        light
        and count > 1
        and not word.startswith(("gern", "geben", "gehen", "erst", "ernst", "beben", "beten", "gest"))
    ):
        return 1
    if count > 2 and not _NATIVE.search(word) and _FINAL.search(word) and not word.endswith(("ig", "eit")):
        return count - 1 if not word.endswith(("ismus",)) else count - 2
    return 0


_ONSETS = (
    "bl br ch chr dr fl fr gl gr kl kn kr pf pfl pfr pl pr ph qu sch schl schm schn schr schw sp spr st str th tr zw"
)
RULES = Rules(_nuclei, _stressed, frozenset(_ONSETS.split()))
