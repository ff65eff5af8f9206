"""The generation endpoint: new stems for a song, or for none.

server.py, handlers.py      the endpoint: its engines, and the job kinds generate, sing, and those of production
stems_job.py                one job's way: wishes → engine → grid → finish → score → storage
engine.py, choice.py        what an engine is asked for, and which one is asked
symbolic.py                 rules and a SoundFont (soundfont.py, midi.py, tone.py)
musicgen.py, stable_audio.py, audiocraft_musicgen.py, stable_audio_tools_model.py
                            learned engines (describing.py, batching.py, joining.py)
singing/                    words on a melody
finishing.py                length, fades, level
"""
