"""The job server that all endpoints share.

server.py      the HTTP contract
scheduler.py   which job runs when: a bounded queue, first come first served by the song's arrival
documents.py   the job documents in blob storage, and who is alive to hold them
worker.py      the process that runs jobs: models load there, once, and never block the event loop
work.py        what a job handler is given: progress, cancel, a folder for files
"""
