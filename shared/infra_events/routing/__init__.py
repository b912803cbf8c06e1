"""The compiled routing, and the decision by it: who receives an event, and why."""
