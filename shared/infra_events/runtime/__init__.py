"""The only room that knows Lambda and Powertools: batches, logging, settings, the sent record."""
