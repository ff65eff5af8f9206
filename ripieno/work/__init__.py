"""What the platform does, once each; triggers and activities call one function of it.

asking.py        workflows: asked for once, looked after until they have ended
ingest.py        a file becomes a song, whichever way it came
analysing.py     a song's analysis: begun, saved, failed, begun anew
generating.py    a work: ordered, planned, conditioned, its versions made
review.py        verdicts on versions, and what follows from them
mixing.py        mixes and masters
removal.py       songs and works away, with everything made from them
job_bodies.py    what each endpoint job is asked to do
telling.py       what is said by webhook, and when
delivering.py    webhooks on their way: secrets, tries, what is given up
progress.py      how far a song is
searching.py     songs by what was found in them
housekeeping.py  what expires
preparing.py     containers, tables, and a library of an older version
"""
