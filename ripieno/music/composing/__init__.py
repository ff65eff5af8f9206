"""A whole piece, from what was asked for to what every player has to know: mood, form, harmony, arrangement, melody.

Each stage takes the context, adds what is its to settle and returns it (`contexts.settled`). All of it is pure: the
same order and seed give the same piece.
"""
