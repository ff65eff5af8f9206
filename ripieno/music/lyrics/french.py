"""French spelling as it is spoken: final e is mute, an e between single consonants within a word too; the last sounded
vowel is stressed."""

from __future__ import annotations

import re

from ripieno.music.lyrics.division import Nuclei, Rules

_VOWEL = re.compile(
    r"eaux?|oeu|œu|aou(?=t)|oui|ouî|ieu|yeu|ueil|ueil|oin|ouin|oyau|"
    r"i(?=[aeéèêouâ])(?:eau|eu|au|ou|ai|[aeéèêoâ])|u(?=i)i|ou(?=[aeéèiï])(?:i|ai|[aeéè])|oî|oi|oy(?=[^aeiouéèêyâ]|$)|"
    r"ai|aî|ay(?=[^aeiouéèêâ]|$)|au|ei|eu|eû|ou|où|oû|ey|[aeiouyàâäéèêëîïôöùûüœ]"
)
_SOUNDED_ENT = re.compile(
    r"(?:[^aior]m|g|cc?|qu|ri|li|ci|ti|id|ud|arp|fr)ent$|"
    r"^(?:vent|dent|lent|cent|souvent|couvent|auvent|content|présent|absent|talent|parent|torrent|serpent|avent)$"
)
_CLUSTER = re.compile(r"[bcdfgkptv][lr]$")


def _nuclei(word: str) -> Nuclei:
    found: Nuclei = []
    for match in _VOWEL.finditer(word):
        a, b = match.span()
        if word[a] == "u" and a and word[a - 1] in "qg" and b < len(word) and b - a == 1 and word[b] in "eiéèêoaîâ'":
            continue
        if word[a] == "y" and b < len(word) and word[b] in "aeiouéèêâ" and b - a == 1:
            continue
        if word[a] == "i" and a and word[a - 1] in "eu" and word[b : b + 1] == "l" and b - a == 1:  # seuil, vieille
            continue
        if word[a:b] == "ui" and a and word[a - 1] in "qg":
            a += 1
        if b - a > 1 and word[a] == "i" and _CLUSTER.search(word[:a]):  # pri-ère, ou-bli-er
            found += [(a, a + 1), (a + 1, b)]
            continue
        if b - a > 1 and word[a:b] in ("oui", "oué", "oua") and _CLUSTER.search(word[:a]):  # é-blou-i
            found += [(a, b - 1), (b - 1, b)]
            continue
        found.append((a, b))
    return [span for n, span in enumerate(found) if not _is_mute(word, found, n)] or found[:1]


def _is_mute(word: str, nuclei: Nuclei, n: int) -> bool:
    a, b = nuclei[n]
    if word[a:b] in ("ie", "ue") and word[b:] in ("", "s", "nt"):
        return False
    if word[a:b] != "e":
        return False
    if len(nuclei) == 1:
        return False
    rest = word[b:]
    if n == len(nuclei) - 1 and rest in ("", "s"):
        return True
    if n == len(nuclei) - 1 and rest == "nt" and not _SOUNDED_ENT.search(word):
        return True
    if n == 0 or n == len(nuclei) - 1:
        return False
    before, after = word[nuclei[n - 1][1] : a], word[b : nuclei[n + 1][0]]
    single = re.fullmatch(r"ch|ph|gn|qu|[bcdfgjklmnprstvz]|ss|ll|nn|tt|rr|mm|n[td]|n[c]|ng", before)
    light = re.fullmatch(r"ch|ph|gn|qu|[bcdfgjklmnprstvz]", after)
    return bool(single and light) or before == ""


def _stressed(word: str, nuclei: Nuclei) -> int:
    return len(nuclei) - 1


_ONSETS = "bl br ch cl cr dr fl fr gl gn gr ph pl pr qu th tr vr gu"
RULES = Rules(_nuclei, _stressed, frozenset(_ONSETS.split()))
