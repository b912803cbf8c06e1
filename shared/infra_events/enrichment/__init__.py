"""Tags that are added to an event."""
