"""Domain ⇄ wire: the only place that knows how our messages are written. The schemas are in docs/schemas."""

IDEMPOTENCY_KEY = "idempotency-key"
"""A field of a custom event's detail: events of one source with the same value in it are the same event.

It stands here because the SNMP handler needs it and must start quickly: this package alone imports nothing.
"""
