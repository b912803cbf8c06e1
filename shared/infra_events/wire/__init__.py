"""Domain ⇄ wire: the only place that knows how our messages are written. The schemas are in docs/schemas."""
