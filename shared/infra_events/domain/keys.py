"""Names that events of ours carry in their detail; a module of its own, for programs that must start quickly."""

IDEMPOTENCY_KEY = "idempotency-key"
"""It says: whatever of my source carries the same value, is the same event sent once more."""
