"""Voices: how well they are told apart and come near whom they are to be, and how long it takes."""
