"""What is done to audio that is there; served by the generation endpoint, or an endpoint by itself.

server.py, handlers.py      the endpoint: its engines, and the job kinds align, check, mix, master, export
sources.py, scratch.py      files of the storage account as streams at 44.1 kHz; a signal on disk between two passes
checking.py, aligning.py    does it lie on the beats and in the chords; onto the grid
mixing.py, mastering.py     files together, and ready to be released, in bounded memory
exporting.py                many files as one zip
"""
