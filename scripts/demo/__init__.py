"""``make demo``: scenarios played on the local AWS."""
