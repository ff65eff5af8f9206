"""The client, written once, for asyncio."""
