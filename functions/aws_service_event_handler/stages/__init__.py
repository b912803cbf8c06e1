"""The stages of the standardizer: read, enrich, publish. Each takes works and returns as many (domain/stages.py)."""
