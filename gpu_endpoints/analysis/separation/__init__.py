"""Separation: one engine a file, and the choice among them.

An engine takes an `Audio` and yields, block after block, a dict from stem name to float32 samples of shape (frames, 2)
at the mix's own sample rate; the blocks of a stem add up to exactly the mix's length.
"""
