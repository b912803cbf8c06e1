"""Events as content: from what happened to a subject, a text and HTML that people read."""
