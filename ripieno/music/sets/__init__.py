"""DJ sets, planned: which songs in which order along a journey, and how each goes over into the next.

Pure: songs as figures (`contracts.sets.SetSong`) go in, a `SetPlan` comes out; the same songs, order, persona and seed
give the same plan. A bar is counted from 0 at the first downbeat of its song; a phrase begins where a section does, and
every eight bars from there on. A cost is 0 where nothing could be better, about 1 where nobody would do it.
"""
