"""Taste: what verdicts say of engines, styles and ways to play, and what is tried next. Pure, without a clock: the same
lessons and the same seed give the same.

beliefs.py      what is believed of one choice (Beta) and of one shade (Gaussian), and how a verdict changes that
lessons.py      what was said of something that was heard, as a lesson
learning.py     all lessons as one taste; what was told lately counts most
fitting.py      which styles may be tried where nobody named one
drawing.py      Thompson sampling: what to try, and why
wording.py      a taste in words
showing.py      a taste in words and figures
"""
