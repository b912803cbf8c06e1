"""Questions about events and routing, answered without AWS."""
