"""What the public API costs, with few songs in the library and with many."""
