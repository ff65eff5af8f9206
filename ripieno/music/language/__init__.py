"""What musicians say, in English, German, Spanish and French, as statements (`contracts.understanding`).

tokens.py       text as tokens that know where they stand
lexicon.py      the vocabulary: en.json, de.json, es.json, fr.json, and what they share (common.json, instruments.json)
roles.py        what words may do in a sentence
counting.py     numbers in words
compounds.py    German words of two
derived.py      words made of others: diminutives, verbs with pronouns, comparatives
typos.py        slips of the pen
terms.py        what each phrase may do in its sentence
readings.py     which of its readings counts
amounts.py      numbers with units, keys, meters
bars.py         bars, and halves
places.py       sections, and what brings places in
clauses.py      sentences of clauses, and how these are joined
correcting.py   what is said anew, and what is only set against what is wanted
ones.py         instruments by one word of their name
saying.py       statements in the making
meanings.py     what single words say, with what stands before them
scope.py        what words of negation are for, and which are in doubt
beside.py       places by other places: from there on, before that
references.py   parts that are spoken of while others are meant
recasting.py    what terms are where only the whole clause shows it
alone.py        numbers without a unit
themes.py       what lyrics are about, and what not
naming.py       parts as they are named, and who is excepted
left_over.py    words that change what stands elsewhere
hearing.py      what one clause holds
gaps.py         clauses that leave out what the one before said
exchanging.py   one part for another
telling.py      statements as they are added, and parts that are wanted
whereabouts.py  places that stand apart from what they are about
apart.py        clauses that are no orders of their own
changing.py     what is to change, for whom, where and how much
going_on.py     what a clause takes over from those before it
owning.py       whose a change is, and who is wanted
keeping.py      what stays as it is
solos.py        who is wanted only for a solo
untouched.py    lists of what is not to be touched
leaving_out.py  who and what is left out
statements.py   the clauses of a sentence, one after the other
settling.py     what is left of all that was said
behind.py       voices behind a lead (behind.json)
styles.py       the style that is named, or the blend
understand.py   all of it, and which language it is in

One way of reading for all languages: what differs between them is in the data.
"""

from ripieno.music.language.understand import understand

__all__ = ["understand"]
