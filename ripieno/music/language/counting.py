"""Numbers in words up to 199: `twenty-one`, `einundzwanzig`, `treinta y dos`, `vingt et une`, `cent vingt`."""

from __future__ import annotations

from collections.abc import Iterator

from ripieno.contracts.understanding import Language

_ONES = {
    "en": "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen",
    "de": "eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn siebzehn "
    "achtzehn neunzehn",
    "es": "uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciséis diecisiete "
    "dieciocho diecinueve",
    "fr": "un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize dix-sept dix-huit "
    "dix-neuf",
}
_TENS = {
    "en": "twenty thirty forty fifty sixty seventy eighty ninety",
    "de": "zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig",
    "es": "veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa",
    "fr": "vingt trente quarante cinquante soixante soixante-dix quatre-vingt quatre-vingt-dix",
}
_HUNDRED = {"en": "a hundred", "de": "hundert", "es": "cien", "fr": "cent"}


def numbers(language: Language) -> dict[str, float]:
    """The words, with what they count."""
    below = dict(_below_a_hundred(language))
    found: dict[str, float] = {word: float(number) for word, number in below.items()}
    for hundred, joint in _hundreds(language):
        found[hundred] = 100.0
        found |= {f"{hundred}{joint}{word}": 100.0 + number for word, number in below.items()}
    return found


def _hundreds(language: Language) -> list[tuple[str, str]]:
    """How a hundred is called, and what stands between it and what follows."""
    match language:
        case "en":
            return [(one, joint) for one in ("a hundred", "one hundred") for joint in (" ", " and ")]
        case "de":
            return [("hundert", ""), ("einhundert", "")]
        case "es":
            return [("ciento", " "), ("cien", " ")]
        case "fr":
            return [("cent", " ")]


def _below_a_hundred(language: Language) -> Iterator[tuple[str, int]]:
    ones = _ONES[language].split()
    yield from zip(ones, range(1, 20), strict=True)
    for number, ten in enumerate(_TENS[language].split(), start=2):
        yield ten, 10 * number
        teens = language == "fr" and number in (7, 9)  # `soixante-dix`, but `soixante et onze`
        ten = _TENS["fr"].split()[number - 3] if teens else ten
        for one in range(1, 10):
            for word in _joined(language, ten, ones[one - 1 + 10 * teens], one, number):
                yield word, 10 * number + one


def _joined(language: Language, ten: str, one: str, unit: int, number: int) -> list[str]:
    """A ten and a one together, in the ways they are written."""
    match language:
        case "en":
            return [f"{ten} {one}", f"{ten}{one}"]
        case "de":
            return [f"{'ein' if unit == 1 else one}und{ten}"]
        case "es":
            accented = {2: "dós", 3: "trés", 6: "séis"}.get(unit, one)
            return [f"veinti{accented}", "veintiún"][: 1 + (unit == 1)] if number == 2 else [f"{ten} y {one}"]
        case "fr":
            if unit == 1 and number < 8:
                return [f"{ten} et {one}", *([f"{ten} et une"] if one == "un" else [])]
            return [f"{ten} {one}", *([f"{ten} une"] if one == "un" else [])]
