"""What voices sing behind the lead, after its melody and words, the chords, the form and the style.

placing.py      what is sung behind the lead in each section (placing.json)
tones.py        which tones fit at a beat
harmony.py      the lead's words a third or a sixth from it
pads.py         chords on a vowel, voice led
answers.py      a line's last words again, in the gap after it
calls.py        ad-libs: short calls in the gaps
voices.py       all of it: the notes and syllables of each voice

Notes are in beats of the piece. No voice crosses the lead or doubles it in octaves.
"""
