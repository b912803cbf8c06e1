"""The stages of the sender, one a file, in the order of core.py. Each is an ``infra_events.domain.stages.Stage``."""
