"""Accuracy and speed of the analysis beside librosa, essentia and madmom: `python -m benchmarks.analysis`."""
