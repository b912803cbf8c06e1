"""The routing file: parsed, checked, covered by its own cases and compiled."""
