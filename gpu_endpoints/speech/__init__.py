"""Speech: words spoken by a voice that needs no weights, words heard by a recogniser that does.

speaking      text to audio: espeak-ng, a formant synthesiser
transcribing  audio to text: the engine that is there, or a clear no
whisper       Whisper, by transformers
"""
