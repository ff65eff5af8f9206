"""Talking with a DJ set: what was said as changes to it, and an answer in the same language, by rules.

words        what is known in each language (`en.json`, ...)
referring    which song or transition is meant: by number, by name, by `it`
hearing      from a text to edits, shifts of the journey and questions
answering    what is said back
"""
