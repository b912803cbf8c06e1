"""An event in plain words."""
