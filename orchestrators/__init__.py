"""What happens in which order. Generators only: no I/O, no clock, no random; activities are called by name."""
