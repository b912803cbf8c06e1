"""The zips that Lambda runs."""
