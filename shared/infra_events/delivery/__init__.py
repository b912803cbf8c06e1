"""What every channel shares: from the names in a notification to targets, each delivered to once."""
