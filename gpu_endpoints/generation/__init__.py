"""The generation endpoint: so far, scores rendered with a SoundFont."""
