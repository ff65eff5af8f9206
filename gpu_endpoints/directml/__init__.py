"""The DirectML endpoint: separation with ONNX Runtime, on any GPU of a Windows machine, on CUDA, or on a CPU.

server.py       the endpoint
engine.py       ONNX models as a separation engine
providers.py    which execution provider runs here, and in which precisions it was verified
spectrum.py     Demucs' STFT and its inverse in NumPy: they stay outside the graph
convert.py      `python -m gpu_endpoints.directml.convert`: PyTorch to ONNX, checked before it is kept
"""
