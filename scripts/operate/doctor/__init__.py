"""Checks whether mail can arrive."""
