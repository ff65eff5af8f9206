"""From what was said to a set to what is to be done: edits, shifts of the journey, questions. English, German, Spanish
and French; what no rule reads is said to be unread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ripieno.contracts.sets import SetEdit, TransitionKind, TransitionPlace
from ripieno.contracts.understanding import Language, Stretch
from ripieno.music.language.tokens import Token, tokens
from ripieno.music.talking import referring
from ripieno.music.talking.referring import Listing, Named, Ref, Unclear
from ripieno.music.talking.words import Act, Words, find, recognised, words

_SHIFT, _MUCH, _LITTLE = 0.15, 0.3, 0.08
_PARTS = {
    "start": (0.0, 0.34), "middle": (0.33, 0.67), "end": (0.66, 1.0), "first_half": (0.0, 0.5),
    "second_half": (0.5, 1.0),
}  # fmt: skip
_KIND_ALONE: Act = "swap"
_BY_WEIGHT: tuple[Act, ...] = ("undo", "why", "free", "ban", "swap", "pin", "calmer", "wilder", "move")


@dataclass(frozen=True)
class Shift:
    """`energy` is added to the journey from `start` to `end` of the set, both 0 to 1."""

    energy: float
    start: float = 0.0
    end: float = 1.0


@dataclass(frozen=True)
class Question:
    """Why one song is there, or one transition is as it is; the whole set where neither is given."""

    song: str | None = None
    transition: TransitionPlace | None = None


@dataclass
class Heard:
    """`unclear` are names that several songs have; `beyond` are numbers that no song of the set has."""

    language: Language
    edits: list[SetEdit] = field(default_factory=list)
    shifts: list[Shift] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    undo: bool = False
    unread: list[Stretch] = field(default_factory=list)
    unclear: list[Unclear] = field(default_factory=list)
    beyond: list[int] = field(default_factory=list)

    @property
    def changes_something(self) -> bool:
        return bool(self.edits or self.shifts or self.undo)

    @property
    def is_empty(self) -> bool:
        return not (self.changes_something or self.questions)


def hear(text: str, listing: Listing, language: Language | None = None) -> Heard:
    """Everything that was said, in its order; the language is recognised where it is not given."""
    said = tokens(text)
    heard = Heard(language or recognised(said))
    known = words(heard.language)
    before: Ref | None = None
    for clause in _clauses(said, known):
        before = _Clause(clause, text, listing, heard, known, before).read()
    return heard


def _clauses(said: list[Token], known: Words) -> list[list[Token]]:
    """Parts at marks, and at `and` where what follows says what to do."""
    found: list[list[Token]] = [[]]
    for at, token in enumerate(said):
        ends = token.kind == "mark" and token.word in ".;!?,:"
        if ends or (token.word in known.also and _acts(said[at + 1 : _next_mark(said, at)], known) and found[-1]):
            found.append([])
        elif token.kind != "mark":
            found[-1].append(token)
    return [one for one in found if one]


def _next_mark(said: list[Token], at: int) -> int:
    return next((n for n in range(at + 1, len(said)) if said[n].kind == "mark"), len(said))


def _acts(said: Sequence[Token], known: Words) -> dict[Act, tuple[int, int]]:
    """What is to be done, and by which tokens that is said."""
    given = list(said)
    return {act: place for act, phrases in known.acts.items() if (place := find(given, phrases)) is not None}


class _Clause:
    """One thing that is said; `before` is the song that was spoken of last."""

    def __init__(self, said: list[Token], text: str, listing: Listing, heard: Heard, known: Words, before: Ref | None):
        self.said, self.text, self.listing, self.heard, self.known, self.before = (
            said, text, listing, heard, known, before,
        )  # fmt: skip
        self.taken: set[int] = set()

    def read(self) -> Ref | None:
        """Tell what is understood; the song that `it` is from now on."""
        titles, unclear = referring.titled(self.said, self.listing, self.heard.language)
        for one in titles:
            self.taken |= set(range(one.first, one.last))
        bare = [token if at not in self.taken else _hidden(token) for at, token in enumerate(self.said)]
        acts = _acts(bare, self.known)
        act: Act | None = next((one for one in _BY_WEIGHT if one in acts), None)
        kind = self._kind(bare)
        about = find(bare, self.known.transition)
        if act is None and kind is not None and (about or len(titles) > 1):
            act = _KIND_ALONE
        if act is None:
            self._unread()
            return titles[-1] if titles else self.before
        bars = referring.amount(bare, self.known)
        if bars is not None:
            self.taken |= {bars[1], bars[1] + 1}
        for place in acts.values():
            self.taken |= set(range(*place))
        refs = self._refs(bare, titles)
        if act in ("calmer", "wilder") and not (refs and "move" in acts and "from_on" not in self._parts(bare)):
            self._shift(act, bare, refs)
        elif act == "undo":
            self.heard.undo = True
        elif about is not None or (kind is not None and len(refs) > 1):
            self.taken |= set(range(*about)) if about else set()
            self._transition(act, refs, kind, bars[0] if bars else None, bare)
        elif kind is not None and act in ("ban", "free") and not refs:
            self.heard.edits.append(SetEdit(do=act, kind=kind))
        elif act == "why":
            self.heard.questions.append(Question(refs[0].named.song if refs else None))
        elif refs:
            self._song(act, refs, bare)
        elif unclear:
            self.heard.unclear += unclear
        else:
            beyond = referring.out_of_reach(bare, self.taken, self.listing, self.known)
            if beyond is not None:
                self.heard.beyond.append(beyond)
            else:
                self._unread()
            return self.before
        return refs[0] if refs else self.before

    # -- what it is about ------------------------------------------------------------------------------------------

    def _refs(self, bare: list[Token], titles: list[Ref]) -> list[Ref]:
        found = [*titles, *referring.numbered(bare, self.taken, self.listing, self.known)]
        found.sort(key=lambda one: one.first)
        if not found and self.before is not None and find(bare, self.known.it):
            return [self.before]
        is_it_first = self.before is not None and bool(found) and self._is_it_before(bare, found[0].first)
        return [self.before, *found] if is_it_first and self.before is not None else found

    def _is_it_before(self, bare: list[Token], first: int) -> bool:
        """`put it after the fifth`: the song of the clause before, and where it goes."""
        place = find(bare[:first], self.known.it)
        return place is not None and any(find(bare, phrases) for phrases in self.known.where.values())

    def _kind(self, bare: list[Token]) -> TransitionKind | None:
        for kind, phrases in self.known.kinds.items():
            place = find(bare, phrases)
            if place is not None:
                self.taken |= set(range(*place))
                return kind
        return None

    def _parts(self, bare: list[Token]) -> dict[str, tuple[int, int]]:
        return {part: place for part, phrases in self.known.parts.items() if (place := find(bare, phrases))}

    # -- what is to be done ----------------------------------------------------------------------------------------

    def _shift(self, act: Act, bare: list[Token], refs: list[Ref]) -> None:
        size = _MUCH if find(bare, self.known.much) else _LITTLE if find(bare, self.known.little) else _SHIFT
        energy = -size if act == "calmer" else size
        parts = self._parts(bare)
        start, end = 0.0, 1.0
        named = next((part for part in _PARTS if part in parts), None)
        if named is not None:
            start, end = _PARTS[named]
        elif refs and "from_on" in parts and refs[0].named.position is not None:
            start = (refs[0].named.position - 1) / max(1, len(self.listing.songs))
        self.heard.shifts.append(Shift(energy, start, end))

    def _song(self, act: Act, refs: list[Ref], bare: list[Token]) -> None:
        one, other = refs[0].named, refs[1].named if len(refs) > 1 else None
        match act:
            case "swap":
                edit = SetEdit(do="swap", song=one.song, other=other.song if other else None)
            case "move":
                to = self._target(one, other, bare)
                if to is None:
                    self._unread()
                    return
                edit = SetEdit(do="move", song=one.song, to=to)
            case "pin":
                self.heard.edits += [SetEdit(do="pin", song=ref.named.song, to=ref.named.position) for ref in refs]
                return
            case "ban" | "free":
                self.heard.edits += [SetEdit(do=act, song=ref.named.song) for ref in refs]
                return
            case _:
                self._unread()
                return
        self.heard.edits.append(edit)

    def _target(self, one: Named, other: Named | None, bare: list[Token]) -> int | None:
        """The position that a song is to have."""
        count, here = len(self.listing.songs), one.position
        where = {name: place for name, phrases in self.known.where.items() if (place := find(bare, phrases))}
        if other is not None and other.position is not None:
            there = other.position
            shifted = there - 1 if here is not None and here < there else there
            if "after" in where and "before" not in where:
                return min(count, shifted + 1)
            return max(1, shifted) if "before" in where else there
        if "first" in where:
            return 1
        if "last" in where:
            return count
        if here is not None and ("earlier" in where or "before" in where):
            return max(1, here - 1)
        if here is not None and ("later" in where or "after" in where):
            return min(count, here + 1)
        return None

    def _transition(
        self, act: Act, refs: list[Ref], kind: TransitionKind | None, bars: int | None, bare: list[Token]
    ) -> None:
        place = self._place(refs)
        if place is None:
            beyond = referring.out_of_reach(bare, self.taken, self.listing, self.known)
            if beyond is not None:
                self.heard.beyond.append(beyond)
            elif kind is not None and act in ("ban", "free"):
                self.heard.edits.append(SetEdit(do=act, kind=kind))
            elif act == "why":
                self.heard.questions.append(Question())
            else:
                self._unread()
            return
        match act:
            case "why":
                self.heard.questions.append(Question(transition=place))
            case "move":
                is_earlier = find(bare, self.known.where["earlier"]) is not None
                self.heard.edits.append(
                    SetEdit(do="move", transition=place, by_bars=(bars or 8) * (1 - 2 * is_earlier))
                )
            case "swap" | "pin" | "ban" | "free":
                self.heard.edits.append(SetEdit(do=act, transition=place, kind=kind))
            case _:
                self._unread()

    def _place(self, refs: list[Ref]) -> TransitionPlace | None:
        """Between two songs; of one number, the transition of that number; of one song, the one out of it."""
        if len(refs) > 1:
            return TransitionPlace(from_song=refs[0].named.song, to_song=refs[1].named.song)
        if not refs:
            return None
        position = refs[0].named.position
        if position is None or not self.listing.transitions:
            return None
        one = self.listing.transitions[min(position, len(self.listing.transitions)) - 1]
        return TransitionPlace(from_song=one.from_song, to_song=one.to_song)

    def _unread(self) -> None:
        start, end = self.said[0].start, self.said[-1].end
        content = [one for one in self.said if one.word not in self.known.filler]
        if content:
            self.heard.unread.append(Stretch(start=start, end=end, text=self.text[start:end]))


def _hidden(token: Token) -> Token:
    """A token of a title: no word of the language."""
    return Token("title", "\0", token.start, token.end)
