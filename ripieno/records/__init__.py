"""Everything at rest in tables: one store, and a small module a subject.

store.py         documents as rows, changed under their ETag together with the index rows that follow from them
songs.py         the library: songs, searched by what was found in them
analyses.py      what was found, and the rows by which songs are found by chords and by form
works.py         works with their elements and versions
jobs.py          endpoint jobs: for whom, where, how they ended
rows.py          rows by what their keys begin with
cursor.py        where a listing goes on
runs.py          workflows that were asked for and have not been seen to end
uploads.py       direct uploads in the making
idempotency.py   which POST was answered how
"""
