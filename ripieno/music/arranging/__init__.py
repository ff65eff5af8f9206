"""Parts written for a conditioning: rules and genre data, no learned weights. The same seed gives the same notes.

arrange.py      one part by stem name: what the rest is for
rhythm.py       genre rhythms as strokes in beats, for any meter
drums.py        patterns by energy, fills at section ends, crashes at their beginnings
bass.py         roots, walking lines and the like, with approach notes
comping.py      voice-led chords: blocks, stabs, strums, arpeggios, pads, power chords
melody.py       a motif that returns, sung or riffed
playing.py      higher or lower, busier or sparser, louder, shorter or tied
feel.py         groove and human imprecision
"""
