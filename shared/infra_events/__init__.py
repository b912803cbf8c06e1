"""What functions share; docs/architecture.md has the rooms and the one way in which imports point."""
