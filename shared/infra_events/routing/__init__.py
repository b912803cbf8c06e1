"""Who receives an event, and why: the routing file, compiled, and the decision."""
