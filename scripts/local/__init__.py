"""The local AWS and the stack deployed to it."""
