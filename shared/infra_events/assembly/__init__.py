"""Adapters and core put together, where several functions are put together alike; handlers alone import this room."""
