"""Terraform: a stack planned, applied and destroyed."""
