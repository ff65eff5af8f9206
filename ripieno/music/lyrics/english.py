"""English spelling: which vowels are sounded, and where a word is stressed."""

from __future__ import annotations

import re

from ripieno.music.lyrics.division import Nuclei, Rules

_GROUP = re.compile(r"[aeiouyàâäáéèêëíïóôöúüû]+")
_SILENT_WITHIN = re.compile(
    r"(?<=[aeiouy][^aeiouy])e(?=(?:ly|less|ness|ful|ment|ments|some|lessly|fully|foot|flies|time|times|thing|things|where|ward|wards|body|one|"
    r"light|lights|land|line|lines|work|front|side|bound|town|store|house|boat|yard|man|men|wood|stone|bird|shot)$)"
    r"|(?<=[aeiouy]th)e(?=(?:less|ly|ful)$)"
)
_FINAL_STRESS = re.compile(r"(?:ee|eer|oon|ette|ese|ique|esque|self|selves|ade)$")
_BEFORE_LAST = re.compile(r"(?:[tscg]ion|[tscg]ions|ic|ics|ian|ians|ious|eous|cial|tial|sive|ssion)$")
_LIGHT_HEAD = re.compile(
    r"(?:a(?=[bcdfglmrstvw][^aeiouy]?[aeiou])|be(?=[cfghlnstwy])|re(?=[cdfglmnpqstv])|de(?=[cfglmnpstv])|"
    r"ex|for(?=[eg])|un|dis|en(?=[cdjtg])|sur|per(?=[fhm])|pre(?=[tv])|pro(?=[tv])|with|to(?=[dgnw]))"
)
_LIGHT_TAIL = re.compile(r"(?:er|or|le|el|al|en|on|ow|y|ish|ing|age|et|ed|ers|ors|ows|ies|el|els|less|ness|us|ure)$")


def _nuclei(word: str) -> Nuclei:
    found: Nuclei = []
    for match in _GROUP.finditer(word):
        begin, end = match.span()
        if word[begin] == "y" and end - begin > 1 and begin == 0:
            begin += 1
        if word[begin] == "u" and begin and word[begin - 1] in "qg" and end - begin > 1:
            begin += 1
        piece = word[begin:end]
        cuts = [0]
        for n in range(1, len(piece)):
            before, here = piece[n - 1], piece[n]
            rest = word[begin + n :]
            if (
                (before == "i" and here in "aou" and not _soft(word, begin + n))
                or (rest == "ing" and before != "y")
                or (before == "y" and (n >= 2 or begin > 0))
                or (before == "u" and here in "ao" and begin + n > 1)
                or (before == "e" and here == "o" and not rest.startswith(("ople", "ous")))
                or (before == "o" and here == "e" and rest.startswith(("em", "et")))
                or (before == "i" and here == "e" and rest.startswith(("et", "ence")) and begin + n <= 4)
            ):
                cuts.append(n)
        for a, b in zip(cuts, [*cuts[1:], len(piece)], strict=True):
            found.append((begin + a, begin + b))
    found = [span for span in found if not _is_silent(word, span, len(found))]
    if re.search(r"[^aeiouylrw]le[sd]?$", word) and found and not any(a >= len(word) - 3 for a, _ in found):
        place = word.rindex("le") + 1
        found.append((place, place + 1))
    if word.endswith(("sm", "sms")) and found:
        found.append((word.rindex("sm") + 1, word.rindex("sm") + 1))
    if word.endswith("n't") and len(word) > 4 and word[-4] in "dst" and not word.startswith("won"):
        found.append((len(word) - 3, len(word) - 3))
    return found


def _soft(word: str, place: int) -> bool:
    """`-tion`, `-cial`: the i only softens what is before it."""
    return place >= 2 and word[place - 2] in "tcsgx" and len(word) > 4


def _is_silent(word: str, span: tuple[int, int], count: int) -> bool:
    a, b = span
    if count == 1 or b - a != 1 or word[a] != "e":
        return False
    if a == len(word) - 1:
        return not re.search(r"[^aeiouylrw]le$", word) or word.endswith("rle")
    rest = word[a:]
    if rest in ("es", "e's"):
        return not re.search(r"(?:[sxzcg]|ch|sh|[^aeiouylrw]l)$", word[:a])
    if rest == "ed":
        return word[a - 1] not in "td" and not re.search(r"[^aeiouylrw]l$", word[:a])
    return any(match.start() == a for match in _SILENT_WITHIN.finditer(word))


def _stressed(word: str, nuclei: Nuclei) -> int:
    count = len(nuclei)
    if _FINAL_STRESS.search(word):
        return count - 1
    if _BEFORE_LAST.search(word):
        return max(0, count - 2)
    if word.endswith(("ity", "ities", "ify", "logy", "graphy", "ical", "itude")) and count > 2:
        return count - 3
    light = _LIGHT_HEAD.match(word)
    if light and not (count == 2 and _LIGHT_TAIL.search(word)):
        return 1
    return 0


_ONSETS = (
    "bl br ch cl cr dr dw fl fr gl gr kn pl pr ps qu sc sch scr sh shr sk sl sm sn sp spl spr squ st str sw "
    "th thr tr tw wh wr ph"
)
RULES = Rules(_nuclei, _stressed, frozenset(_ONSETS.split()))
