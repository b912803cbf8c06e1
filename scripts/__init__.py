"""The command lines of this project, each run as `python -m scripts.<name>` by the Makefile."""
