"""DJ sets rendered from their plan: read, stretched, mixed and written by blocks, in memory that no length needs."""
