"""Remedies for memory that is taken and not needed."""
