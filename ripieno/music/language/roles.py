"""What the words of a language may do in a sentence: the names of the lists in `en.json`, `de.json`, ..."""

from __future__ import annotations

FILLS = (
    "is", "plays", "enters", "returns", "modal", "asking", "wonder", "content", "there", "earlier", "later", "onwards",
    "between", "ought", "than", "yes", "them", "nearly",
    "also", "because", "occasion", "praise", "meant", "oops", "everywhere", "if", "makes", "masks",
)  # fmt: skip
"""Words that say nothing by themselves, but that others stand with: to be; to play, to come in, to come back; can and
could; what asks whether something can be had (`t'aurais`), and who and why; other meanings (`think`); the place named
last, and what is before, after, from there on or between; what ought to be; than; yes; those who were spoken of; that
a number is rough; that the same holds for others; what a reason comes with; that it is good; that what comes is what
was meant, and that something was said wrong; that it is at no place in particular; on what condition; to make
something so; that one drowns another; a day that songs are about."""
REMOVES = ("away", "rests", "stops")
"""Words that leave out: particles beside what they remove (`drums out`), verbs of those who do not play (`sit out`), or
not from a bar on (`stop at bar 9`)."""
ROLES = (
    "fill", "a", "the", "not", "never", "ought not", "is not", "no", "nothing", "doubt", "remove", "want", "keep",
    "only", "except", "everything", "and", "then", "or", "but", "swap", "for", "instead of", "rather", "more",
    "less", "too", "so", "enough",
    "up", "down", "in", "crop", "under", "before", "after", "from", "since", "to", "on", "end", "bars", "half", "new",
    "about", "song", "again", "same", "key", "language", "dislike", "silence", "inaudible", "nowhere", "others",
    "elsewhere", "kept", "very", "lacks", "own",
    "instrumental", "players", "adds", "less when asked", "superfluous", "strange", "nor", "neither", "unheard",
    "overall", "topic", "touch",
    *FILLS, *REMOVES,
)  # fmt: skip
"""What a word can do that has no value of its own; see the data files. `doubt` is a negation of something that no
statement says (`need not`), `silence` that nobody plays, `inaudible` that a part is not heard enough, `nowhere` that
it is at no other place, `others` everybody else (and everywhere else), `elsewhere` everywhere else, `kept` that
nothing else changes, `very` what is too much in a comment, `lacks` more of what follows, `under` what is played to
(`over the vocals`), `instrumental` that nobody sings, `own` whose those who play are (`my guitar`), `then` what comes
behind in time, `is not` a negator that may be of what is, `players` all but the singers, `adds` what makes something
longer, `less when asked` what there is too much of where somebody asks for it, `superfluous` too much of what
follows, or what is to go where nothing does; `strange` words are no slips of others, `nor` and `neither` go on with
what was negated, `unheard` leaves out who it is said of, where it does not say how they are not to sound,
`overall` is of all of it, or all along, `topic` what a theme is brought in with (`theme: the sea`), `touch` a verb
that keeps what it is for where it is negated."""
SPECIAL = {
    "players": "everything", "adds": "want", "less when asked": "asked", "superfluous": "less", "strange": "unknown",
    "overall": "everything", "nor": "no", "neither": "not", "unheard": "remove",
}  # fmt: skip
"""Words that do what others do, with something of their own (`adds` is a wish)."""
