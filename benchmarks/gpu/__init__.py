"""What a GPU makes of separation: batches, precisions, compilation, and how much of the card they use."""
