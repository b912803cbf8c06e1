"""The pure core: standard library only, no clock, no environment, no network."""
