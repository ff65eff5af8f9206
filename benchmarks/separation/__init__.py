"""What separation costs: ONNX Runtime beside torch on the same cores, and the memory of a two-hour recording."""
