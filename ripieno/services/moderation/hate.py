"""Hateful words: slurs, slogans, violence against people for what they are, people called vermin."""

from __future__ import annotations

import re
from functools import lru_cache

from ripieno.services.moderation.finding import Finding, data
from ripieno.services.moderation.words import any_of, disguises

_MESSAGE = "words of hate against people are not set to music here"
_BEFORE = 40  # characters in which a negation turns violence into its contrary


def found(folded: str) -> Finding | None:
    """In a folded text."""
    slurs, violence, vermin, negated = _patterns()
    for text in disguises(folded):
        if one := slurs.search(text):
            return Finding("hate.words", "hate", one[0], _MESSAGE)
        for one in violence.finditer(text):
            if not negated.search(text[max(0, one.start() - _BEFORE) : one.start()]):
                return Finding("hate.violence", "hate", one[0], _MESSAGE)
        for one in vermin.finditer(text):
            if not negated.search(f"{one['gap']} "):
                return Finding("hate.dehumanising", "hate", one[0], _MESSAGE)
    return None


@lru_cache(maxsize=1)
def _patterns() -> tuple[re.Pattern[str], ...]:
    its = data("hate")
    slurs = f"{any_of(its['slurs'], drawn_out=True)}|{any_of(its['slogans'])}"
    group = any_of(its["groups"])
    violence = rf"{any_of(its['violence'])}\W+(?:{any_of(its['joins'])}\W+)?(?:\w+\W+)?{group}"
    whole = any_of(one for one in its["groups"] if not one.startswith(("all ", "alle ")))
    vermin = rf"{whole}\W+{any_of(its['is'])}\W+(?P<gap>(?:\w+\W+){{0,2}}){any_of(its['dehumanising'])}"
    negated = rf"{any_of(its['not'])}(?:\W+\w+){{0,3}}\W*$"
    return re.compile(slurs), re.compile(violence), re.compile(vermin), re.compile(negated)
